/**
 * Which locks are held: taking and giving back, what two ways have in common, and whether two accesses exclude
 * each other. Which calls take a lock is `syncCalls.ts`.
 *
 * Within a function a lock is told apart by its path; two accesses are compared by the lock's field or
 * variable, whichever instance it is of, so that doubt about the instance means silence.
 */
import type { Access, Held } from "../accesses/events.ts";
import { groupKey, type Path, pathKey } from "../accesses/path.ts";
import { under } from "../calls/typeShape.ts";
import { isBeside } from "./guards.ts";

/** The locks after `lock` was taken. */
export function take(held: readonly Held[], lock: Held): readonly Held[] {
  return [...held, lock];
}

/** The locks after the lock at `path` was given back, and whether it was among them. */
export function giveBack(
  held: readonly Held[],
  path: Path | null,
  by: Held["by"] = "mutex",
): { held: readonly Held[]; found: boolean } {
  let at = held.findLastIndex((lock) => kindOf(lock) === by && sameKey(lock.path, path, pathKey));
  if (at < 0) at = held.findLastIndex((lock) => kindOf(lock) === by && sameKey(lock.path, path, groupKey));
  if (at < 0) return { held, found: false };
  return { held: held.filter((_, i) => i !== at), found: true };
}

/** True for a channel of capacity one that stands for a lock. */
export function isToken({ by }: Held): boolean {
  return by === "token";
}

/** The locks after sending on or receiving from such a channel: each gives back what the other one took. */
export function toggled(held: readonly Held[], token: Held): readonly Held[] {
  const given = giveBack(held, token.path, "token");
  return given.found ? given.held : take(held, token);
}

function sameKey(a: Path | null, b: Path | null, key: (path: Path) => string): boolean {
  return a === null || b === null ? a === b : key(a) === key(b);
}

/** The locks that are held on both ways; in read mode where one way has no more. */
export function heldOnBoth(a: readonly Held[], b: readonly Held[]): readonly Held[] {
  if (a === b) return a;
  const common: Held[] = [];
  for (const lock of a) {
    const other = b.find((l) => l.by === lock.by && sameKey(l.path, lock.path, pathKey));
    if (other) common.push(other.mode === "read" ? other : lock);
  }
  return common.length === a.length && common.every((lock, i) => lock === a[i]) ? a : common;
}

/** The locks of which each list has one that may be the same, wherever it is held; in read mode where one has no more. */
export function heldAtBoth(a: readonly Held[], b: readonly Held[]): readonly Held[] {
  return a.flatMap((lock) => {
    const other = lock.path === null ? undefined : b.find((l) => l.path !== null && sameLock(l, lock));
    if (other === undefined) return [];
    return [other.mode === "read" ? other : lock];
  });
}

/** The lock as callers of a function see it: a mutex inside a parameter passed by value is a copy of theirs. */
export function outsideOf(lock: Held): Held {
  return lock.by === "mutex" && lock.path !== null && isPassedByValue(lock.path)
    ? { ...lock, by: "copy" }
    : lock;
}

/** True where no pointer lies between a parameter and what the path leads to. */
function isPassedByValue({ root, steps }: Path): boolean {
  if ((root.role !== "param" && root.role !== "receiver") || steps.length === 0) return false;
  return [root, ...steps].every((part) => {
    if ("kind" in part && part.kind === "element") return false;
    return under("field" in part ? part.field.type() : part.type()).kind === "struct";
  });
}

/** The locks of both lists, each once: a recursive function would add the same lock at every round. */
export function together(a: readonly Held[], b: readonly Held[]): readonly Held[] {
  if (b.length === 0) return a;
  const all = [...a];
  for (const lock of b)
    if (!all.some((l) => l.by === lock.by && l.mode === lock.mode && sameKey(l.path, lock.path, pathKey)))
      all.push(lock);
  return all.length === a.length ? a : all;
}

/** What the locks of two accesses do for them. */
export type Exclusion = "excluded" | "both-read" | "none";

/** Whether a lock keeps the two accesses apart; `both-read` where they share one in read mode only. */
export function exclusion(a: Access, b: Access): Exclusion {
  let result: Exclusion = "none";
  for (const lock of a.locks) {
    for (const other of b.locks) {
      if (lock.by === "copy" || other.by === "copy" || !mayBeSame(lock, other)) continue;
      if (lock.mode === "write" || other.mode === "write") return "excluded";
      // Two that came after a Once keep nobody out.
      if (lock.by !== "once") result = "both-read";
    }
  }
  return result;
}

/** True where both may be the same lock, also by two names: one of them is a pointer to somebody else's. */
function mayBeSame(a: Held, b: Held): boolean {
  if (sameLock(a, b)) return true;
  if (!(a.isOthers || b.isOthers) || a.path === null || b.path === null) return false;
  // Two locks in one struct are two.
  return kindOf(a) === "mutex" && kindOf(b) === "mutex" && !isBeside(a.path, b.path);
}

/** True where both may be the same lock: the same field or variable, or one of them is not known. */
export function sameLock(a: Held, b: Held): boolean {
  if (a.path === null || b.path === null) return true;
  return kindOf(a) === kindOf(b) && groupKey(a.path) === groupKey(b.path);
}

function kindOf({ by }: Held): Held["by"] {
  return by === "contract" ? "mutex" : by;
}
