/**
 * The `sync-map` Fix: the map becomes a `sync.Map`, each use the method that does the same in one step.
 *
 * Offered only where single methods are enough: no counting, no length, no whole replacement, and no check
 * whose outcome an update relies on, but for those that LoadOrStore does in one.
 */
import type { AssignStmt, CallExpr, Expr, IfStmt, IndexExpr, Node, RangeStmt, Stmt } from "../syntax/ast.ts";
import type { Type, Var } from "../types/types.ts";
import type { Draft } from "./draft.ts";
import { heldAt } from "./guard.ts";
import { lazyMaking, redeclare } from "./mapDeclaration.ts";
import type { Question } from "./question.ts";
import { rangeOverSyncMap } from "./rangeCallback.ts";
import { CannotFix } from "./refusal.ts";
import { spellType, underlyingOf } from "./spell.ts";
import {
  childrenOf,
  type DeclTree,
  endOf,
  isWithin,
  listOwnerOf,
  someNode,
  startOf,
  statementsOf,
  textOf,
  unparen,
} from "./tree.ts";
import { calledObject, freshName, identifiersIn, mapTypeOf, place, type Use } from "./uses.ts";

/** Writes the Fix into the draft. Throws {@link CannotFix}. */
export function rewriteToSyncMap(question: Question, map: Var, uses: readonly Use[], draft: Draft): void {
  const type = mapTypeOf(map)!;
  const work: Work = { map, draft, key: type.key, elem: type.elem, names: new Map(), done: new Set() };
  for (const use of uses) {
    refuseKind(map, use);
    const [held] = heldAt(use.tree, use.ref);
    if (held !== undefined) {
      throw new CannotFix(
        `${map.name} is guarded by ${held.text} at ${place(use.tree, use.ref)}; take that lock everywhere instead.`,
      );
    }
  }
  for (const use of uses) loadOrStore(work, use, uses);
  refuseCheckThenAct(work, uses);
  const first = uses[0];
  if (first === undefined || !uses.some((u) => u.kind === "declare"))
    throw new CannotFix(`The declaration of ${map.name} is not in sight.`);
  const comment = `map[${spelled(work, first.tree, type.key)}]${spelled(work, first.tree, type.elem)}`;
  redeclare(
    question,
    map,
    uses,
    draft,
    (tree) => `${draft.importName(tree.file, "sync", "sync")}.Map`,
    comment,
  );
  for (const use of uses) if (!work.done.has(use)) rewriteUse(work, use);
}

interface Work {
  readonly map: Var;
  readonly draft: Draft;
  readonly key: Type;
  readonly elem: Type;
  readonly names: Map<Node, Set<string>>;
  /** Uses that a pattern of several statements has rewritten. */
  readonly done: Set<Use>;
}

const REFUSED: Readonly<Record<string, string>> = {
  update: "is updated in place",
  len: "is asked for its length",
  clear: "is cleared while others may read it",
  readCall: "is read as a whole",
  writeCall: "is written as a whole",
  return: "is returned",
};

function refuseKind(map: Var, use: Use): void {
  const why = use.kind === "compare" && lazyMaking(use) === null ? "is compared with nil" : REFUSED[use.kind];
  if (why !== undefined) {
    throw new CannotFix(
      `${map.name} ${why} at ${place(use.tree, use.ref)}, which no single method of sync.Map does; use a lock.`,
    );
  }
}

/** A read whose outcome may decide about a later write must be one step with it. */
function refuseCheckThenAct(work: Work, uses: readonly Use[]): void {
  const open = uses.filter((u) => !work.done.has(u));
  for (const read of open) {
    if (read.kind !== "load" && read.kind !== "commaOk") continue;
    const write = open.find(
      (w) =>
        (w.kind === "store" || w.kind === "delete") &&
        w.host === read.host &&
        startOf(w.tree, w.ref) > startOf(read.tree, read.ref),
    );
    if (write !== undefined) {
      throw new CannotFix(
        `${work.map.name} is checked at ${place(read.tree, read.ref)} and then changed at ${place(write.tree, write.ref)}; with sync.Map these would be two steps, so use a lock.`,
      );
    }
  }
}

