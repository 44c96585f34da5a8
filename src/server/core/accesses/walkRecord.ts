/**
 * Writes down what a walk comes across: accesses, signals, goroutines; and notices at once where an access
 * meets a goroutine that may still run.
 *
 * Control flow is `walk.ts`; what happens at channels, `channels.ts`. What a pair means to a user is for the rules.
 */
import type { World } from "../calls/callees.ts";
import { type Fn, isCaptured, isOfOneRound, isVisibleIn, unparen } from "../calls/functions.ts";
import { under } from "../calls/typeShape.ts";
import type { AccessKind } from "../finding.ts";
import { isTestFile } from "../goroutines/handlers.ts";
import {
  conflicts,
  contradict,
  orderedBySignal,
  saidByBoth,
  samePlace,
  signalKey,
} from "../goroutines/order.ts";
import { exclusion, heldAtBoth } from "../locks/heldLocks.ts";
import type { CallExpr, Expr, LoopStmt, Node } from "../syntax/ast.ts";
import type { Var } from "../types/types.ts";
import type {
  Access,
  Given,
  Held,
  NilWrite,
  ParallelPair,
  ParameterCall,
  Signal,
  Spawn,
  Summary,
} from "./events.ts";
import { asHandedOver, awaitedSince } from "./handovers.ts";
import { reportNilWrite } from "./nilWrites.ts";
import { extend, groupKey, identityOf, type Path, pathKey, pathOf, type Step } from "./path.ts";
import { placeIn, type Range } from "./places.ts";
import { fieldSteps, isGivenFreshAlone, through, valuesOf } from "./values.ts";
import { type Alive, awaitSignal, union, type WalkState } from "./walkState.ts";

/** One function being walked: the point reached, and what was written down so far. */
export interface Walk {
  readonly world: World;
  readonly fn: Fn;
  state: WalkState;
  /** The loops around the current statement, outermost first. */
  readonly loops: LoopStmt[];
  /** Deferred calls, in the order of their statements. */
  readonly deferred: CallExpr[];
  /** True while a deferred call is made whose statement stands in a branch: not all ways to the end came by it. */
  isDeferredOnSomeWays: boolean;
  readonly accesses: Access[];
  /** By what tells accesses apart, what they waited for aside. */
  readonly known: Map<string, Access[]>;
  readonly spawns: Map<string, Spawn>;
  /** How many accesses these goroutines make together. */
  spawnedAccesses: number;
  /** Goroutines that run only where the function returns nil for its error. */
  readonly onSuccess: Set<Spawn>;
  /** Goroutines that are started while an earlier one of the same place may still run. */
  readonly repeated: Set<Spawn>;
  /** Keys of the signals that were waited for anywhere so far. */
  readonly heard: Set<string>;
  /** Locks that were given back and not taken, by their path. */
  readonly lent: Map<string, Given>;
  /** By what tells calls of parameters apart. */
  readonly parameterCalls: Map<string, ParameterCall>;
  /** Accesses that were seen to meet. */
  readonly pairs: ParallelPair[];
  /** The accesses of goroutines that may be alive, by what they touch. */
  readonly byGroup: Map<Spawn, Map<string, Access[]>>;
  /** Functions that a call names directly, outside tests. */
  readonly called: Set<Fn>;
  /** Locks that are held wherever a function is called that hangs on them: see {@link Summaries.heldAtCalls}. */
  readonly heldAtCalls: Map<Fn, readonly Held[]>;
  summaryOf(fn: Fn): Summary;
  reportNil(write: NilWrite): void;
}

/** More signals than this are not kept for one access; atomics leave room for channels and groups. */
const MOST_SIGNALS = 48;
const MOST_ATOMICS = 8;

/** One access is followed in at most this many ways of having waited. */
const MOST_WAYS = 4;

/** More accesses than this in one function are not followed to its callers. */
export const MOST_ACCESSES = 400;

