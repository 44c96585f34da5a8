/**
 * Map operations taken out of statements that must not run under the lock as a whole.
 *
 * A read goes into a variable, a value that is slow to compute comes first, a loop that waits runs over a copy.
 */
import type { Expr, Node, Stmt } from "../syntax/ast.ts";
import { exitsOf } from "./exits.ts";
import { callsFor, close, type FunctionWork, newName, readBefore, written } from "./lockWork.ts";
import { CannotFix } from "./refusal.ts";
import { spellType } from "./spell.ts";
import { childrenOf, type DeclTree, endOf, isWithin, someNode, startOf, textOf } from "./tree.ts";
import { calledObject, place, type Use } from "./uses.ts";

/** A statement without lists of its own, whose whole may not run under the lock. */
export function guardSimple(work: FunctionWork, statement: Stmt, uses: readonly Use[]): void {
  const { tree, draft, mayHold } = work;
  const { lock, unlock } = callsFor(work, uses);
  const only = uses.length === 1 ? uses[0]! : null;
  if (uses.some((u) => u.writes)) close(work);
  const call = statement.kind === "DeferStmt" ? statement.call : null;
  if (
    only !== null &&
    call !== null &&
    only.node === call &&
    (only.kind === "delete" || only.kind === "clear")
  ) {
    const indent = draft.indentOf(tree, statement);
    const eol = draft.eolOf(tree.file);
    const body = [lock, `defer ${unlock}`, written(work, call)].map((l) => `${eol}${indent}\t${l}`).join("");
    draft.replace(tree.file, startOf(tree, call), endOf(tree, call), `func() {${body}${eol}${indent}}()`);
    return;
  }
  if (
    work.recovers &&
    statement.kind !== "ReturnStmt" &&
    mayHold(tree, statement) &&
    exitsOf(tree, statement, statement).length === 0 &&
    !declares(statement)
  ) {
    draft.before(tree, statement, ["func() {", `\t${lock}`, `\tdefer ${unlock}`]);
    const [start, end] = [startOf(tree, statement), endOf(tree, statement)];
    if (textOf(tree, statement).includes("\n")) refuseHeader(work, statement);
    draft.replace(tree.file, start, start, "\t");
    draft.replace(tree.file, end, end, "");
    draft.after(tree, statement, ["}()"]);
    return;
  }
  if (
    only !== null &&
    statement.kind === "AssignStmt" &&
    statement.rhs.length === 1 &&
    isWithin(tree, only.ref, statement.lhs[0]!)
  ) {
    const [value] = statement.rhs as [Expr];
    if (statement.lhs.length === 1 && mayHold(tree, statement.lhs[0]!) && statement.op === "=") {
      const name = newName(work, ["value", "v", "next"]);
      draft.before(tree, statement, [`${name} := ${written(work, value)}`, lock]);
      draft.replace(tree.file, startOf(tree, value), endOf(tree, value), name);
      draft.after(tree, statement, [unlock]);
      return;
    }
  }
  for (const use of uses) {
    if (use.writes || use.kind === "commaOk") {
      throw new CannotFix(
        `The statement at ${place(tree, statement)} writes the map and also waits or calls out; split it in two first.`,
      );
    }
  }
  hoist(work, statement, statement, uses);
}

export function declares(statement: Stmt): boolean {
  return statement.kind === "DeclStmt" || (statement.kind === "AssignStmt" && statement.op === ":=");
}

/** Takes reads of the map out of an expression into variables that are set under the lock. */
export function hoist(work: FunctionWork, statement: Stmt, within: Node, uses: readonly Use[]): void {
  if (uses.length === 0) return;
  const { tree, draft } = work;
  const lines: string[] = [];
  for (const use of uses) {
    if (use.kind !== "load" && use.kind !== "len" && use.kind !== "readCall" && use.kind !== "compare") {
      throw new CannotFix(
        `The use of the map at ${place(tree, use.ref)} cannot be taken out of its statement; give it a line of its own first.`,
      );
    }
    if (!mayHoist(work, use, within)) {
      throw new CannotFix(
        `The use of the map at ${place(tree, use.ref)} depends on what its expression does before; give it a line of its own first.`,
      );
    }
    const name = newName(work, use.kind === "len" ? ["n", "size"] : ["value", "v", "entry"]);
    lines.push(`${name} := ${written(work, use.node)}`);
    draft.replace(tree.file, startOf(tree, use.node), endOf(tree, use.node), name);
  }
  readBefore(work, statement, uses, lines);
}

/** An operand may be computed earlier when nothing decides whether it is computed, and nothing before it has effects. */
export function mayHoist(work: FunctionWork, use: Use, within: Node): boolean {
  const { tree } = work;
  if (!work.mayHold(tree, use.node)) return false;
  for (let n: Node = use.node; n !== within; ) {
    const parent = tree.parents.get(n);
    if (parent === undefined) return false;
    if (parent.kind === "BinaryExpr" && (parent.op === "&&" || parent.op === "||") && parent.y === n)
      return false;
    if (parent.kind === "FuncLit") return false;
    const earlier = childrenOf(parent).slice(0, childrenOf(parent).indexOf(n));
    if (
      parent.kind !== "AssignStmt" &&
      earlier.some((e) => someNode(e, (c) => c.kind === "CallExpr" && doesWork(tree, c)))
    )
      return false;
    n = parent;
  }
  return true;
}