function rewriteUse(work: Work, use: Use): void {
  const { tree } = use;
  switch (use.kind) {
    case "store":
      rewriteStore(work, use);
      return;
    case "delete": {
      const call = use.node as CallExpr;
      const { file } = tree;
      work.draft.replace(file, startOf(tree, call), startOf(tree, call.args[0]!), "");
      work.draft.replace(file, endOf(tree, call.args[0]!), startOf(tree, call.args[1]!), ".Delete(");
      convert(work, tree, call.args[1]!, work.key);
      return;
    }
    case "commaOk":
      rewriteCommaOk(work, use);
      return;
    case "load":
      rewriteLoad(work, use);
      return;
    case "range":
      rewriteRange(work, use);
      return;
    default:
      return;
  }
}

function rewriteStore(work: Work, use: Use): void {
  const { tree } = use;
  const index = use.node as IndexExpr;
  const assign = parentStatement(tree, index);
  if (
    assign?.kind !== "AssignStmt" ||
    assign.lhs.length !== 1 ||
    assign.lhs[0] !== index ||
    use.ref !== index.x
  ) {
    throw new CannotFix(
      `The assignment at ${place(tree, use.ref)} sets more than the map's element; split it first.`,
    );
  }
  const value = assign.rhs[0]!;
  work.draft.replace(tree.file, endOf(tree, index.x), startOf(tree, index.indices[0]!), ".Store(");
  convert(work, tree, index.indices[0]!, work.key);
  work.draft.replace(tree.file, endOf(tree, index.indices[0]!), startOf(tree, value), ", ");
  convert(work, tree, value, work.elem);
  work.draft.replace(tree.file, endOf(tree, value), endOf(tree, value), ")");
}

/** `m[k]` becomes `m.Load(k)`; where the element goes is the caller's. */
function loadCall(work: Work, tree: DeclTree, index: IndexExpr): string {
  return `${textOf(tree, index.x)}.Load(${converted(work, tree, index.indices[0]!, work.key)})`;
}

function rewriteCommaOk(work: Work, use: Use): void {
  const { tree } = use;
  const { draft } = work;
  const index = use.node as IndexExpr;
  const assign = parentStatement(tree, index);
  if (assign?.kind !== "AssignStmt")
    throw new CannotFix(`Write the declaration at ${place(tree, index)} with := first.`);
  const [value, ok] = assign.lhs as [Expr, Expr];
  const call = loadCall(work, tree, index);
  draft.replace(tree.file, startOf(tree, index), endOf(tree, index), call);
  if (textOf(tree, value) === "_") return;
  const stored = name(work, tree, ["stored", "loaded", "found"]);
  const inIf = tree.parents.get(assign);
  if (inIf?.kind === "IfStmt" && inIf.init === assign) {
    const usedOutside =
      someNode(inIf.cond, (n) => n.kind === "Ident" && n.name === textOf(tree, value)) ||
      (inIf.else !== null &&
        someNode(inIf.else, (n) => n.kind === "Ident" && n.name === textOf(tree, value)));
    if (
      assign.op !== ":=" ||
      inIf.cond.kind !== "Ident" ||
      inIf.cond.name !== textOf(tree, ok) ||
      usedOutside
    ) {
      throw new CannotFix(
        `The condition at ${place(tree, inIf)} reads the element that it looks up; look it up before the if first.`,
      );
    }
    draft.replace(tree.file, startOf(tree, value), endOf(tree, value), stored);
    draft.atStartOf(tree, inIf.body, [`${textOf(tree, value)}${assertion(work, tree, stored, ":=", true)}`]);
    return;
  }
  if (listOwnerOf(tree, assign) === null)
    throw new CannotFix(
      `The look-up at ${place(tree, assign)} stands in a header; give it a line of its own first.`,
    );
  const isNew = (e: Expr): boolean => {
    const obj = e.kind === "Ident" ? tree.info.objectOf(e) : null;
    return assign.op === ":=" && obj !== null && obj.at?.ident === e;
  };
  const op = isNew(value) ? ":=" : "=";
  draft.replace(tree.file, startOf(tree, value), endOf(tree, value), stored);
  const lines = [`${textOf(tree, value)}${assertion(work, tree, stored, op, false)}`];
  if (assign.op === "=" && textOf(tree, ok) !== "_") {
    const loaded = name(work, tree, ["loaded", "isThere"]);
    draft.replace(tree.file, startOf(tree, ok), endOf(tree, ok), loaded);
    lines.push(`${textOf(tree, ok)} = ${loaded}`);
  }
  if (assign.op === "=") draft.replace(tree.file, endOf(tree, ok), startOf(tree, assign.rhs[0]!), " := ");
  draft.after(tree, assign, lines);
}

