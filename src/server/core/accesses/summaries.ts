/**
 * The summaries of all functions of a program, each made once and on demand, callees first.
 *
 * What a summary is, is `events.ts`; how one function is walked, `walk.ts`; how recursive functions come to theirs,
 * `calls/answers.ts`.
 */
import { isDeeplyEqual, type Question } from "../calls/answers.ts";
import type { World } from "../calls/callees.ts";
import {
  type DeclFacts,
  type Fn,
  isCaptured,
  isOwnCounterpart,
  isVisibleIn,
  nameOfFn,
} from "../calls/functions.ts";
import { mapType, qualifiedName, under } from "../calls/typeShape.ts";
import { signalKey } from "../goroutines/order.ts";
import { assumedLocks } from "../locks/contracts.ts";
import { together } from "../locks/heldLocks.ts";
import type { Type, Var } from "../types/types.ts";
import {
  type Access,
  EMPTY_SUMMARY,
  type HandedOut,
  type Held,
  type NilWrite,
  type ParallelPair,
  type Signal,
  type Spawn,
  type Summary,
} from "./events.ts";
import { handedOutBy } from "./handedOut.ts";
import { extend, isEndOfChannel, type Path, pathKey, pathOf } from "./path.ts";
import { placeIn } from "./places.ts";
import { shareLists } from "./sharedLists.ts";
import { holdsOthers, valuesOfVar } from "./values.ts";
import { walkBody } from "./walk.ts";
import type { Walk } from "./walkRecord.ts";
import { type Alive, START } from "./walkState.ts";

/** The summaries of a program, and what was noticed while they were made. */
export interface Summaries {
  readonly world: World;
  summaryOf(fn: Fn): Summary;
  /** Pairs that were seen to meet in a function. */
  pairsIn(fn: Fn): readonly ParallelPair[];
  nilWritesIn(fn: Fn): readonly NilWrite[];
  /** Functions that a function's calls name directly. */
  calledIn(fn: Fn): ReadonlySet<Fn>;
  /**
   * The locks that are held wherever a function calls others that hang on them: those that touch a map beside a
   * goroutine that they have started, and those that call such functions.
   */
  heldAtCalls(fn: Fn): ReadonlyMap<Fn, readonly Held[]>;
}

/** A summary with what was noticed on the way. */
interface Walked {
  readonly summary: Summary;
  readonly pairs: readonly ParallelPair[];
  readonly nilWrites: readonly NilWrite[];
  readonly called: ReadonlySet<Fn>;
  readonly heldAtCalls: ReadonlyMap<Fn, readonly Held[]>;
}

const NOTHING: Walked = {
  summary: EMPTY_SUMMARY,
  pairs: [],
  nilWrites: [],
  called: new Set(),
  heldAtCalls: new Map(),
};

const WALK: Question<DeclFacts, Fn, Walked> = {
  unknown: NOTHING,
  isDear: true,
  name: (_, fn) => nameOfFn(fn),
  compare(before, after, fn) {
    if (!fn.facts.functions.includes(fn)) return "other";
    if (isDeeplyEqual(before, after)) return "same";
    // Nobody outside knows the variables of a literal: they are bound where it is called.
    const isOwn = fn.isLiteral ? isOwnCounterpart : undefined;
    return isDeeplyEqual(before.summary, after.summary, isOwn) ? "alike" : "other";
  },
  find: (world, facts, fn) => (facts.functions.includes(fn) ? summarize(world, fn) : NOTHING),
};

/** The summaries of the functions of a program. */
export function createSummaries(world: World): Summaries {
  const walked = (fn: Fn): Walked => world.answers.ask(WALK, fn.facts, fn);
  return {
    world,
    summaryOf: (fn) => walked(fn).summary,
    pairsIn: (fn) => walked(fn).pairs,
    nilWritesIn: (fn) => walked(fn).nilWrites,
    calledIn: (fn) => walked(fn).called,
    heldAtCalls: (fn) => walked(fn).heldAtCalls,
  };
}

