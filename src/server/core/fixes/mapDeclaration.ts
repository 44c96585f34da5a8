/**
 * The declaration of a map when its type is replaced: variable, field or local, its initialiser, and the
 * places that make the map later.
 *
 * Decides what may stand there for the replacement to be right; what it is replaced by is the caller's.
 */
import type { CompositeLit, Expr, IfStmt, Node, Stmt } from "../syntax/ast.ts";
import type { Var } from "../types/types.ts";
import type { Draft } from "./draft.ts";
import type { Question } from "./question.ts";
import { CannotFix } from "./refusal.ts";
import { refuseCopies, structOf } from "./structs.ts";
import { type DeclTree, endOf, listOwnerOf, startOf, textOf, unparen } from "./tree.ts";
import { calledObject, place, type Use } from "./uses.ts";

/** Replaces the map's type by one whose zero value is ready for use; `type` spells it in a file. */
export function redeclare(
  question: Question,
  map: Var,
  uses: readonly Use[],
  draft: Draft,
  type: (tree: DeclTree) => string,
  comment: string,
): void {
  for (const use of uses) {
    if (use.kind === "declare") declareAs(question, map, use, draft, type(use.tree), comment);
    else if (use.kind === "literal") dropLiteralKey(use, draft);
    else if (use.kind === "assign") dropMaking(map, use, draft);
  }
}

/** The statement when a use is part of `if m == nil { m = make(…) }`, which a ready zero value makes needless. */
export function lazyMaking(use: Use): IfStmt | null {
  const { tree } = use;
  let n: Node | undefined = use.ref;
  while (n !== undefined && n.kind !== "IfStmt") n = tree.parents.get(n);
  if (n === undefined || n.init !== null || n.else !== null || n.body.list.length !== 1) return null;
  const { cond } = n;
  const making = n.body.list[0]!;
  if (cond.kind !== "BinaryExpr" || cond.op !== "==" || textOf(tree, cond.y) !== "nil") return null;
  if (making.kind !== "AssignStmt" || making.op !== "=" || making.lhs.length !== 1) return null;
  if (textOf(tree, making.lhs[0]!) !== textOf(tree, cond.x) || !isEmptyMap(tree, making.rhs[0]!)) return null;
  return textOf(tree, cond.x) === textOf(tree, use.ref) ? n : null;
}

function isEmptyMap(tree: DeclTree, value: Expr): boolean {
  const expr = unparen(value) as Expr;
  if (expr.kind === "CompositeLit") return (expr as CompositeLit).elts.length === 0;
  return expr.kind === "CallExpr" && calledObject(tree, expr)?.name === "make";
}

function requireEmpty(tree: DeclTree, value: Expr, map: Var): void {
  if (isEmptyMap(tree, value)) return;
  throw new CannotFix(
    `${map.name} does not start empty (${place(tree, value)}); fill it in a function first.`,
  );
}

function declareAs(
  question: Question,
  map: Var,
  use: Use,
  draft: Draft,
  type: string,
  comment: string,
): void {
  const { tree, node } = use;
  const { file } = tree;
  const noted = (at: number): string => {
    const rest = /^[^\r\n]*/.exec(file.text.slice(at))![0];
    return rest.trim() === "" ? `${type} // ${comment}` : type;
  };
  if (node.kind === "Field") {
    if (node.names.length !== 1)
      throw new CannotFix(
        `${map.name} shares its declaration with other fields; give it one of its own first.`,
      );
    if (node.tag !== "")
      throw new CannotFix(`${map.name} has a struct tag, so it is encoded as a map; keep it one.`);
    refuseCopies(question, structOf(map));
    draft.replace(file, startOf(tree, node.type), endOf(tree, node.type), noted(endOf(tree, node.type)));
    return;
  }
  if (node.kind === "VarSpec") {
    if (node.names.length !== 1)
      throw new CannotFix(
        `${map.name} is declared together with other variables; give it a line of its own first.`,
      );
    if (node.values[0] !== undefined) requireEmpty(tree, node.values[0], map);
    draft.replace(file, endOf(tree, node.names[0]!), endOf(tree, node), ` ${noted(endOf(tree, node))}`);
    return;
  }
  if (node.kind === "AssignStmt" && node.lhs.length === 1 && listOwnerOf(tree, node) !== null) {
    requireEmpty(tree, node.rhs[0]!, map);
    draft.replace(
      file,
      startOf(tree, node),
      endOf(tree, node),
      `var ${map.name} ${noted(endOf(tree, node))}`,
    );
    return;
  }
  throw new CannotFix(
    `${map.name} is a parameter or is declared together with others (${place(tree, use.ref)}); give it a line of its own first.`,
  );
}

function dropLiteralKey(use: Use, draft: Draft): void {
  const { tree, node } = use;
  const literal = tree.parents.get(node);
  if (literal?.kind !== "CompositeLit" || node.kind !== "KeyValueExpr" || !isEmptyMap(tree, node.value)) {
    throw new CannotFix(
      `The map is given by a literal at ${place(tree, node)} and does not start empty; fill it in a function first.`,
    );
  }
  const { text } = tree.file;
  const at = literal.elts.indexOf(node);
  const lineStart = text.lastIndexOf("\n", startOf(tree, node)) + 1;
  const rest = /^,?[^\r\n]*\r?\n/.exec(text.slice(endOf(tree, node)))?.[0] ?? "";
  if (text.slice(lineStart, startOf(tree, node)).trim() === "" && /^,[\t ]*(\/\/.*)?\r?\n$/.test(rest)) {
    draft.replace(tree.file, lineStart, endOf(tree, node) + rest.length, "");
    return;
  }
  const next = literal.elts[at + 1];
  const previous = literal.elts[at - 1];
  if (next !== undefined) draft.replace(tree.file, startOf(tree, node), startOf(tree, next), "");
  else
    draft.replace(
      tree.file,
      previous === undefined ? startOf(tree, node) : endOf(tree, previous),
      endOf(tree, node),
      "",
    );
}

/** Takes out a statement that only makes the map. */
function dropMaking(map: Var, use: Use, draft: Draft): void {
  const { tree, node } = use;
  const statement: Stmt = lazyMaking(use) ?? (node as Stmt);
  const isMaking =
    node.kind === "AssignStmt" && node.lhs.length === 1 && node.op === "=" && isEmptyMap(tree, node.rhs[0]!);
  if (!isMaking || (statement === node && map.role !== "field")) {
    throw new CannotFix(
      `${map.name} is replaced as a whole at ${place(tree, node)}, which only a lock or a snapshot makes safe.`,
    );
  }
  dropStatement(tree, statement, draft);
}

/** Takes a statement out, with its line. */
export function dropStatement(tree: DeclTree, statement: Stmt, draft: Draft): void {
  const { text } = tree.file;
  const lineStart = text.lastIndexOf("\n", startOf(tree, statement)) + 1;
  const rest = /^[^\r\n]*(\r?\n)?/.exec(text.slice(endOf(tree, statement)))![0];
  if (text.slice(lineStart, startOf(tree, statement)).trim() !== "" || rest.trim() !== "") {
    throw new CannotFix(
      `The statement at ${place(tree, statement)} shares its line with something else; give it a line of its own first.`,
    );
  }
  draft.replace(tree.file, lineStart, endOf(tree, statement) + rest.length, "");
}
