/**
 * What a function does that matters to maps, as seen by its callers: accesses, goroutines it starts, locks it
 * takes or leaves, signals it sends and waits for. Shapes only; `walk.ts` makes them, `calls/inline.ts` carries
 * them to the callers.
 */
import type { Fn } from "../calls/functions.ts";
import type { AccessKind } from "../finding.ts";
import type { Type, Var } from "../types/types.ts";
import type { KEY, Path, Step } from "./path.ts";
import type { Place } from "./places.ts";
import type { Value } from "./values.ts";

/** A lock that is held at some point. */
export interface Held {
  /** Null for a lock that cannot be told: it may be any. */
  readonly path: Path | null;
  readonly mode: "read" | "write";
  /**
   * `once`: inside or after `Once.Do`; `token`: a channel of capacity one used as a lock; `copy`: a mutex inside a
   * struct that was passed by value, which keeps nobody else out; `contract`: a lock that the function's callers
   * promise to hold; `confined`: a promise that they come one after the other.
   */
  readonly by: "mutex" | "once" | "token" | "copy" | "contract" | "confined";
  /** As written in the source. */
  readonly text: string;
  /** True for a lock that is known by a pointer to what somebody else has: it has another name there. */
  readonly isOthers?: true;
  /** True for a lock that is given back and was not taken: it was held on entry. */
  readonly isLent?: true;
}

/** A lock that a function gives back and has not taken: whoever calls it, or starts it, holds the lock. */
export interface Given extends Held {
  readonly path: Path;
}

/** Something that one goroutine signals and another waits for. Made by `signalOf` alone. */
export interface Signal {
  /**
   * `close`: the closing of a channel, apart from what is sent before; `slots`: room in a channel that counts who is at
   * work, given back at the end of the work.
   */
  readonly by: "channel" | "close" | "group" | "atomic" | "slots";
  readonly path: Path;
  /** True for `close`, which everybody who receives sees. */
  readonly closes: boolean;
  readonly [KEY]: string;
}

/** What a branch says about a parameter that is never assigned: it is one of these constants, or none of them. */
export interface Choice {
  readonly parameter: Var;
  readonly values: readonly string[];
  readonly is: boolean;
}

/** One access of a map, or of the variable that holds it. */
export interface Access {
  readonly kind: AccessKind;
  readonly path: Path;
  /** What happens to the map itself. */
  readonly content: "read" | "write" | null;
  /** What happens to the variable that holds it; null where an alias was used. */
  readonly variable: "read" | "write" | null;
  readonly counter: boolean;
  /** The type that the map has where it is used; null where only its variable is. */
  readonly type: Type | null;
  readonly fn: Fn;
  readonly node: Place;
  readonly locks: readonly Held[];
  /** What holds of parameters wherever the access happens: calls that say otherwise do not reach it. */
  readonly choices: readonly Choice[];
  /** Signals that surely were waited for before. */
  readonly awaited: readonly Signal[];
  /** Signals that may have been given before, in the same goroutine. */
  readonly signalled: readonly Signal[];
  /** Signals that are given afterwards; grows while the function is walked. */
  readonly signals: Signal[];
  /** Locks of the caller that were given back before. */
  readonly unlocked: readonly Given[];
  /** True for an assignment to a variable that is nil there: it is made once. */
  readonly fills: boolean;
  /** True where the way here ends the program once a flag is set: it belongs to a phase before that. */
  readonly sealed: boolean;
  /** True where the variable was given a map earlier on this way. */
  readonly made: boolean;
  /**
   * Of a goroutine's access: the type of the value that its starter made, started it for, and returned, so that the
   * goroutine and the callers share it; "" elsewhere.
   */
  readonly handedOut: string;
  /** How many `case` clauses lie around it, on the way here too. */
  readonly cases: number;
  /** True where an interface with several implementations stands on the way. */
  readonly dynamic: boolean;
  /** Functions called on the way from the summary's function to the access's, outermost first. */
  readonly calls: readonly CallSite[];
}

/** A call on the way to an access. */
export interface CallSite {
  readonly fn: Fn;
  readonly node: Place;
}

