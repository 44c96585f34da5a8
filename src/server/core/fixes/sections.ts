/**
 * Critical sections: which statements run under the lock, and how the lock is given back.
 *
 * Uses that belong together (a check and the update that acts on it) share a section where all that lies
 * between them may run under the lock; otherwise each use gets the smallest section, its map operation taken
 * out of what blocks. What may run under the lock is `hold.ts`; which lock it is, `rwmutex.ts`.
 */
import type { BlockStmt, Expr, IfStmt, Node, Stmt } from "../syntax/ast.ts";
import type { FuncNode, Package } from "../types/types.ts";
import type { Draft } from "./draft.ts";
import type { MayHold } from "./hold.ts";
import { CannotFix } from "./refusal.ts";
import { spellType } from "./spell.ts";
import {
  childrenOf,
  type DeclTree,
  endOf,
  isWithin,
  type ListOwner,
  someNode,
  startOf,
  statementsOf,
  textOf,
  walk,
} from "./tree.ts";
import { calledObject, freshName, identifiersIn, isSameThrough, place, type Use } from "./uses.ts";

/** How the lock of a use is spelt: the expression before `.Lock()`, and whether reads may share it. */
export interface LockName {
  readonly text: string;
  readonly shared: boolean;
}

/** What planning needs to know and where it writes to. */
export interface Sections {
  readonly draft: Draft;
  readonly mayHold: MayHold;
  lockOf(use: Use): LockName;
  /** The spelling of the map's type in a file, for the copy that a blocking loop iterates over. */
  readonly pkg: Package;
}

/** Puts every use that the function `host` executes into a critical section. */
export function guardFunction(sections: Sections, host: FuncNode, uses: readonly Use[]): void {
  const first = uses[0];
  if (first === undefined || host.body === null) return;
  const recovers = someNode(
    host.body,
    (n) => n.kind === "CallExpr" && calledObject(first.tree, n)?.name === "recover",
  );
  const work: FunctionWork = {
    ...sections,
    tree: first.tree,
    host,
    recovers,
    names: identifiersIn(first.tree),
    ended: null,
  };
  guardList(work, host.body, uses);
}

interface FunctionWork extends Sections {
  readonly tree: DeclTree;
  readonly host: FuncNode;
  /** A panic does not end the program here, so the lock must come back by `defer`. */
  readonly recovers: boolean;
  /** Names in use; grows with those that are made up. */
  readonly names: Set<string>;
  /** A section whose unlock is not written yet: a read right behind it may still join. */
  ended: EndedSection | null;
}

interface EndedSection {
  readonly last: Stmt;
  readonly next: Stmt | undefined;
  readonly lock: string;
  readonly unlock: string;
}

/** Writes the unlock of the section that has ended. */
function close(work: FunctionWork): void {
  if (work.ended !== null) work.draft.after(work.tree, work.ended.last, [work.ended.unlock]);
  work.ended = null;
}

/** Puts reads in front of a statement under the lock, in the section right before it where there is one. */
function readBefore(
  work: FunctionWork,
  statement: Stmt,
  uses: readonly Use[],
  reads: readonly string[],
): void {
  const { lock, unlock } = callsFor(work, uses);
  const joins = work.ended?.next === statement && work.ended.lock === work.lockOf(uses[0]!).text;
  if (joins && work.ended !== null && uses.every((u) => !u.writes)) {
    work.draft.before(work.tree, statement, [...reads, work.ended.unlock]);
    work.ended = null;
    return;
  }
  close(work);
  work.draft.before(work.tree, statement, [lock, ...reads, unlock]);
}

/** Guards the uses within one list of statements. */
function guardList(work: FunctionWork, owner: ListOwner, uses: readonly Use[]): void {
  const list = statementsOf(owner);
  const usesAt = list.map((s) => uses.filter((u) => isWithin(work.tree, u.ref, s)));
  close(work);
  for (let i = 0; i < list.length; i++) {
    if (usesAt[i]!.length === 0) continue;
    const last = widestSection(work, owner, usesAt, i);
    if (last === null) {
      guardParts(work, list[i]!, usesAt[i]!);
      continue;
    }
    writeSection(work, owner, i, last, usesAt.slice(i, last + 1).flat());
    i = last;
  }
  close(work);
}

