/**
 * Every use of a map in its package, and what each does to it.
 *
 * Decides whether all uses are of kinds that can be rewritten; a use through which the map gets another name
 * (an argument, an alias, its address) makes a Fix impossible, and the sentence says which one.
 */
import { isVar } from "../calls/functions.ts";
import type {
  AssignStmt,
  CallExpr,
  Expr,
  Ident,
  IndexExpr,
  Node,
  RangeStmt,
  SelectorExpr,
} from "../syntax/ast.ts";
import type { Func, FuncNode, Obj, Package, Program, Type, Var } from "../types/types.ts";
import { CannotFix } from "./refusal.ts";
import { underlyingOf } from "./spell.ts";
import {
  childrenOf,
  type DeclTree,
  declTree,
  endOf,
  functionOf,
  isWithin,
  lineOf,
  startOf,
  textOf,
  unparen,
  walk,
} from "./tree.ts";

export type UseKind =
  | "declare"
  | "literal"
  | "load"
  | "commaOk"
  | "store"
  | "update"
  | "delete"
  | "clear"
  | "len"
  | "range"
  | "assign"
  | "compare"
  | "readCall"
  | "writeCall"
  | "return";

/** One use of the map. */
export interface Use {
  readonly tree: DeclTree;
  /** The expression that denotes the map; for `declare` and `literal` the identifier. */
  readonly ref: Ident | SelectorExpr;
  readonly kind: UseKind;
  readonly writes: boolean;
  /** The index expression, call, range, assignment or comparison that the use is made by. */
  readonly node: Node;
  /** The function whose goroutine executes the use, or null outside of functions. */
  readonly host: FuncNode | null;
  /** What the field is selected from, with embedded fields spelt out; "" where the map is a variable. */
  readonly base: string;
}

/** The key and element type of a map variable, or null where it is no map. */
export function mapTypeOf(map: Var): { readonly key: Type; readonly elem: Type } | null {
  const type = underlyingOf(map.type());
  return type.kind === "map" ? type : null;
}

/** All trees of a package whose text holds a name. */
export function treesWith(pkg: Package, name: string): DeclTree[] {
  const trees: DeclTree[] = [];
  for (const file of pkg.files) {
    if (!file.text.includes(name)) continue;
    for (const decl of file.decls) {
      const start = file.startOf(decl);
      if (decl.kind === "ImportDecl" || decl.kind === "BadDecl") continue;
      if (file.text.slice(start, start + decl.end - decl.pos).includes(name))
        trees.push(declTree(pkg, file, decl));
    }
  }
  return trees;
}

/**
 * Every use of the map in its package, declarations included, in file order. Throws {@link CannotFix}, but where
 * `map` stays a map tests may go on reaching it by other names: they are left as they are.
 */
export function usesOf(program: Program, map: Var, staysMap: boolean): Use[] {
  const { pkg, at } = map;
  if (pkg === null || at === null || !pkg.inWorkspace) {
    throw new CannotFix(
      `${map.name} is declared outside of the workspace; copy the package into it to change it.`,
    );
  }
  refuseOutsideUses(program, pkg, map, staysMap);
  const trees =
    map.role === "field" || map.role === "package"
      ? treesWith(pkg, map.name)
      : [declTree(pkg, at.file, at.decl)];
  const uses: Use[] = [];
  for (const tree of trees) {
    walk(tree.decl, (node) => {
      if (node.kind === "Ident" && node.name === map.name && isVar(tree.info.objectOf(node), map)) {
        const parent = tree.parents.get(node);
        const ref = parent?.kind === "SelectorExpr" && parent.sel === node ? parent : node;
        try {
          uses.push(classify(tree, ref, map));
        } catch (error) {
          if (!(error instanceof CannotFix && staysMap && isTestOf(map, tree))) throw error;
        }
      }
      return undefined;
    });
  }
  return uses;
}

/** True in a test of the code that the map belongs to; a test's own map is as important as any other. */
export function isTestOf(map: Var, tree: DeclTree): boolean {
  return tree.file.path.endsWith("_test.go") && !(map.at?.file.path.endsWith("_test.go") ?? false);
}

/** A map that other packages reach cannot be rewritten by changing its own package alone. */
function refuseOutsideUses(program: Program, pkg: Package, map: Var, staysMap: boolean): void {
  if (!/^\p{Lu}/u.test(map.name) || (map.role !== "field" && map.role !== "package")) return;
  for (const other of program.packages) {
    if (other === pkg || (staysMap && other.variant === "xtest")) continue;
    for (const tree of treesWith(other, map.name)) {
      walk(tree.decl, (node) => {
        if (node.kind === "Ident" && node.name === map.name && isVar(tree.info.objectOf(node), map)) {
          throw new CannotFix(
            `${map.name} is also used by package ${other.path} (${place(tree, node)}); give package ${pkg.name} functions for that first.`,
          );
        }
        return undefined;
      });
    }
  }
}