function summarize(world: World, fn: Fn): Walked {
  const pairs: ParallelPair[] = [];
  const nilWrites: NilWrite[] = [];
  const called = new Set<Fn>();
  const heldAtCalls = new Map<Fn, readonly Held[]>();
  const { body } = fn.node;
  if (body === null) return NOTHING;
  const walk: Walk = {
    world,
    fn,
    state: { ...START, held: assumedLocks(fn) },
    loops: [],
    deferred: [],
    isDeferredOnSomeWays: false,
    accesses: [],
    known: new Map(),
    spawns: new Map(),
    spawnedAccesses: 0,
    onSuccess: new Set(),
    repeated: new Set(),
    heard: new Set(),
    lent: new Map(),
    parameterCalls: new Map(),
    byGroup: new Map(),
    called,
    heldAtCalls,
    summaryOf: (callee) => world.answers.ask(WALK, callee.facts, callee).summary,
    pairs,
    reportNil: (write) => nilWrites.push(write),
  };
  walkBody(walk, body);
  const hangsOnCallers = heldAtCalls.size > 0 || pairs.some((pair) => pair.spawnB === null);
  const summary = { ...exported(walk), hangsOnCallers };
  const spawns = new Set([
    ...summary.spawns,
    ...pairs.flatMap(({ spawnA, spawnB }) => (spawnB ? [spawnA, spawnB] : spawnA)),
  ]);
  shareLists([
    ...summary.accesses,
    ...summary.later,
    ...summary.parameterCalls,
    ...[...spawns].flatMap((spawn) => [...spawn.accesses, ...spawn.parameterCalls]),
    ...pairs.flatMap(({ a, b }) => [a, b]),
    ...nilWrites.map(({ access }) => access),
  ]);
  return { summary, pairs, nilWrites, called, heldAtCalls };
}

/** What callers of the function see of its walk: nothing that only its own locals reach. */
function exported(walk: Walk): Omit<Summary, "hangsOnCallers"> {
  const { state, fn } = walk;
  const alive = new Map(state.alive.map((a) => [a.spawn, a]));
  const accesses = walk.accesses.flatMap((access) =>
    exportedAccess(walk, access, false).map((one) => underLent(walk, one)),
  );
  const spawns: Spawn[] = [];
  const parameterCalls = [...walk.parameterCalls.values()];
  for (const spawn of walk.spawns.values()) {
    const running = alive.get(spawn);
    const [over, going] = split(spawn.accesses, running);
    accesses.push(...over.flatMap((access) => exportedAccess(walk, access, true)));
    const handedOut = handedOutWith(walk, spawn, going);
    const isHandedOut = (root: Var): boolean => handedOut.some((one) => one.root === root);
    const left = going.flatMap((access) =>
      isHandedOut(access.path.root)
        ? [{ ...access, handedOut: access.handedOut || qualifiedName(access.path.root.type()) }]
        : exportedAccess(walk, access, true),
    );
    const isOver = !running || running.awaited.length > 0;
    if (isOver) {
      const many = spawn.many || walk.repeated.has(spawn);
      const beside = { how: spawn.how, label: spawn.label, many, fn: spawn.fn, node: spawn.node };
      parameterCalls.push(...spawn.parameterCalls.map((call) => ({ ...call, beside })));
    }
    if (left.length > 0 || (!isOver && spawn.parameterCalls.length > 0))
      spawns.push({
        ...spawn,
        many: spawn.many || walk.repeated.has(spawn),
        accesses: left,
        signals: spawn.signals.filter((signal) => mayBeAwaited(fn)(signal) || isHandedOut(signal.path.root)),
        onSuccess: walk.onSuccess.has(spawn),
        handedOut,
      });
  }
  // What a dependency does to maps and locks of its own is not for its users.
  if (!fn.pkg.inWorkspace)
    return {
      ...EMPTY_SUMMARY,
      accesses: accesses.filter(({ path: { root } }) =>
        root === fn.receiver?.origin ? mapType(root.type()) !== null : isHandedTo(fn, root),
      ),
      parameterCalls,
      // A `Closer` that wraps a group orders its users as the group does.
      awaits: mostTelling(state.awaited.filter((signal) => isHandedTo(fn, signal.path.root))),
      signals: mostTelling(state.signalled.filter((signal) => isHandedTo(fn, signal.path.root))),
    };
  return {
    accesses,
    later: laterAccesses(walk),
    spawns,
    parameterCalls,
    acquires: state.held.filter(
      (lock) => lock.path !== null && outlives(lock.path, fn) && lock.by !== "contract",
    ),
    releases: state.released.filter(({ path }) => outlives(path, fn)),
    awaits: mostTelling(state.awaited.filter(isOutlived(fn))),
    signals: mostTelling(state.signalled.filter(isOutlived(fn))),
    makes: state.made.filter((path) => mayBeMissed(path) && outlives(path, fn)),
    sends: state.sent.filter(({ what, as }) => outlives(what, fn) && outlives(as, fn)),
    diverges: state.dead,
  };
}

