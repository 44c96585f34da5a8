/**
 * What is known at one point of a function while it is walked: locks held, goroutines alive, signals given and
 * waited for, variables made. States are never changed in place; branches start from the same one.
 */

import { saidByBoth, signalKey } from "../goroutines/order.ts";
import { heldOnBoth } from "../locks/heldLocks.ts";
import type { LoopStmt } from "../syntax/ast.ts";
import type { Var } from "../types/types.ts";
import type { Choice, Given, Held, Sent, Signal, Spawn } from "./events.ts";
import { type Path, pathKey } from "./path.ts";

/** A goroutine that may still run. */
export interface Alive {
  readonly spawn: Spawn;
  /** Loops whose next round began since it was started: variables of these loops are not the same any more. */
  readonly crossed: readonly LoopStmt[];
  /** Signals of it that were waited for: what it did before them is over. */
  readonly awaited: readonly string[];
  /** Keys of variables that it was handed the values of, and that were given others since. */
  readonly parted: readonly string[];
  /** What branches said about parameters wherever it was started: elsewhere it does not run. */
  readonly choices: readonly Choice[];
}

export interface WalkState {
  /** True where this point cannot be reached. */
  readonly dead: boolean;
  readonly held: readonly Held[];
  /** What the branches around this point say about parameters. */
  readonly choices: readonly Choice[];
  readonly alive: readonly Alive[];
  /** Goroutines that run only where an error variable is nil. */
  readonly started: ReadonlyMap<Var, readonly Spawn[]>;
  /** Locals and parameters that were last given something made here: what they stood for before is not theirs any more. */
  readonly fresh: readonly Var[];
  /** Surely waited for. */
  readonly awaited: readonly Signal[];
  /** Perhaps given. */
  readonly signalled: readonly Signal[];
  /** How often each channel was received from, by key. */
  readonly received: ReadonlyMap<string, number>;
  /** Variables that may have been given a map. */
  readonly made: readonly Path[];
  /** Where in this function a path was last given another map: what was taken from it before is one's own. */
  readonly replaced: ReadonlyMap<string, number>;
  /** What may have been sent on a channel on this way, and is still known by the same name. */
  readonly sent: readonly Sent[];
  /** Map variables that are nil here, by key. */
  readonly nil: readonly string[];
  /** How many `case` clauses lie around this point. */
  readonly cases: number;
  /** True behind `if s.started { panic(…) }`. */
  readonly sealed: boolean;
  /** Locks of the caller that were given back. */
  readonly released: readonly Given[];
}

export const START: WalkState = {
  dead: false,
  held: [],
  choices: [],
  alive: [],
  started: new Map(),
  fresh: [],
  awaited: [],
  signalled: [],
  received: new Map(),
  made: [],
  replaced: new Map(),
  sent: [],
  nil: [],
  cases: 0,
  sealed: false,
  released: [],
};

/** What is known where two ways meet. */
export function meet(a: WalkState, b: WalkState): WalkState {
  if (a === b || b.dead) return a;
  if (a.dead) return b;
  return {
    dead: false,
    held: heldOnBoth(a.held, b.held),
    choices: a.choices === b.choices ? a.choices : a.choices.filter((choice) => b.choices.includes(choice)),
    alive: meetAlive(a.alive, b.alive),
    started: meetStarted(a, b),
    fresh: a.fresh === b.fresh ? a.fresh : a.fresh.filter((v) => b.fresh.includes(v)),
    awaited: a.awaited.filter((s) => b.awaited.some((t) => signalKey(s) === signalKey(t))),
    signalled: union(a.signalled, b.signalled, signalKey),
    received: a.received,
    made: union(a.made, b.made, pathKey),
    replaced: a.replaced.size >= b.replaced.size ? a.replaced : b.replaced,
    sent: meetSent(a.sent, b.sent),
    nil: a.nil === b.nil ? a.nil : a.nil.filter((key) => b.nil.includes(key)),
    cases: Math.min(a.cases, b.cases),
    sealed: a.sealed && b.sealed,
    released: union(a.released, b.released, givenKey),
  };
}

/** A key that tells apart what was sent. */
export function sentKey({ what, as }: Sent): string {
  return `${pathKey(what)} ${pathKey(as)}`;
}