/** "store.go:12", for sentences. */
export function place(tree: DeclTree, node: Node): string {
  return `${tree.file.path.slice(tree.file.path.lastIndexOf("/") + 1)}:${lineOf(tree, node)}`;
}

function classify(tree: DeclTree, ref: Ident | SelectorExpr, map: Var): Use {
  let child: Node = ref;
  let parent = tree.parents.get(child);
  while (parent?.kind === "ParenExpr") {
    child = parent;
    parent = tree.parents.get(child);
  }
  const use = (kind: UseKind, node: Node, writes = false): Use => ({
    tree,
    ref,
    kind,
    node,
    writes,
    host: hostOf(tree, ref),
    base: ref.kind === "SelectorExpr" ? baseOf(tree, ref) : "",
  });
  const escapes = (how: string): never => {
    throw new CannotFix(
      `${map.name} ${how} at ${place(tree, ref)}, so it is reached by another name than its own.`,
    );
  };
  switch (parent?.kind) {
    case "Field":
      return use("declare", parent);
    case "VarSpec":
      if (parent.names.includes(child as Ident)) {
        const value = parent.values[parent.names.indexOf(child as Ident)];
        if (value !== undefined) requireFresh(tree, value, map);
        return use("declare", parent);
      }
      return escapes("is copied into another variable");
    case "KeyValueExpr":
      if (parent.key === child && ref.kind === "Ident" && map.role === "field") {
        requireFresh(tree, parent.value, map);
        return use("literal", parent, true);
      }
      return escapes("is put into a literal");
    case "IndexExpr":
      return parent.x === child
        ? classifyIndex(tree, parent, map, use, escapes)
        : escapes("is used as an index");
    case "RangeStmt":
      return parent.x === child ? use("range", parent) : escapes("is assigned by a range loop");
    case "AssignStmt": {
      const side = parent.lhs.indexOf(child as Expr);
      if (side === -1) return escapes("is copied into another variable");
      const value = parent.lhs.length === parent.rhs.length ? parent.rhs[side] : undefined;
      if (value !== undefined) requireFresh(tree, value, map);
      if (parent.op === ":=" && tree.info.objectOf(ref as Ident)?.at?.ident === ref)
        return use("declare", parent, true);
      return use("assign", parent, true);
    }
    case "BinaryExpr":
      return use("compare", parent);
    case "CallExpr":
      return classifyCall(tree, parent, child, use, escapes);
    case "ReturnStmt":
      return use("return", parent);
    case "UnaryExpr":
      return escapes(parent.op === "&" ? "has its address taken" : "is used");
    case "SelectorExpr":
      return escapes("is the receiver of a method");
    default:
      return escapes("is used");
  }
}

type MakeUse = (kind: UseKind, node: Node, writes?: boolean) => Use;

/** What `m[k]` is part of; an element that is itself a map belongs to the same lock. */
function classifyIndex(
  tree: DeclTree,
  index: IndexExpr,
  map: Var,
  use: MakeUse,
  escapes: (how: string) => never,
): Use {
  let node: Node = index;
  let parent = tree.parents.get(node);
  let depth = 0;
  const elemIsMap = (): boolean => underlyingOf(tree.info.typeOf(node as Expr)).kind === "map";
  while (
    parent !== undefined &&
    (parent.kind === "ParenExpr" ||
      (parent.kind === "IndexExpr" && parent.x === node) ||
      (parent.kind === "SelectorExpr" &&
        parent.x === node &&
        tree.info.selectionOf(parent)?.kind === "field"))
  ) {
    if (parent.kind !== "ParenExpr") depth++;
    node = parent;
    parent = tree.parents.get(node);
  }
  const inner = (kind: UseKind, writes: boolean): Use =>
    use(depth > 0 && kind === "store" ? "update" : kind, index, writes);
  if (parent?.kind === "AssignStmt" && parent.lhs.includes(node as Expr)) {
    if (elemIsMap()) for (const value of parent.rhs) requireFresh(tree, value, map);
    return inner(parent.op === "=" ? "store" : "update", true);
  }
  if (parent?.kind === "IncDecStmt") return use("update", index, true);
  if (parent?.kind === "RangeStmt" && (parent.key === node || parent.value === node))
    return escapes("is assigned by a range loop");
  if (parent?.kind === "UnaryExpr" && parent.op === "&" && depth > 0) return use("update", index, true);
  if (elemIsMap()) {
    if (parent?.kind === "RangeStmt" && parent.x === node) return use("range", parent);
    if (parent?.kind === "CallExpr") {
      const called = calledObject(tree, parent);
      if (called?.kind === "builtin" && (called.name === "delete" || called.name === "clear"))
        return use("update", index, true);
      if (called?.kind === "builtin" && called.name === "len") return use("load", index);
    }
    if (parent?.kind === "BinaryExpr") return use("load", index);
    return escapes("hands out one of its elements, which are maps too,");
  }
  if (depth > 0) return use("load", index);
  if (parent?.kind === "AssignStmt" && parent.lhs.length === 2 && parent.rhs.length === 1)
    return use("commaOk", index);
  if (parent?.kind === "VarSpec" && parent.names.length === 2 && parent.values.length === 1)
    return use("commaOk", index);
  return use("load", index);
}

