/**
 * The `sharded` Fix: the map in parts, each under a lock of its own, behind a small type with typed methods.
 *
 * For maps that many goroutines write under different keys. Each method is one step under its part's lock, so
 * what needs all parts at one moment, or a check and a later change, is refused.
 */
import type { CallExpr, Expr, IndexExpr, Node, RangeStmt } from "../syntax/ast.ts";
import type { Program, Type, Var } from "../types/types.ts";
import type { Draft } from "./draft.ts";
import { heldAt } from "./guard.ts";
import { holdRules, type MayHold } from "./hold.ts";
import { lazyMaking, redeclare } from "./mapDeclaration.ts";
import { rangeAsCallback } from "./rangeCallback.ts";
import { CannotFix } from "./refusal.ts";
import { spellType, underlyingOf } from "./spell.ts";
import { type DeclTree, endOf, someNode, startOf, textOf } from "./tree.ts";
import { freshName, identifiersIn, identifiersOf, mapTypeOf, place, type Use } from "./uses.ts";

type Method = "get" | "value" | "set" | "remove" | "update" | "size" | "each";

interface Work {
  readonly map: Var;
  readonly draft: Draft;
  readonly mayHold: MayHold;
  readonly key: Type;
  readonly elem: Type;
  /** The methods that the package needs. */
  readonly used: Set<Method>;
  /** Reads that are part of an update of the same element. */
  readonly within: Set<Use>;
}

/** Writes the Fix into the draft. Throws {@link CannotFix}. */
export function rewriteToShards(program: Program, map: Var, uses: readonly Use[], draft: Draft): void {
  if (map.role !== "package" && map.role !== "field") {
    throw new CannotFix(`${map.name} is local, which one lock is enough for.`);
  }
  const { key, elem } = mapTypeOf(map)!;
  if (hashOf(key) === null)
    throw new CannotFix(
      `The keys of ${map.name} are neither strings nor integers, so they cannot be spread over parts; use one lock.`,
    );
  const hosts = new Set<Node>(uses.flatMap((u) => (u.host === null ? [] : [u.host])));
  const work: Work = { map, draft, mayHold: holdRules(hosts), key, elem, used: new Set(), within: new Set() };
  const updates = uses.filter((u) => isUpdate(work, u, uses));
  refuseCheckThenAct(
    map,
    uses.filter((u) => !work.within.has(u) && !updates.includes(u)),
  );
  const declaration = uses.find((u) => u.kind === "declare");
  if (declaration === undefined) throw new CannotFix(`The declaration of ${map.name} is not in sight.`);
  const type = freshName([`${map.name}Shards`, `${map.name}Parts`], identifiersOf(map.pkg!));
  const { tree } = declaration;
  redeclare(
    program,
    map,
    uses,
    draft,
    () => type,
    `map[${spelled(work, tree, key)}]${spelled(work, tree, elem)} in parts`,
  );
  for (const use of uses) {
    const [held] = heldAt(use.tree, use.ref);
    if (held !== undefined)
      throw new CannotFix(
        `${map.name} is guarded by ${held.text} at ${place(use.tree, use.ref)}; take that lock everywhere instead.`,
      );
    if (updates.includes(use)) rewriteUpdate(work, use);
    else if (!work.within.has(use)) rewriteUse(work, use);
  }
  draft.afterDeclaration(tree, shardsType(work, tree, type));
}

/** How a key is spread over the parts: a computation that the `part` method starts with. */
function hashOf(key: Type): readonly string[] | null {
  const basic = underlyingOf(key);
  if (basic.kind !== "basic") return null;
  if (basic.name === "string") {
    return [
      "h := uint32(2166136261)",
      "for i := 0; i < len(key); i++ {",
      "\th = (h ^ uint32(key[i])) * 16777619",
      "}",
    ];
  }
  return /^u?int(8|16|32|64)?$|^(byte|rune)$/.test(basic.name)
    ? ["h := uint32(uint64(key) * 0x9E3779B97F4A7C15 >> 32)"]
    : null;
}

/** `m[k]++`, `m[k] += x` and `m[k] = f(m[k])`, which only read the element that they set. */
function isUpdate(work: Work, use: Use, uses: readonly Use[]): boolean {
  const { tree, node } = use;
  if (node.kind !== "IndexExpr" || use.ref !== node.x) return false;
  const statement = tree.parents.get(node);
  if (statement?.kind === "IncDecStmt") return true;
  if (statement?.kind !== "AssignStmt" || statement.lhs.length !== 1 || statement.lhs[0] !== node)
    return false;
  if (use.kind === "update") return true;
  const value = statement.rhs[0]!;
  const reads = uses.filter(
    (u) =>
      u !== use &&
      u.tree.decl === tree.decl &&
      startOf(u.tree, u.ref) >= startOf(tree, value) &&
      endOf(u.tree, u.ref) <= endOf(tree, value),
  );
  if (use.kind !== "store" || reads.length === 0) return false;
  if (reads.some((r) => r.kind !== "load" || textOf(r.tree, r.node) !== textOf(tree, node))) return false;
  for (const read of reads) work.within.add(read);
  return true;
}