/** The variable that an expression of map type reads or assigns, or null for elements and results. */
export function variablePath(walk: Walk, e: Expr): Path | null {
  const x = unparen(e);
  const { info } = walk.fn;
  if (x.kind === "Ident") {
    const obj = info.objectOf(x);
    return obj?.kind === "var" ? pathOf(obj.origin) : null;
  }
  if (x.kind === "StarExpr") return firstPath(walk, x.x);
  if (x.kind !== "SelectorExpr") return null;
  const selection = info.selectionOf(x);
  if (selection === null) return variablePath(walk, x.sel);
  if (selection.kind !== "field") return null;
  const throughPointer = under(info.typeOf(x.x)).kind === "pointer";
  const base = throughPointer ? firstPath(walk, x.x) : (variablePath(walk, x.x) ?? firstPath(walk, x.x));
  return base ? extend(base, fieldSteps(selection)) : firstPath(walk, x);
}

function firstPath(walk: Walk, e: Expr): Path | null {
  for (const value of valuesOf(walk.world, e, walk.fn)) if (value.kind === "path") return value.path;
  return null;
}

/** Writes down an access of the map that `e` stands for. */
export function emitAccess(walk: Walk, e: Expr, kind: AccessKind, counter = false, node: Node = e): void {
  const writes = kind === "write" || kind === "delete" || kind === "clear";
  const variable = variablePath(walk, e);
  const variableKey = variable ? pathKey(variable) : "";
  let variableSeen = false;
  for (const value of valuesOf(walk.world, e, walk.fn)) {
    if (value.kind !== "path") continue;
    const direct = pathKey(value.path) === variableKey;
    if (isFresh(walk, variable) && (!direct || isOwnAlone(walk, value.path.root))) continue;
    variableSeen ||= direct;
    if (direct && isOwnFromHere(walk, value.path)) continue;
    if (!direct && isTakenOut(walk, e, value.path)) continue;
    const content = writes ? "write" : "read";
    const type = walk.fn.info.typeOf(e);
    addAccess(walk, {
      kind,
      path: value.path,
      content,
      variable: direct ? "read" : null,
      counter,
      type,
      node,
    });
  }
  if (variable && !variableSeen) readVariable(walk, e, variable);
}

function isFresh(walk: Walk, variable: Path | null): boolean {
  return variable?.steps.length === 0 && walk.state.fresh.includes(variable.root);
}

/** True for a parameter that no goroutine of this function can have captured: what it holds now is not the caller's. */
function isOwnAlone({ state, fn }: Walk, v: Var): boolean {
  return v.role === "param" && state.alive.length === 0 && !isCaptured(v, fn);
}

/** True for a field of a struct that was passed by value, once it was given a map that was made here. */
function isOwnFromHere({ world, state, fn }: Walk, path: Path): boolean {
  const [step, ...more] = path.steps;
  if (path.root.role !== "param" || step?.kind !== "field" || more.length > 0) return false;
  return state.replaced.has(pathKey(path)) && isGivenFreshAlone(world, path.root, step.field, fn.facts);
}

/** True where the local was given the map before its variable was given another: nobody else has it any more. */
export function isTakenOut(walk: Walk, e: Expr, path: Path): boolean {
  const { replaced } = walk.state;
  const x = unparen(e);
  const obj = replaced.size > 0 && x.kind === "Ident" ? walk.fn.info.objectOf(x) : null;
  if (obj?.kind !== "var") return false;
  const definitions = walk.fn.facts.definitions.get(obj.origin) ?? [];
  return (
    definitions.some((d) => d.how !== "zero") &&
    definitions.every((d) => {
      if (d.how === "zero") return true;
      const from = d.expr ? variablePath(walk, d.expr) : null;
      const replacedAt = replaced.get(pathKey(path)) ?? (from ? replaced.get(pathKey(from)) : undefined);
      return d.expr !== null && replacedAt !== undefined && d.expr.pos < replacedAt;
    })
  );
}

/** Writes down that a library reads or fills the map that `steps` lead to inside `e`, by reflection. */
export function reflectAccess(
  walk: Walk,
  e: Expr,
  steps: readonly Step[],
  content: "read" | "write" = "read",
): void {
  for (const value of through(walk.world, valuesOf(walk.world, e, walk.fn), steps, walk.fn)) {
    if (value.kind !== "path") continue;
    addAccess(walk, {
      kind: content === "read" ? "iterate" : "write",
      path: value.path,
      content,
      variable: content,
      counter: false,
      type: null,
      node: e,
    });
  }
}

