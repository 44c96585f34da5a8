/**
 * What a call does where it stands: synchronisation, built-in functions, goroutines it starts, and everything
 * its callees' summaries say, in the caller's terms.
 *
 * Which functions a call reaches is `callees.ts`; what library functions start is `goroutines/`.
 */
import type { Access, Held, ParameterCall, Signal, Spawn, SpawnKind, Summary } from "../accesses/events.ts";
import { visitExpression, visitOperand } from "../accesses/expressions.ts";
import { visitLibraryCall } from "../accesses/libraryCalls.ts";
import { identityOf, pathKey, pathOf } from "../accesses/path.ts";
import { placeIn } from "../accesses/places.ts";
import { type Binding, bindCall, substitute, type Value, valueKey, valuesOf } from "../accesses/values.ts";
import { neverReturns } from "../accesses/walk.ts";
import {
  emitAccess,
  giveSignal,
  isFull,
  mayBeMade,
  mayMeet,
  record,
  signalChannel,
  startSpawn,
  textOf,
  type Walk,
} from "../accesses/walkRecord.ts";
import { type Alive, awaitSignal, union } from "../accesses/walkState.ts";
import { callbacksOf } from "../goroutines/callbacks.ts";
import { isParallelTest, isSubtest, isTestFile, startRegistered } from "../goroutines/handlers.ts";
import { type LibrarySpawn, librarySpawn } from "../goroutines/librarySpawns.ts";
import { signalOf } from "../goroutines/order.ts";
import { take, together } from "../locks/heldLocks.ts";
import { type SyncCall, syncCall } from "../locks/syncCalls.ts";
import type { CallExpr, Expr, Node } from "../syntax/ast.ts";
import { type Callee, calledExpression, calleesOf, calleesOfValue } from "./callees.ts";
import { type Fn, unparen } from "./functions.ts";
import { firstPathOf, lockOf, takeLock, unlock } from "./lockCalls.ts";
import { rebase, rebaseLock, rebasePath, rebaseSignals } from "./rebase.ts";
import { under } from "./typeShape.ts";

/**
 * How a call stands: by itself, after `go`, after `defer` (`deferred` at the end of the function, where only the
 * call itself is left to do), or as what `range` calls.
 */
export type CallMode = "call" | "go" | "defer" | "deferred" | "iterate";

/** Deeper chains of function values than this are not followed. */
const DEEPEST_FUNCTION_VALUE = 4;
/** More goroutines than this are not followed to the callers of the functions that start them. */
const MOST_SPAWNS = 200;
/** More calls of its parameters than this are not followed to a function's callers. */
const MOST_PARAMETER_CALLS = 32;

/** Visits a call and everything it does. */
export function performCall(walk: Walk, e: Expr, mode: CallMode): void {
  const call = unparen(e);
  if (call.kind !== "CallExpr") {
    visitExpression(walk, call);
    return;
  }
  const { info } = walk.fn;
  if (mode === "defer") walk.deferred.push(call);
  if (info.isType(call.fun)) {
    for (const arg of call.args) visitExpression(walk, arg);
    return;
  }
  const fun = unparen(call.fun);
  const builtin = fun.kind === "Ident" ? info.objectOf(fun) : null;
  if (builtin?.kind === "builtin") {
    if (mode !== "defer") performBuiltin(walk, call, builtin.name);
    return;
  }
  const sync = syncCall(call, walk.fn);
  if (sync !== null && mode === "defer") return;
  if (sync !== null && mode !== "go" && synchronise(walk, call, sync)) return;
  if (mode !== "deferred") {
    visitCalled(walk, fun);
    for (const arg of call.args) if (unparen(arg).kind !== "FuncLit") visitArgument(walk, arg);
  }
  if (mode === "defer") return;
  if (neverReturns(call, walk.fn)) {
    walk.state = { ...walk.state, dead: true };
    return;
  }
  const library = librarySpawn(walk, call);
  if (library !== null) {
    startLibrarySpawn(walk, call, library);
    return;
  }
  startRegistered(walk, call);
  startCallbacks(walk, call);
  reach(walk, call, calleesOf(walk.world, call, walk.fn), mode);
}

/** Runs a deferred call at the end of its function. */
export function performDeferred(walk: Walk, call: CallExpr): void {
  performCall(walk, call, "deferred");
}

