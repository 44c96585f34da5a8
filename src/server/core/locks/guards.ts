/**
 * Which lock guards a map, judged by the places that use it: a lock beside it in its struct (or around it), or a
 * package-level lock for a package-level map. A lock of some wrapper that others need not go through is no guard.
 */
import type { Access, Held } from "../accesses/events.ts";
import { groupKey, groupOf, type Path } from "../accesses/path.ts";
import { structType } from "../calls/typeShape.ts";
import type { Type, Var } from "../types/types.ts";

/** The lock that is held where the map is used, at a write or at two places or more; null where none is. */
export function guardOf(accesses: readonly Access[]): Held | null {
  const counts = new Map<string, { lock: Held; places: Set<unknown>; writes: boolean }>();
  for (const access of accesses) {
    for (const lock of access.locks) {
      if (lock.by !== "mutex" || lock.path === null || !mayGuard(lock.path, access.path)) continue;
      const key = groupKey(lock.path);
      const count = counts.get(key) ?? { lock, places: new Set(), writes: false };
      count.places.add(access.node);
      count.writes ||= access.content === "write" && lock.mode === "write";
      counts.set(key, count);
    }
  }
  let best: { lock: Held; places: Set<unknown>; writes: boolean } | null = null;
  for (const count of counts.values()) {
    if (best === null || count.places.size > best.places.size) best = count;
  }
  return best && (best.writes || best.places.size > 1) ? best.lock : null;
}

/**
 * True where whoever reaches the map along `map` can reach the lock too: the lock is a field of a struct on the
 * way, a package-level variable for a package-level map, or a local beside a local.
 */
export function mayGuard(lock: Path, map: Path): boolean {
  const field = lock.steps.findLast((step) => step.kind === "field");
  if (field?.kind !== "field" && lock.root.role !== "field") {
    if (lock.root.role === "package") return map.root.role === "package" && lock.root.pkg === map.root.pkg;
    return map.root.role !== "package" && map.root.role !== "field";
  }
  const lockFields = lock.steps.flatMap((step) => (step.kind === "field" ? [step.field] : []));
  if (lock.root.role === "field") lockFields.push(lock.root);
  const holders: Type[] = [map.root.type()];
  for (const step of map.steps) if (step.kind === "field") holders.push(step.field.type());
  if (holders.some((type) => hasField(type, lockFields))) return true;
  const mapFields = map.steps.flatMap((step) => (step.kind === "field" ? [step.field] : []));
  if (map.root.role === "field") mapFields.push(map.root);
  return mapFields.some((f) => lockFields.some((l) => declaredTogether(f, l)));
}

/** True for a lock and a map that are fields of one struct. */
export function isBeside(lock: Path, map: Path): boolean {
  return declaredTogether(groupOf(lock).owner, groupOf(map).owner);
}

function hasField(t: Type, fields: readonly Var[]): boolean {
  return structType(t)?.fields.some((f) => fields.includes(f.origin)) ?? false;
}

/** True for two fields of one struct declaration. */
function declaredTogether(a: Var, b: Var): boolean {
  if (a.at === null || b.at === null || a.at.decl !== b.at.decl || a.at.decl.kind !== "TypeDecl")
    return false;
  const x = a.at.ident.pos;
  const y = b.at.ident.pos;
  return a.at.decl.specs.some((spec) => spec.pos <= x && x < spec.end && spec.pos <= y && y < spec.end);
}
