/**
 * Walks one function body in the order it runs and writes down what happens: the {@link Summary} of a function.
 *
 * This file decides how control flows (branches, loops, early returns, deferred calls). What expressions touch
 * is `expressions.ts`, what calls do `calls/inline.ts`. A loop is walked a second time where its first round
 * leaves something for the next one to meet.
 */
import { type Fn, isOfOneRound, unparen } from "../calls/functions.ts";
import { performCall, performDeferred } from "../calls/inline.ts";
import { mapType, under } from "../calls/typeShape.ts";
import { isTestFile } from "../goroutines/handlers.ts";
import { signalKey, signalOf } from "../goroutines/order.ts";
import { together } from "../locks/heldLocks.ts";
import type {
  BlockStmt,
  CallExpr,
  CaseClause,
  Expr,
  ForStmt,
  IfStmt,
  LoopStmt,
  RangeStmt,
  ReturnStmt,
  SelectStmt,
  Stmt,
} from "../syntax/ast.ts";
import { awaitChannel, awaitClose, signalChannel } from "./channels.ts";
import type { Given, Held, Spawn } from "./events.ts";
import {
  choose,
  conditionStates,
  constantOf,
  visitAssignment,
  visitExpression,
  visitIncrement,
} from "./expressions.ts";
import { beginRound, noteSent } from "./handovers.ts";
import { isSomeElement, type Path, pathKey } from "./path.ts";
import { filledBy } from "./semaphores.ts";
import { assignVariable, emitAccess, heedSignal, variablePath, type Walk } from "./walkRecord.ts";
import {
  type Alive,
  givenKey,
  meet,
  meetAll,
  needsAnotherRound,
  nextRound,
  type WalkState,
} from "./walkState.ts";

/** A loop, switch or select that `break` or `continue` may leave. */
interface Target {
  readonly label: string | null;
  readonly isLoop: boolean;
  readonly breaks: WalkState[];
  readonly continues: WalkState[];
}

/** The control flow of one function being walked. */
interface Flow {
  readonly walk: Walk;
  readonly targets: Target[];
  /** Where the function is left, by how many calls were deferred before. */
  readonly returns: Map<number, WalkState[]>;
  /** Those of the returns that may return an error. */
  readonly failures: WalkState[];
  /** Where `goto` goes on, by label. */
  readonly jumps: Map<string, WalkState[]>;
  /** The label of the next statement. */
  label: string | null;
}

/** Walks the body of a function and leaves everything that happens in `walk`. */
export function walkBody(walk: Walk, body: BlockStmt): void {
  const flow: Flow = { walk, targets: [], returns: new Map(), failures: [], jumps: new Map(), label: null };
  block(flow, body.list);
  leave(flow);
  const passed = [...flow.returns.values()].flat().flatMap(({ held }) => held.filter(isPassed));
  walk.state = meetAll([...flow.returns].map(([deferred, states]) => endOf(walk, deferred, states)));
  walk.state = {
    ...walk.state,
    held: together(walk.state.held, passed),
    released: walk.state.released.filter((lock) => !isOfFailure(flow, lock)),
    alive: aliveAfterSuccess(flow, walk.state.alive),
  };
  for (const { spawn } of walk.state.alive)
    if (flow.failures.length > 0 && !flow.failures.some((state) => aliveIn(state, spawn)))
      walk.onSuccess.add(spawn);
}

/** True for a `Once` that was gone through: who returns early on another way has nothing that needs it. */
function isPassed(lock: Held): boolean {
  return lock.by === "once" && lock.mode === "read";
}

/** True where a lock is given back on the ways only that return an error: callers leave as well then. */
function isOfFailure({ failures, returns }: Flow, lock: Given): boolean {
  const key = givenKey(lock);
  const has = (state: WalkState): boolean => state.released.some((other) => givenKey(other) === key);
  return (
    failures.some(has) &&
    [...returns.values()].flat().some((state) => !failures.includes(state) && !state.dead) &&
    ![...returns.values()].flat().some((state) => !failures.includes(state) && has(state))
  );
}

/**
 * The goroutines as callers find them that were handed no error, where there are ways without: with an error they leave
 * as well. Those that run after an error only are none of them.
 */
function aliveAfterSuccess({ failures, returns }: Flow, alive: readonly Alive[]): readonly Alive[] {
  if (alive.length === 0 || failures.length === 0) return alive;
  const successes = [...returns.values()].flat().filter((state) => !failures.includes(state) && !state.dead);
  if (successes.length === 0) return alive;
  const after = meetAll(successes);
  return alive.flatMap((one) => {
    if (!failures.some((state) => aliveIn(state, one.spawn))) return [one];
    const then = aliveIn(after, one.spawn);
    return then ? [{ ...one, awaited: [...new Set([...one.awaited, ...then.awaited])] }] : [];
  });
}

