/**
 * What a call gives its caller, and its callee: what its results may stand for, and what parameters stand for at one
 * call.
 *
 * What expressions stand for is `values.ts`; which functions a call reaches, `calls/callees.ts`.
 */
import { isDeeplyEqual, type Question } from "../calls/answers.ts";
import { type Callee, calleesOf, type World } from "../calls/callees.ts";
import {
  type DeclFacts,
  type Fn,
  forEachChild,
  isCaptured,
  isOwnCounterpart,
  nameOfFn,
  unparen,
} from "../calls/functions.ts";
import { under } from "../calls/typeShape.ts";
import type { CallExpr, Expr, Node } from "../syntax/ast.ts";
import type { Var } from "../types/types.ts";
import { extend, type Path, pathOf } from "./path.ts";
import { distinct, FRESH, type Scope, through, UNKNOWN, type Value, valuesOf } from "./values.ts";

/** What parameters (and the receiver) of a callee stand for at one call. */
export type Binding = ReadonlyMap<Var, readonly Value[]>;

/** What result `index` of a call may stand for. */
export function valuesOfCall(world: World, call: CallExpr, scope: Scope, index: number): readonly Value[] {
  if (scope.info.isType(call.fun)) return call.args[0] ? valuesOf(world, call.args[0], scope) : UNKNOWN;
  const fun = unparen(call.fun);
  const builtin = fun.kind === "Ident" ? scope.info.objectOf(fun) : null;
  if (builtin?.kind === "builtin") {
    if (builtin.name === "make" || builtin.name === "new") return FRESH;
    return builtin.name === "append" && call.args[0] ? valuesOf(world, call.args[0], scope) : UNKNOWN;
  }
  const callees = calleesOf(world, call, scope);
  if (callees.length === 0) return UNKNOWN;
  return distinct(callees.flatMap((callee) => valuesOfResult(world, call, callee, scope, index)));
}

function valuesOfResult(
  world: World,
  call: CallExpr,
  callee: Callee,
  scope: Scope,
  index: number,
): readonly Value[] {
  if (callee.kind === "external" && callee.copies) return FRESH;
  // What an interface hands out may be anybody's.
  if (callee.kind !== "fn" || callee.hidden) return UNKNOWN;
  const results = returnsOf(world, callee.fn)[index];
  return results ? substitute(world, results, bindCall(world, call, callee, scope), scope) : UNKNOWN;
}

/** What each result of a function may stand for, in terms of its parameters and of what outlives it. */
export function returnsOf(world: World, fn: Fn): readonly (readonly Value[])[] {
  return world.answers.ask(RETURNS, fn.facts, fn);
}

const RETURNS: Question<DeclFacts, Fn, readonly (readonly Value[])[]> = {
  unknown: [],
  name: (_, fn) => nameOfFn(fn),
  compare(before, after, fn) {
    if (isDeeplyEqual(before, after)) return "same";
    const isOwn = fn.isLiteral ? isOwnCounterpart : undefined;
    return isDeeplyEqual(before, after, isOwn) ? "alike" : "other";
  },
  find(world, _, fn) {
    const results: Value[][] = [];
    const add = (index: number, values: readonly Value[]): void => {
      const outlived = values.map((value) => outliving(value, fn));
      results[index] = distinct([...(results[index] ?? []), ...outlived]);
    };
    const named = (fn.node.type.results?.fields ?? []).flatMap((field) => field.names);
    const visit = (node: Node): void => {
      if (node.kind === "FuncLit") return;
      if (node.kind === "ReturnStmt") {
        if (node.results.length === 0) {
          for (const [i, name] of named.entries()) add(i, valuesOf(world, name, fn));
        } else if (node.results.length === 1 && unparen(node.results[0]!).kind === "CallExpr") {
          const call = unparen(node.results[0]!) as CallExpr;
          const count = Math.max(1, named.length, (fn.node.type.results?.fields ?? []).length);
          for (let i = 0; i < count; i++) add(i, valuesOfCall(world, call, fn, i));
        } else for (const [i, result] of node.results.entries()) add(i, valuesOf(world, result, fn));
      }
      forEachChild(node, visit);
    };
    for (const statement of fn.node.body?.list ?? []) visit(statement);
    return results;
  },
};

function outliving(value: Value, fn: Fn): Value {
  if (value.kind !== "path") return value;
  const { root } = value.path;
  const own = (root.role === "local" || root.role === "result") && !isCaptured(root, fn);
  // A channel made here may be what a goroutine started here signals its end on.
  if (!own || under(root.type()).kind === "chan") return value;
  const last = value.path.steps.at(-1);
  if (!value.owned && last?.kind === "field" && under(last.field.type()).kind === "chan")
    return { ...value, path: ofSomeInstance(value.path) };
  return value.owned ? { kind: "fresh" } : { kind: "unknown" };
}

/** The path from the first field on: that of an instance nobody can tell. */
export function ofSomeInstance(path: Path): Path {
  const at = path.steps.findIndex((step) => step.kind === "field");
  const first = path.steps[at];
  return first?.kind === "field" ? (extend(pathOf(first.field), path.steps.slice(at + 1)) ?? path) : path;
}

/** What the receiver and the parameters of a callee stand for at a call. */
export function bindCall(
  world: World,
  call: CallExpr,
  callee: Callee & { readonly kind: "fn" },
  scope: Scope,
): Binding {
  const binding = new Map<Var, readonly Value[]>();
  const { fn } = callee;
  if (fn.receiver) binding.set(fn.receiver.origin, callee.receiver);
  const [first] = call.args;
  const spread =
    call.args.length === 1 && fn.params.length > 1 && first && unparen(first).kind === "CallExpr";
  fn.params.forEach((param, i) => {
    if (param === null) return;
    let values: readonly Value[] = UNKNOWN;
    if (spread) values = valuesOfCall(world, unparen(first) as CallExpr, scope, i);
    else if (fn.variadic && i === fn.params.length - 1 && !call.hasEllipsis) values = FRESH;
    else if (call.args[i]) values = valuesOfArgument(world, call.args[i]!, scope);
    binding.set(param.origin, values);
  });
  return binding;
}

function valuesOfArgument(world: World, arg: Expr, scope: Scope): readonly Value[] {
  const constant = scope.info.constOf(arg);
  return constant === null ? valuesOf(world, arg, scope) : [{ kind: "constant", text: String(constant) }];
}

/** The values with the parameters replaced by what they stand for at one call. */
export function substitute(
  world: World,
  values: readonly Value[],
  binding: Binding,
  scope: Scope,
): readonly Value[] {
  return distinct(
    values.flatMap((value): readonly Value[] => {
      if (value.kind === "func") {
        return [{ ...value, receiver: substitute(world, value.receiver, binding, scope) }];
      }
      if (value.kind !== "path") return [value];
      const bound = binding.get(value.path.root);
      return bound === undefined ? [value] : through(world, bound, value.path.steps, scope);
    }),
  );
}
