/**
 * What a call does where it stands: synchronisation, built-in functions, goroutines it starts, and everything
 * its callees' summaries say, in the caller's terms.
 *
 * Which functions a call reaches is `callees.ts`; what library functions start is `goroutines/`.
 */

import { type Binding, bindCall } from "../accesses/calledValues.ts";
import { signalChannel } from "../accesses/channels.ts";
import type { Held } from "../accesses/events.ts";
import { visitExpression, visitOperand } from "../accesses/expressions.ts";
import { takeOverSent } from "../accesses/handovers.ts";
import { visitLibraryCall } from "../accesses/libraryCalls.ts";
import { pathKey, pathOf } from "../accesses/path.ts";
import { type Value, valuesOf } from "../accesses/values.ts";
import { neverReturns } from "../accesses/walk.ts";
import {
  emitAccess,
  giveSignal,
  heedSignal,
  isFull,
  isTakenOut,
  mayBeMade,
  mayMeet,
  noteCall,
  record,
  type Walk,
} from "../accesses/walkRecord.ts";
import { type Alive, union } from "../accesses/walkState.ts";
import { callbacksOf } from "../goroutines/callbacks.ts";
import { isParallelTest, isSubtest, isTestFile, startRegistered } from "../goroutines/handlers.ts";
import { librarySpawn } from "../goroutines/librarySpawns.ts";
import { signalOf } from "../goroutines/order.ts";
import { isToken, take, together, toggled } from "../locks/heldLocks.ts";
import { type SyncCall, syncCall } from "../locks/syncCalls.ts";
import type { CallExpr, Expr, Node } from "../syntax/ast.ts";
import type { Var } from "../types/types.ts";
import { type Callee, calledExpression, calleesOf, calleesOfValue } from "./callees.ts";
import { type Fn, unparen } from "./functions.ts";
import { firstPathOf, lockOf, takeLock, unlock } from "./lockCalls.ts";
import { keepParameterCall, parameterCallHere, receiverBinding, runParameterCall } from "./parameterCalls.ts";
import { rebase, rebaseGiven, rebaseLock, rebasePath, rebaseSignals } from "./rebase.ts";
import {
  spawnCallee,
  spawnFunction,
  spawnParameter,
  startCallbacks,
  startLibrarySpawn,
  startOf,
} from "./spawns.ts";
import { under } from "./typeShape.ts";

/**
 * How a call stands: by itself, after `go`, after `defer` (`deferred` at the end of the function, where only the
 * call itself is left to do), or as what `range` calls.
 */
export type CallMode = "call" | "go" | "defer" | "deferred" | "iterate";

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
  const { body } = walk.fn.node;
  const isOnAllWays = body?.list.some((s) => s.kind === "DeferStmt" && unparen(s.call) === call) ?? false;
  walk.isDeferredOnSomeWays = !isOnAllWays;
  performCall(walk, call, "deferred");
  walk.isDeferredOnSomeWays = false;
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
    if (sync.op !== "atomic-store") heedSignal(walk, signal, true);
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
  else if (sync.op === "unlock") unlock(walk, lock);
  else if (lock.path !== null) {
    const signal = signalOf("group", lock.path, true);
    if (sync.op === "done") giveSignal(walk, signal);
    else heedSignal(walk, signal, true);
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
      for (const callee of calleesOfValue(walk.world, value))
        if (callee.kind === "fn") inlineCallee(walk, callee, call, receiverBinding(callee), 0);
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
    } else if (callee.kind === "parameter")
      keepParameterCall(walk, parameterCallHere(walk, call, callee.parameter));
    else performExternal(walk, call, callee);
  }
  if (callees.length === 0) {
    for (const arg of call.args) mayBeMade(walk, arg);
    runFunctionArguments(walk, call);
  }
}

/** What the receiver and the parameters stand for at this point: a local that has its map to itself stands for itself. */
function bindHere(walk: Walk, call: CallExpr, callee: Callee & { readonly kind: "fn" }): Binding {
  const binding = bindCall(walk.world, call, callee, walk.fn);
  if (walk.state.fresh.length === 0 && walk.state.replaced.size === 0) return binding;
  const fun = calledExpression(call);
  const given: [Fn["receiver"] | undefined, Expr | undefined][] = [
    [callee.fn.receiver, fun.kind === "SelectorExpr" ? fun.x : undefined],
    ...callee.fn.params.map((param, i): [Fn["receiver"], Expr | undefined] => [param, call.args[i]]),
  ];
  const here = new Map(binding);
  for (const [variable, e] of given) {
    const x = e ? unparen(e) : null;
    const obj = x?.kind === "Ident" ? walk.fn.info.objectOf(x) : null;
    if (variable && x && obj?.kind === "var" && hasToItself(walk, x, obj, binding.get(variable.origin) ?? []))
      here.set(variable.origin, [{ kind: "path", path: pathOf(obj.origin), owned: true }]);
  }
  return here;
}

/** True for a local that was last given something made here, or a map that its variable was then given another for. */
function hasToItself(walk: Walk, e: Expr, obj: Var, values: readonly Value[]): boolean {
  if (walk.state.fresh.includes(obj.origin)) return true;
  const aliases = values.flatMap((value) => (value.kind === "path" ? [value.path] : []));
  return aliases.length > 0 && aliases.every((path) => path.root !== obj.origin && isTakenOut(walk, e, path));
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

/** Lets everything that a callee does happen here. */
export function inlineCallee(walk: Walk, callee: Callee, node: Node, binding: Binding, depth: number): void {
  if (callee.kind !== "fn" || walk.state.dead) return;
  if (!callee.dynamic && !isTestFile(walk.fn)) walk.called.add(callee.fn);
  const summary = walk.summaryOf(callee.fn);
  noteCall(walk, callee.fn, summary, walk.state.held);
  for (const access of summary.accesses) {
    if (isFull(walk) && !mayMeet(walk, access)) continue;
    for (const seen of rebase(walk, access, binding, node, "inline")) {
      record(walk, callee.dynamic ? { ...seen, dynamic: true } : seen);
    }
  }
  for (const lock of rebaseGiven(walk, summary.releases, binding)) unlock(walk, lock);
  for (const inner of summary.parameterCalls) runParameterCall(walk, inner, binding, node, depth);
  if (!callee.dynamic) {
    startOf(walk, summary, binding, node);
    const acquired = summary.acquires.map((lock) => rebaseLock(walk, lock, binding));
    const [tokens, locks] = [acquired.filter(isToken), acquired.filter((lock) => !isToken(lock))];
    walk.state = { ...walk.state, held: together(walk.state.held, locks) };
    for (const token of tokens) walk.state = { ...walk.state, held: toggled(walk.state.held, token) };
    for (const signal of rebaseSignals(walk, summary.awaits, binding)) {
      heedSignal(walk, signal, true);
    }
  }
  for (const signal of rebaseSignals(walk, summary.signals, binding)) giveSignal(walk, signal);
  takeOverSent(walk, summary.sends, binding);
  const makes = summary.makes.flatMap((path) => rebasePath(walk, path, binding));
  walk.state = { ...walk.state, made: union(walk.state.made, makes, pathKey) };
  if (summary.diverges && !callee.dynamic) walk.state = { ...walk.state, dead: true };
}