function visitCalled(walk: Walk, fun: Expr): void {
  if (fun.kind === "SelectorExpr") {
    if (walk.fn.info.selectionOf(fun) !== null) visitOperand(walk, fun.x);
  } else if (fun.kind !== "Ident" && fun.kind !== "FuncLit") visitOperand(walk, fun);
}

/** Function values are visited where they are called. */
function visitArgument(walk: Walk, arg: Expr): void {
  const isFunction = under(walk.fn.info.typeOf(arg)).kind === "signature";
  if (isFunction && unparen(arg).kind !== "CallExpr") return;
  visitExpression(walk, arg);
}

function performBuiltin(walk: Walk, call: CallExpr, name: string): void {
  const [first, ...rest] = call.args;
  const isMap = first !== undefined && under(walk.fn.info.typeOf(first)).kind === "map";
  if (first && isMap && (name === "len" || name === "delete" || name === "clear")) {
    visitOperand(walk, first);
    for (const arg of rest) visitExpression(walk, arg);
    emitAccess(walk, first, name, false, call);
    return;
  }
  for (const arg of call.args) if (!walk.fn.info.isType(arg)) visitExpression(walk, arg);
  if (name === "close" && first) signalChannel(walk, first, true);
  if (name === "panic") walk.state = { ...walk.state, dead: true };
}

/** Does what a synchronisation call does; false where it is an ordinary call as well. */
function synchronise(walk: Walk, call: CallExpr, sync: SyncCall): boolean {
  if ("variable" in sync) {
    for (const arg of call.args) visitExpression(walk, arg);
    const path = firstPathOf(valuesOf(walk.world, sync.variable, walk.fn));
    if (path === null) return true;
    const signal = signalOf("atomic", path, true);
    if (sync.op !== "atomic-load") giveSignal(walk, signal);
    if (sync.op !== "atomic-store") walk.state = awaitSignal(walk.state, signal, true);
    return true;
  }
  visitOperand(walk, sync.on.x);
  if (sync.op === "group-go" || sync.op === "try-lock") return sync.op === "try-lock";
  const lock = lockOf(walk, sync);
  if (sync.op === "once") {
    performOnce(walk, call, lock);
    return true;
  }
  if (sync.op === "lock") takeLock(walk, lock);
  else if (sync.op === "unlock") unlock(walk, lock.path);
  else if (lock.path !== null) {
    const signal = signalOf("group", lock.path, true);
    if (sync.op === "done") giveSignal(walk, signal);
    else walk.state = awaitSignal(walk.state, signal, true);
  }
  // A Wait of the program's own types may do more than waiting.
  return sync.op !== "wait" || calleesOf(walk.world, call, walk.fn).every((callee) => callee.kind !== "fn");
}

/** What `Once.Do` runs excludes everything that comes after any `Do` of the same `Once`. */
function performOnce(walk: Walk, call: CallExpr, once: Held): void {
  const before = walk.state.held;
  walk.state = { ...walk.state, held: take(before, once) };
  const [arg] = call.args;
  if (arg) {
    for (const value of valuesOf(walk.world, arg, walk.fn)) {
      for (const callee of calleesOfValue(walk.world, value)) inlineCallee(walk, callee, call, new Map(), 0);
    }
  }
  walk.state = { ...walk.state, held: take(before, { ...once, mode: "read" }) };
}

function reach(walk: Walk, call: CallExpr, callees: readonly Callee[], mode: CallMode): void {
  if (mode === "go") {
    for (const callee of callees) {
      if (callee.kind === "parameter") spawnParameter(walk, call, callee.parameter);
      else spawnCallee(walk, call, callee);
    }
    return;
  }
  for (const callee of callees) {
    if (callee.kind === "fn") {
      inlineCallee(walk, callee, call, bindHere(walk, call, callee), 0);
    } else if (callee.kind === "parameter") addParameterCall(walk, call, callee.parameter);
    else performExternal(walk, call, callee);
  }
  if (callees.length === 0) {
    for (const arg of call.args) mayBeMade(walk, arg);
    runFunctionArguments(walk, call);
  }
}

