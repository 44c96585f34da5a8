/**
 * Which accesses of a map can meet, and how much of the evidence was seen: pairs that the walk saw in parallel,
 * and pairs of uses that belong to different goroutines or callers.
 *
 * A conflict is one flagged access and the others it meets. Which code it gets, and its words, are the rules'.
 */
import type { Access, Held, Spawn } from "../accesses/events.ts";
import { groupKey, groupOf } from "../accesses/path.ts";
import { type Fn, isHandedOn } from "../calls/functions.ts";
import type { Confidence } from "../finding.ts";
import { isTestFile, servesRequests } from "../goroutines/handlers.ts";
import {
  areBothEnds,
  conflicts,
  conflictsOnVariableOnly,
  orderedBySignal,
  writes,
} from "../goroutines/order.ts";
import { declaredGuard } from "../locks/contracts.ts";
import { guardOf, isBeside, mayGuard } from "../locks/guards.ts";
import { exclusion, sameLock } from "../locks/heldLocks.ts";
import type { Var } from "../types/types.ts";
import { withLentLocks } from "./lenders.ts";
import type { MapGroup, MapUse } from "./mapUses.ts";
import { areMeantForMany } from "./meantForMany.ts";
import { followsOnce, passesBy } from "./onces.ts";
import { CONCLUDES, CONSTRUCTS, isCalled, PREPARES } from "./phases.ts";
import {
  hasUnknownHolder,
  isApart,
  isOfOneRun,
  isOutOfSight,
  isSameFromLock,
  ownArguments,
  sameHolder,
} from "./sameMap.ts";
import type { Ignores } from "./unused-ignore.ts";
import { placeOf } from "./wording.ts";

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

/** Finds the conflicts on one map, those aside that a comment silences at one of their sides. */
export function conflictsOn(group: MapGroup, ignores: Ignores): Conflicts {
  const meetings: Meeting[] = [];
  for (const pair of group.pairs) {
    // What the starter signals after its access is known only now.
    if (orderedBySignal(pair.a, pair.b)) continue;
    const a: Side = { access: pair.a, spawn: pair.spawnA, entry: pair.within, from: "goroutine" };
    const from = pair.spawnB ? "goroutine" : "start";
    const b: Side = { access: pair.b, spawn: pair.spawnB, entry: pair.within, from };
    const confidence = pair.a.dynamic || pair.b.dynamic ? "possible" : "definite";
    meetings.push(...meetingsOf(a, b, confidence, guardOfGroup(group)));
  }
  for (const meeting of meetingsOfGroup(group)) meetings.push(meeting);
  const silenced = ({ access }: Side): boolean => ignores.silences(placeOf(access.fn, access.node));
  // Both sides are asked: each may have a comment of its own, and both are then of use.
  return collect(meetings.filter(({ flagged, other }) => [flagged, other].filter(silenced).length === 0));
}

/** What was found out about groups that an edit left as they were. */
const guards = new WeakMap<MapGroup, Held | null>();
const meetingsIn = new WeakMap<MapGroup, readonly Meeting[]>();

/** The lock that guards a map, as far as its uses show. */
export function guardOfGroup(group: MapGroup): Held | null {
  let guard = guards.get(group);
  if (guard === undefined) {
    guard = group.isHandedOver
      ? null
      : (declaredGuard(group.owner) ?? guardOf(group.uses.map((use) => use.access)));
    guards.set(group, guard);
  }
  return guard;
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
  if (variableOnly && isMadeOnce(a.access)) return [make(b, a)];
  if (variableOnly && isMadeOnce(b.access)) return [make(a, b)];
  if (variableOnly) return [a.access.variable === "write" ? make(a, b) : make(b, a)];
  return a.access.node === b.access.node ? [make(a, b)] : [make(a, b), make(b, a)];
}

/** True for what a `Once` runs. */
function isMadeOnce(access: Access): boolean {
  return access.locks.some((lock) => lock.by === "once" && lock.mode === "write");
}

function kindOf(
  flagged: Side,
  other: Side,
  bothRead: boolean,
  variableOnly: boolean,
  guard: Held | null,
): ConflictKind {
  // No lock is missing where a map was given away.
  if (flagged.access.path.isHandedOver) return "unsynchronized";
  if (bothRead) return "read-lock";
  if (variableOnly) return "variable";
  return guard !== null || hasLock(flagged.access) || hasLock(other.access)
    ? "inconsistent"
    : "unsynchronized";
}

