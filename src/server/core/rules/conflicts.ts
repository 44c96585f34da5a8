/**
 * Which accesses of a map can meet, and how much of the evidence was seen: pairs that the walk saw in parallel,
 * and pairs of uses that belong to different goroutines or callers.
 *
 * A conflict is one flagged access and the others it meets. Which code it gets, and its words, are the rules'.
 */
import type { Access, Held, Spawn } from "../accesses/events.ts";
import { groupKey, groupOf } from "../accesses/path.ts";
import type { Summaries } from "../accesses/summaries.ts";
import type { Fn } from "../calls/functions.ts";
import type { Confidence } from "../finding.ts";
import { isTestFile } from "../goroutines/handlers.ts";
import { conflicts, conflictsOnVariableOnly, orderedBySignal } from "../goroutines/order.ts";
import { exclusion } from "../locks/heldLocks.ts";
import type { Var } from "../types/types.ts";
import type { MapGroup, MapUse, MapUses } from "./mapUses.ts";

/** One side of a conflict. */
export interface Side {
  readonly access: Access;
  /** The goroutine it runs in; null for the function that is called, by whomever. */
  readonly spawn: Spawn | null;
  /** Where `spawn` is null: the function whose caller runs it. */
  readonly entry: Fn;
  readonly from: MapUse["from"];
}

/** What kind of mistake a conflict is. */
export type ConflictKind = "unsynchronized" | "inconsistent" | "read-lock" | "variable";

/** A flagged access with those that it can meet. */
export interface Conflict {
  readonly kind: ConflictKind;
  readonly confidence: Confidence;
  readonly owner: Var;
  readonly depth: number;
  readonly flagged: Side;
  readonly others: readonly [Side, ...Side[]];
  /** The lock that guards the map elsewhere; null where none does. */
  readonly guard: Held | null;
}
export type Conflicts = readonly Conflict[];

/** A pair of sides that can meet. */
interface Meeting {
  readonly flagged: Side;
  readonly other: Side;
  readonly confidence: Confidence;
  readonly kind: ConflictKind;
  readonly guard: Held | null;
}

const RANK: Readonly<Record<Confidence, number>> = { definite: 0, likely: 1, possible: 2 };

/** Finds all conflicts of a program. */
export function findConflicts(summaries: Summaries, uses: MapUses): Conflicts {
  const meetings: Meeting[] = [];
  for (const pair of summaries.pairs) {
    const a: Side = { access: pair.a, spawn: pair.spawnA, entry: pair.within, from: "goroutine" };
    const from = pair.spawnB ? "goroutine" : "start";
    const b: Side = { access: pair.b, spawn: pair.spawnB, entry: pair.within, from };
    const guard = guardOf(uses.get(groupKey(pair.a.path)));
    meetings.push(...meetingsOf(a, b, "definite", guard));
  }
  for (const group of uses.values()) meetings.push(...meetingsOfGroup(group));
  return collect(meetings);
}

