/**
 * All accesses of a program's maps as its entry points see them, gathered by what they touch: per field or
 * package-level variable, from which kind of goroutine, under which locks.
 *
 * Entry points are what something outside calls: exported functions of libraries, handlers, goroutines. What
 * only `main` or `init` do in sequence is nobody's race. Which uses can meet is `conflicts.ts`.
 */

import { ofSomeInstance } from "../accesses/calledValues.ts";
import type { Access, ParallelPair, Spawn, Summary } from "../accesses/events.ts";
import { groupKey, groupOf, identityOf, type Path } from "../accesses/path.ts";
import type { Summaries } from "../accesses/summaries.ts";
import type { World } from "../calls/callees.ts";
import { type Fn, isVisibleIn } from "../calls/functions.ts";
import { isGenerated, type Outline } from "../calls/outline.ts";
import { namedType } from "../calls/typeShape.ts";
import { handlerKindOf, isParallelTest, isTestFile } from "../goroutines/handlers.ts";
import { signalKey } from "../goroutines/order.ts";
import { outsideOf } from "../locks/heldLocks.ts";
import type { Var } from "../types/types.ts";
import { createCallersLocks } from "./callersLocks.ts";

/** One access as an entry point makes it. */
export interface MapUse {
  readonly access: Access;
  /** The function through which the access is reached. */
  readonly entry: Fn;
  /** `api`: whoever calls an exported function; `test`: a parallel test; `start`: init, main and tests, one after the other. */
  readonly from: "goroutine" | "handler" | "api" | "test" | "start";
  /** The goroutine, where the access runs in one that is started in sight. */
  readonly spawn: Spawn | null;
  /** True where the program calls the entry itself and nobody else can: all there is to be seen is in sight. */
  readonly inSight: boolean;
}

/** A map with what is done to it. */
export interface UsedMap {
  readonly owner: Var;
  readonly depth: number;
  readonly uses: readonly Pick<MapUse, "access">[];
}

/** The uses of one map. The same object for as long as nothing about them changes. */
export interface MapGroup extends UsedMap {
  readonly uses: readonly MapUse[];
  /** Pairs of accesses that the walks saw in parallel. */
  readonly pairs: readonly ParallelPair[];
  /** True where the uses are those of what goes through a channel, by both of its ends. */
  readonly isHandedOver: boolean;
}

/** The uses of all maps, by group; follows the summaries from version to version. */
export interface MapUses {
  /** By group. Those that changed since the last call are put together now, in the order of the program. */
  groups(outline: Outline): ReadonlyMap<string, MapGroup>;
  /** Takes over what the summaries of these functions say now; `gone` are no more. */
  update(summaries: Summaries, gone: Iterable<Fn>, changed: Iterable<Fn>): void;
}

/** What one function says about one map. */
interface Contribution {
  readonly uses: KeyedUse[];
  readonly pairs: ParallelPair[];
}

