/**
 * Which lock a call is about, and what taking it and giving it back does to what is held. Which calls those are is
 * `locks/syncCalls.ts`; what else a call does, `inline.ts`.
 */
import type { Given, Held } from "../accesses/events.ts";
import { type Path, pathKey } from "../accesses/path.ts";
import { holdsOthers, receiverOf, type Value } from "../accesses/values.ts";
import { textOf, type Walk } from "../accesses/walkRecord.ts";
import { givenKey, union } from "../accesses/walkState.ts";
import { giveBack, take } from "../locks/heldLocks.ts";
import type { MethodSync } from "../locks/syncCalls.ts";

/** The lock that a call is about. */
export function lockOf(walk: Walk, call: MethodSync): Held {
  const path = firstPathOf(receiverOf(walk.world, call.on, call.selection, walk.fn));
  const lock: Held = {
    path,
    mode: call.mode,
    by: call.op === "once" ? "once" : "mutex",
    text: textOf(walk.fn, call.on.x),
  };
  const last = path?.steps.at(-1);
  const holder = last === undefined ? path?.root : last.kind === "field" ? last.field : undefined;
  return holder?.role === "field" && holdsOthers(walk.world, holder) ? { ...lock, isOthers: true } : lock;
}

/** The first place among values; null where they are in none. */
export function firstPathOf(values: readonly Value[]): Path | null {
  for (const value of values) if (value.kind === "path") return value.path;
  return null;
}

/** Holds a lock from here on. */
export function takeLock(walk: Walk, lock: Held): void {
  const { held, released } = walk.state;
  // A caller's lock that was given back for a while is the caller's again.
  const { path } = lock;
  const again = path !== null && released.some((other) => pathKey(other.path) === pathKey(path));
  walk.state = again
    ? { ...walk.state, released: released.filter((other) => pathKey(other.path) !== pathKey(path)) }
    : { ...walk.state, held: take(held, lock) };
}

/** Gives a lock back: one that is held here, or else a caller's, who must have it then. */
export function unlock(walk: Walk, lock: Held): void {
  const { path } = lock;
  const { held, found } = giveBack(walk.state.held, path);
  if (found) walk.state = { ...walk.state, held };
  else if (path && !walk.state.dead && !walk.isDeferredOnSomeWays) {
    const given: Given = { ...lock, path, isLent: true };
    walk.lent.set(pathKey(path), given);
    walk.state = { ...walk.state, released: union(walk.state.released, [given], givenKey) };
  }
}

/** Takes the locks away that a goroutine is started with: it gives them back. */
export function lend(walk: Walk, locks: readonly Held[]): void {
  for (const { path } of locks) walk.state = { ...walk.state, held: giveBack(walk.state.held, path).held };
}
