/**
 * Calls of function-valued parameters: written down where a function makes them, and run where it is called and the
 * function that it is given is known.
 */

import { type Binding, substitute } from "../accesses/calledValues.ts";
import type { Access, ParameterCall } from "../accesses/events.ts";
import { identityOf, pathKey } from "../accesses/path.ts";
import { placeIn } from "../accesses/places.ts";
import { type Value, valueKey, valuesOf } from "../accesses/values.ts";
import type { Walk } from "../accesses/walkRecord.ts";
import { union } from "../accesses/walkState.ts";
import { signalKey } from "../goroutines/order.ts";
import type { CallExpr, Node } from "../syntax/ast.ts";
import { type Callee, calleesOfValue } from "./callees.ts";
import type { Fn } from "./functions.ts";
import { inlineCallee } from "./inline.ts";
import { lend } from "./lockCalls.ts";
import { rebase, rebaseGiven, rebaseLock, rebaseSignals } from "./rebase.ts";
import { runBeside } from "./spawns.ts";

/** Deeper chains of function values than this are not followed. */
const DEEPEST_FUNCTION_VALUE = 4;
/** More calls of its parameters than this are not followed to a function's callers. */
const MOST_PARAMETER_CALLS = 32;

/** What a goroutine does of itself and, once its starter's callers are known, with functions that these hand in. */
export interface Deeds {
  readonly accesses: Access[];
  readonly parameterCalls: ParameterCall[];
}

/** A call of a parameter as it stands at this point of the walk. */
export function parameterCallHere(
  walk: Walk,
  call: CallExpr,
  parameter: ParameterCall["parameter"],
): ParameterCall {
  const { held, awaited, signalled } = walk.state;
  return {
    parameter,
    args: call.args.map((arg) => valuesOf(walk.world, arg, walk.fn)),
    locks: held,
    awaited,
    signalled,
    signals: [],
    fn: walk.fn,
    node: placeIn(walk.fn, call),
    beside: null,
  };
}

/** Writes a call of a parameter down, once: a function that is handed on is called in many ways. */
export function keepParameterCall(walk: Walk, call: ParameterCall): void {
  const { parameterCalls } = walk;
  if (parameterCalls.size >= MOST_PARAMETER_CALLS) return;
  const locks = call.locks.map((lock) => (lock.path ? pathKey(lock.path) : "?") + lock.mode[0] + lock.by[0]);
  const args = call.args.map((values) => values.map(valueKey).join("|"));
  const beside = call.beside ? `${call.beside.many}${call.beside.node.pos}` : "";
  const key = `${identityOf(call.parameter)} ${locks.join()} ${args.join()} ${beside}`;
  if (!parameterCalls.has(key)) parameterCalls.set(key, call);
}

/** The binding of a method value that is called with arguments that nobody else knows. */
export function receiverBinding(callee: Callee & { readonly kind: "fn" }): Binding {
  const binding = new Map<Fn["receiver"] & object, readonly Value[]>();
  if (callee.fn.receiver) binding.set(callee.fn.receiver.origin, callee.receiver);
  for (const param of callee.fn.params) if (param) binding.set(param.origin, [{ kind: "fresh" }]);
  return binding;
}

/** Runs what a callee does with a function that it is given, in this call. */
export function runParameterCall(
  walk: Walk,
  inner: ParameterCall,
  binding: Binding,
  node: Node,
  depth: number,
): void {
  if (depth >= DEEPEST_FUNCTION_VALUE) return;
  for (const { callee, call } of inTermsOf(walk, inner, binding)) {
    if (callee.kind === "parameter") keepParameterCall(walk, call);
    else if (inner.beside !== null) {
      const accesses = callbackAccesses(walk, callee, call, node);
      runBeside(walk, {
        ...inner.beside,
        runs: callee.fn,
        accesses,
        parameterCalls: [],
        signals: [],
        onSuccess: false,
        handedOut: [],
      });
    } else {
      const before = walk.state.held;
      walk.state = { ...walk.state, held: [...before, ...call.locks] };
      inlineCallee(walk, callee, node, argumentsOf(callee, call), depth + 1);
      walk.state = { ...walk.state, held: before };
    }
  }
}

/** Adds to a goroutine's deeds what it does with a function that its starter is given. */
export function addDeeds(walk: Walk, inner: ParameterCall, binding: Binding, node: Node, deeds: Deeds): void {
  for (const { callee, call } of inTermsOf(walk, inner, binding)) {
    if (callee.kind === "parameter") deeds.parameterCalls.push(call);
    else {
      deeds.accesses.push(...callbackAccesses(walk, callee, call, node));
      lend(walk, rebaseGiven(walk, walk.summaryOf(callee.fn).releases, argumentsOf(callee, call)));
    }
  }
}

type Known = Callee & { readonly kind: "fn" | "parameter" };

/** A callee's call of its parameter in the caller's terms, with what is called there. */
function inTermsOf(
  walk: Walk,
  inner: ParameterCall,
  binding: Binding,
): { readonly callee: Known; readonly call: ParameterCall }[] {
  const callees = (binding.get(inner.parameter) ?? [])
    .flatMap((value) => calleesOfValue(walk.world, value))
    .filter((callee) => callee.kind !== "external");
  if (callees.length === 0) return [];
  const call: ParameterCall = {
    ...inner,
    args: inner.args.map((values) => substitute(walk.world, values, binding, walk.fn)),
    locks: inner.locks.map((lock) => rebaseLock(walk, lock, binding)),
    awaited: rebaseSignals(walk, inner.awaited, binding),
    signalled: rebaseSignals(walk, inner.signalled, binding),
    signals: [...rebaseSignals(walk, inner.signals, binding)],
  };
  return callees.map((callee) => ({
    callee,
    call: callee.kind === "parameter" ? { ...call, parameter: callee.parameter } : call,
  }));
}

function argumentsOf(callee: Callee & { readonly kind: "fn" }, { args }: ParameterCall): Binding {
  const bound = new Map(receiverBinding(callee));
  callee.fn.params.forEach((param, i) => {
    if (param && args[i]) bound.set(param.origin, args[i]);
  });
  return bound;
}

function callbackAccesses(
  walk: Walk,
  callee: Callee & { readonly kind: "fn" },
  call: ParameterCall,
  node: Node,
): Access[] {
  const bound = argumentsOf(callee, call);
  return walk
    .summaryOf(callee.fn)
    .accesses.flatMap((access) => rebase(walk, access, bound, node, "spawn"))
    .map((access) => ({
      ...access,
      locks: [...access.locks, ...call.locks],
      awaited: union(access.awaited, call.awaited, signalKey),
      signalled: union(access.signalled, call.signalled, signalKey),
      signals: [...union(access.signals, call.signals, signalKey)],
    }));
}
