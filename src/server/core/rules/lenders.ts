/**
 * Types that come with a lock: who begins a transaction takes the lock of its database, and `Commit` gives it back. A
 * method that gives back a lock which it has not taken, and which is not its own struct's, tells that; all that is done
 * by way of such a value is then done under the lock, until it is given back.
 */
import type { Held } from "../accesses/events.ts";
import { groupKey, groupOf } from "../accesses/path.ts";
import { namedType, structType, under } from "../calls/typeShape.ts";
import type { Type, TypeName } from "../types/types.ts";
import type { MapUse } from "./mapUses.ts";
import { functionsOf, hasField } from "./sameMap.ts";

/** A lock, and the type of the values that come with it. */
interface Lender {
  readonly type: TypeName;
  readonly lock: Held;
  readonly key: string;
}

/** The uses, with the locks that come with the values they go through. */
export function withLentLocks(uses: readonly MapUse[]): readonly MapUse[] {
  const lenders = lendersAmong(uses);
  return lenders.length === 0 ? uses : uses.map((use) => withLocks(use, lenders));
}

function lendersAmong(uses: readonly MapUse[]): readonly Lender[] {
  const found = new Map<string, Lender>();
  for (const { access } of uses) {
    for (const lock of access.locks) {
      const { path } = lock;
      const type =
        lock.isLent && path !== null && path.steps.length > 1 ? namedType(path.root.type())?.obj : null;
      if (!type || path === null) continue;
      const key = groupKey(path);
      found.set(`${type.pkg?.path}.${type.name} ${key}`, { type, lock, key });
    }
  }
  return [...found.values()];
}

function withLocks(use: MapUse, lenders: readonly Lender[]): MapUse {
  const { access } = use;
  const added = lenders.filter(
    ({ type, lock, key }) =>
      !access.locks.some((held) => held.path !== null && groupKey(held.path) === key) &&
      (isPartOf(type, use) || !access.unlocked.some((given) => groupKey(given.path) === key)) &&
      functionsOf(use).some((fn) => fn.receiver !== null && leadsTo(fn.receiver.type(), type, lock, 0)),
  );
  if (added.length === 0) return use;
  return { ...use, access: { ...access, locks: [...access.locks, ...added.map(({ lock }) => lock)] } };
}

/** True for a map of the value itself: nobody else has that, before or after. */
function isPartOf(type: TypeName, { access }: MapUse): boolean {
  const { owner } = groupOf(access.path);
  return hasField(type.type(), owner);
}

/** Parts of a transaction have a pointer to it, and parts of these to them. */
const DEEPEST = 2;

/** True for the type, and for those with a pointer to it, the one that has the lock itself left out. */
function leadsTo(from: Type, type: TypeName, lock: Held, depth: number): boolean {
  if (namedType(from)?.obj === type) return true;
  const owner = lock.path ? groupOf(lock.path).owner : null;
  if (depth >= DEEPEST || owner === null || hasField(from, owner)) return false;
  return (structType(from)?.fields ?? []).some(
    (field) => under(field.type()).kind === "pointer" && leadsTo(field.type(), type, lock, depth + 1),
  );
}