/** Functions that read a map, or write it, and keep nothing of it. */
const READING: Readonly<Record<string, readonly string[]>> = {
  maps: ["Clone", "Equal", "EqualFunc"],
  fmt: ["Sprint", "Sprintf", "Sprintln", "Errorf"],
  "encoding/json": ["Marshal", "MarshalIndent"],
  reflect: ["DeepEqual"],
};
const WRITING: Readonly<Record<string, readonly string[]>> = { maps: ["Copy", "DeleteFunc", "Insert"] };

function classifyCall(
  tree: DeclTree,
  call: CallExpr,
  argument: Node,
  use: MakeUse,
  escapes: (how: string) => never,
): Use {
  const called = calledObject(tree, call);
  if (called?.kind === "builtin") {
    if (called.name === "len") return use("len", call);
    if (called.name === "delete") return use("delete", call, true);
    if (called.name === "clear") return use("clear", call, true);
  }
  if (called?.kind === "func" && called.pkg !== null) {
    const { path } = called.pkg;
    if (WRITING[path]?.includes(called.name))
      return use(call.args[0] === argument ? "writeCall" : "readCall", call, call.args[0] === argument);
    if (READING[path]?.includes(called.name)) return use("readCall", call);
    if (path === "maps" && (called.name === "Keys" || called.name === "Values")) {
      const outer = tree.parents.get(call);
      const collector = outer?.kind === "CallExpr" ? calledObject(tree, outer) : null;
      if (collector?.pkg?.path === "slices" && /^(Collect|Sorted)/.test(collector.name))
        return use("readCall", outer as CallExpr);
      return escapes("is iterated lazily");
    }
  }
  return escapes(`is passed to ${textOf(tree, call.fun)}`);
}

/** The declared function, builtin or type that a call names, or null for function values. */
export function calledObject(tree: DeclTree, call: CallExpr): Obj | null {
  let fun = unparen(call.fun) as Expr;
  if (fun.kind === "IndexExpr") fun = unparen(fun.x) as Expr;
  if (fun.kind === "Ident") return tree.info.objectOf(fun);
  if (fun.kind !== "SelectorExpr") return null;
  const selection = tree.info.selectionOf(fun);
  return selection === null ? tree.info.objectOf(fun.sel) : selection.obj;
}

/** Standard packages whose functions call a function literal they are given before they return. */
const CALLS_BACK = new Set(["sort", "slices", "strings", "bytes", "maps"]);

/** The innermost function whose body executes the node; a literal that is called back at once is part of its caller. */
export function hostOf(tree: DeclTree, node: Node): FuncNode | null {
  for (let host = functionOf(tree, node); host !== null; host = functionOf(tree, host)) {
    if (host.kind === "FuncDecl" || !isCalledBackAtOnce(tree, host)) return host;
  }
  return null;
}

/** True for a function literal that is an argument of `sort.Slice` and its like. */
export function isCalledBackAtOnce(tree: DeclTree, literal: Node): boolean {
  const call = tree.parents.get(literal);
  if (call?.kind !== "CallExpr" || !call.args.includes(literal as Expr)) return false;
  const called = calledObject(tree, call);
  return (
    called?.kind === "func" &&
    called.pkg !== null &&
    CALLS_BACK.has(called.pkg.path) &&
    (called as Func).func !== undefined
  );
}

function baseOf(tree: DeclTree, ref: SelectorExpr): string {
  const path = tree.info.selectionOf(ref)?.path ?? [];
  return [textOf(tree, ref.x), ...path.map((field) => field.name)].join(".");
}