/** The last statement of the widest section that starts at `first`, or null where not even it alone is one. */
function widestSection(
  work: FunctionWork,
  owner: ListOwner,
  usesAt: readonly (readonly Use[])[],
  first: number,
): number | null {
  const list = statementsOf(owner);
  let widest: number | null = null;
  const lock = work.lockOf(usesAt[first]![0]!).text;
  for (let i = first; i < list.length; i++) {
    if (usesAt[i]!.some((u) => work.lockOf(u).text !== lock) || !mayHoldWhole(work, list[i]!, usesAt[i]!))
      break;
    const section = list.slice(first, i + 1);
    if (
      !usesAt
        .slice(first, i + 1)
        .flat()
        .every((u) => isSameThrough(u, section))
    )
      break;
    if (usesAt[i]!.length > 0 && givesBack(work, owner, first, i, usesAt) !== null) widest = i;
  }
  return widest;
}

/** True when the statement may run under the lock as a whole, and should. */
function mayHoldWhole(work: FunctionWork, statement: Stmt, uses: readonly Use[]): boolean {
  if (!work.mayHold(work.tree, statement)) return false;
  // What is deferred runs later than the section.
  if (someNode(statement, (n) => n.kind === "DeferStmt" && uses.some((u) => isWithin(work.tree, u.ref, n))))
    return false;
  if (statement.kind === "GoStmt") return true;
  // A loop that works on something else for each use must not keep the lock all the while.
  const loop = statement.kind === "LabeledStmt" ? statement.stmt : statement;
  if (work.recovers || (loop.kind !== "ForStmt" && loop.kind !== "RangeStmt")) return true;
  const inBody = uses.length > 0 && uses.every((u) => isWithin(work.tree, u.ref, loop.body));
  return !inBody || !someNode(loop.body, (n) => n.kind === "CallExpr" && doesWork(work.tree, n));
}

function doesWork(tree: DeclTree, call: Node & { kind: "CallExpr" }): boolean {
  const called = calledObject(tree, call);
  return !tree.info.isType(call.fun) && called?.kind !== "builtin" && called?.kind !== "typename";
}

type Return = "explicit" | "defer" | "atExits";

/** How a section gives the lock back, or null where it cannot. */
function givesBack(
  work: FunctionWork,
  owner: ListOwner,
  first: number,
  last: number,
  usesAt: readonly (readonly Use[])[],
): Return | null {
  const list = statementsOf(owner);
  const section = list.slice(first, last + 1);
  const exits = section.flatMap((s) => exitsOf(work.tree, s, s));
  const rest = list.slice(last + 1);
  const restIsFree =
    usesAt.slice(last + 1).every((u) => u.length === 0) && rest.every((s) => work.mayHold(work.tree, s));
  const endsFunction = owner === work.host.body && restIsFree;
  const returnsAtEnd = section.at(-1)?.kind === "ReturnStmt" && exits.every((e) => e.kind === "ReturnStmt");
  const mayDefer = (endsFunction && exits.every((e) => e.kind === "ReturnStmt")) || returnsAtEnd;
  if (exits.length > 0 || work.recovers) {
    if (mayDefer) return "defer";
    if (work.recovers) return null;
    const inExits = exits.some((e) =>
      usesAt
        .slice(first, last + 1)
        .flat()
        .some((u) => isWithin(work.tree, u.ref, e)),
    );
    return inExits ? null : "atExits";
  }
  // A function that is one section from its first line to its last reads best with defer.
  return owner === work.host.body && first === 0 && last === list.length - 1 && list.length > 1
    ? "defer"
    : "explicit";
}

/** Statements that leave the section: returns, and jumps to somewhere outside of it. */
export function exitsOf(tree: DeclTree, node: Node, section: Node): Node[] {
  const exits: Node[] = [];
  walk(node, (n) => {
    if (n.kind === "FuncLit") return false;
    if (n.kind === "ReturnStmt") exits.push(n);
    if (n.kind === "BranchStmt" && n.branch !== "fallthrough" && leaves(tree, n, section)) exits.push(n);
    return undefined;
  });
  return exits;
}

function leaves(tree: DeclTree, branch: Node & { kind: "BranchStmt" }, section: Node): boolean {
  if (branch.branch === "goto") return true;
  for (let n = tree.parents.get(branch); n !== undefined; n = tree.parents.get(n)) {
    const isLoop = n.kind === "ForStmt" || n.kind === "RangeStmt";
    const isTarget =
      isLoop || (branch.branch === "break" && /^(SwitchStmt|TypeSwitchStmt|SelectStmt)$/.test(n.kind));
    const label = branch.label?.name;
    if (isTarget && label === undefined) return false;
    const labelled = tree.parents.get(n);
    if (isTarget && labelled?.kind === "LabeledStmt" && labelled.label.name === label) return false;
    if (n === section) return true;
  }
  return true;
}