/**
 * The locals that a goroutine goes on using and that are returned, by this function or by one whose result it returns.
 * Channels are known to all by the local of the function that made them.
 */
function handedOutWith({ fn }: Walk, { handedOut }: Spawn, going: readonly Access[]): readonly HandedOut[] {
  const own = [...new Set(going.map(({ path }) => path.root))].filter(
    (root) => isOwnLocal(root, fn) && under(root.type()).kind !== "chan",
  );
  return [...handedOut, ...own.flatMap((root) => handedOutBy(fn, root) ?? [])];
}

function isOwnLocal(root: Var, fn: Fn): boolean {
  return (root.role === "local" || root.role === "result") && isVisibleIn(root, fn) && !isCaptured(root, fn);
}

/** The access with the locks that are given back after it without having been taken: they were held on entry. */
function underLent({ lent, fn }: Walk, access: Access): Access {
  if (lent.size === 0) return access;
  const locks: readonly Held[] = [...lent.values()].filter(
    ({ path }) =>
      outlives(path, fn) && !access.unlocked.some((given) => pathKey(given.path) === pathKey(path)),
  );
  return locks.length === 0 ? access : { ...access, locks: together(access.locks, locks) };
}

/** What returned literals do to things that the function did not make: their callers hold no lock of ours. */
function laterAccesses(walk: Walk): Access[] {
  const { fn } = walk;
  return (fn.facts.returnedLiterals.get(fn) ?? []).flatMap((node) => {
    const literal = fn.facts.literal.get(node);
    if (!literal) return [];
    return walk
      .summaryOf(literal)
      .accesses.filter(({ path: { root } }) => {
        if (root.role === "package") return true;
        // What the literal is handed is whoever's it is; what it captured is the receiver's or a parameter's.
        return isCaptured(root, literal) && (root.role === "receiver" || root.role === "param");
      })
      .map((access) => ({ ...access, calls: [{ fn, node: placeIn(fn, node) }, ...access.calls] }));
  });
}

function isHandedTo(fn: Fn, v: Var): boolean {
  return v === fn.receiver?.origin || fn.params.some((param) => param?.origin === v);
}

/** Which accesses of a goroutine are over where the function ends, and which may still come. */
function split(accesses: readonly Access[], running: Alive | undefined): [Access[], Access[]] {
  if (!running) return [[...accesses], []];
  const over: Access[] = [];
  const going: Access[] = [];
  for (const access of accesses) {
    const waitedFor = running.awaited.some(
      (key) =>
        access.signals.some((s) => signalKey(s) === key) &&
        !access.signalled.some((s) => signalKey(s) === key),
    );
    (waitedFor ? over : going).push(access);
  }
  return [over, going];
}