/** The uses of no map yet. */
export function createMapUses(): MapUses {
  const contributions = new Map<string, Map<Fn, Contribution>>();
  const groups = new Map<string, MapGroup>();
  const groupsOf = new Map<Fn, readonly string[]>();
  const calledBy = new Map<Fn, ReadonlySet<Fn>>();
  /** How many functions call a function by name. */
  const callers = new Map<Fn, number>();
  const touched = new Set<string>();
  const callersLocks = createCallersLocks();
  /** Functions that are no more. Others are found to call them until they are looked at anew. */
  const dead = new WeakSet<Fn>();

  const contribution = (fn: Fn, path: Path): Contribution => {
    const key = groupKey(path);
    let byFunction = contributions.get(key);
    if (!byFunction) {
      byFunction = new Map();
      contributions.set(key, byFunction);
    }
    let found = byFunction.get(fn);
    if (!found) {
      found = { uses: [], pairs: [] };
      byFunction.set(fn, found);
      touched.add(key);
    }
    return found;
  };
  const forget = (fn: Fn): void => {
    for (const key of groupsOf.get(fn) ?? []) {
      contributions.get(key)?.delete(fn);
      touched.add(key);
    }
    groupsOf.delete(fn);
  };
  const add = (fn: Fn, summaries: Summaries): void => {
    const isEntry = (one: Fn): boolean => entryKind(summaries.world, one, callers.has(one)) !== null;
    const keys = new Set<string>();
    const called = callers.has(fn);
    const from = entryKind(summaries.world, fn, called);
    const ways = new Map<string, KeyedUse[]>();
    for (const one of usesOf(fn, summaries.summaryOf(fn), from, called && isInternal(fn))) {
      // Generated encoders take what they are given: who locks is for whoever calls them.
      if (one.use.from === "api" && isGenerated(one.use.access.fn.file)) continue;
      const way = `${one.group} ${one.place} ${one.goroutine}`;
      const earlier = ways.get(way);
      if (earlier?.some((known) => waitedForLess(known, one))) continue;
      if (earlier) earlier.push(one);
      else ways.set(way, [one]);
      contribution(fn, one.use.access.path).uses.push(one);
      keys.add(one.group);
    }
    for (const pair of summaries.pairsIn(fn)) {
      contribution(fn, pair.a.path).pairs.push(callersLocks.under(fn, pair, isEntry));
      keys.add(groupKey(pair.a.path));
    }
    if (keys.size > 0) groupsOf.set(fn, [...keys]);
  };
  /** Counts the callers anew, and returns the functions that now have some or none. */
  const countCallers = (fn: Fn, called: ReadonlySet<Fn>): Fn[] => {
    const turned: Fn[] = [];
    for (const callee of calledBy.get(fn) ?? []) {
      const left = (callers.get(callee) ?? 0) - 1;
      if (left > 0) callers.set(callee, left);
      else {
        callers.delete(callee);
        turned.push(callee);
      }
    }
    for (const callee of called) {
      const before = callers.get(callee) ?? 0;
      callers.set(callee, before + 1);
      if (before === 0) turned.push(callee);
    }
    if (called.size > 0) calledBy.set(fn, called);
    else calledBy.delete(fn);
    return turned;
  };

  return {
    groups(outline) {
      for (const key of touched) {
        const group = groupFrom(contributions.get(key), outline);
        if (group) groups.set(key, group);
        else {
          contributions.delete(key);
          groups.delete(key);
        }
      }
      touched.clear();
      return groups;
    },
    update(summaries, gone, changed) {
      const again = new Set(changed);
      for (const fn of again) dead.delete(fn);
      const removed = [...gone];
      for (const fn of removed) dead.add(fn);
      const lookAgainAt = (turned: Iterable<Fn>): void => {
        for (const fn of turned) for (const one of callersLocks.hangingOn(fn)) again.add(one);
      };
      for (const fn of removed) {
        lookAgainAt(callersLocks.update(fn, new Map()));
        lookAgainAt(countCallers(fn, new Set()));
      }
      // What is walked may turn others into functions that are called: iterating takes in what is added.
      for (const fn of again) {
        if (dead.has(fn)) continue;
        lookAgainAt(callersLocks.update(fn, summaries.heldAtCalls(fn)));
        lookAgainAt(countCallers(fn, summaries.calledIn(fn)));
      }
      for (const fn of removed) forget(fn);
      for (const fn of again) if (!dead.has(fn)) forget(fn);
      for (const fn of again) if (!dead.has(fn)) add(fn, summaries);
    },
  };
}

function groupFrom(byFunction: ReadonlyMap<Fn, Contribution> | undefined, outline: Outline): MapGroup | null {
  const inOrder = [...(byFunction ?? [])]
    .sort(([a], [b]) => outline.inOrder(a.facts, b.facts) || a.pos - b.pos)
    .map(([, one]) => one);
  const known: Known = { ways: new Map(), goroutines: new Map() };
  const uses = inOrder.flatMap((one) => one.uses.filter((use) => isNew(known, use)).map(({ use }) => use));
  const pairs = inOrder.flatMap((one) => one.pairs);
  const some = uses[0]?.access ?? pairs[0]?.a;
  return some ? { ...groupOf(some.path), uses, pairs, isHandedOver: some.path.isHandedOver } : null;
}

/** A use with what it is compared by. */
interface KeyedUse {
  readonly use: MapUse;
  readonly group: string;
  /** Equal for uses of one place in the same way under the same kinds of locks. */
  readonly place: string;
  /** Tells the goroutines apart that reach the place. */
  readonly goroutine: string;
}

function usesOf(
  fn: Fn,
  summary: Summary,
  from: MapUse["from"] | null,
  inSight: boolean,
): readonly KeyedUse[] {
  const uses: KeyedUse[] = [];
  // A local of another function, captured by a literal that was kept, is a map of one run of that function.
  const isKnownHere = ({ path: { root } }: Access): boolean =>
    (root.role !== "local" && root.role !== "param") || isVisibleIn(root, fn);
  if (from !== null) {
    const accesses = from === "api" ? [...summary.accesses, ...summary.later] : summary.accesses;
    for (const access of accesses.filter(isKnownHere))
      uses.push(keyed(used({ access, entry: fn, from, spawn: null, inSight })));
  }
  for (const spawn of isTestFile(fn) ? [] : summary.spawns) {
    if (handsBackItsEnd(spawn)) continue;
    const kind = spawn.how === "handler" ? "handler" : "goroutine";
    for (const access of spawn.accesses.map(ofAnyInstance).filter(isKnownHere))
      uses.push(keyed(used({ access, entry: fn, from: kind, spawn, inSight: true })));
  }
  return uses;
}