/** ` := stored.(T)`, in the form that gives the zero value where nothing is stored. */
function assertion(work: Work, tree: DeclTree, stored: string, op: ":=" | "=", isThere: boolean): string {
  if (isAny(work.elem)) return ` ${op} ${stored}`;
  const type = spelled(work, tree, work.elem);
  const always = isThere && underlyingOf(work.elem).kind !== "interface";
  return always ? ` ${op} ${stored}.(${type})` : `, _ ${op} ${stored}.(${type})`;
}

function isAny(type: Type): boolean {
  const t = underlyingOf(type);
  return t.kind === "interface" && t.methods.length === 0 && t.embedded.length === 0;
}

/** A read in an expression: the element is looked up in front of the statement. */
function rewriteLoad(work: Work, use: Use): void {
  const { tree } = use;
  const { draft } = work;
  const index = use.node as IndexExpr;
  const statement = hoistTarget(tree, index);
  if (statement === null) {
    throw new CannotFix(
      `The read at ${place(tree, use.ref)} cannot be taken out of its expression; give it a line of its own first.`,
    );
  }
  const stored = name(work, tree, ["stored", "loaded", "found"]);
  const load = `${stored}, _ := ${loadCall(work, tree, index)}`;
  const parent = tree.parents.get(index);
  if (
    parent?.kind === "AssignStmt" &&
    parent.lhs.length === 1 &&
    parent.rhs[0] === index &&
    parent === statement
  ) {
    draft.before(tree, statement, [load]);
    const op = parent.op === ":=" ? ":=" : "=";
    if (parent.op !== ":=" && parent.op !== "=")
      throw new CannotFix(`Split the assignment at ${place(tree, parent)} first.`);
    const target = textOf(tree, parent.lhs[0]!);
    draft.replace(
      tree.file,
      startOf(tree, parent),
      endOf(tree, parent),
      `${target}${assertion(work, tree, stored, op, false)}`,
    );
    return;
  }
  const value = name(work, tree, ["value", "v", "element"]);
  draft.before(tree, statement, [load, `${value}${assertion(work, tree, stored, ":=", false)}`]);
  draft.replace(tree.file, startOf(tree, index), endOf(tree, index), value);
}

/** The statement in front of which an operand may be computed with the same effect, or null. */
export function hoistTarget(tree: DeclTree, operand: Node): Stmt | null {
  let n: Node = operand;
  for (;;) {
    const parent = tree.parents.get(n);
    if (parent === undefined || parent.kind === "FuncLit") return null;
    if (listOwnerOf(tree, n) !== null) {
      const inHeader =
        n.kind === "IfStmt"
          ? n.init === null && isWithin(tree, operand, n.cond)
          : n.kind === "RangeStmt"
            ? isWithin(tree, operand, n.x)
            : true;
      return inHeader && !/^(For|Select|Labeled|Switch|TypeSwitch)/.test(n.kind) ? (n as Stmt) : null;
    }
    if (parent.kind === "BinaryExpr" && (parent.op === "&&" || parent.op === "||") && parent.y === n)
      return null;
    const earlier = childrenOf(parent).slice(0, childrenOf(parent).indexOf(n));
    const hasEffect = (e: Node): boolean =>
      e.kind === "CallExpr" && !tree.info.isType(e.fun) && calledObject(tree, e)?.kind !== "builtin";
    if (parent.kind !== "AssignStmt" && earlier.some((e) => someNode(e, hasEffect))) return null;
    n = parent;
  }
}