/** What the receiver and the parameters stand for at this point: a local that holds its own map stands for itself. */
function bindHere(walk: Walk, call: CallExpr, callee: Callee & { readonly kind: "fn" }): Binding {
  const binding = bindCall(walk.world, call, callee, walk.fn);
  if (walk.state.fresh.length === 0) return binding;
  const fun = calledExpression(call);
  const given: [Fn["receiver"] | undefined, Expr | undefined][] = [
    [callee.fn.receiver, fun.kind === "SelectorExpr" ? fun.x : undefined],
    ...callee.fn.params.map((param, i): [Fn["receiver"], Expr | undefined] => [param, call.args[i]]),
  ];
  const here = new Map(binding);
  for (const [variable, e] of given) {
    const x = e ? unparen(e) : null;
    const obj = x?.kind === "Ident" ? walk.fn.info.objectOf(x) : null;
    if (variable && obj?.kind === "var" && walk.state.fresh.includes(obj.origin))
      here.set(variable.origin, [{ kind: "path", path: pathOf(obj.origin), owned: true }]);
  }
  return here;
}

function performExternal(walk: Walk, call: CallExpr, callee: Callee & { readonly kind: "external" }): void {
  visitLibraryCall(walk, call, callee.func);
  for (const arg of call.args) mayBeMade(walk, arg);
  if (callee.func.pkg?.path === "net/http" && callee.func.name === "Shutdown") endHandlers(walk);
  runFunctionArguments(walk, call);
}

/** `(*http.Server).Shutdown` waits for the requests that are being served. */
function endHandlers(walk: Walk): void {
  const alive = walk.state.alive.filter((a) => a.spawn.how !== "handler");
  walk.state = { ...walk.state, alive };
}

/** Functions handed to a library are taken to run before the call returns, unless it is known to keep them. */
function runFunctionArguments(walk: Walk, call: CallExpr): void {
  const beside = callbacksOf(call, walk.fn);
  for (const arg of call.args) {
    if (beside.includes(arg) || under(walk.fn.info.typeOf(arg)).kind !== "signature") continue;
    for (const value of valuesOf(walk.world, arg, walk.fn)) {
      for (const callee of calleesOfValue(walk.world, value)) {
        if (callee.kind !== "fn") continue;
        if (isParallelTest(walk.world, callee.fn))
          spawnFunction(walk, call, callee, "parallel-test", "parallel test", false, []);
        else {
          const before = walk.state.alive;
          inlineCallee(walk, callee, call, receiverBinding(callee), 0);
          if (isSubtest(callee.fn)) endParallelTests(walk, before);
        }
      }
    }
  }
}

/** `t.Run` returns when the parallel tests that its function started are done. */
function endParallelTests(walk: Walk, before: readonly Alive[]): void {
  const alive = walk.state.alive.filter(
    ({ spawn }) => spawn.how !== "parallel-test" || before.some((a) => a.spawn === spawn),
  );
  walk.state = { ...walk.state, alive };
}

/** The binding of a method value that is called with arguments that nobody else knows. */
export function receiverBinding(callee: Callee & { readonly kind: "fn" }): Binding {
  const binding = new Map<Fn["receiver"] & object, readonly Value[]>();
  if (callee.fn.receiver) binding.set(callee.fn.receiver.origin, callee.receiver);
  for (const param of callee.fn.params) if (param) binding.set(param.origin, [{ kind: "fresh" }]);
  return binding;
}

function addParameterCall(walk: Walk, call: CallExpr, parameter: ParameterCall["parameter"]): void {
  const args = call.args.map((arg) => valuesOf(walk.world, arg, walk.fn));
  keepParameterCall(walk, {
    parameter,
    args,
    locks: walk.state.held,
    fn: walk.fn,
    node: placeIn(walk.fn, call),
    beside: null,
  });
}

/** Writes a call of a parameter down, once: a function that is handed on is called in many ways. */
function keepParameterCall(walk: Walk, call: ParameterCall): void {
  const { parameterCalls } = walk;
  if (parameterCalls.size >= MOST_PARAMETER_CALLS) return;
  const locks = call.locks.map((lock) => (lock.path ? pathKey(lock.path) : "?") + lock.mode[0] + lock.by[0]);
  const args = call.args.map((values) => values.map(valueKey).join("|"));
  const beside = call.beside ? `${call.beside.many}${call.beside.node.pos}` : "";
  const key = `${identityOf(call.parameter)} ${locks.join()} ${args.join()} ${beside}`;
  if (!parameterCalls.has(key)) parameterCalls.set(key, call);
}

