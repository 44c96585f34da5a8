/**
 * What is known while the uses of one function are put under a lock, and the lines that take and return it.
 *
 * Which statements these lines go around is `sections.ts` and `takeOut.ts`.
 */
import type { Node, Stmt } from "../syntax/ast.ts";
import type { FuncNode, Package } from "../types/types.ts";
import type { Draft } from "./draft.ts";
import type { MayHold } from "./hold.ts";
import { CannotFix } from "./refusal.ts";
import { type DeclTree, endOf, isWithin, startOf } from "./tree.ts";
import { freshName, place, type Use } from "./uses.ts";

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

export interface FunctionWork extends Sections {
  readonly tree: DeclTree;
  readonly host: FuncNode;
  /** A panic does not end the program here, so the lock must come back by `defer`. */
  readonly recovers: boolean;
  /** Names in use; grows with those that are made up. */
  readonly names: Set<string>;
  /** Keys that are computed before their statement, by the name that stands for each. */
  readonly keys: Map<Node, string>;
  /** Those of them that a rewritten expression already names. */
  readonly named: Set<Node>;
  /** A section whose unlock is not written yet: a read right behind it may still join. */
  ended: EndedSection | null;
}

export interface EndedSection {
  readonly last: Stmt;
  readonly next: Stmt | undefined;
  readonly lock: string;
  readonly unlock: string;
}

/** A node as it is written when its keys have names. */
export function written(work: FunctionWork, node: Node): string {
  const { tree, keys, named } = work;
  let text = "";
  let at = startOf(tree, node);
  for (const [key, name] of [...keys].sort(([a], [b]) => a.pos - b.pos)) {
    if (!isWithin(tree, key, node)) continue;
    named.add(key);
    text += tree.file.text.slice(at, startOf(tree, key)) + name;
    at = endOf(tree, key);
  }
  return text + tree.file.text.slice(at, endOf(tree, node));
}

/** Writes the unlock of the section that has ended. */
export function close(work: FunctionWork): void {
  if (work.ended !== null) work.draft.after(work.tree, work.ended.last, [work.ended.unlock]);
  work.ended = null;
}

/** Puts reads in front of a statement under the lock, in the section right before it where there is one. */
export function readBefore(
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

export function callsFor(
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

export function newName(work: FunctionWork, wishes: readonly string[]): string {
  const name = freshName(wishes, work.names);
  work.names.add(name);
  return name;
}