function aliveIn({ alive }: WalkState, spawn: Spawn): Alive | undefined {
  return alive.find((one) => one.spawn === spawn);
}

/** Writes down that the function is left here, with the calls that were deferred so far. */
function leave({ walk, returns }: Flow): void {
  const count = walk.deferred.length;
  const states = returns.get(count);
  if (states) states.push(walk.state);
  else returns.set(count, [walk.state]);
}

/** The state after the first `deferred` of the deferred calls, for the ways that had come to no more. */
function endOf(walk: Walk, deferred: number, states: readonly WalkState[]): WalkState {
  walk.state = meetAll(states);
  for (const call of walk.deferred.slice(0, deferred).reverse()) performDeferred(walk, call);
  return walk.state;
}

function block(flow: Flow, statements: readonly Stmt[]): void {
  for (const statement of statements) {
    if (flow.walk.state.dead && statement.kind !== "LabeledStmt") continue;
    visitStatement(flow, statement);
  }
}

function visitStatement(flow: Flow, s: Stmt): void {
  const { walk } = flow;
  switch (s.kind) {
    case "ExprStmt":
      visitExpression(walk, s.x);
      return;
    case "AssignStmt":
      visitAssignment(walk, s);
      return;
    case "IncDecStmt":
      visitIncrement(walk, s);
      return;
    case "SendStmt":
      visitExpression(walk, s.chan);
      visitExpression(walk, s.value);
      signalChannel(walk, s.chan, false);
      noteSent(walk, s.chan, s.value);
      return;
    case "GoStmt":
      performCall(walk, s.call, "go");
      return;
    case "DeferStmt":
      performCall(walk, s.call, "defer");
      return;
    case "ReturnStmt":
      for (const result of s.results) visitExpression(walk, result);
      leave(flow);
      if (mayFail(walk.fn, s)) flow.failures.push(walk.state);
      kill(walk);
      return;
    case "DeclStmt":
      if (s.decl.kind === "VarDecl") {
        for (const spec of s.decl.specs) for (const value of spec.values) visitExpression(walk, value);
      }
      return;
    case "BlockStmt":
      block(flow, s.list);
      return;
    case "IfStmt":
      visitIf(flow, s);
      return;
    case "LabeledStmt":
      walk.state = meetAll([walk.state, ...(flow.jumps.get(s.label.name) ?? [])]);
      if (walk.state.dead) return;
      flow.label = s.label.name;
      visitStatement(flow, s.stmt);
      flow.label = null;
      return;
    case "BranchStmt":
      visitBranch(flow, s.branch, s.label?.name ?? null);
      return;
    case "ForStmt":
      visitFor(flow, s);
      return;
    case "RangeStmt":
      visitRange(flow, s);
      return;
    case "SwitchStmt":
      if (s.init) visitStatement(flow, s.init);
      if (s.tag) visitExpression(walk, s.tag);
      visitCases(flow, s.cases, s.tag);
      return;
    case "TypeSwitchStmt":
      if (s.init) visitStatement(flow, s.init);
      visitExpression(walk, s.x);
      visitCases(flow, s.cases, null);
      return;
    case "SelectStmt":
      visitSelect(flow, s);
      return;
    case "EmptyStmt":
    case "BadStmt":
      return;
  }
}

/** True for a return of an error that is not written as nil. */
function mayFail(fn: Fn, s: ReturnStmt): boolean {
  const result = fn.node.type.results?.fields.at(-1)?.type;
  if (result?.kind !== "Ident" || result.name !== "error") return false;
  const last = s.results.at(-1);
  return last?.kind !== "Ident" || fn.info.objectOf(last)?.kind !== "nil";
}

function kill(walk: Walk): void {
  walk.state = { ...walk.state, dead: true };
}

function takeLabel(flow: Flow): string | null {
  const label = flow.label;
  flow.label = null;
  return label;
}

