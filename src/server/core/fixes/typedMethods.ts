/**
 * A map behind a small type of its own, with typed methods that are each one step: the part that the `sharded`
 * and the `channel` Fix share.
 *
 * Rewrites every use into a method and says which methods the type needs; the type itself is the caller's. What
 * needs the whole map at one moment, or a check and a later change, is refused.
 */
import type { CallExpr, Expr, IndexExpr, Node, RangeStmt } from "../syntax/ast.ts";
import type { Type, Var } from "../types/types.ts";
import type { Draft } from "./draft.ts";
import { heldAt } from "./guard.ts";
import { holdRules, type MayHold } from "./hold.ts";
import { lazyMaking, redeclare } from "./mapDeclaration.ts";
import type { Question } from "./question.ts";
import { rangeAsCallback } from "./rangeCallback.ts";
import { CannotFix } from "./refusal.ts";
import { spellType } from "./spell.ts";
import { type DeclTree, endOf, someNode, startOf, textOf } from "./tree.ts";
import { freshName, identifiersIn, mapTypeOf, place, type Use } from "./uses.ts";

/** A method of the type; `each` calls back while it holds what it goes through. */
export type Method = "get" | "value" | "set" | "remove" | "update" | "size" | "each";

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

/** Methods by name, and the types of keys and elements as they are spelt beside the map. */
export interface TypedMap {
  readonly tree: DeclTree;
  readonly key: string;
  readonly elem: string;
  readonly used: ReadonlySet<Method>;
}

/** Makes the map a variable of type `type`, with methods in place of its uses. Throws {@link CannotFix}. */
export function rewriteToMethods(
  question: Question,
  map: Var,
  uses: readonly Use[],
  draft: Draft,
  type: string,
  comment: string,
): TypedMap {
  const { key, elem } = mapTypeOf(map)!;
  const hosts = new Set<Node>(uses.flatMap((u) => (u.host === null ? [] : [u.host])));
  const work: Work = { map, draft, mayHold: holdRules(hosts), key, elem, used: new Set(), within: new Set() };
  const updates = uses.filter((u) => isUpdate(work, u, uses));
  refuseCheckThenAct(
    map,
    uses.filter((u) => !work.within.has(u) && !updates.includes(u)),
  );
  const declaration = uses.find((u) => u.kind === "declare");
  if (declaration === undefined) throw new CannotFix(`The declaration of ${map.name} is not in sight.`);
  const { tree } = declaration;
  const types = { key: spelled(work, tree, key), elem: spelled(work, tree, elem) };
  redeclare(question, map, uses, draft, () => type, `map[${types.key}]${types.elem} ${comment}`);
  for (const use of uses) {
    const [held] = heldAt(use.tree, use.ref);
    if (held !== undefined) {
      throw new CannotFix(
        `${map.name} is guarded by ${held.text} at ${place(use.tree, use.ref)}; take that lock everywhere instead.`,
      );
    }
    if (updates.includes(use)) rewriteUpdate(work, use);
    else if (!work.within.has(use)) rewriteUse(work, use);
  }
  return { tree, ...types, used: work.used };
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
        `${map.name} is read at ${place(read.tree, read.ref)} and then changed at ${place(later.tree, later.ref)}; with a method for each these would be two steps, so use a lock.`,
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
    `${work.map.name} is used as a whole at ${place(tree, use.ref)}, which no method does in one step; use a lock.`,
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