/** A loop over the map whose body must not run under the lock runs over a copy. */
export function copyBeforeRange(work: FunctionWork, statement: Stmt & { kind: "RangeStmt" }, use: Use): void {
  const { tree, draft } = work;
  if (tree.parents.get(statement)?.kind === "LabeledStmt") {
    throw new CannotFix(
      `The loop at ${place(tree, statement)} has a label and waits or calls out; copy the map before it by hand.`,
    );
  }
  const type = spellType(tree.info.typeOf(statement.x), work.pkg, (path, name) =>
    draft.importName(tree.file, path, name),
  );
  if (type === null)
    throw new CannotFix(
      `The type of the map at ${place(tree, statement)} cannot be spelt there; copy the map by hand.`,
    );
  close(work);
  const { lock, unlock } = callsFor(work, [{ ...use, writes: false }]);
  const over = textOf(tree, statement.x);
  const copy = newName(work, ["snapshot", "copied"]);
  const key = newName(work, ["k", "key"]);
  const value = newName(work, ["v", "value"]);
  draft.before(tree, statement, [
    lock,
    `${copy} := make(${type}, len(${over}))`,
    `for ${key}, ${value} := range ${over} {`,
    `\t${copy}[${key}] = ${value}`,
    "}",
    unlock,
  ]);
  draft.replace(tree.file, startOf(tree, statement.x), endOf(tree, statement.x), copy);
}

export function refuseHeader(work: FunctionWork, statement: Stmt): never {
  throw new CannotFix(
    `The condition at ${place(work.tree, statement)} uses the map and its branches wait or call out; take the use out into a variable first.`,
  );
}

export function doesWork(tree: DeclTree, call: Node & { kind: "CallExpr" }): boolean {
  const called = calledObject(tree, call);
  return !tree.info.isType(call.fun) && called?.kind !== "builtin" && called?.kind !== "typename";
}

/**
 * Computes keys that must not be computed under the lock in front of their statement. Returns whether there were
 * any; what is to stand in their place is `work.keys`.
 */
export function settleKeys(work: FunctionWork, statement: Stmt, uses: readonly Use[]): boolean {
  const { tree, keys } = work;
  let settled = false;
  for (const use of uses) {
    const key = keyOf(use);
    if (
      key === null ||
      keys.has(key) ||
      (work.mayHold(tree, key) && !isLater(statement, key)) ||
      !isComputedFirst(work, key, statement)
    )
      continue;
    if (uses.some((u) => u !== use && isWithin(tree, u.ref, key))) continue;
    close(work);
    const name = newName(work, ["key", "k", "mapKey"]);
    work.draft.before(tree, statement, [`${name} := ${textOf(tree, key)}`]);
    keys.set(key, name);
    settled = true;
  }
  return settled;
}

/** What is deferred has its arguments computed at once, what stands in a deferred literal has not. */
function isLater(statement: Stmt, key: Node): boolean {
  return statement.kind === "DeferStmt" && key.kind !== "Ident" && key.kind !== "BasicLit";
}

function keyOf(use: Use): Node | null {
  if (use.node.kind === "IndexExpr") return use.node.indices[0] ?? null;
  return use.kind === "delete" && use.node.kind === "CallExpr" ? (use.node.args[1] ?? null) : null;
}

/** True when the statement computes the operand in any case, and before all that has effects. */
function isComputedFirst(work: FunctionWork, operand: Node, statement: Stmt): boolean {
  const { tree } = work;
  for (let n: Node = operand; n !== statement; ) {
    const parent = tree.parents.get(n);
    if (
      parent === undefined ||
      /^(FuncLit|BlockStmt|CaseClause|CommClause|ForStmt|SelectStmt)$/.test(parent.kind)
    )
      return false;
    if (parent.kind === "BinaryExpr" && (parent.op === "&&" || parent.op === "||") && parent.y === n)
      return false;
    if (
      /^(If|Switch|TypeSwitch)Stmt$/.test(parent.kind) &&
      (parent !== statement || childrenOf(parent)[0] !== n)
    )
      return false;
    const earlier = childrenOf(parent).slice(0, childrenOf(parent).indexOf(n));
    const isCall = parent.kind === "CallExpr" && parent.args.length > 0 && parent.fun !== n;
    const operands = isCall ? earlier.slice(1) : earlier;
    if (
      parent.kind !== "AssignStmt" &&
      operands.some((e) => someNode(e, (c) => c.kind === "CallExpr" && doesWork(tree, c)))
    )
      return false;
    n = parent;
  }
  return true;
}