/** Writes down that the variable of a map is read, to be passed on or compared. */
export function readVariable(walk: Walk, e: Expr, variable: Path): void {
  const { root, steps } = variable;
  if (
    steps.length === 0 &&
    root.role !== "package" &&
    !isCaptured(root, walk.fn) &&
    walk.state.alive.length === 0
  ) {
    return;
  }
  addAccess(walk, {
    kind: "read",
    path: variable,
    content: null,
    variable: "read",
    counter: false,
    type: null,
    node: e,
  });
}

/** Writes down that the variable of a map is given another map. */
export function assignVariable(walk: Walk, variable: Path, node: Node, end: number): void {
  addAccess(walk, {
    kind: "assign",
    path: variable,
    content: null,
    variable: "write",
    counter: false,
    type: null,
    node,
  });
  const { made, replaced, nil } = walk.state;
  walk.state = {
    ...walk.state,
    nil: nil.length === 0 ? nil : nil.filter((key) => key !== pathKey(variable)),
    made: union(made, [variable], pathKey),
    replaced: new Map(replaced).set(pathKey(variable), end),
  };
}

function addAccess(
  walk: Walk,
  what: Pick<Access, "kind" | "path" | "content" | "variable" | "counter" | "type"> & { readonly node: Node },
): void {
  const { state, fn } = walk;
  record(walk, {
    ...what,
    fn,
    node: placeIn(fn, what.node),
    locks: state.held,
    choices: state.choices,
    awaited: state.awaited,
    signalled: state.signalled,
    signals: [],
    unlocked: state.released,
    fills: what.kind === "assign" && state.nil.includes(pathKey(what.path)),
    cases: state.cases,
    sealed: state.sealed,
    made: isMade(state, what.path),
    handedOut: "",
    dynamic: false,
    calls: [],
  });
}

/** True where the variable at `path`, or a struct around it, may have been assigned on this way. */
export function isMade(state: WalkState, path: Path): boolean {
  if (state.made.length === 0) return false;
  const key = pathKey(path);
  return state.made.some((made) => {
    const prefix = pathKey(made);
    return key === prefix || key.startsWith(`${prefix}.`) || key.startsWith(`${prefix}[`);
  });
}

/** Keeps an access, as the other ends of channels know it as well, and reports it where it meets a goroutine. */
export function record(walk: Walk, access: Access): void {
  if (walk.state.dead) return;
  recordOne(walk, access);
  for (const other of asHandedOver(walk, access)) recordOne(walk, other);
}

function recordOne(walk: Walk, access: Access): void {
  const key = accessKey(access);
  const ways = walk.known.get(key);
  const known = ways?.find((way) => waitedForNoMore(way, access));
  // Signals that are given later are written into the access that is kept.
  const kept = known ?? access;
  for (const alive of walk.state.alive) {
    // Parallel subtests wait for the test around them to return; RunParallel returns when all are done.
    if (alive.spawn.how === "parallel-test") continue;
    meetSpawn(walk, alive, kept, null);
    if (comesAgain(walk, alive, kept, access))
      meetSpawn(walk, alive, { ...kept, signalled: access.signalled }, null);
  }
  reportNilWrite(walk, kept, null);
  if (known && access.calls.length < known.calls.length) {
    // The shortest way there is the one to tell of, and it stays the shortest however often a circle is gone through.
    walk.accesses[walk.accesses.indexOf(known)] = { ...access, signals: known.signals };
  }
  if (known || walk.accesses.length >= MOST_ACCESSES || (ways && ways.length >= MOST_WAYS)) return;
  if (ways) ways.push(access);
  else walk.known.set(key, [access]);
  walk.accesses.push(access);
}

/** Writes down under which locks a function is called. */
export function noteCall(walk: Walk, callee: Fn, { hangsOnCallers }: Summary, held: readonly Held[]): void {
  if (!hangsOnCallers || isTestFile(walk.fn)) return;
  const before = walk.heldAtCalls.get(callee);
  walk.heldAtCalls.set(callee, before === undefined ? held : heldAtBoth(before, held));
}

/** True where nothing more is kept of what callees do. */
export function isFull(walk: Walk): boolean {
  return walk.accesses.length >= MOST_ACCESSES;
}