function rewriteRange(work: Work, use: Use): void {
  const { tree } = use;
  const loop = use.node as RangeStmt;
  const part = (e: Expr | null, param: string, type: Type): { name: string; value: string } | null =>
    e === null || textOf(tree, e) === "_"
      ? null
      : { name: textOf(tree, e), value: isAny(type) ? param : `${param}.(${spelled(work, tree, type)})` };
  const key = name(work, tree, ["key", "k"]);
  const value = name(work, tree, ["value", "v", "element"]);
  rangeOverSyncMap(tree, loop, work.draft, textOf(tree, loop.x), {
    key: loop.key === null ? null : { param: key, variable: part(loop.key, key, work.key) },
    value: loop.value === null ? null : { param: value, variable: part(loop.value, value, work.elem) },
  });
}

/** The two shapes of "make it unless it is there", which LoadOrStore does in one step. */
function loadOrStore(work: Work, use: Use, uses: readonly Use[]): void {
  if (use.kind !== "commaOk") return;
  const { tree } = use;
  const index = use.node as IndexExpr;
  const assign = parentStatement(tree, index);
  if (assign?.kind !== "AssignStmt" || assign.op !== ":=") return;
  const [value, ok] = assign.lhs as [Expr, Expr];
  const holder = tree.parents.get(assign);
  if (holder?.kind === "IfStmt" && holder.init === assign) {
    const store = absentStore(work, tree, holder, ok, index, uses);
    if (
      store === null ||
      textOf(tree, value) !== "_" ||
      holder.body.list.length !== 1 ||
      hasCall(tree, store.value)
    )
      return;
    const text = `${textOf(tree, index.x)}.LoadOrStore(${converted(work, tree, index.indices[0]!, work.key)}, ${converted(work, tree, store.value, work.elem)})`;
    work.draft.replace(tree.file, startOf(tree, holder), endOf(tree, holder), text);
    work.done.add(use).add(store.use);
    return;
  }
  const owner = listOwnerOf(tree, assign);
  const next = owner === null ? undefined : statementsOf(owner)[statementsOf(owner).indexOf(assign) + 1];
  if (next?.kind !== "IfStmt" || next.init !== null || textOf(tree, value) === "_") return;
  const store = absentStore(work, tree, next, ok, index, uses);
  const made = next.body.list[0];
  const okUses = countName(owner!, textOf(tree, ok));
  if (
    store === null ||
    next.body.list.length !== 2 ||
    made?.kind !== "AssignStmt" ||
    made.op !== "=" ||
    okUses !== 2
  )
    return;
  if (textOf(tree, made.lhs[0]!) !== textOf(tree, value) || textOf(tree, store.value) !== textOf(tree, value))
    return;
  if (!isNewHere(tree, value)) return;
  const stored = name(work, tree, ["stored", "loaded", "found"]);
  const key = converted(work, tree, index.indices[0]!, work.key);
  const on = textOf(tree, index.x);
  const indent = work.draft.indentOf(tree, assign);
  const eol = work.draft.eolOf(tree.file);
  const lines = [
    `${stored}, ${textOf(tree, ok)} := ${on}.Load(${key})`,
    `if !${textOf(tree, ok)} {`,
    `\t${stored}, _ = ${on}.LoadOrStore(${key}, ${converted(work, tree, made.rhs[0]!, work.elem)})`,
    "}",
    `${textOf(tree, value)}${assertion(work, tree, stored, ":=", true)}`,
  ];
  work.draft.replace(tree.file, startOf(tree, assign), endOf(tree, next), lines.join(eol + indent));
  work.done.add(use).add(store.use);
}

function isNewHere(tree: DeclTree, e: Expr): boolean {
  return e.kind === "Ident" && tree.info.objectOf(e)?.at?.ident === e;
}

function countName(node: Node, wanted: string): number {
  return (
    (node.kind === "Ident" && node.name === wanted ? 1 : 0) +
    childrenOf(node).reduce((n, c) => n + countName(c, wanted), 0)
  );
}