function visitIf(flow: Flow, s: IfStmt): void {
  const { walk } = flow;
  if (s.init) visitStatement(flow, s.init);
  const { yes, no } = conditionStates(walk, s.cond);
  walk.state = yes;
  block(flow, s.body.list);
  const after = walk.state;
  walk.state = no;
  if (s.else) visitStatement(flow, s.else);
  const other = walk.state;
  walk.state = meet(after, other);
  if (after.dead && isSeal(walk, s)) walk.state = { ...walk.state, sealed: true };
  if (after.dead || other.dead) return;
  const optional = [...takenIn(after, yes), ...takenIn(other, no)].filter(
    (lock) => !walk.state.held.some((h) => samePath(h.path, lock.path)),
  );
  if (optional.length > 0) walk.state = { ...walk.state, held: [...walk.state.held, ...optional] };
}

/** True for `if s.started { panic("too late") }`, where the flag is a field. */
function isSeal(walk: Walk, s: IfStmt): boolean {
  const flag = unparen(s.cond);
  const last = s.body.list.at(-1);
  if (flag.kind !== "SelectorExpr" || walk.fn.info.selectionOf(flag)?.kind !== "field") return false;
  return last?.kind === "ExprStmt" && last.x.kind === "CallExpr" && neverReturns(last.x, walk.fn);
}

/** Locks that were taken in a branch. The condition tells when one is needed: it counts as held afterwards. */
function takenIn(after: WalkState, before: WalkState): readonly Held[] {
  return after.held.filter((lock) => lock.by === "mutex" && !before.held.includes(lock));
}

function samePath(a: Path | null, b: Path | null): boolean {
  return a === null || b === null ? a === b : pathKey(a) === pathKey(b);
}

function visitBranch(flow: Flow, branch: string, label: string | null): void {
  const { walk } = flow;
  if (branch === "fallthrough") return;
  const target = flow.targets.findLast((t) =>
    label !== null ? t.label === label : branch === "break" || t.isLoop,
  );
  if (branch === "break") target?.breaks.push(walk.state);
  else if (branch === "continue") target?.continues.push(walk.state);
  else if (label !== null) flow.jumps.set(label, [...(flow.jumps.get(label) ?? []), walk.state]);
  kill(walk);
}

function enter(flow: Flow, isLoop: boolean): Target {
  const target: Target = { label: takeLabel(flow), isLoop, breaks: [], continues: [] };
  flow.targets.push(target);
  return target;
}

/**
 * Walks a loop body, twice where the first round leaves something; the state afterwards is the end of a round. Returns
 * the locks of elements that each round takes and keeps: who locks all shards of a map has them all after the loop, and
 * where there was no round, there is none to be locked.
 */
function rounds(flow: Flow, loop: LoopStmt, target: Target, body: () => void): readonly Held[] {
  const { walk } = flow;
  walk.loops.push(loop);
  const before = walk.state;
  body();
  walk.state = meetAll([walk.state, ...target.continues]);
  if (needsAnotherRound(before, walk.state)) {
    target.continues.length = 0;
    walk.state = nextRound(meet(before, walk.state), loop);
    beginRound(walk, loop);
    body();
    walk.state = meetAll([walk.state, ...target.continues]);
  }
  walk.loops.pop();
  if (walk.state.dead) return [];
  return walk.state.held.filter((lock) => isOfSomeElement(lock) && !before.held.includes(lock));
}

function isOfSomeElement({ path }: Held): boolean {
  return path?.steps.some(isSomeElement) ?? false;
}

function visitFor(flow: Flow, s: ForStmt): void {
  const { walk } = flow;
  const label = takeLabel(flow);
  if (s.init) visitStatement(flow, s.init);
  flow.label = label;
  const target = enter(flow, true);
  const skipped: WalkState[] = [];
  const ofElements = rounds(flow, s, target, () => {
    if (s.cond) {
      const { yes, no } = conditionStates(walk, s.cond);
      skipped.push(no);
      walk.state = yes;
    }
    block(flow, s.body.list);
    if (s.post && !walk.state.dead) visitStatement(flow, s.post);
  });
  flow.targets.pop();
  const leaves = s.cond ? [...skipped, walk.state] : [];
  walk.state = holding(meetAll([...leaves, ...target.breaks]), ofElements);
  const filled = filledBy(walk, s);
  if (filled) heedSignal(walk, signalOf("slots", filled, true), true);
}