/** False for an access of a callee that meets no goroutine here, in whatever way it is bound. */
export function mayMeet(walk: Walk, { path }: Access): boolean {
  const { alive } = walk.state;
  if (alive.length === 0) return false;
  // What is reached without a field may be bound to a map of any kind.
  if (path.root.role !== "field" && !path.steps.some((step) => step.kind === "field")) return true;
  const group = groupKey(path);
  return alive.some(({ spawn }) => groupsOf(walk, spawn).has(group));
}

/** True where `a` waited for nothing that `b` did not wait for: it meets whatever `b` meets. */
function waitedForNoMore(a: Access, b: Access): boolean {
  return a.awaited.every((signal) => b.awaited.some((other) => signalKey(other) === signalKey(signal)));
}

/**
 * True for a later round of a loop that, after telling a goroutine to go on, does again what came before: the goroutine
 * has heard of the round before only. Not where the goroutine answers, or is told twice a round and may be done then.
 */
function comesAgain(walk: Walk, { spawn }: Alive, kept: Access, access: Access): boolean {
  if (walk.loops.length === 0 || access.signalled.length <= kept.signalled.length) return false;
  if (spawn.signals.some((signal) => walk.heard.has(signalKey(signal)))) return false;
  const before = new Set(kept.signalled.map(signalKey));
  const [told, ...more] = access.signalled.map(signalKey).filter((key) => !before.has(key));
  const isHeard = spawn.accesses.some((one) => one.awaited.some((signal) => signalKey(signal) === told));
  return isHeard && more.length === 0;
}

/** What a library is handed may be given a map there. */
export function mayBeMade(walk: Walk, e: Expr): void {
  const x = unparen(e);
  const variable = isVariable(x) ? variablePath(walk, x) : null;
  const paths = valuesOf(walk.world, x, walk.fn).flatMap((value) =>
    value.kind === "path" ? [value.path] : [],
  );
  const all = variable ? [...paths, variable] : paths;
  if (all.length > 0) walk.state = { ...walk.state, made: union(walk.state.made, all, pathKey) };
}

function isVariable(e: Expr): boolean {
  return e.kind === "Ident" || e.kind === "SelectorExpr" || e.kind === "StarExpr";
}

/** A key that is equal for accesses that differ in nothing that the rules look at but what they waited for. */
export function accessKey(access: Access): string {
  const locks = access.locks.map((lock) => (lock.path ? pathKey(lock.path) : "?") + lock.mode[0]).join(",");
  const place = identityOf(access.node);
  const chosen = access.choices.map((c) => `${identityOf(c.parameter)}${c.is}${c.values.join()}`).join(";");
  return `${place} ${chosen} ${access.kind} ${pathKey(access.path)} ${locks} ${access.made} ${access.dynamic}`;
}

/** Reports the accesses of a goroutine that `access` meets. */
function meetSpawn(walk: Walk, alive: Alive, access: Access, spawn: Spawn | null): void {
  const candidates = groupsOf(walk, alive.spawn).get(groupKey(access.path));
  for (const other of candidates ?? []) {
    if (
      isOver(other, alive) ||
      isParted(other, alive) ||
      !meets(walk, alive.spawn, other, access, alive.crossed)
    )
      continue;
    walk.pairs.push({ a: other, spawnA: alive.spawn, b: access, spawnB: spawn, within: walk.fn });
  }
}

function groupsOf(walk: Walk, spawn: Spawn): Map<string, Access[]> {
  const known = walk.byGroup.get(spawn);
  if (known) return known;
  const groups = new Map<string, Access[]>();
  for (const access of spawn.accesses) {
    const key = groupKey(access.path);
    const group = groups.get(key);
    if (group) group.push(access);
    else groups.set(key, [access]);
  }
  walk.byGroup.set(spawn, groups);
  return groups;
}

/** True where a signal that the goroutine gives after the access was waited for. */
function isOver(access: Access, alive: Alive): boolean {
  return alive.awaited.some(
    (key) =>
      access.signals.some((s) => signalKey(s) === key) && !access.signalled.some((s) => signalKey(s) === key),
  );
}