/** The lock that is held at most accesses of a map, and at two or more or at a write. */
export function guardOf(group: MapGroup | undefined): Held | null {
  const counts = new Map<string, { lock: Held; places: Set<unknown>; writes: boolean }>();
  for (const { access } of group?.uses ?? []) {
    for (const lock of access.locks) {
      if (lock.by !== "mutex" || lock.path === null) continue;
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

/** The meetings of two sides: the one without the lock is flagged, or both where neither has one. */
function meetingsOf(a: Side, b: Side, confidence: Confidence, guard: Held | null): Meeting[] {
  const excluded = exclusion(a.access, b.access);
  if (excluded === "excluded") return [];
  const variableOnly = conflictsOnVariableOnly(a.access, b.access);
  const make = (flagged: Side, other: Side): Meeting => ({
    flagged,
    other,
    confidence,
    guard,
    kind: kindOf(flagged, other, excluded === "both-read", variableOnly, guard),
  });
  if (excluded === "both-read") return [writes(a.access) ? make(a, b) : make(b, a)];
  const lockedA = hasLock(a.access);
  const lockedB = hasLock(b.access);
  if (lockedA && !lockedB) return [make(b, a)];
  if (lockedB && !lockedA) return [make(a, b)];
  if (variableOnly) return [a.access.variable === "write" ? make(a, b) : make(b, a)];
  return a.access.node === b.access.node ? [make(a, b)] : [make(a, b), make(b, a)];
}

function kindOf(
  flagged: Side,
  other: Side,
  bothRead: boolean,
  variableOnly: boolean,
  guard: Held | null,
): ConflictKind {
  if (bothRead) return "read-lock";
  if (variableOnly) return "variable";
  return guard !== null || hasLock(flagged.access) || hasLock(other.access)
    ? "inconsistent"
    : "unsynchronized";
}

/** True where some mutex is held at the access. */
export function hasLock(access: Access): boolean {
  return access.locks.some((lock) => lock.by === "mutex" || lock.by === "contract");
}

/** True where the access changes the map or its variable. */
export function writes(access: Access): boolean {
  return access.content === "write" || access.variable === "write";
}

function meetingsOfGroup(group: MapGroup): Meeting[] {
  const meetings: Meeting[] = [];
  const uses = group.uses.filter((use) => use.from !== "start" && !isTestFile(use.access.fn));
  if (!uses.some((use) => writes(use.access))) return meetings;
  const guard = guardOf(group);
  for (let i = 0; i < uses.length; i++) {
    for (let j = i; j < uses.length; j++) {
      const a = uses[i]!;
      const b = uses[j]!;
      if (!conflicts(a.access, b.access) || orderedBySignal(a.access, b.access) || inSequence(a, b)) continue;
      const confidence = confidenceOf(group, a, b, guard);
      if (confidence !== null) meetings.push(...meetingsOf(sideOf(a), sideOf(b), confidence, guard));
    }
  }
  return meetings;
}

function sideOf(use: MapUse): Side {
  return { access: use.access, spawn: use.spawn, entry: use.entry, from: use.from };
}

/** True for two uses of one goroutine that runs once, and for a use that follows nothing but itself. */
function inSequence(a: MapUse, b: MapUse): boolean {
  if (a.spawn && b.spawn) return a.spawn.node === b.spawn.node && !a.spawn.many;
  return false;
}

/** How much of the evidence for two uses being parallel was seen; null for too little. */
function confidenceOf(group: MapGroup, a: MapUse, b: MapUse, guard: Held | null): Confidence | null {
  const concurrentA = a.from !== "api";
  const concurrentB = b.from !== "api";
  const global = group.owner.role === "package";
  const bothServed = a.from === "handler" && b.from === "handler";
  if (global && bothServed) return "definite";
  if (concurrentA && concurrentB && (global || bothServed)) return "likely";
  const oneLocked = hasLock(a.access) !== hasLock(b.access);
  const bothReadLocked = exclusion(a.access, b.access) === "both-read";
  if (guard !== null && (oneLocked || bothReadLocked) && guardsBoth(group, guard)) return "likely";
  if (concurrentA !== concurrentB && (concurrentA ? a : b).spawn !== null) return "likely";
  return global || isLazy(group) ? "possible" : null;
}

/** True where the guard belongs to the map: in the same struct, or both are package-level. */
function guardsBoth(group: MapGroup, guard: Held): boolean {
  if (guard.path === null) return false;
  const lock = groupOf(guard.path).owner;
  if (lock.role === "package" || group.owner.role === "package") return lock.pkg === group.owner.pkg;
  return true;
}

/** True where a function fills the map that it has just looked into: a cache behind a query. */
function isLazy(group: MapGroup): boolean {
  const written = group.uses.filter((use) => use.access.content === "write" && use.access.kind === "write");
  return written.some(({ access }) =>
    group.uses.some(
      (use) =>
        use.access.fn === access.fn &&
        use.access.kind === "read" &&
        use.access.content === "read" &&
        use.access.node.pos < access.node.pos,
    ),
  );
}

/** One conflict per map, kind and function of the flagged access; the best evidence decides. */
function collect(meetings: readonly Meeting[]): Conflict[] {
  const byFunction = new Map<string, Meeting[]>();
  for (const meeting of meetings) {
    const { access } = meeting.flagged;
    const key = `${groupKey(access.path)} ${access.fn.file.path} ${access.fn.name} ${access.fn.node.pos}`;
    const list = byFunction.get(key);
    if (list) list.push(meeting);
    else byFunction.set(key, [meeting]);
  }
  const found: Conflict[] = [];
  for (const list of byFunction.values()) {
    list.sort((x, y) => RANK[x.confidence] - RANK[y.confidence] || severity(x) - severity(y) || order(x, y));
    const best = list[0]!;
    const { owner, depth } = groupOf(best.flagged.access.path);
    const others = new Map<unknown, Side>();
    for (const meeting of list) {
      if (meeting.confidence !== best.confidence) continue;
      const side = meeting.flagged.access === best.flagged.access ? meeting.other : meeting.flagged;
      if (side.access.node !== best.flagged.access.node) others.set(side.access.node, side);
    }
    others.delete(best.other.access.node);
    found.push({
      kind: best.kind,
      confidence: best.confidence,
      owner,
      depth,
      flagged: best.flagged,
      others: [best.other, ...others.values()],
      guard: best.guard,
    });
  }
  return found;
}

function severity(meeting: Meeting): number {
  return writes(meeting.flagged.access) ? 0 : 1;
}

function order(x: Meeting, y: Meeting): number {
  return (
    x.flagged.access.node.pos - y.flagged.access.node.pos || x.other.access.node.pos - y.other.access.node.pos
  );
}