/** What is handed out is whoever's called: each caller of the starter has an instance of its own. */
function ofAnyInstance(access: Access): Access {
  return access.handedOut === "" ? access : { ...access, path: ofSomeInstance(access.path) };
}

/** The use as other callers of the entry see it. */
function used(use: MapUse): MapUse {
  const locks = use.access.locks.map(outsideOf);
  const same = locks.every((lock, i) => lock === use.access.locks[i]);
  return same ? use : { ...use, access: { ...use.access, locks } };
}

function keyed(use: MapUse): KeyedUse {
  const { access, from, spawn } = use;
  const locks = access.locks.map(
    (lock) => (lock.path ? groupKey(lock.path) : "?") + lock.mode[0] + lock.by[0],
  );
  return {
    use,
    group: groupKey(access.path),
    place: `${from} ${identityOf(access.node)} ${access.kind} ${locks.sort().join()} ${access.dynamic}`,
    goroutine: spawn ? `${identityOf(spawn.node)}${spawn.many}` : from === "test" ? use.entry.name : "",
  };
}

/** What the kept uses of one map's places waited for before, by place and goroutine; and goroutines by place. */
interface Known {
  readonly ways: Map<string, KeyedUse[]>;
  readonly goroutines: Map<string, Set<string>>;
}

/** One place is kept with at most this many ways of having waited: one is enough for a Finding. */
const MOST_VARIANTS = 4;
/**
 * One place under the same locks is kept for at most this many goroutines. A connection's error path is reached by
 * hundreds, and since all pairs are compared, each of them would cost as much as the first and say the same.
 */
const MOST_GOROUTINES = 8;

/**
 * True where no kept use of the same place meets whatever this one meets. A place deep in a big program is reached in thousands of ways, and all pairs are compared.
 */
function isNew(known: Known, use: KeyedUse): boolean {
  const { place, goroutine } = use;
  const key = `${place} ${goroutine}`;
  const kept = known.ways.get(key);
  if (!kept) {
    const goroutines = known.goroutines.get(place) ?? new Set();
    known.goroutines.set(place, goroutines);
    if (goroutines.size >= MOST_GOROUTINES) return false;
    goroutines.add(goroutine);
    known.ways.set(key, [use]);
    return true;
  }
  if (kept.length >= MOST_VARIANTS || kept.some((one) => waitedForLess(one, use))) return false;
  kept.push(use);
  return true;
}

/** True where the first waited for nothing but what the second waited for too: it meets at least as much. */
function waitedForLess({ use: a }: KeyedUse, { use: b }: KeyedUse): boolean {
  return a.access.awaited.every((one) =>
    b.access.awaited.some((other) => signalKey(one) === signalKey(other)),
  );
}

/** True where the starter returns the channel that the goroutine ends with: its caller waits for it. */
function handsBackItsEnd({ signals, handedOut }: Spawn): boolean {
  return signals.some(
    ({ by, path: { root } }) =>
      by === "channel" && root.role === "local" && !handedOut.some((one) => one.root === root),
  );
}

/** How a function is entered from outside; null where only the program's own functions call it. */
function entryKind(world: World, fn: Fn, called: boolean): MapUse["from"] | null {
  if (fn.isLiteral) return null;
  const { name } = fn.node.name;
  if (isTestFile(fn) && isParallelTest(world, fn)) return "test";
  if (
    isTestFile(fn) ||
    /ForTest(s|ing)?$/.test(name) ||
    (fn.receiver === null && (name === "init" || (name === "main" && fn.pkg.name === "main")))
  ) {
    return "start";
  }
  if (handlerKindOf(fn) !== null) return "handler";
  if (!/^\p{Lu}/u.test(name) || fn.pkg.name === "main") return null;
  // What only the program can call, and is seen to call, is entered through those calls.
  return called && (isHidden(fn) || (fn.receiver === null && isInternal(fn))) ? null : "api";
}

/** True where only packages beside the function's own may import it: all that call it belong to one program. */
function isInternal(fn: Fn): boolean {
  return fn.pkg.path.split("/").includes("internal");
}

/** True for methods of unexported types. */
function isHidden(fn: Fn): boolean {
  const type = fn.receiver ? namedType(fn.receiver.type()) : null;
  return type !== null && !/^\p{Lu}/u.test(type.obj.name);
}
