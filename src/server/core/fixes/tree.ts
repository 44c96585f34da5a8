/**
 * Walking a declaration's tree with parents: the questions about places that every Fix asks.
 *
 * Knows shapes and offsets alone; what names mean comes from `types/`.
 */
import type { BlockStmt, Decl, FuncDecl, FuncLit, Node, SourceFile, Stmt } from "../syntax/ast.ts";
import type { FuncNode, Info, Package } from "../types/types.ts";

/** One top-level declaration, its file and what is known about its expressions. */
export interface DeclTree {
  readonly pkg: Package;
  readonly file: SourceFile;
  readonly decl: Decl;
  readonly info: Info;
  readonly parents: ReadonlyMap<Node, Node>;
}

/** The direct children of a node, in source order. */
export function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  const add = (...nodes: (Node | null | readonly Node[])[]): void => {
    for (const n of nodes) {
      if (n === null) continue;
      if (Array.isArray(n)) children.push(...(n as readonly Node[]));
      else children.push(n as Node);
    }
  };
  switch (node.kind) {
    case "ImportDecl":
    case "ConstDecl":
    case "VarDecl":
    case "TypeDecl":
      add(node.specs);
      break;
    case "ImportSpec":
      add(node.name);
      break;
    case "ConstSpec":
    case "VarSpec":
      add(node.names, node.type, node.values);
      break;
    case "TypeSpec":
      add(node.name, node.typeParams, node.type);
      break;
    case "FuncDecl":
      add(node.recv, node.name, node.type, node.body);
      break;
    case "FieldList":
      add(node.fields);
      break;
    case "Field":
      add(node.names, node.type);
      break;
    case "CompositeLit":
      add(node.type, node.elts);
      break;
    case "FuncLit":
      add(node.type, node.body);
      break;
    case "ParenExpr":
    case "StarExpr":
    case "UnaryExpr":
    case "ExprStmt":
    case "IncDecStmt":
      add(node.x);
      break;
    case "SelectorExpr":
      add(node.x, node.sel);
      break;
    case "IndexExpr":
      add(node.x, node.indices);
      break;
    case "SliceExpr":
      add(node.x, node.low, node.high, node.max);
      break;
    case "TypeAssertExpr":
      add(node.x, node.type);
      break;
    case "CallExpr":
      add(node.fun, node.args);
      break;
    case "BinaryExpr":
      add(node.x, node.y);
      break;
    case "KeyValueExpr":
    case "MapType":
      add(node.key, node.value);
      break;
    case "ArrayType":
      add(node.len, node.elt);
      break;
    case "StructType":
      add(node.fields);
      break;
    case "FuncType":
      add(node.typeParams, node.params, node.results);
      break;
    case "InterfaceType":
      add(node.methods);
      break;
    case "ChanType":
      add(node.value);
      break;
    case "Ellipsis":
      add(node.elt);
      break;
    case "DeclStmt":
      add(node.decl);
      break;
    case "LabeledStmt":
      add(node.label, node.stmt);
      break;
    case "SendStmt":
      add(node.chan, node.value);
      break;
    case "AssignStmt":
      add(node.lhs, node.rhs);
      break;
    case "GoStmt":
    case "DeferStmt":
      add(node.call);
      break;
    case "ReturnStmt":
      add(node.results);
      break;
    case "BranchStmt":
      add(node.label);
      break;
    case "BlockStmt":
      add(node.list);
      break;
    case "IfStmt":
      add(node.init, node.cond, node.body, node.else);
      break;
    case "CaseClause":
      add(node.list ?? [], node.body);
      break;
    case "CommClause":
      add(node.comm, node.body);
      break;
    case "SwitchStmt":
      add(node.init, node.tag, node.cases);
      break;
    case "TypeSwitchStmt":
      add(node.init, node.bind, node.x, node.cases);
      break;
    case "SelectStmt":
      add(node.cases);
      break;
    case "ForStmt":
      add(node.init, node.cond, node.post, node.body);
      break;
    case "RangeStmt":
      add(node.key, node.value, node.x, node.body);
      break;
    default:
      break;
  }
  return children;
}