/** True where what the goroutine has is not what the variable holds that it was handed it from. */
function isParted({ path }: Access, { parted }: Alive): boolean {
  return parted.includes(pathKey(pathOf(path.root)));
}

function meets(walk: Walk, spawn: Spawn, a: Access, b: Access, crossed: readonly LoopStmt[]): boolean {
  const { root } = a.path;
  const isKnown = isVisibleIn(root, walk.fn) || root === spawn.runs?.receiver?.origin;
  // A channel that a function has returned is known by that function's variable.
  if (!isKnown && !a.path.isHandedOver) return false;
  if (!conflicts(a, b) || !samePlace(a.path, b.path)) return false;
  if (crossed.some((loop) => isOfOneRound(root, walk.fn, loop))) return false;
  if (contradict(a, b)) return false;
  return exclusion(a, b) !== "excluded" && !orderedBySignal(a, b);
}

/**
 * Starts a goroutine: it may meet those that still run, and itself where it is started again.
 * @param running those that it is compared with, where how it meets the rest is known.
 */
export function startSpawn(walk: Walk, spawn: Spawn, running: readonly Alive[] = walk.state.alive): void {
  const { state } = walk;
  if (state.dead) return;
  if (spawn.many) {
    for (const access of spawn.accesses) {
      for (const other of groupsOf(walk, spawn).get(groupKey(access.path)) ?? []) {
        if (!meets(walk, spawn, access, other, [])) continue;
        walk.pairs.push({ a: access, spawnA: spawn, b: other, spawnB: spawn, within: walk.fn });
      }
    }
  }
  for (const alive of running) {
    if (areSpecs(spawn, alive.spawn)) continue;
    for (const access of spawn.accesses) meetSpawn(walk, alive, access, spawn);
  }
  for (const access of spawn.accesses) {
    reportNilWrite(walk, access, spawn);
  }
  const others = state.alive.filter((alive) => alive.spawn !== spawn);
  const before = running.find((alive) => alive.spawn === spawn);
  const crossed = before?.crossed ?? [];
  const choices = before ? saidByBoth(before.choices, state.choices) : state.choices;
  if (before?.awaited.length === 0) walk.repeated.add(spawn);
  walk.state = { ...state, alive: [...others, { spawn, crossed, awaited: [], parted: [], choices }] };
}

/**
 * True for two functions that a test hands to a library: frameworks run specs on goroutines and wait for each before
 * they start the next.
 */
function areSpecs(a: Spawn, b: Spawn): boolean {
  return a.how === "callback" && b.how === "callback" && isTestFile(a.fn) && isTestFile(b.fn);
}

/** Waits for a signal; `inLoop` where it is waited for again and again. */
export function heedSignal(walk: Walk, signal: Signal, inLoop: boolean): void {
  walk.heard.add(signalKey(signal));
  awaitedSince(walk, signal);
  walk.state = awaitSignal(walk.state, signal, inLoop);
}

/** Gives a signal: everything written down so far happens before it. */
export function giveSignal(walk: Walk, signal: Signal): void {
  const key = signalKey(signal);
  const last = walk.accesses.at(-1);
  const repeated = last === undefined || last.signals.some((s) => signalKey(s) === key);
  if (!repeated || !walk.state.signalled.some((s) => signalKey(s) === key)) {
    for (const access of walk.accesses) {
      if (access.signals.some((s) => signalKey(s) === key)) continue;
      if (access.signals.length < (signal.by === "atomic" ? MOST_ATOMICS : MOST_SIGNALS))
        access.signals.push(signal);
      else if (signal.by !== "atomic") {
        // What is given last, such as the end of the goroutine, is what others wait for.
        access.signals.shift();
        access.signals.push(signal);
      }
    }
  }
  for (const call of walk.parameterCalls.values())
    if (!call.signals.some((s) => signalKey(s) === key)) call.signals.push(signal);
  walk.state = { ...walk.state, signalled: union(walk.state.signalled, [signal], signalKey) };
}

/** The source text of a node of a function's declaration, for messages. */
export function textOf(fn: Fn, node: Range): string {
  const start = fn.file.startOf(fn.decl);
  return fn.file.text.slice(start + node.pos, start + node.end);
}
