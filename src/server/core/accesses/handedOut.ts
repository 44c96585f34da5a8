/**
 * What a function returns while a goroutine that it has started goes on using it: `c := &Cache{…}; go c.clean();
 * return c`. Its caller has the same value from then on, and what both do to its maps meets there.
 *
 * The goroutine knows the value by the local of the function that started it, until a caller puts its own variable
 * in the place of that (`calls/spawns.ts`). Where a caller does something with the result that cannot be followed,
 * the maps are those of some instance, as elsewhere.
 */
import { type Fn, forEachChild, givenFields, isVar, unparen } from "../calls/functions.ts";
import type { CompositeLit, Expr, Node } from "../syntax/ast.ts";
import type { Info, Var } from "../types/types.ts";
import type { HandedOut } from "./events.ts";
import { extend, type Path, pathOf, type Step } from "./path.ts";
import { variablePath, type Walk } from "./walkRecord.ts";

/** Where a value is put: a variable or field that the function knows, or one of its own results. */
type Destination =
  | { readonly kind: "variable"; readonly path: Path }
  | { readonly kind: "result"; readonly result: number; readonly steps: readonly Step[] };

/** Which result of `fn` its local `root` is, or is a part of; null where it is not seen to be returned. */
export function handedOutBy(fn: Fn, root: Var): HandedOut | null {
  const isRoot = (e: Expr): boolean => e.kind === "Ident" && isVar(fn.info.objectOf(e), root);
  const around = holdersOf(fn, isRoot);
  const named = (fn.node.type.results?.fields ?? []).flatMap((field) => field.names);
  let found: HandedOut | null = null;
  visitOwn(fn, (node) => {
    if (found !== null || node.kind !== "ReturnStmt") return;
    const results: readonly Expr[] = node.results.length > 0 ? node.results : named;
    for (const [result, e] of results.entries()) {
      const steps = stepsTo(e, fn.info, isRoot) ?? stepsThrough(e, fn.info, around);
      if (steps !== null) found ??= { root, result, steps };
    }
  });
  return found;
}

/** The locals that hold a value in one of their fields, with the field. */
function holdersOf(fn: Fn, isIt: (e: Expr) => boolean): ReadonlyMap<Var, readonly Step[]> {
  const holders = new Map<Var, readonly Step[]>();
  for (const [local, definitions] of fn.facts.definitions) {
    for (const { expr, how } of definitions) {
      const steps = expr && how === "value" ? stepsTo(expr, fn.info, isIt) : null;
      if (steps !== null && steps.length > 0) holders.set(local, steps);
    }
  }
  for (const [local, given] of fn.facts.ownFields) {
    for (const { field, expr } of given)
      if (isIt(unparen(expr))) holders.set(local, [{ kind: "field", field }]);
  }
  return holders;
}

function stepsThrough(
  e: Expr,
  info: Info,
  holders: ReadonlyMap<Var, readonly Step[]>,
): readonly Step[] | null {
  for (const [local, inside] of holders) {
    const steps = stepsTo(e, info, (x) => x.kind === "Ident" && isVar(info.objectOf(x), local));
    if (steps !== null) return [...steps, ...inside];
  }
  return null;
}

/**
 * What the locals that a callee hands out are called here, where `call` is its call: the path of the variable that is
 * given them, or which of this function's own results they are. Absent for those that cannot be followed.
 */
export function destinationsOf(
  walk: Walk,
  handedOut: readonly HandedOut[],
  call: Node,
): { readonly here: ReadonlyMap<Var, Path>; readonly further: readonly HandedOut[] } {
  const here = new Map<Var, Path>();
  const further: HandedOut[] = [];
  for (const { root, result, steps } of handedOut) {
    const to = destinationOf(walk, call, result);
    if (to?.kind === "result") further.push({ root, result: to.result, steps: [...to.steps, ...steps] });
    const path = to?.kind === "variable" ? extend(to.path, steps) : null;
    if (path !== null) here.set(root, path);
  }
  return { here, further };
}

/** Where result `result` of a call is put. */
function destinationOf(walk: Walk, call: Node, result: number): Destination | null {
  const { fn } = walk;
  const isCall = (e: Expr): boolean => e === call;
  let found: Destination | null = null;
  const give = (targets: readonly Expr[], values: readonly Expr[]): void => {
    const only = values.length === 1 ? unparen(values[0]!) : null;
    const spread = only === call && targets.length > 1;
    for (const [i, value] of values.entries()) {
      const steps = spread || result === 0 ? stepsTo(value, fn.info, isCall) : null;
      const target = targets[spread ? result : i];
      const base = steps && target ? variableGiven(walk, target) : null;
      const path = base && steps ? extend(base, steps) : null;
      if (path !== null) found ??= { kind: "variable", path };
    }
  };
  visitOwn(fn, (node) => {
    if (found !== null || node.pos > call.pos || node.end < call.end) return;
    if (node.kind === "AssignStmt") give(node.lhs, node.rhs);
    else if (node.kind === "VarSpec") give(node.names, node.values);
    else if (node.kind === "ReturnStmt") {
      for (const [i, value] of node.results.entries()) {
        const steps = stepsTo(value, fn.info, isCall);
        const spread = node.results.length === 1 && unparen(value) === call;
        if (steps !== null && (spread || result === 0))
          found ??= { kind: "result", result: spread ? result : i, steps };
      }
    }
  });
  return found;
}

function variableGiven(walk: Walk, target: Expr): Path | null {
  const x = unparen(target);
  if (x.kind !== "Ident") return variablePath(walk, x);
  const obj = x.name === "_" ? null : walk.fn.info.objectOf(x);
  return obj?.kind === "var" ? pathOf(obj.origin) : null;
}

/** The fields that lead from the value of `e` to a value that it is made of; null where it is not made of that. */
function stepsTo(e: Expr, info: Info, isIt: (e: Expr) => boolean): readonly Step[] | null {
  let x = unparen(e);
  if (x.kind === "UnaryExpr" && x.op === "&") x = unparen(x.x);
  if (isIt(x)) return [];
  return x.kind === "CompositeLit" ? stepsInto(x, info, isIt) : null;
}

function stepsInto(literal: CompositeLit, info: Info, isIt: (e: Expr) => boolean): readonly Step[] | null {
  for (const { field, expr } of givenFields(literal, info)) {
    const steps = stepsTo(expr, info, isIt);
    if (steps !== null) return [{ kind: "field", field }, ...steps];
  }
  return null;
}

/** Visits what the function does itself, not what its literals do. */
function visitOwn(fn: Fn, visit: (node: Node) => void): void {
  const go = (node: Node): void => {
    if (node.kind === "FuncLit") return;
    visit(node);
    forEachChild(node, go);
  };
  if (fn.node.body) go(fn.node.body);
}