/** True where some mutex is held at the access. */
export function hasLock(access: Access): boolean {
  return access.locks.some((lock) => lock.by === "mutex" || lock.by === "contract" || lock.by === "confined");
}

function meetingsOfGroup(group: MapGroup): readonly Meeting[] {
  let meetings = meetingsIn.get(group);
  if (!meetings) {
    meetings = compareUses(group);
    meetingsIn.set(group, meetings);
  }
  return meetings;
}

function compareUses(group: MapGroup): Meeting[] {
  if (group.isHandedOver) return compareEnds(group);
  const meetings: Meeting[] = [];
  const uses = withLentLocks(
    group.uses.filter((use) => use.from === "test" || (use.from !== "start" && !isTestFile(use.access.fn))),
  );
  if (!uses.some((use) => writes(use.access))) return meetings;
  const guard = guardOfGroup(group);
  const lazy = isLazy(group);
  const reaches = uses.map((use) => guard !== null && reachesGuard(use, guard));
  for (let i = 0; i < uses.length; i++) {
    for (let j = i; j < uses.length; j++) {
      const a = uses[i]!;
      const b = uses[j]!;
      if (!conflicts(a.access, b.access) || inSequence(a, b) || isApart(a, b) || isOfOneRun(a, b)) continue;
      const confidence = confidenceOf(group, a, b, guard, reaches[i]! && reaches[j]!, lazy);
      // Signals take longest to compare.
      if (confidence === null || orderedBySignal(a.access, b.access)) continue;
      meetings.push(...meetingsOf(sideOf(a), sideOf(b), confidence, guard));
    }
  }
  return meetings;
}

/** What a sender does to what it has sent meets what its receivers do, whoever calls them. */
function compareEnds({ uses }: MapGroup): Meeting[] {
  const running = uses.filter(
    ({ from, access }) => from !== "start" && from !== "test" && !isTestFile(access.fn),
  );
  return running.flatMap((a, i) =>
    running.slice(i + 1).flatMap((b) => {
      if (!areBothEnds(a.access.path, b.access.path) || !conflicts(a.access, b.access)) return [];
      if (a.access.dynamic || b.access.dynamic || inSequence(a, b) || a.entry === b.entry) return [];
      if (orderedBySignal(a.access, b.access)) return [];
      return meetingsOf(sideOf(a), sideOf(b), "likely", null);
    }),
  );
}

function sideOf(use: MapUse): Side {
  return { access: use.access, spawn: use.spawn, entry: use.entry, from: use.from };
}

/** True for two uses of one goroutine that runs once, and for a use that follows nothing but itself. */
function inSequence(a: MapUse, b: MapUse): boolean {
  if (a.spawn && b.spawn) return a.spawn.node === b.spawn.node && !a.spawn.many;
  // What one function does before and after it starts a goroutine was looked at where it was walked.
  return (a.spawn !== null || b.spawn !== null) && a.entry === b.entry && !outlastsCall(a, b);
}

/**
 * True where `reader` has called what makes the map first, and `maker` does that once, under a lock: a `Once` that is
 * written by hand.
 */
function comesAfterMaking(reader: Access, maker: Access): boolean {
  return maker.fills && reader.made && !writes(reader) && maker.locks.some((lock) => lock.by === "mutex");
}

/** True where a timer or a callback of one call may run while the next call on the same value is under way. */
function outlastsCall(a: MapUse, b: MapUse): boolean {
  const how = (a.spawn ?? b.spawn)?.how;
  const receiver = a.entry.receiver?.origin;
  return (
    (how === "timer" || how === "callback") &&
    (a.spawn === null) !== (b.spawn === null) &&
    receiver !== undefined &&
    [a, b].every(({ access }) => access.content !== null && access.path.root === receiver)
  );
}