/** Calls `visit` for a node and all that is in it; a visit that returns false keeps out of the node. */
export function walk(node: Node, visit: (n: Node) => boolean | undefined): void {
  if (visit(node) === false) return;
  for (const child of childrenOf(node)) walk(child, visit);
}

/** True when some node of the tree satisfies the test; a function literal within is entered too. */
export function someNode(node: Node, test: (n: Node) => boolean): boolean {
  return test(node) || childrenOf(node).some((child) => someNode(child, test));
}

/** The tree of a declaration with every node's parent. */
export function declTree(pkg: Package, file: SourceFile, decl: Decl): DeclTree {
  let parents: Map<Node, Node> | null = null;
  return {
    pkg,
    file,
    decl,
    info: pkg.info(decl),
    // Most declarations are only looked through, so parents are told when one is asked for.
    get parents() {
      if (parents === null) {
        const found = new Map<Node, Node>();
        walk(decl, (n) => {
          for (const child of childrenOf(n)) found.set(child, n);
          return undefined;
        });
        parents = found;
      }
      return parents;
    },
  };
}

/** Where a node starts in its file, in UTF-16 units. */
export function startOf(tree: DeclTree, node: Node): number {
  return tree.file.startOf(tree.decl) + node.pos;
}

/** Where a node ends in its file, in UTF-16 units. */
export function endOf(tree: DeclTree, node: Node): number {
  return tree.file.startOf(tree.decl) + node.end;
}

/** A node as it is written. */
export function textOf(tree: DeclTree, node: Node): string {
  return tree.file.text.slice(startOf(tree, node), endOf(tree, node));
}

/** The line of a node's start, from 1. */
export function lineOf(tree: DeclTree, node: Node): number {
  const at = startOf(tree, node);
  let line = 1;
  for (let i = 0; i < at; i++) if (tree.file.text.charCodeAt(i) === 10) line++;
  return line;
}

/** The innermost function that a node stands in (not the node itself), or null. */
export function functionOf(tree: DeclTree, node: Node): FuncNode | null {
  for (let n = tree.parents.get(node); n; n = tree.parents.get(n)) {
    if (n.kind === "FuncLit") return n as FuncLit;
    if (n.kind === "FuncDecl") return n as FuncDecl;
  }
  return null;
}

/** True when `inner` is `outer` or lies in it. */
export function isWithin(tree: DeclTree, inner: Node, outer: Node): boolean {
  for (let n: Node | undefined = inner; n; n = tree.parents.get(n)) if (n === outer) return true;
  return false;
}

/** A list of statements: a block's, a case's or a communication clause's. */
export type ListOwner = BlockStmt | Extract<Node, { kind: "CaseClause" | "CommClause" }>;

/** The statements of a list's owner. */
export function statementsOf(owner: ListOwner): readonly Stmt[] {
  return owner.kind === "BlockStmt" ? owner.list : owner.body;
}

/** The owner when the node is one of a statement list, null when it stands in a header or an expression. */
export function listOwnerOf(tree: DeclTree, node: Node): ListOwner | null {
  const parent = tree.parents.get(node);
  if (parent === undefined) return null;
  if (parent.kind === "BlockStmt") return parent;
  if (parent.kind === "CaseClause" && parent.body.includes(node as Stmt)) return parent;
  if (parent.kind === "CommClause" && parent.body.includes(node as Stmt)) return parent;
  return null;
}

/** The expression without the parentheses around it. */
export function unparen<T extends Node>(node: T): Node {
  let n: Node = node;
  while (n.kind === "ParenExpr") n = n.x;
  return n;
}

/** The trees of all declarations of a package. */
export function treesOf(pkg: Package): DeclTree[] {
  return pkg.files.flatMap((file) =>
    file.decls
      .filter((d) => d.kind !== "ImportDecl" && d.kind !== "BadDecl")
      .map((decl) => declTree(pkg, file, decl)),
  );
}