/** Code that runs beside the function that starts it. */
export interface Spawn {
  readonly how: SpawnKind;
  /** In words, without the place: "http handler", "go statement", "timer". */
  readonly label: string;
  /** True where many of them may run at the same time. */
  readonly many: boolean;
  /** Where it is started. */
  readonly fn: Fn;
  readonly node: Place;
  /** The function that runs; null where several may. */
  readonly runs: Fn | null;
  readonly accesses: readonly Access[];
  readonly parameterCalls: readonly ParameterCall[];
  /** Signals it gives: what its starter can wait for. */
  readonly signals: readonly Signal[];
  /** True where the function that started it returns no error then: a caller with an error in hand has none running. */
  readonly onSuccess: boolean;
  /** The locals of its starter by which it knows what the starter has returned. */
  readonly handedOut: readonly HandedOut[];
}

/** A local that is returned while a goroutine goes on using it: the fields `steps` lead to it from result `result`. */
export interface HandedOut {
  readonly root: Var;
  readonly result: number;
  readonly steps: readonly Step[];
}
export type SpawnKind = "go" | "timer" | "handler" | "group" | "parallel-test" | "callback";

/** A call of a function-valued parameter: what it does is known where the function is called. */
export interface ParameterCall {
  readonly parameter: Var;
  readonly args: readonly (readonly Value[])[];
  readonly locks: readonly Held[];
  /** As of an {@link Access}: what the caller waited for and signalled before, and what it signals afterwards. */
  readonly awaited: readonly Signal[];
  readonly signalled: readonly Signal[];
  readonly signals: Signal[];
  readonly fn: Fn;
  readonly node: Place;
  /** The goroutine that makes the call, where that is over when the function returns; null for an ordinary call. */
  readonly beside: Pick<Spawn, "how" | "label" | "many" | "fn" | "node"> | null;
}

/** Something that was sent on a channel and may be used afterwards by the sender. */
export interface Sent {
  readonly what: Path;
  /** What its receivers know it by: the channel, {@link SENT}, and the way to it in what was sent. */
  readonly as: Path;
  /** Signals that were surely waited for since. */
  readonly awaited: readonly Signal[];
  /** True where what was sent holds something to answer on: whoever waits after that may wait for the receiver. */
  readonly mayAnswer: boolean;
}

/** What a function does, in terms of its parameters, what it captures, and package-level variables. */
export interface Summary {
  readonly accesses: readonly Access[];
  /** What the functions that it returns do, whenever those are called. */
  readonly later: readonly Access[];
  /** Started and not waited for before the function returns. */
  readonly spawns: readonly Spawn[];
  readonly parameterCalls: readonly ParameterCall[];
  /** Held on return and not on entry. */
  readonly acquires: readonly Held[];
  /** Given back and not taken in the function. */
  readonly releases: readonly Given[];
  readonly awaits: readonly Signal[];
  readonly signals: readonly Signal[];
  /** Variables that may have been given a map. */
  readonly makes: readonly Path[];
  readonly sends: readonly Sent[];
  /** True where the function never returns. */
  readonly diverges: boolean;
  /** True where locks of its callers may keep apart what it, or a callee, was seen to do beside a goroutine. */
  readonly hangsOnCallers: boolean;
}

/** What is known of a function whose summary is being made: nothing yet. */
export const EMPTY_SUMMARY: Summary = {
  accesses: [],
  later: [],
  spawns: [],
  parameterCalls: [],
  acquires: [],
  releases: [],
  awaits: [],
  signals: [],
  makes: [],
  sends: [],
  diverges: false,
  hangsOnCallers: false,
};

/** Two accesses that were seen to be unordered, one of them in a goroutine. */
export interface ParallelPair {
  readonly a: Access;
  /** The goroutine of `a`. */
  readonly spawnA: Spawn;
  readonly b: Access;
  /** The goroutine of `b`; null where `b` runs in the function that started `a`'s. */
  readonly spawnB: Spawn | null;
  /** The function in which both sides are known. */
  readonly within: Fn;
}

/** A write into a map of a value made here, which nothing on the way has given the map. */
export interface NilWrite {
  readonly access: Access;
  readonly spawn: Spawn | null;
  /** The function that made the value. */
  readonly within: Fn;
  /** True where a callee gets there in some of its `case` clauses only, which is not to be told of this value. */
  readonly inSomeCase: boolean;
}