/** Lets everything that a callee does happen here. */
function inlineCallee(walk: Walk, callee: Callee, node: Node, binding: Binding, depth: number): void {
  if (callee.kind !== "fn" || walk.state.dead) return;
  if (!callee.dynamic && !isTestFile(walk.fn)) walk.called.add(callee.fn);
  const summary = walk.summaryOf(callee.fn);
  for (const access of summary.accesses) {
    if (isFull(walk) && !mayMeet(walk, access)) continue;
    for (const seen of rebase(walk, access, binding, node, "inline")) {
      record(walk, callee.dynamic ? { ...seen, dynamic: true } : seen);
    }
  }
  for (const path of summary.releases) {
    for (const target of rebasePath(walk, path, binding)) unlock(walk, target);
  }
  for (const inner of summary.parameterCalls) runParameterCall(walk, inner, binding, node, depth, null);
  if (!callee.dynamic) {
    for (const spawn of summary.spawns)
      if (walk.spawns.size < MOST_SPAWNS) startSpawn(walk, rebaseSpawn(walk, spawn, binding, node));
    const acquired = summary.acquires.map((lock) => rebaseLock(walk, lock, binding));
    walk.state = { ...walk.state, held: together(walk.state.held, acquired) };
    for (const signal of rebaseSignals(walk, summary.awaits, binding)) {
      walk.state = awaitSignal(walk.state, signal, true);
    }
  }
  for (const signal of rebaseSignals(walk, summary.signals, binding)) giveSignal(walk, signal);
  const makes = summary.makes.flatMap((path) => rebasePath(walk, path, binding));
  walk.state = { ...walk.state, made: union(walk.state.made, makes, pathKey) };
  if (summary.diverges && !callee.dynamic) walk.state = { ...walk.state, dead: true };
}

/** Runs what a callee does with a function that it is given, in this call. */
function runParameterCall(
  walk: Walk,
  inner: ParameterCall,
  binding: Binding,
  node: Node,
  depth: number,
  into: Access[] | null,
): void {
  if (depth >= DEEPEST_FUNCTION_VALUE) return;
  for (const value of binding.get(inner.parameter) ?? []) {
    for (const callee of calleesOfValue(walk.world, value)) {
      const args = inner.args.map((values) => substitute(walk.world, values, binding, walk.fn));
      const locks = inner.locks.map((lock) => rebaseLock(walk, lock, binding));
      if (callee.kind === "parameter") {
        keepParameterCall(walk, { ...inner, parameter: callee.parameter, args, locks });
      } else if (callee.kind === "fn") {
        const bound = new Map(receiverBinding(callee));
        callee.fn.params.forEach((param, i) => {
          if (param && args[i]) bound.set(param.origin, args[i]);
        });
        if (into !== null) into.push(...callbackAccesses(walk, callee.fn, bound, node, locks));
        else if (inner.beside !== null) {
          const accesses = callbackAccesses(walk, callee.fn, bound, node, locks);
          runBeside(walk, {
            ...inner.beside,
            runs: callee.fn,
            accesses,
            parameterCalls: [],
            signals: [],
            onSuccess: false,
          });
        } else {
          const before = walk.state.held;
          walk.state = { ...walk.state, held: [...before, ...locks] };
          inlineCallee(walk, callee, node, bound, depth + 1);
          walk.state = { ...walk.state, held: before };
        }
      }
    }
  }
}

/** Lets a goroutine happen that a callee has started and waited for. */
function runBeside(walk: Walk, spawn: Spawn): void {
  const before = walk.state.alive;
  startSpawn(walk, spawn);
  walk.state = { ...walk.state, alive: before };
  for (const access of spawn.accesses) record(walk, access);
}

function callbackAccesses(walk: Walk, fn: Fn, bound: Binding, node: Node, locks: readonly Held[]): Access[] {
  return walk
    .summaryOf(fn)
    .accesses.flatMap((access) => rebase(walk, access, bound, node, "spawn"))
    .map((access) => ({ ...access, locks: [...access.locks, ...locks] }));
}

