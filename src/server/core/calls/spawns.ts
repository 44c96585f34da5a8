/**
 * Goroutines that a call starts: by `go`, through a callee that starts them, by a library that is known or seen to.
 *
 * What becomes of a goroutine once it runs is the walk's (`walkRecord.ts`); functions that are handed in to be run,
 * `parameterCalls.ts`.
 */

import { type Binding, bindCall } from "../accesses/calledValues.ts";
import type { Access, Held, ParameterCall, Signal, Spawn, SpawnKind, Summary } from "../accesses/events.ts";
import { destinationsOf } from "../accesses/handedOut.ts";
import { asHandedOver } from "../accesses/handovers.ts";
import type { Path } from "../accesses/path.ts";
import { placeIn } from "../accesses/places.ts";
import { UNKNOWN, valuesOf } from "../accesses/values.ts";
import { noteCall, record, startSpawn, textOf, type Walk } from "../accesses/walkRecord.ts";
import { union, type WalkState } from "../accesses/walkState.ts";
import { callbacksOf, calledThroughValues } from "../goroutines/callbacks.ts";
import type { LibrarySpawn } from "../goroutines/librarySpawns.ts";
import { signalKey, signalOf } from "../goroutines/order.ts";
import { together } from "../locks/heldLocks.ts";
import type { CallExpr, Node } from "../syntax/ast.ts";
import type { Var } from "../types/types.ts";
import { type Callee, calleesOfValue } from "./callees.ts";
import type { Fn } from "./functions.ts";
import { firstPathOf, lend } from "./lockCalls.ts";
import { addDeeds, type Deeds, parameterCallHere, receiverBinding } from "./parameterCalls.ts";
import { rebase, rebaseGiven, rebaseSignals } from "./rebase.ts";

/**
 * More goroutines than this, and goroutines that do more than this, are not followed to the callers of the functions
 * that start them. In a big server each function of the main circle reaches all of the server's goroutines.
 */
const MOST_SPAWNS = 200;
const MOST_SPAWNED_ACCESSES = 2000;

/** Lets a goroutine happen that a callee has started and waited for. */
export function runBeside(walk: Walk, spawn: Spawn): void {
  const before = walk.state.alive;
  startSpawn(walk, spawn);
  walk.state = { ...walk.state, alive: before };
  for (const access of spawn.accesses) record(walk, access);
}

/** A goroutine that a callee starts, in the caller's terms. One object per place and goroutine. */
export function rebaseSpawn(walk: Walk, spawn: Spawn, parameters: Binding, node: Node): Spawn {
  const key = keyOf(node, spawn.fn, spawn.node.pos, spawn.runs);
  const known = walk.spawns.get(key);
  if (known) return known;
  const { here, further } = destinationsOf(walk, spawn.handedOut, node);
  const binding = withHandedOut(parameters, spawn, here, further);
  const deeds: Deeds = {
    accesses: afterOnces(
      walk,
      spawn.accesses.flatMap((access) => rebase(walk, access, binding, node, "spawn")),
    ),
    parameterCalls: [],
  };
  for (const inner of spawn.parameterCalls) addDeeds(walk, inner, binding, node, deeds);
  return keep(walk, key, {
    ...spawn,
    ...deeds,
    signals: rebaseSignals(walk, spawn.signals, binding),
    handedOut: further,
  });
}

/** The binding with the variables here for the locals that the goroutine's starter has returned. */
function withHandedOut(
  parameters: Binding,
  { handedOut }: Spawn,
  here: ReadonlyMap<Var, Path>,
  further: Spawn["handedOut"],
): Binding {
  if (handedOut.length === 0) return parameters;
  const binding = new Map(parameters);
  for (const { root } of handedOut) {
    const path = here.get(root);
    if (path) binding.set(root, [{ kind: "path", path, owned: false }]);
    else if (!further.some((one) => one.root === root)) binding.set(root, UNKNOWN);
  }
  return binding;
}

/**
 * What is started within or after a `Once` comes after what that has done, and no second run of it comes. What the
 * function of the `Once` does itself beside the goroutine was looked at where it was walked.
 */
function afterOnces(walk: Walk, accesses: Access[]): Access[] {
  const onces = walk.state.held.filter((lock) => lock.by === "once");
  if (onces.length === 0) return accesses;
  const after = onces.map((lock): Held => ({ ...lock, mode: "read" }));
  return accesses.map((access) => ({ ...access, locks: together(access.locks, after) }));
}

/**
 * A key for the same goroutine of the same place in every round of a loop. It is asked for before anything is worked
 * out: big functions come by hundreds of goroutines, and by each of them in every round.
 */
function keyOf(node: Node, starter: Fn, startedAt: number, runs: Fn | null): string {
  return `${node.pos}:${starter.name}:${startedAt}:${runs?.name ?? ""}:${runs?.pos ?? ""}`;
}

function keep(walk: Walk, key: string, spawn: Spawn): Spawn {
  walk.spawns.set(key, spawn);
  walk.spawnedAccesses += spawn.accesses.length;
  return spawn;
}

/**
 * Starts the goroutines that a callee starts. How they meet each other, and the callee itself where that runs beside
 * this function, was seen where it was walked, which knows what came first; unless it calls what it is handed.
 */
export function startOf(walk: Walk, summary: Summary, binding: Binding, node: Node): void {
  const running = runningBefore(walk, summary);
  for (const spawn of summary.spawns)
    if (!isCrowded(walk))
      startSpawn(walk, rebaseSpawn(walk, spawn, binding, node), running ?? walk.state.alive);
}