function writeSection(
  work: FunctionWork,
  owner: ListOwner,
  first: number,
  last: number,
  uses: readonly Use[],
): void {
  const list = statementsOf(owner);
  const { tree, draft } = work;
  const { lock, unlock } = callsFor(work, uses);
  const usesAt = list.map((s) => uses.filter((u) => isWithin(tree, u.ref, s)));
  const how = givesBack(work, owner, first, last, usesAt);
  close(work);
  if (how === "defer") {
    draft.before(tree, list[first]!, [lock, `defer ${unlock}`]);
    return;
  }
  draft.before(tree, list[first]!, [lock]);
  if (how === "atExits") {
    for (const exit of list.slice(first, last + 1).flatMap((s) => exitsOf(tree, s, s)))
      draft.before(tree, exit as Stmt, [unlock]);
    if (["ReturnStmt", "BranchStmt"].includes(list[last]!.kind)) return;
  }
  if (how === "atExits") draft.after(tree, list[last]!, [unlock]);
  else work.ended = { last: list[last]!, next: list[last + 1], lock: work.lockOf(uses[0]!).text, unlock };
}

function callsFor(
  work: FunctionWork,
  uses: readonly Use[],
): { readonly lock: string; readonly unlock: string } {
  const { text, shared } = work.lockOf(uses[0]!);
  if (uses.some((u) => work.lockOf(u).text !== text)) {
    throw new CannotFix(
      `${place(work.tree, uses[0]!.ref)} uses two maps with two locks at once; take one of the uses out into a variable first.`,
    );
  }
  const read = shared && uses.every((u) => !u.writes);
  return read
    ? { lock: `${text}.RLock()`, unlock: `${text}.RUnlock()` }
    : { lock: `${text}.Lock()`, unlock: `${text}.Unlock()` };
}

/** Guards the uses of a statement that cannot be one section: its header, then the lists within it. */
function guardParts(work: FunctionWork, statement: Stmt, uses: readonly Use[]): void {
  const within = (part: Node | null): Use[] =>
    uses.filter((u) => part !== null && isWithin(work.tree, u.ref, part));
  const inList = (owner: ListOwner): void => guardList(work, owner, within(owner));
  const inHeader = (part: Node | null): boolean => within(part).length > 0;
  const { tree } = work;
  switch (statement.kind) {
    case "BlockStmt":
      inList(statement);
      return;
    case "LabeledStmt":
      if (/^(For|Range|Block|Switch|TypeSwitch|Select)/.test(statement.stmt.kind)) {
        guardParts(work, statement.stmt, uses);
        return;
      }
      break;
    case "IfStmt":
      guardIf(work, statement, uses);
      return;
    case "ForStmt":
      if (inHeader(statement.cond) || inHeader(statement.post) || inHeader(statement.init)) break;
      inList(statement.body);
      return;
    case "RangeStmt": {
      const over = uses.find((u) => u.kind === "range" && u.node === statement);
      if (over !== undefined) copyBeforeRange(work, statement, over);
      else hoist(work, statement, statement.x, within(statement.x));
      inList(statement.body);
      return;
    }
    case "SwitchStmt":
    case "TypeSwitchStmt": {
      if (inHeader(statement.init)) break;
      const tag = statement.kind === "SwitchStmt" ? statement.tag : statement.x;
      if (tag !== null) hoist(work, statement, tag, within(tag));
      if (statement.cases.some((c) => c.list?.some((e) => inHeader(e)))) break;
      for (const clause of statement.cases) inList(clause);
      return;
    }
    case "SelectStmt":
      if (statement.cases.some((c) => inHeader(c.comm))) break;
      for (const clause of statement.cases) inList(clause);
      return;
    default:
      guardSimple(work, statement, uses);
      return;
  }
  throw new CannotFix(
    `The map is used in the header of the statement at ${place(tree, statement)}, which also waits or calls out; take the use out into a variable first.`,
  );
}

function guardIf(work: FunctionWork, statement: IfStmt, uses: readonly Use[]): void {
  const { tree } = work;
  const inInit = uses.filter((u) => statement.init !== null && isWithin(tree, u.ref, statement.init));
  const inCond = uses.filter((u) => isWithin(tree, u.ref, statement.cond));
  if (inInit.length > 0 && statement.init !== null) {
    if (
      work.mayHold(tree, statement.init) &&
      work.mayHold(tree, statement.cond) &&
      !isElseIf(tree, statement)
    ) {
      guardInit(work, statement, [...inInit, ...inCond]);
    } else refuseHeader(work, statement);
  } else if (inCond.length > 0) {
    if (statement.init !== null || isElseIf(tree, statement)) refuseHeader(work, statement);
    else if (work.mayHold(tree, statement.cond)) {
      const name = newName(work, ["ok", "found", "holds"]);
      readBefore(work, statement, inCond, [`${name} := ${textOf(tree, statement.cond)}`]);
      work.draft.replace(tree.file, startOf(tree, statement.cond), endOf(tree, statement.cond), name);
    } else hoist(work, statement, statement.cond, inCond);
  }
  const rest = uses.filter((u) => !inInit.includes(u) && !inCond.includes(u));
  const inBody = rest.filter((u) => isWithin(tree, u.ref, statement.body));
  guardList(work, statement.body, inBody);
  const inElse = rest.filter((u) => !inBody.includes(u));
  if (inElse.length === 0 || statement.else === null) return;
  if (statement.else.kind === "BlockStmt") guardList(work, statement.else, inElse);
  else guardIf(work, statement.else, inElse);
}