function visitRange(flow: Flow, s: RangeStmt): void {
  const { walk } = flow;
  const type = walk.fn.info.typeOf(s.x);
  if (mapType(type)) emitAccess(walk, s.x, "iterate");
  else visitExpression(walk, s.x);
  const isChannel = under(type).kind === "chan";
  if (under(type).kind === "signature") performCall(walk, s.x, "iterate");
  const target = enter(flow, true);
  const before = walk.state;
  const ofElements = rounds(flow, s, target, () => {
    if (isChannel) awaitChannel(walk, s.x);
    if (mapType(type)) emitAccess(walk, s.x, "iterate");
    assignHead(walk, s);
    block(flow, s.body.list);
  });
  flow.targets.pop();
  walk.state = meetAll([isChannel ? walk.state : meet(before, walk.state), ...target.breaks]);
  walk.state = holding(walk.state, ofElements);
  if (isChannel && walk.state.dead) walk.state = before;
  if (isChannel) awaitChannel(walk, s.x);
  if (isChannel && target.breaks.length === 0) awaitClose(walk, s.x);
}

/** The state with these locks held as well. */
function holding(state: WalkState, locks: readonly Held[]): WalkState {
  return state.dead || locks.length === 0 ? state : { ...state, held: together(state.held, locks) };
}

/** A round of a loop gives its variables new values where they are not of that round alone. */
function assignHead(walk: Walk, s: RangeStmt): void {
  for (const target of [s.key, s.value]) {
    const variable = target === null ? null : variablePath(walk, target);
    if (target === null || variable === null || isOfOneRound(variable.root, walk.fn, s)) continue;
    // A name that is declared has no type as an expression.
    const type = s.define ? variable.root.type() : walk.fn.info.typeOf(target);
    if (mapType(type)) assignVariable(walk, variable, target, s.body.pos);
  }
}

function visitCases(flow: Flow, cases: readonly CaseClause[], tag: Expr | null): void {
  const { walk } = flow;
  const target = enter(flow, false);
  const start = walk.state;
  const ends: WalkState[] = [];
  const reported = walk.pairs.length;
  for (const clause of cases) {
    walk.state = { ...start, cases: start.cases + 1 };
    for (const e of clause.list ?? []) if (!walk.fn.info.isType(e)) visitExpression(walk, e);
    const listed = clause.list ?? cases.flatMap((other) => other.list ?? []);
    const values = listed.map((e) => constantOf(walk, e)).filter((value) => value !== null);
    if (tag !== null && values.length === listed.length)
      walk.state = choose(walk, tag, values, clause.list !== null, walk.state);
    block(flow, clause.body);
    ends.push(walk.state);
  }
  flow.targets.pop();
  if (isTestFile(walk.fn) && walk.loops.at(-1)?.kind === "RangeStmt") heedScript(walk, reported);
  const exhaustive = cases.some((clause) => clause.list === null);
  const after = meetAll([...ends, ...target.breaks, ...(exhaustive ? [] : [start])]);
  walk.state = { ...after, cases: start.cases };
}

/**
 * A test that goes through the steps of a script: that a step looks at what a goroutine did after another one has
 * waited for the goroutine is in the script. A wait in one case counts for all, also for a goroutine that goes round a
 * loop and has given the signal in the round before: how often a step waits is in the script too.
 */
function heedScript({ pairs, heard }: Walk, from: number): void {
  const met = pairs.splice(from);
  pairs.push(
    ...met.filter(
      ({ a, spawnB }) =>
        spawnB !== null ||
        !a.signals.some((signal) => signal.by === "channel" && heard.has(signalKey(signal))),
    ),
  );
}

function visitSelect(flow: Flow, s: SelectStmt): void {
  const { walk } = flow;
  const target = enter(flow, false);
  const start = walk.state;
  const ends: WalkState[] = [];
  for (const clause of s.cases) {
    walk.state = start;
    if (clause.comm) visitStatement(flow, clause.comm);
    block(flow, clause.body);
    ends.push(walk.state);
  }
  flow.targets.pop();
  walk.state = meetAll([...ends, ...target.breaks]);
}

/** True where the call ends the function or the program: `panic`, `os.Exit`, a logger's `Fatal`, `t.Fatal`. */
export function neverReturns(call: CallExpr, fn: Fn): boolean {
  const fun = unparen(call.fun);
  if (fun.kind === "Ident") {
    const obj = fn.info.objectOf(fun);
    return obj?.kind === "builtin" && obj.name === "panic";
  }
  if (fun.kind !== "SelectorExpr") return false;
  const obj = fn.info.objectOf(fun.sel);
  const path = obj?.pkg?.path;
  if (path === "os") return fun.sel.name === "Exit";
  if (path === "runtime") return fun.sel.name === "Goexit";
  // Every logger's Fatal ends the program.
  if (/^(Fatal|Panic)(f|ln|w)?$/.test(fun.sel.name)) return true;
  return path === "testing" && ["FailNow", "Skip", "Skipf", "SkipNow"].includes(fun.sel.name);
}