function refuseCheckThenAct(map: Var, uses: readonly Use[]): void {
  for (const read of uses) {
    if (!["load", "commaOk", "len"].includes(read.kind)) continue;
    const later = uses.find(
      (w) =>
        w.writes &&
        w.kind !== "declare" &&
        w.host === read.host &&
        startOf(w.tree, w.ref) > startOf(read.tree, read.ref),
    );
    if (later !== undefined) {
      throw new CannotFix(
        `${map.name} is read at ${place(read.tree, read.ref)} and then changed at ${place(later.tree, later.ref)}; with a lock for each part these would be two steps, so use one lock.`,
      );
    }
  }
}

function rewriteUse(work: Work, use: Use): void {
  const { tree, node } = use;
  const { draft } = work;
  const { file } = tree;
  const replace = (pos: number, end: number, text: string): void => draft.replace(file, pos, end, text);
  switch (use.kind) {
    case "declare":
    case "literal":
    case "assign":
      return;
    case "compare":
      if (lazyMaking(use) !== null) return;
      break;
    case "load":
    case "commaOk": {
      const index = node as IndexExpr;
      const method = use.kind === "load" ? "value" : "get";
      work.used.add(method);
      replace(endOf(tree, index.x), startOf(tree, index.indices[0]!), `.${method}(`);
      replace(endOf(tree, index.indices[0]!), endOf(tree, index), ")");
      return;
    }
    case "store": {
      const index = node as IndexExpr;
      const assign = tree.parents.get(index);
      if (assign?.kind !== "AssignStmt" || assign.lhs.length !== 1 || assign.lhs[0] !== index) break;
      work.used.add("set");
      replace(endOf(tree, index.x), startOf(tree, index.indices[0]!), ".set(");
      replace(endOf(tree, index.indices[0]!), startOf(tree, assign.rhs[0]!), ", ");
      replace(endOf(tree, assign), endOf(tree, assign), ")");
      return;
    }
    case "delete": {
      const [on, key] = (node as CallExpr).args as [Expr, Expr];
      work.used.add("remove");
      replace(startOf(tree, node), startOf(tree, on), "");
      replace(endOf(tree, on), startOf(tree, key), ".remove(");
      return;
    }
    case "len": {
      const [on] = (node as CallExpr).args as [Expr];
      work.used.add("size");
      replace(startOf(tree, node), startOf(tree, on), "");
      replace(endOf(tree, on), endOf(tree, node), ".size()");
      return;
    }
    case "range":
      rewriteRange(work, use);
      return;
    default:
      break;
  }
  throw new CannotFix(
    `${work.map.name} is used as a whole at ${place(tree, use.ref)}, which its parts cannot be in one step; use one lock.`,
  );
}

function rewriteUpdate(work: Work, use: Use): void {
  const { tree } = use;
  const index = use.node as IndexExpr;
  const statement = tree.parents.get(index)!;
  const value = freshName(["v", "value", "old"], identifiersIn(tree));
  const elem = spelled(work, tree, work.elem);
  let result: string;
  if (statement.kind === "IncDecStmt") result = `${value} ${statement.op[0]} 1`;
  else if (statement.kind === "AssignStmt") {
    const [operand] = statement.rhs as [Expr];
    if (!work.mayHold(tree, operand) || someNode(operand, (n) => n.kind === "FuncLit")) {
      const rest = someNode(operand, (n) => [...work.within].some((u) => u.node === n));
      if (!rest || textOf(tree, operand).includes("\n"))
        throw new CannotFix(
          `What ${work.map.name} is updated with at ${place(tree, operand)} waits or calls out; compute it before.`,
        );
    }
    const text = textOf(tree, operand).replaceAll(textOf(tree, index), value);
    const needsParens = operand.kind === "BinaryExpr";
    result =
      statement.op === "="
        ? text
        : `${value} ${statement.op.slice(0, -1)} ${needsParens ? `(${text})` : text}`;
    if (textOf(tree, operand).includes("\n"))
      throw new CannotFix(`The update at ${place(tree, operand)} spans lines; compute its operand before.`);
  } else throw new CannotFix(`The update at ${place(tree, statement)} cannot be one step; use one lock.`);
  work.used.add("update");
  const call = `${textOf(tree, index.x)}.update(${textOf(tree, index.indices[0]!)}, func(${value} ${elem}) ${elem} { return ${result} })`;
  work.draft.replace(tree.file, startOf(tree, statement), endOf(tree, statement), call);
}