function isElseIf(tree: DeclTree, statement: IfStmt): boolean {
  return tree.parents.get(statement)?.kind === "IfStmt";
}

function refuseHeader(work: FunctionWork, statement: Stmt): never {
  throw new CannotFix(
    `The condition at ${place(work.tree, statement)} uses the map and its branches wait or call out; take the use out into a variable first.`,
  );
}

/** `if v, ok := m[k]; ok {…}`: the init goes before the statement, or the lock comes back in both branches. */
function guardInit(work: FunctionWork, statement: IfStmt, uses: readonly Use[]): void {
  const { tree, draft } = work;
  const { lock, unlock } = callsFor(work, uses);
  const init = statement.init!;
  const condInInit = uses.some((u) => isWithin(tree, u.ref, statement.cond));
  const declared = init.kind === "AssignStmt" && init.op === ":=" ? init.lhs.map((e) => textOf(tree, e)) : [];
  const elsewhere = declared.some((name) => name !== "_" && isNamedOutside(tree, work.host, statement, name));
  if (!condInInit && !elsewhere) {
    readBefore(work, statement, uses, [textOf(tree, init)]);
    draft.replace(tree.file, startOf(tree, init), startOf(tree, statement.cond), "");
    return;
  }
  if (statement.else?.kind === "IfStmt") refuseHeader(work, statement);
  close(work);
  draft.before(tree, statement, [lock]);
  draft.atStartOf(tree, statement.body, [unlock]);
  if (statement.else !== null) draft.atStartOf(tree, statement.else as BlockStmt, [unlock]);
  else if (leavesAlways(statement.body)) draft.after(tree, statement, [unlock]);
  else {
    const indent = draft.indentOf(tree, statement);
    const eol = draft.eolOf(tree.file);
    draft.replace(
      tree.file,
      endOf(tree, statement),
      endOf(tree, statement),
      ` else {${eol}${indent}\t${unlock}${eol}${indent}}`,
    );
  }
}

function leavesAlways(block: BlockStmt): boolean {
  const last = block.list.at(-1);
  return last?.kind === "ReturnStmt" || last?.kind === "BranchStmt";
}

/** True when the function writes the name anywhere outside of the statement. */
function isNamedOutside(tree: DeclTree, host: FuncNode, statement: Stmt, name: string): boolean {
  let found = false;
  walk(host, (n) => {
    if (n === statement) return false;
    if (n.kind === "Ident" && n.name === name && tree.parents.get(n)?.kind !== "SelectorExpr") found = true;
    return undefined;
  });
  return found;
}

/** A statement without lists of its own, whose whole may not run under the lock. */
function guardSimple(work: FunctionWork, statement: Stmt, uses: readonly Use[]): void {
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
    const body = [lock, `defer ${unlock}`, textOf(tree, call)].map((l) => `${eol}${indent}\t${l}`).join("");
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
      draft.before(tree, statement, [`${name} := ${textOf(tree, value)}`, lock]);
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

function declares(statement: Stmt): boolean {
  return statement.kind === "DeclStmt" || (statement.kind === "AssignStmt" && statement.op === ":=");
}

/** Takes reads of the map out of an expression into variables that are set under the lock. */
function hoist(work: FunctionWork, statement: Stmt, within: Node, uses: readonly Use[]): void {
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
    lines.push(`${name} := ${textOf(tree, use.node)}`);
    draft.replace(tree.file, startOf(tree, use.node), endOf(tree, use.node), name);
  }
  readBefore(work, statement, uses, lines);
}

/** An operand may be computed earlier when nothing decides whether it is computed, and nothing before it has effects. */
function mayHoist(work: FunctionWork, use: Use, within: Node): boolean {
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
function copyBeforeRange(work: FunctionWork, statement: Stmt & { kind: "RangeStmt" }, use: Use): void {
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

function newName(work: FunctionWork, wishes: readonly string[]): string {
  const name = freshName(wishes, work.names);
  work.names.add(name);
  return name;
}