function hasCall(tree: DeclTree, e: Expr): boolean {
  return someNode(
    e,
    (n) => n.kind === "CallExpr" && !tree.info.isType(n.fun) && calledObject(tree, n)?.kind !== "builtin",
  );
}

/** The store of `if !ok { …; m[k] = v }` under the key that was looked up, or null. */
function absentStore(
  work: Work,
  tree: DeclTree,
  check: IfStmt,
  ok: Expr,
  index: IndexExpr,
  uses: readonly Use[],
): { readonly use: Use; readonly value: Expr } | null {
  const { cond } = check;
  if (
    check.else !== null ||
    cond.kind !== "UnaryExpr" ||
    cond.op !== "!" ||
    textOf(tree, cond.x) !== textOf(tree, ok)
  )
    return null;
  const last = check.body.list.at(-1);
  if (last?.kind !== "AssignStmt" || last.op !== "=" || last.lhs.length !== 1) return null;
  const use = uses.find((u) => u.node === unparen(last.lhs[0]!) && u.kind === "store" && !work.done.has(u));
  if (use === undefined || textOf(tree, last.lhs[0]!) !== textOf(tree, index)) return null;
  return { use, value: last.rhs[0]! };
}

/** The assignment that an operand is directly part of. */
function parentStatement(tree: DeclTree, operand: Node): AssignStmt | null {
  let parent = tree.parents.get(operand);
  while (parent?.kind === "ParenExpr") parent = tree.parents.get(parent);
  return parent?.kind === "AssignStmt" ? parent : null;
}

/** Wraps an operand in a conversion where, as an `any`, it would have another type than the map's. */
function convert(work: Work, tree: DeclTree, e: Expr, type: Type): void {
  const text = converted(work, tree, e, type);
  if (text !== textOf(tree, e)) work.draft.replace(tree.file, startOf(tree, e), endOf(tree, e), text);
}

function converted(work: Work, tree: DeclTree, e: Expr, type: Type): string {
  const text = textOf(tree, e);
  if (underlyingOf(type).kind === "interface") return text;
  const wanted = spelled(work, tree, type);
  if (isOfType(work, tree, e, type, wanted)) return text;
  return /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(wanted) ? `${wanted}(${text})` : `(${wanted})(${text})`;
}

function isOfType(work: Work, tree: DeclTree, e: Expr, type: Type, wanted: string): boolean {
  const inner = unparen(e) as Expr;
  if (inner.kind === "CompositeLit" || (inner.kind === "UnaryExpr" && inner.op === "&")) return true;
  if (inner.kind === "FuncLit") return type.kind === "signature";
  if (tree.info.constOf(e) !== null) {
    const named = inner.kind === "Ident" ? inner : inner.kind === "SelectorExpr" ? inner.sel : null;
    const obj = named === null ? null : tree.info.objectOf(named);
    if (obj?.kind === "const" && type.kind === "named")
      return spellType(obj.type(), work.map.pkg!, (_, n) => n) === wanted;
    if (type.kind !== "basic") return false;
    return (
      type.name === "string" || type.name === "bool" || (type.name === "int" && /^\d+$/.test(textOf(tree, e)))
    );
  }
  const own = tree.info.typeOf(e);
  if (own.kind === "unknown")
    throw new CannotFix(
      `The type of ${textOf(tree, e)} at ${place(tree, e)} is not known; does the package build?`,
    );
  return spellType(own, work.map.pkg!, (path) => path) === spellType(type, work.map.pkg!, (path) => path);
}

function spelled(work: Work, tree: DeclTree, type: Type): string {
  const text = spellType(type, work.map.pkg!, (path, packageName) =>
    work.draft.importName(tree.file, path, packageName),
  );
  if (text === null)
    throw new CannotFix(
      `The type of ${work.map.name} cannot be spelt in ${tree.file.path}; give its elements a named type first.`,
    );
  return text;
}

function name(work: Work, tree: DeclTree, wishes: readonly string[]): string {
  const taken = work.names.get(tree.decl) ?? identifiersIn(tree);
  work.names.set(tree.decl, taken);
  const fresh = freshName(wishes, taken);
  taken.add(fresh);
  return fresh;
}