/** How much of the evidence for two uses being parallel was seen; null for too little. */
function confidenceOf(
  group: MapGroup,
  a: MapUse,
  b: MapUse,
  guard: Held | null,
  bothReachGuard: boolean,
  lazy: boolean,
): Confidence | null {
  const global = group.owner.role === "package";
  const weakest: Confidence | null = global || lazy ? "possible" : null;
  if (a.from === "test" || b.from === "test")
    return global && a.from === b.from && a.entry !== b.entry ? "definite" : null;
  if (a.access.dynamic || b.access.dynamic) return weakest;
  if (guard?.by === "contract" && breaksContract(a, guard) && breaksContract(b, guard)) return "likely";
  if (a.from !== "api" && b.from !== "api") {
    if (!global) return isServed(a) && isServed(b) ? "likely" : null;
    return a.from === "handler" && b.from === "handler" ? "definite" : "likely";
  }
  if (ownArguments(a, b) && (guard?.path == null || !isBeside(guard.path, a.access.path))) return weakest;
  if (locksCopy(a.access) && locksCopy(b.access)) return "likely";
  if (followsOnce(group, a.access, b.access)) return "likely";
  if (passesBy(a, b) || passesBy(b, a)) return "likely";
  if (comesAfterMaking(a.access, b.access) || comesAfterMaking(b.access, a.access)) return weakest;
  if (guard !== null && (makesLock(a.access, guard) || makesLock(b.access, guard))) return weakest;
  if (guard !== null && bothReachGuard) {
    if (!isSameFromLock(a, b, guard)) return weakest;
    if (exclusion(a.access, b.access) === "both-read")
      return (writes(a.access) ? a : b).access.path.root.role === "field" ? weakest : "likely";
    const heldA = holdsGuard(a, guard);
    if (heldA !== holdsGuard(b, guard)) {
      const unlocked = heldA ? b : a;
      if (
        !isEarlier(a) &&
        !isEarlier(b) &&
        !hasUnknownHolder(unlocked) &&
        !isOutOfSight(unlocked, guard) &&
        !isCalled(unlocked, writes(unlocked.access) ? PREPARES : CONSTRUCTS) &&
        !isCalled(unlocked, CONCLUDES)
      )
        return "likely";
      return weakest;
    }
  }
  if (a.from === "api" && b.from === "api") return lazy && areMeantForMany(a, b, guard) ? "likely" : weakest;
  const [goroutine, caller] = a.from === "api" ? [b, a] : [a, b];
  // An exported method that the package starts itself is not for others to call.
  if (goroutine.spawn !== null && goroutine.spawn.runs === caller.entry) return weakest;
  if (!isShared(goroutine) || (!global && !sameHolder(goroutine, caller))) return weakest;
  if (!writes(caller.access)) return "likely";
  return global || !isLive(group) || isCalled(caller, PREPARES) ? weakest : "likely";
}

/** False where the goroutine may have an instance of its own. */
function isShared(use: MapUse): boolean {
  const { path, handedOut, fn } = use.access;
  if (isServed(use)) return true;
  if (use.spawn === null) return false;
  if (path.root.role === "field") return handedOut !== "";
  return path.root.role !== "local" || isHandedOn(path.root, use.spawn.fn) || isHandedOn(path.root, fn);
}

/** True for what a `ServeHTTP` method does to its own value: every request is served by the same one. */
function isServed({ access, entry, from, spawn }: MapUse): boolean {
  return (
    from === "handler" &&
    spawn === null &&
    servesRequests(entry) &&
    access.path.root === entry.receiver?.origin
  );
}

/** True where the lock that was meant to guard the map is a copy that each call has to itself. */
function locksCopy({ locks, path }: Access): boolean {
  return locks.some((lock) => lock.by === "copy" && lock.path !== null && mayGuard(lock.path, path));
}

/** True for a write that ends the program once others have started. */
function isEarlier({ access }: MapUse): boolean {
  return access.sealed && writes(access);
}

/** True for a map whose entries come and go: not one that is filled once and read from then on. */
function isLive(group: MapGroup): boolean {
  return group.uses.some(({ access }) => access.kind === "delete" || access.kind === "clear");
}

/** True where the lock that the map's declaration asks for could have been taken and was not. */
function breaksContract(use: MapUse, guard: Held): boolean {
  return reachesGuard(use, guard) && !holdsGuard(use, guard) && !isCalled(use, PREPARES);
}

/**
 * True where the guard is held, or a lock of which nobody can tell what it is for. Another lock beside the guard
 * guards something else.
 */