/** What was sent on either way, and what was waited for since on both. */
function meetSent(a: readonly Sent[], b: readonly Sent[]): readonly Sent[] {
  if (a === b || b.length === 0) return a;
  const others = new Map(b.map((one) => [sentKey(one), one]));
  const both = a.map((one) => {
    const other = others.get(sentKey(one));
    const awaited = one.awaited.filter(
      (s) => !other || other.awaited.some((t) => signalKey(s) === signalKey(t)),
    );
    return awaited.length === one.awaited.length ? one : { ...one, awaited };
  });
  return union(both, b, sentKey);
}

/** What is known where any of several ways arrives. */
export function meetAll(states: readonly WalkState[]): WalkState {
  const [first, ...rest] = states;
  return first ? rest.reduce(meet, first) : { ...START, dead: true };
}

/** What runs only where an error is nil: on either way, and not on the other without it. */
function meetStarted(a: WalkState, b: WalkState): WalkState["started"] {
  if (a.started === b.started) return a.started;
  const both = new Map<Var, readonly Spawn[]>();
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    for (const [error, spawns] of one.started) {
      const known = both.get(error) ?? [];
      const kept = spawns.filter(
        (spawn) =>
          !known.includes(spawn) &&
          (other.started.get(error)?.includes(spawn) || !other.alive.some((x) => x.spawn === spawn)),
      );
      both.set(error, [...known, ...kept]);
    }
  }
  return both;
}

function meetAlive(a: readonly Alive[], b: readonly Alive[]): readonly Alive[] {
  if (a === b) return a;
  const both = [...a];
  for (const other of b) {
    const at = both.findIndex((alive) => alive.spawn === other.spawn);
    if (at < 0) both.push(other);
    else {
      const known = both[at]!;
      both[at] = {
        spawn: known.spawn,
        crossed: [...new Set([...known.crossed, ...other.crossed])],
        awaited: known.awaited.filter((key) => other.awaited.includes(key)),
        parted: known.parted.filter((key) => other.parted.includes(key)),
        choices: saidByBoth(known.choices, other.choices),
      };
    }
  }
  return both;
}

/** A key that is equal for the same lock. */
export function givenKey({ path }: Given): string {
  return pathKey(path);
}

/** The elements of both lists, one per key. */
export function union<T>(a: readonly T[], b: readonly T[], key: (item: T) => string): readonly T[] {
  if (b.length === 0 || a === b) return a;
  if (a.length === 0) return b;
  const keys = new Set(a.map(key));
  return [...a, ...b.filter((item) => !keys.has(key(item)))];
}

/** The state at the start of a loop's next round. */
export function nextRound(state: WalkState, loop: LoopStmt): WalkState {
  if (state.alive.length === 0) return state;
  const alive = state.alive.map((a) =>
    a.crossed.includes(loop) ? a : { ...a, crossed: [...a.crossed, loop] },
  );
  return { ...state, alive };
}

/** True where another round of a loop may find something new. */
export function needsAnotherRound(before: WalkState, after: WalkState): boolean {
  if (after.dead) return false;
  return (
    after.alive.length > 0 ||
    after.signalled.length > before.signalled.length ||
    after.sent.length > before.sent.length ||
    after.released.length > before.released.length ||
    before.held.some((lock) => !after.held.includes(lock))
  );
}

/**
 * The goroutines that still run after waiting for `signal`: those that give it are over, as far as they did
 * things before. One receive is enough for one goroutine, a wait, a close or a receiving loop for all.
 */
export function awaitSignal(state: WalkState, signal: Signal, inLoop: boolean): WalkState {
  const key = signalKey(signal);
  const gives = (alive: Alive): boolean =>
    !alive.awaited.includes(key) && alive.spawn.signals.some((s) => signalKey(s) === key);
  const givers = state.alive.filter(gives);
  const count = (state.received.get(key) ?? 0) + 1;
  const all =
    signal.by !== "channel" ||
    inLoop ||
    givers.some((alive) => alive.spawn.signals.some((s) => s.closes && signalKey(s) === key)) ||
    (givers.every((alive) => alive.crossed.length === 0 && !alive.spawn.many) && count >= givers.length);
  const alive = all
    ? state.alive.map((a) => (gives(a) ? { ...a, awaited: [...a.awaited, key] } : a))
    : state.alive;
  return {
    ...state,
    alive,
    awaited: union(state.awaited, [signal], signalKey),
    received: new Map(state.received).set(key, count),
  };
}