function rewriteRange(work: Work, use: Use): void {
  const { tree } = use;
  const loop = use.node as RangeStmt;
  if (
    loop.x !== use.ref ||
    !work.mayHold(tree, loop.body) ||
    someNode(loop.body, (n) => n.kind === "Ident" && n.name === work.map.name)
  ) {
    throw new CannotFix(
      `The loop at ${place(tree, loop)} waits, calls out or uses the map again; copy the map before it.`,
    );
  }
  work.used.add("each");
  const param = (e: Expr | null, type: Type): string =>
    `${e === null ? "_" : textOf(tree, e)} ${spelled(work, tree, type)}`;
  const head = `${textOf(tree, loop.x)}.each(func(${param(loop.key, work.key)}, ${param(loop.value, work.elem)}) bool `;
  rangeAsCallback(tree, loop, work.draft, head, []);
}

/** The type of the parts with the methods that are used. */
function shardsType(work: Work, tree: DeclTree, type: string): string[] {
  const key = spelled(work, tree, work.key);
  const elem = spelled(work, tree, work.elem);
  const sync = work.draft.importName(tree.file, "sync", "sync");
  const method = (name: Method, comment: string, signature: string, body: readonly string[]): string[] =>
    work.used.has(name)
      ? [
          "",
          `// ${name} ${comment}`,
          `func (s *${type}) ${name}${signature} {`,
          ...body.map((l) => `\t${l}`),
          "}",
        ]
      : [];
  const onPart = (lock: "Lock" | "RLock"): string[] => [
    "p := s.part(key)",
    `p.mu.${lock}()`,
    `defer p.mu.${lock === "Lock" ? "Unlock" : "RUnlock"}()`,
  ];
  const overParts = (inner: readonly string[]): string[] => [
    "for i := range s.parts {",
    "\tp := &s.parts[i]",
    "\tp.mu.RLock()",
    ...inner.map((l) => `\t${l}`),
    "\tp.mu.RUnlock()",
    "}",
  ];
  const writes = ["if p.m == nil {", `\tp.m = make(map[${key}]${elem})`, "}"];
  return [
    `// ${type} is a map in parts, each with a lock of its own, so that goroutines with different keys seldom wait.`,
    `type ${type} struct {`,
    `\tparts [32]${type}Part`,
    "}",
    "",
    `type ${type}Part struct {`,
    `\tmu ${sync}.RWMutex`,
    `\tm  map[${key}]${elem} // guarded by mu`,
    "}",
    "",
    "// part returns the part that a key belongs to.",
    `func (s *${type}) part(key ${key}) *${type}Part {`,
    ...hashOf(work.key)!.map((l) => `\t${l}`),
    "\treturn &s.parts[h%uint32(len(s.parts))]",
    "}",
    ...method(
      "get",
      "returns the element of a key and whether there is one.",
      `(key ${key}) (${elem}, bool)`,
      [...onPart("RLock"), "v, ok := p.m[key]", "return v, ok"],
    ),
    ...method(
      "value",
      "returns the element of a key, the zero value where there is none.",
      `(key ${key}) ${elem}`,
      [...onPart("RLock"), "return p.m[key]"],
    ),
    ...method("set", "stores an element.", `(key ${key}, v ${elem})`, [
      ...onPart("Lock"),
      ...writes,
      "p.m[key] = v",
    ]),
    ...method("remove", "takes an element out.", `(key ${key})`, [...onPart("Lock"), "delete(p.m, key)"]),
    ...method(
      "update",
      "replaces an element by what change makes of it, in one step.",
      `(key ${key}, change func(${elem}) ${elem})`,
      [...onPart("Lock"), ...writes, "p.m[key] = change(p.m[key])"],
    ),
    ...method("size", "counts all elements, part by part.", "() int", [
      "n := 0",
      ...overParts(["n += len(p.m)"]),
      "return n",
    ]),
    ...method(
      "each",
      "calls do for all elements, part by part, until it returns false. It must not use the map.",
      `(do func(key ${key}, v ${elem}) bool)`,
      overParts([
        "for key, v := range p.m {",
        "\tif !do(key, v) {",
        "\t\tp.mu.RUnlock()",
        "\t\treturn",
        "\t}",
        "}",
      ]),
    ),
  ];
}

function spelled(work: Work, tree: DeclTree, type: Type): string {
  const text =
    type.kind === "typeparam"
      ? null
      : spellType(type, work.map.pkg!, (path, name) => work.draft.importName(tree.file, path, name));
  if (text === null)
    throw new CannotFix(
      `The type of ${work.map.name} cannot be spelt in ${tree.file.path}; give its elements a named type first.`,
    );
  return text;
}