function holdsGuard({ access }: MapUse, guard: Held): boolean {
  return access.locks.some(
    (lock) =>
      sameLock(lock, guard) ||
      (lock.by === "mutex" && lock.path !== null && !isBeside(lock.path, access.path)),
  );
}

/** True where the function around an access makes the lock itself: nobody can be waiting for it yet. */
function makesLock({ fn }: Access, { path }: Held): boolean {
  const field = path?.steps.findLast((step) => step.kind === "field");
  const lock = field?.kind === "field" ? field.field : path?.root;
  return fn.facts.holders.some((holder) => holder === lock);
}

/** True where the use could have taken the guard: it goes through the struct that has it. */
function reachesGuard(use: MapUse, guard: Held): boolean {
  return guard.path !== null && mayGuard(guard.path, use.access.path);
}

/** True where a function fills the map that it has just looked into: a cache behind a query. */
function isLazy(group: MapGroup): boolean {
  const written = group.uses.filter((use) => use.access.content === "write" && use.access.kind === "write");
  return written.some(({ access }) =>
    group.uses.some(
      (use) =>
        use.access.kind === "read" &&
        use.access.content === "read" &&
        (use.access.calls.some((call) => call.fn === access.fn) ||
          (use.access.fn.facts === access.fn.facts && use.access.node.pos < access.node.pos)),
    ),
  );
}

/**
 * One conflict per map and function of the flagged access where it was seen to race, one per map and kind for
 * less evidence; the best evidence decides.
 */
function collect(meetings: readonly Meeting[]): Conflict[] {
  const bestOfMap = new Map<string, Confidence>();
  const seenToRace = new Set(
    meetings.filter((m) => m.confidence === "definite").map((m) => mapInFunction(m.flagged.access)),
  );
  const together = new Map<string, Meeting[]>();
  for (const meeting of meetings) {
    const { access } = meeting.flagged;
    const map = groupKey(access.path);
    const best = bestOfMap.get(map);
    if (!best || RANK[meeting.confidence] < RANK[best]) bestOfMap.set(map, meeting.confidence);
    const place = mapInFunction(access);
    // Where a function was seen to race on the map, weaker evidence about it says nothing new.
    if (meeting.confidence !== "definite" && seenToRace.has(place)) continue;
    const key = meeting.confidence === "definite" ? place : `${map} ${meeting.confidence} ${meeting.kind}`;
    const list = together.get(key);
    if (list) list.push(meeting);
    else together.set(key, [meeting]);
  }
  const found: Conflict[] = [];
  for (const list of together.values()) {
    list.sort((x, y) => RANK[x.confidence] - RANK[y.confidence] || severity(x) - severity(y) || order(x, y));
    const best = list[0]!;
    const { path } = best.flagged.access;
    if (best.confidence === "possible" && bestOfMap.get(groupKey(path)) !== "possible") continue;
    const others = new Map<unknown, Side>();
    for (const { flagged, other } of list) {
      for (const side of [other, flagged])
        if (!others.has(side.access.node)) others.set(side.access.node, side);
    }
    others.delete(best.flagged.access.node);
    others.delete(best.other.access.node);
    const { confidence, kind, flagged, other, guard } = best;
    found.push({ ...groupOf(path), kind, confidence, flagged, others: [other, ...others.values()], guard });
  }
  return found.filter((conflict) => !isMinor(conflict, found));
}

/** A race on the variable says nothing new where the map itself was found to race on the same evidence. */
function isMinor(conflict: Conflict, all: readonly Conflict[]): boolean {
  if (conflict.kind !== "variable" || conflict.confidence === "definite") return false;
  return all.some((c) => c.kind !== "variable" && c.owner === conflict.owner && c.depth === conflict.depth);
}

/** A key for a map as one function uses it. */
function mapInFunction({ path, fn }: Access): string {
  return `${groupKey(path)} ${fn.file.path} ${fn.file.startOf(fn.decl) + fn.pos}`;
}

function severity(meeting: Meeting): number {
  return writes(meeting.flagged.access) ? 0 : 1;
}

function order(x: Meeting, y: Meeting): number {
  return (
    x.flagged.access.calls.length +
      x.other.access.calls.length -
      (y.flagged.access.calls.length + y.other.access.calls.length) ||
    x.flagged.access.node.pos - y.flagged.access.node.pos ||
    x.other.access.node.pos - y.other.access.node.pos
  );
}
