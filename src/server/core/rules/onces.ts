/**
 * Maps that a `Once` makes: who comes after the `Once`, and who reads the map without having gone that way.
 */
import type { Access, Held } from "../accesses/events.ts";
import { namedType, qualifiedName, structType } from "../calls/typeShape.ts";
import { writes } from "../goroutines/order.ts";
import { mayGuard } from "../locks/guards.ts";
import { sameLock } from "../locks/heldLocks.ts";
import type { Type } from "../types/types.ts";
import type { MapGroup, MapUse } from "./mapUses.ts";
import { CONSTRUCTS, isCalled } from "./phases.ts";
import { functionsOf, hasUnknownHolder } from "./sameMap.ts";

/**
 * True where both come after the `Once` beside the map that makes or fills it, which says that callers are concurrent.
 * What else a `Once` is for says nothing of the map.
 */
export function followsOnce({ uses }: MapGroup, a: Access, b: Access): boolean {
  return a.locks.some(
    (lock) =>
      lock.by === "once" &&
      lock.path !== null &&
      mayGuard(lock.path, a.path) &&
      b.locks.some((other) => sameLock(lock, other)) &&
      uses.some(({ access }) => writes(access) && access.locks.some((one) => isRunBy(one, lock))),
  );
}

function isRunBy(lock: Held, once: Held): boolean {
  return lock.by === "once" && lock.mode === "write" && sameLock(lock, once);
}

/** True where `a` makes the map under the `Once` beside it and `b` reads it without having gone that way. */
export function passesBy(a: MapUse, b: MapUse): boolean {
  return (
    !writes(b.access) &&
    b.access.locks.length === 0 &&
    !hasUnknownHolder(b) &&
    !isCalled(b, CONSTRUCTS) &&
    !hasWhatIsMadeThere(a, b) &&
    a.access.locks.some(
      (lock) =>
        lock.by === "once" &&
        lock.mode === "write" &&
        lock.path !== null &&
        mayGuard(lock.path, a.access.path) &&
        mayGuard(lock.path, b.access.path),
    )
  );
}

/**
 * True where `b` is a function of a value, or of one that holds a value, that is got from a function through which `a`
 * comes: whoever has one went through the `Once` for it.
 */
function hasWhatIsMadeThere(a: MapUse, b: MapUse): boolean {
  const made = new Set(
    functionsOf(a).flatMap(({ node, info }) =>
      (node.type.results?.fields ?? []).flatMap(({ type }) => {
        const result = info.typeOf(type);
        return namedType(result)?.obj.pkg ? [qualifiedName(result)] : [];
      }),
    ),
  );
  if (made.size === 0) return false;
  const has = (type: Type): boolean => made.has(qualifiedName(type));
  return functionsOf(b).some(({ receiver }) => {
    if (receiver === null) return false;
    return (
      has(receiver.type()) || (structType(receiver.type())?.fields ?? []).some((field) => has(field.type()))
    );
  });
}
