/**
 * Locks that all callers of a function hold, for what it does beside a goroutine that it has started: `freeToken` may
 * touch a map after `go dial()` without a lock in sight where whoever calls it has the lock.
 *
 * Calls whose function cannot be told are not seen; where none is seen, nothing is known to be held.
 */
import type { Access, Held, ParallelPair } from "../accesses/events.ts";
import { groupKey } from "../accesses/path.ts";
import type { Fn } from "../calls/functions.ts";
import { heldAtBoth, together } from "../locks/heldLocks.ts";

/** The calls of a program by callee, and the locks held there. */
export interface CallersLocks {
  /** Takes over the calls that a function makes now; none where it is no more. Returns functions with other locks now. */
  update(caller: Fn, heldAtCalls: ReadonlyMap<Fn, readonly Held[]>): ReadonlySet<Fn>;
  /** A pair found in a function, with the locks that the function's callers hold. Anybody may call an entry. */
  under(fn: Fn, pair: ParallelPair, isEntry: (fn: Fn) => boolean): ParallelPair;
  /** The function with all that are called under its locks. */
  hangingOn(fn: Fn): ReadonlySet<Fn>;
}

/** No calls yet. */
export function createCallersLocks(): CallersLocks {
  const calls = new Map<Fn, ReadonlyMap<Fn, readonly Held[]>>();
  const callersOf = new Map<Fn, Set<Fn>>();

  const heldBy = (fn: Fn, under: ReadonlySet<Fn>, isEntry: (fn: Fn) => boolean): readonly Held[] => {
    if (isEntry(fn)) return [];
    let common: readonly Held[] | null = null;
    for (const caller of callersOf.get(fn) ?? []) {
      // A recursive call adds nothing to what its first call was made under.
      if (under.has(caller)) continue;
      const there = together(
        calls.get(caller)?.get(fn) ?? [],
        heldBy(caller, new Set([...under, caller]), isEntry),
      );
      common = common === null ? there : heldAtBoth(common, there);
      if (common.length === 0) break;
    }
    return common ?? [];
  };
  const addWithCallees = (fn: Fn, found: Set<Fn>): void => {
    if (found.has(fn)) return;
    found.add(fn);
    for (const callee of calls.get(fn)?.keys() ?? []) addWithCallees(callee, found);
  };

  return {
    update(caller, heldAtCalls) {
      const before = calls.get(caller);
      const other = new Set<Fn>();
      for (const callee of before?.keys() ?? []) {
        if (heldAtCalls.has(callee)) continue;
        callersOf.get(callee)?.delete(caller);
        addWithCallees(callee, other);
      }
      if (heldAtCalls.size > 0) calls.set(caller, heldAtCalls);
      else calls.delete(caller);
      for (const [callee, held] of heldAtCalls) {
        const known = callersOf.get(callee);
        if (known) known.add(caller);
        else callersOf.set(callee, new Set([caller]));
        if (!areSame(before?.get(callee), held)) addWithCallees(callee, other);
      }
      return other;
    },
    hangingOn(fn) {
      const found = new Set<Fn>();
      addWithCallees(fn, found);
      return found;
    },
    under(fn, pair, isEntry) {
      if (pair.spawnB !== null) return pair;
      const held = heldBy(fn, new Set([fn]), isEntry).filter((lock) => !isGivenBack(pair.b, lock));
      const locks = together(pair.b.locks, held);
      return locks === pair.b.locks ? pair : { ...pair, b: { ...pair.b, locks } };
    },
  };
}

function areSame(a: readonly Held[] | undefined, b: readonly Held[]): boolean {
  const key = (held: readonly Held[]): string =>
    held.map((lock) => `${lock.path ? groupKey(lock.path) : "?"}${lock.mode}${lock.by}`).join();
  return a !== undefined && key(a) === key(b);
}

/** True where the function has given the lock back before the access. */
function isGivenBack({ unlocked }: Access, { path }: Held): boolean {
  return path !== null && unlocked.some((given) => groupKey(given.path) === groupKey(path));
}
