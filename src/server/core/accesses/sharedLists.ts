/**
 * Has what a function does share the lists that tell of it. Hundreds of its accesses come after the same signals, under
 * the same locks, and each was written down with lists of its own, with room to grow.
 */
import type { Access, ParameterCall } from "./events.ts";

const LISTS = ["locks", "awaited", "signalled", "signals"] as const;

/** Lists are replaced by equal ones, of the same elements. */
type Listed = Record<(typeof LISTS)[number], readonly unknown[]>;

/** A list of the elements on the way to it, and those that go on from there. */
interface Branch {
  list: readonly unknown[] | null;
  readonly next: Map<unknown, Branch>;
}

/** To be called when the function has been walked: nothing is added to the lists any more. */
export function shareLists(events: Iterable<Access | ParameterCall>): void {
  const start: Branch = { list: [], next: new Map() };
  const before = new Map<string, readonly unknown[]>();
  for (const event of events) {
    const listed: Listed = event;
    for (const name of LISTS) {
      const list = listed[name];
      const earlier = before.get(name);
      // What happens one after the other has most in common.
      const shared = earlier && areSame(earlier, list) ? earlier : sharedList(start, list);
      before.set(name, shared);
      listed[name] = shared;
    }
  }
}

function areSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a === b || (a.length === b.length && a.every((one, i) => one === b[i]));
}

function sharedList(start: Branch, list: readonly unknown[]): readonly unknown[] {
  let branch = start;
  for (const one of list) {
    let next = branch.next.get(one);
    if (!next) {
      next = { list: null, next: new Map() };
      branch.next.set(one, next);
    }
    branch = next;
  }
  // A copy has no room to grow.
  branch.list ??= list.slice();
  return branch.list;
}