/** More signals than this are not followed to callers: big functions give hundreds, and few order anything. */
const MOST_SIGNALS = 16;

/** The last channels and groups (ends are signalled last), then atomics; none of an instance that nobody can tell. */
function mostTelling(signals: readonly Signal[]): readonly Signal[] {
  const known = signals.filter((signal) => signal.path.root.role !== "field");
  if (known.length <= MOST_SIGNALS) return known;
  const ends = known.filter((signal) => signal.by !== "atomic").slice(-MOST_SIGNALS);
  const atomics = known.filter((signal) => signal.by === "atomic");
  return [...ends, ...atomics].slice(0, MOST_SIGNALS);
}

/** Signals that callers can wait for: also those on channels made here, which may be returned. */
function mayBeAwaited(fn: Fn): (signal: Signal) => boolean {
  return (signal) =>
    outlives(signal.path, fn) ||
    ((signal.by === "channel" || signal.by === "close") && signal.path.steps.length === 0);
}

function isOutlived(fn: Fn): (signal: Signal) => boolean {
  return (signal) => outlives(signal.path, fn);
}

/** True for variables of which a caller may know that nothing has given them a map yet. */
function mayBeMissed({ root, steps }: Path): boolean {
  if (root.role === "package") return steps.length === 0 && mapType(root.type()) !== null;
  return root.role !== "field" && steps.length <= 1;
}

/** True where something other than the function's own locals leads to the path. */
function outlives(path: Path, fn: Fn): boolean {
  const { role } = path.root;
  if (role === "package" || role === "field" || role === "receiver") return true;
  // Captured by a literal that was kept somewhere and called here: the function around it knows the variable.
  if (!isVisibleIn(path.root, fn)) return true;
  return role === "param" || isCaptured(path.root, fn);
}

/**
 * The access as callers see it. What only an own local reaches is dropped while nobody else has it; otherwise
 * the map is that field of some instance. `shared` tells that a goroutine has the local too.
 */
function exportedAccess(walk: Walk, access: Access, shared: boolean): readonly Access[] {
  const { path } = access;
  if (isOfCopy(path, walk.fn)) return access.content === null ? [] : [{ ...access, variable: null }];
  if (outlives(path, walk.fn)) return [access];
  const at = path.steps.findIndex((step) => step.kind === "field");
  const first = path.steps[at];
  const end = path.steps.findIndex(isEndOfChannel);
  // Whoever gets a channel that was made here may get what goes through it.
  if (end >= 0 && (at < 0 || end < at)) return walk.fn.facts.returned.has(path.root) ? [access] : [];
  if (first?.kind !== "field" || (!shared && isOwned(walk, path))) return [];
  const isReturned = shared && walk.fn.facts.returned.has(path.root);
  const handedOut = access.handedOut || (isReturned ? qualifiedName(path.root.type()) : "");
  return [{ ...access, path: extend(pathOf(first.field), path.steps.slice(at + 1))!, handedOut }];
}

/** True for a variable that is a parameter or lies in a struct passed by value: the caller's is another one. */
function isOfCopy({ root, steps }: Path, fn: Fn): boolean {
  if (!isHandedTo(fn, root)) return false;
  const around: Type[] = steps.length > 0 ? [root.type()] : [];
  for (const step of steps.slice(0, -1)) {
    if (step.kind === "element") return false;
    around.push(step.field.type());
  }
  return steps.at(-1)?.kind !== "element" && around.every((type) => under(type).kind === "struct");
}

function isOwned(walk: Walk, path: Path): boolean {
  if (!isVisibleIn(path.root, walk.fn)) return false;
  const [first] = path.steps;
  if (path.steps.length > 1 && first?.kind === "field" && holdsOthers(walk.world, first.field)) return false;
  return valuesOfVar(walk.world, path.root, walk.fn).some(
    (value) => value.kind === "path" && value.path.root === path.root && value.owned,
  );
}