function isCrowded({ spawns, spawnedAccesses }: Walk): boolean {
  return spawns.size >= MOST_SPAWNS || spawnedAccesses >= MOST_SPAWNED_ACCESSES;
}

/** The goroutines that those of a callee are compared with; null for all that run when each is started. */
function runningBefore(walk: Walk, { spawns, parameterCalls }: Summary): WalkState["alive"] | null {
  const isKnown = parameterCalls.length === 0 && spawns.every((spawn) => spawn.parameterCalls.length === 0);
  return isKnown ? walk.state.alive : null;
}

/** `go f()` of a function that is known. */
export function spawnCallee(walk: Walk, call: CallExpr, callee: Callee): void {
  if (callee.kind !== "fn") return;
  const binding = bindCall(walk.world, call, callee, walk.fn);
  const label = "go statement";
  const running = runningBefore(walk, walk.summaryOf(callee.fn));
  const spawn = makeSpawn(walk, call, callee.fn, binding, "go", label, false, []);
  if (!callee.dynamic) startSpawn(walk, spawn, running ?? walk.state.alive);
}

/** `go f()` of a parameter: what it does is known where the function is called. */
export function spawnParameter(walk: Walk, call: CallExpr, parameter: ParameterCall["parameter"]): void {
  const { fn } = walk;
  const node = placeIn(fn, call);
  const key = keyOf(call, fn, node.pos, null);
  const known = walk.spawns.get(key);
  startSpawn(
    walk,
    known ??
      keep(walk, key, {
        how: "go",
        label: "go statement",
        many: false,
        fn,
        node,
        runs: null,
        accesses: [],
        parameterCalls: [{ ...parameterCallHere(walk, call, parameter), locks: [] }],
        signals: [],
        onSuccess: false,
        handedOut: [],
      }),
  );
}

/** Starts a function beside this one. Signals in `ends` are given when it ends. */
export function spawnFunction(
  walk: Walk,
  node: Node,
  callee: Callee & { readonly kind: "fn" },
  how: SpawnKind,
  label: string,
  many: boolean,
  ends: readonly Signal[],
): void {
  const running = runningBefore(walk, walk.summaryOf(callee.fn));
  const spawn = makeSpawn(walk, node, callee.fn, receiverBinding(callee), how, label, many, ends);
  startSpawn(walk, spawn, running ?? walk.state.alive);
}

function makeSpawn(
  walk: Walk,
  node: Node,
  fn: Fn,
  binding: Binding,
  how: SpawnKind,
  label: string,
  many: boolean,
  ends: readonly Signal[],
): Spawn {
  const summary: Summary = walk.summaryOf(fn);
  noteCall(walk, fn, summary, []);
  // What it starts itself runs on after its own signals.
  startOf(walk, summary, binding, node);
  const place = placeIn(walk.fn, node);
  const key = keyOf(node, walk.fn, place.pos, fn);
  const known = walk.spawns.get(key);
  if (known) return known;
  const deeds: Deeds = {
    accesses: afterOnces(
      walk,
      summary.accesses.flatMap((access) => rebase(walk, access, binding, node, "spawn")),
    ),
    // Of a literal's captured parameters the callers of the function around it know.
    parameterCalls: summary.parameterCalls
      .filter((inner) => !binding.has(inner.parameter))
      .map((inner) => ({
        ...inner,
        awaited: union(walk.state.awaited, rebaseSignals(walk, inner.awaited, binding), signalKey),
        signals: [...rebaseSignals(walk, inner.signals, binding)],
      })),
  };
  for (const inner of summary.parameterCalls) addDeeds(walk, inner, binding, node, deeds);
  lend(walk, rebaseGiven(walk, summary.releases, binding));
  deeds.accesses.push(...deeds.accesses.flatMap((access) => asHandedOver(walk, access)));
  for (const deed of [...deeds.accesses, ...deeds.parameterCalls]) deed.signals.push(...ends);
  return keep(walk, key, {
    how,
    label,
    many,
    fn: walk.fn,
    node: place,
    runs: fn,
    ...deeds,
    signals: [...rebaseSignals(walk, summary.signals, binding), ...ends],
    onSuccess: false,
    handedOut: [],
  });
}

/** Starts what a dependency is seen to run on a goroutine: arguments, and what it reaches through others. */
export function startCallbacks(walk: Walk, call: CallExpr): void {
  const functions = callbacksOf(call, walk.fn).flatMap((arg) =>
    valuesOf(walk.world, arg, walk.fn).flatMap((value) => calleesOfValue(walk.world, value)),
  );
  const callees = [...functions, ...calledThroughValues(walk.world, call, walk.fn)];
  for (const callee of callees) {
    const label = `callback of ${textOf(walk.fn, call.fun)}`;
    if (callee.kind === "fn") spawnFunction(walk, call, callee, "callback", label, false, []);
  }
}

/** Starts what a library call is known to run on a goroutine. */
export function startLibrarySpawn(walk: Walk, call: CallExpr, library: LibrarySpawn): void {
  const group = library.group ? firstPathOf(valuesOf(walk.world, library.group, walk.fn)) : null;
  const ends: readonly Signal[] = group ? [signalOf("group", group, true)] : [];
  for (const value of valuesOf(walk.world, library.runs, walk.fn)) {
    for (const callee of calleesOfValue(walk.world, value)) {
      if (callee.kind !== "fn") continue;
      spawnFunction(walk, call, callee, library.how, library.label, library.many, ends);
    }
  }
}