/** A goroutine that a callee starts, in the caller's terms. One object per place and goroutine. */
function rebaseSpawn(walk: Walk, spawn: Spawn, binding: Binding, node: Node): Spawn {
  const accesses = spawn.accesses.flatMap((access) => rebase(walk, access, binding, node, "spawn"));
  for (const inner of spawn.parameterCalls) runParameterCall(walk, inner, binding, node, 0, accesses);
  return oneSpawn(walk, node, {
    ...spawn,
    accesses,
    parameterCalls: [],
    signals: rebaseSignals(walk, spawn.signals, binding),
  });
}

/** The same object for the same goroutine of the same place in every round of a loop. */
function oneSpawn(walk: Walk, node: Node, spawn: Spawn): Spawn {
  const key = `${node.pos}:${spawn.fn.name}:${spawn.node.pos}:${spawn.runs?.name ?? ""}:${spawn.runs?.node.pos ?? ""}`;
  const known = walk.spawns.get(key);
  if (known) return known;
  walk.spawns.set(key, spawn);
  return spawn;
}

function spawnCallee(walk: Walk, call: CallExpr, callee: Callee): void {
  if (callee.kind !== "fn") return;
  const binding = bindCall(walk.world, call, callee, walk.fn);
  const label = "go statement";
  const spawn = makeSpawn(walk, call, callee.fn, binding, "go", label, false, []);
  if (!callee.dynamic) startSpawn(walk, spawn);
}

/** `go f()` of a parameter: what it does is known where the function is called. */
function spawnParameter(walk: Walk, call: CallExpr, parameter: ParameterCall["parameter"]): void {
  const args = call.args.map((arg) => valuesOf(walk.world, arg, walk.fn));
  const { fn } = walk;
  const place = placeIn(fn, call);
  startSpawn(
    walk,
    oneSpawn(walk, call, {
      how: "go",
      label: "go statement",
      many: false,
      fn,
      node: place,
      runs: null,
      accesses: [],
      parameterCalls: [{ parameter, args, locks: [], fn, node: place, beside: null }],
      signals: [],
      onSuccess: false,
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
  startSpawn(walk, makeSpawn(walk, node, callee.fn, receiverBinding(callee), how, label, many, ends));
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
  const accesses = summary.accesses.flatMap((access) => rebase(walk, access, binding, node, "spawn"));
  for (const access of accesses) access.signals.push(...ends);
  for (const inner of summary.parameterCalls) runParameterCall(walk, inner, binding, node, 0, accesses);
  // What it starts itself runs on after its own signals.
  for (const inner of summary.spawns) startSpawn(walk, rebaseSpawn(walk, inner, binding, node));
  return oneSpawn(walk, node, {
    how,
    label,
    many,
    fn: walk.fn,
    node: placeIn(walk.fn, node),
    runs: fn,
    accesses,
    parameterCalls: summary.parameterCalls.filter((inner) => !binding.has(inner.parameter)),
    signals: [...rebaseSignals(walk, summary.signals, binding), ...ends],
    onSuccess: false,
  });
}

/** Starts the arguments that a dependency is seen to run on a goroutine. */
function startCallbacks(walk: Walk, call: CallExpr): void {
  for (const arg of callbacksOf(call, walk.fn)) {
    const label = `callback of ${textOf(walk.fn, call.fun)}`;
    for (const value of valuesOf(walk.world, arg, walk.fn)) {
      for (const callee of calleesOfValue(walk.world, value)) {
        if (callee.kind === "fn") spawnFunction(walk, call, callee, "callback", label, false, []);
      }
    }
  }
}

function startLibrarySpawn(walk: Walk, call: CallExpr, library: LibrarySpawn): void {
  const group = library.group ? firstPathOf(valuesOf(walk.world, library.group, walk.fn)) : null;
  const ends: readonly Signal[] = group ? [signalOf("group", group, true)] : [];
  for (const value of valuesOf(walk.world, library.runs, walk.fn)) {
    for (const callee of calleesOfValue(walk.world, value)) {
      if (callee.kind !== "fn") continue;
      spawnFunction(walk, call, callee, library.how, library.label, library.many, ends);
    }
  }
}