/** A map must come from nowhere else: a literal, `make`, a call, or a local that is handed over for good. */
function requireFresh(tree: DeclTree, value: Expr, map: Var): void {
  const expr = unparen(value) as Expr;
  if (expr.kind === "CallExpr" || expr.kind === "CompositeLit") return;
  if (expr.kind === "Ident") {
    const obj = tree.info.objectOf(expr);
    if (obj === null || obj.kind === "nil") return;
    if (obj.kind === "var" && obj.role === "local" && isHandedOver(tree, expr, obj)) return;
  }
  throw new CannotFix(
    `${map.name} is set to ${textOf(tree, value)} at ${place(tree, value)}, a map that has another name too; copy it there first.`,
  );
}

/** True when a local that was made here is not used after `at`, nor in a function literal or an enclosing loop. */
function isHandedOver(tree: DeclTree, at: Ident, local: Var): boolean {
  const host = functionOf(tree, at);
  let ok = true;
  for (let n = tree.parents.get(at); n !== undefined && n !== host; n = tree.parents.get(n)) {
    if (n.kind === "ForStmt" || n.kind === "RangeStmt") ok = false;
  }
  walk(tree.decl, (node) => {
    if (
      node.kind !== "Ident" ||
      node === at ||
      node.name !== local.name ||
      !isVar(tree.info.objectOf(node), local)
    )
      return undefined;
    if (startOf(tree, node) > endOf(tree, at) || functionOf(tree, node) !== host) ok = false;
    const parent = tree.parents.get(node);
    if (parent?.kind === "AssignStmt" && parent.lhs.includes(node)) {
      const value = parent.rhs[parent.lhs.indexOf(node)];
      if (value !== undefined && !["CallExpr", "CompositeLit"].includes(unparen(value).kind)) ok = false;
    }
    return undefined;
  });
  return ok;
}

/** The assignment that a comma-ok use is part of, or null where it is a `var` declaration. */
export function assignmentOf(use: Use): AssignStmt | null {
  let parent = use.tree.parents.get(use.node);
  while (parent?.kind === "ParenExpr") parent = use.tree.parents.get(parent);
  return parent?.kind === "AssignStmt" ? parent : null;
}

/** The range statements over the map itself among its uses. */
export function isRangeOver(use: Use): use is Use & { node: RangeStmt } {
  return use.kind === "range";
}

/** All identifiers that are written in the files of a package: a new name must be none of them. */
export function identifiersOf(pkg: Package): Set<string> {
  const names = new Set<string>();
  for (const file of pkg.files)
    for (const name of file.text.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []) names.add(name);
  return names;
}

/** The first of the wishes that is not taken, or the last with a number. */
export function freshName(wishes: readonly string[], taken: ReadonlySet<string>): string {
  for (const wish of wishes) if (!taken.has(wish)) return wish;
  for (let i = 2; ; i++) if (!taken.has(`${wishes.at(-1)}${i}`)) return `${wishes.at(-1)}${i}`;
}

/** All names that are written in one declaration. */
export function identifiersIn(tree: DeclTree): Set<string> {
  const names = new Set<string>();
  const visit = (n: Node): void => {
    if (n.kind === "Ident") names.add(n.name);
    for (const child of childrenOf(n)) visit(child);
  };
  visit(tree.decl);
  return names;
}

/** True when the map is a variable, or a field of something that has a name: writing it twice is the same twice. */
export function isReachedByName(use: Use): boolean {
  return (
    use.base === "" ||
    /^[*&(]*[\p{L}_][\p{L}\p{N}_]*\)*(\.[\p{L}_][\p{L}\p{N}_]*|\[[\p{L}\p{N}_]+\])*$/u.test(use.base)
  );
}

/**
 * True when what the field is selected from is the same value in front of the statements and all through them: a
 * lock that is taken before them is then the lock of every use in them.
 */
export function isSameThrough(use: Use, statements: readonly Node[]): boolean {
  if (use.base === "") return true;
  const { tree } = use;
  const names = new Set<string>();
  let ok = true;
  walk(use.ref.kind === "SelectorExpr" ? use.ref.x : use.ref, (n) => {
    if (n.kind !== "Ident") return undefined;
    names.add(n.name);
    const declared = tree.info.objectOf(n)?.at?.ident;
    if (declared !== undefined && statements.some((s) => isWithin(tree, declared, s))) ok = false;
    return undefined;
  });
  const changes = (target: Node | null): boolean => {
    if (target === null) return false;
    const text = textOf(tree, target);
    return names.has(text) || use.base === text || use.base.startsWith(`${text}.`);
  };
  for (const statement of statements) {
    walk(statement, (n) => {
      if (n.kind === "AssignStmt" && n.op !== ":=" && n.lhs.some(changes)) ok = false;
      if (n.kind === "IncDecStmt" && changes(n.x)) ok = false;
      if (n.kind === "RangeStmt" && !n.define && (changes(n.key) || changes(n.value))) ok = false;
      return undefined;
    });
  }
  return ok;
}
