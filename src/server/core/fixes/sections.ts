/**
 * Critical sections: which statements run under the lock, and how the lock is given back.
 *
 * Uses that belong together (a check and the update that acts on it) share a section where all that lies
 * between them may run under the lock; otherwise each use gets the smallest section, its map operation taken
 * out of what blocks. What may run under the lock is `hold.ts`; which lock it is, `rwmutex.ts`.
 */
import type { BlockStmt, IfStmt, Node, Stmt } from "../syntax/ast.ts";
import type { FuncNode } from "../types/types.ts";
import { exitsOf } from "./exits.ts";
import {
  callsFor,
  close,
  type FunctionWork,
  newName,
  readBefore,
  type Sections,
  written,
} from "./lockWork.ts";
import { CannotFix } from "./refusal.ts";
import { copyBeforeRange, doesWork, guardSimple, hoist, refuseHeader, settleKeys } from "./takeOut.ts";
import {
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
import { calledObject, identifiersIn, isSameThrough, place, type Use } from "./uses.ts";

/** Puts every use that the function `host` executes into a critical section. */
export function guardFunction(sections: Sections, host: FuncNode, uses: readonly Use[]): void {
  const first = uses[0];
  if (first === undefined || host.body === null) return;
  const recovers = someNode(
    host.body,
    (n) => n.kind === "CallExpr" && calledObject(first.tree, n)?.name === "recover",
  );
  const keys = new Map<Node, string>();
  const work: FunctionWork = {
    ...sections,
    mayHold: (tree, node) => sections.mayHold(tree, node, new Set(keys.keys())),
    keys,
    named: new Set(),
    tree: first.tree,
    host,
    recovers,
    names: identifiersIn(first.tree),
    ended: null,
  };
  guardList(work, host.body, uses);
  const { tree, draft } = work;
  for (const [key, name] of keys) {
    if (!work.named.has(key)) draft.replace(tree.file, startOf(tree, key), endOf(tree, key), name);
  }
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
      if (settleKeys(work, list[i]!, usesAt[i]!)) {
        i--; // now more of it may run under the lock
        continue;
      }
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
      readBefore(work, statement, inCond, [`${name} := ${written(work, statement.cond)}`]);
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

/** `if v, ok := m[k]; ok {…}`: the init goes before the statement, or the lock comes back in both branches. */
function guardInit(work: FunctionWork, statement: IfStmt, uses: readonly Use[]): void {
  const { tree, draft } = work;
  const { lock, unlock } = callsFor(work, uses);
  const init = statement.init!;
  const condInInit = uses.some((u) => isWithin(tree, u.ref, statement.cond));
  const declared = init.kind === "AssignStmt" && init.op === ":=" ? init.lhs.map((e) => textOf(tree, e)) : [];
  const elsewhere = declared.some((name) => name !== "_" && isNamedOutside(tree, work.host, statement, name));
  if (!condInInit && !elsewhere) {
    readBefore(work, statement, uses, [written(work, init)]);
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
