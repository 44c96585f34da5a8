/**
 * What expressions and assignments touch: which maps they read or write, and on what condition the way goes on.
 *
 * Calls are `calls/inline.ts`. An expression of map type that is merely passed on reads the variable that holds
 * the map, not the map.
 */

import { type Definition, type Fn, forEachChild, isVar, unparen } from "../calls/functions.ts";
import { performCall } from "../calls/inline.ts";
import { lockOf } from "../calls/lockCalls.ts";
import { mapType, structType } from "../calls/typeShape.ts";
import { startHandlerValue } from "../goroutines/handlers.ts";
import { contradict } from "../goroutines/order.ts";
import { take } from "../locks/heldLocks.ts";
import { syncCall } from "../locks/syncCalls.ts";
import type { AssignStmt, BinaryExpr, CallExpr, Expr, IncDecStmt, Node } from "../syntax/ast.ts";
import type { Var } from "../types/types.ts";
import { awaitChannel, awaitClose } from "./channels.ts";
import { forgetSent } from "./handovers.ts";
import { pathKey, pathOf } from "./path.ts";
import { valuesOf } from "./values.ts";
import {
  assignVariable,
  emitAccess,
  mayBeMade,
  readVariable,
  variablePath,
  type Walk,
} from "./walkRecord.ts";
import { type Alive, meet, type WalkState } from "./walkState.ts";

/** Visits an expression that is evaluated for its value. */
export function visitExpression(walk: Walk, e: Expr): void {
  const { info } = walk.fn;
  switch (e.kind) {
    case "Ident":
    case "SelectorExpr": {
      if (e.kind === "SelectorExpr" && info.selectionOf(e) !== null) visitExpression(walk, e.x);
      if (info.isType(e)) return;
      const type = info.typeOf(e);
      if (mapType(type)) {
        const variable = variablePath(walk, e);
        if (variable) readVariable(walk, e, variable);
      } else startHandlerValue(walk, e, type);
      return;
    }
    case "IndexExpr":
      if (info.isType(e)) return;
      if (mapType(info.typeOf(e.x))) {
        visitOperand(walk, e.x);
        emitAccess(walk, e.x, "read", false, e);
      } else visitExpression(walk, e.x);
      for (const index of e.indices) if (!info.isType(index)) visitExpression(walk, index);
      return;
    case "CallExpr":
      performCall(walk, e, "call");
      return;
    case "FuncLit":
      startHandlerValue(walk, e, info.typeOf(e));
      return;
    case "CompositeLit": {
      const isStruct = structType(info.typeOf(e)) !== null;
      for (const element of e.elts) {
        if (element.kind !== "KeyValueExpr") visitExpression(walk, element);
        else {
          if (!isStruct) visitExpression(walk, element.key);
          visitExpression(walk, element.value);
        }
      }
      return;
    }
    case "UnaryExpr":
      if (e.op === "&" && isVariable(e.x)) {
        visitOperand(walk, e.x);
        mayBeMade(walk, e.x);
      } else visitExpression(walk, e.x);
      if (e.op === "<-") awaitChannel(walk, e.x);
      return;
    case "BinaryExpr":
      if (e.op === "&&" || e.op === "||") {
        const { yes, no } = conditionStates(walk, e);
        walk.state = meet(yes, no);
        return;
      }
      visitExpression(walk, e.x);
      visitExpression(walk, e.y);
      return;
    case "ParenExpr":
    case "StarExpr":
    case "TypeAssertExpr":
      visitExpression(walk, e.x);
      return;
    case "SliceExpr":
      visitExpression(walk, e.x);
      for (const bound of [e.low, e.high, e.max]) if (bound) visitExpression(walk, bound);
      return;
    case "KeyValueExpr":
      visitExpression(walk, e.key);
      visitExpression(walk, e.value);
      return;
    default:
      return;
  }
}

function isVariable(e: Expr): boolean {
  const x = unparen(e);
  return x.kind === "Ident" || x.kind === "SelectorExpr";
}

/** Visits what is evaluated on the way to a map, but not the reading of the map's own variable. */
export function visitOperand(walk: Walk, e: Expr): void {
  const x = unparen(e);
  if (x.kind === "Ident") return;
  if (x.kind !== "SelectorExpr") {
    visitExpression(walk, x);
    return;
  }
  if (walk.fn.info.selectionOf(x) !== null) visitOperand(walk, x.x);
}

/** Visits an assignment: the values first, then what they are given to. */
export function visitAssignment(walk: Walk, s: AssignStmt): void {
  const before = walk.state.alive;
  for (const value of s.rhs) visitExpression(walk, value);
  for (const target of s.lhs) visitTarget(walk, unparen(target), s);
  if (s.lhs.length === s.rhs.length)
    for (const [i, target] of s.lhs.entries()) giveLocal(walk, target, s.rhs[i]!);
  const error = s.lhs.at(-1);
  const obj = error?.kind === "Ident" ? walk.fn.info.objectOf(error) : null;
  if (obj?.kind !== "var") return;
  const { alive, started } = walk.state;
  const spawns = alive.filter((a) => a.spawn.onSuccess && !before.includes(a)).map((a) => a.spawn);
  if (spawns.length > 0 || started.has(obj.origin))
    walk.state = { ...walk.state, started: new Map(started).set(obj.origin, spawns) };
}

/** Notes whether a local or parameter of map type is given something made here, or something that others have. */
function giveLocal(walk: Walk, target: Expr, value: Expr): void {
  const obj = target.kind === "Ident" ? walk.fn.info.objectOf(target) : null;
  if (obj?.kind !== "var" || (obj.role !== "local" && obj.role !== "param") || !mapType(obj.type())) return;
  const values = valuesOf(walk.world, value, walk.fn);
  const isFresh = values.length > 0 && values.every((v) => v.kind === "fresh");
  const { fresh } = walk.state;
  if (isFresh === fresh.includes(obj.origin)) return;
  const next = isFresh ? [...fresh, obj.origin] : fresh.filter((v) => v !== obj.origin);
  walk.state = { ...walk.state, fresh: next };
}

/** The state where an error variable is not nil: what is started with success has not been started. */
function failed(walk: Walk, e: Expr, state: WalkState): WalkState {
  const x = unparen(e);
  const obj = x.kind === "Ident" ? walk.fn.info.objectOf(x) : null;
  const spawns = obj?.kind === "var" ? state.started.get(obj.origin) : undefined;
  if (!spawns || spawns.length === 0) return state;
  return { ...state, alive: state.alive.filter((a) => !spawns.includes(a.spawn)) };
}

function visitTarget(walk: Walk, target: Expr, s: AssignStmt): void {
  const { info } = walk.fn;
  if (target.kind === "IndexExpr") {
    visitOperand(walk, target.x);
    for (const index of target.indices) visitExpression(walk, index);
    if (mapType(info.typeOf(target.x))) emitAccess(walk, target.x, "write", s.op !== "=", target);
    return;
  }
  if (target.kind === "Ident") {
    if (target.name === "_") return;
    const obj = info.objectOf(target);
    if (obj?.kind === "var") forgetSent(walk, pathOf(obj.origin));
    if (obj?.kind === "var" && s.op === "=") partWith(walk, obj.origin);
    if (s.op === ":=") return;
  } else visitOperand(walk, target);
  const variable = variablePath(walk, target);
  if (variable === null) return;
  forgetSent(walk, variable);
  if (mapType(info.typeOf(target))) assignVariable(walk, variable, target, s.end);
  else if (structType(info.typeOf(target)))
    walk.state = { ...walk.state, made: [...walk.state.made, variable] };
}

/** A local is given something else: goroutines that were handed what it held before have that to themselves. */
function partWith(walk: Walk, local: Var): void {
  const { alive } = walk.state;
  if (local.role !== "local" || alive.length === 0) return;
  const key = pathKey(pathOf(local));
  const parts = ({ spawn, parted }: Alive): boolean =>
    !parted.includes(key) && spawn.runs !== null && !usesVariable(spawn.runs.node, spawn.runs, local);
  if (!alive.some(parts)) return;
  walk.state = {
    ...walk.state,
    alive: alive.map((one) => (parts(one) ? { ...one, parted: [...one.parted, key] } : one)),
  };
}

/** True for a literal that captures a variable. */
function usesVariable(node: Node, fn: Fn, variable: Var): boolean {
  if (node.kind === "FuncDecl") return false;
  if (node.kind === "Ident") return isVar(fn.info.objectOf(node), variable);
  let found = false;
  forEachChild(node, (child) => {
    found ||= usesVariable(child, fn, variable);
  });
  return found;
}

/** Visits `m[k]++`. */
export function visitIncrement(walk: Walk, s: IncDecStmt): void {
  const target = unparen(s.x);
  if (target.kind !== "IndexExpr") {
    visitExpression(walk, s.x);
    return;
  }
  visitOperand(walk, target.x);
  for (const index of target.indices) visitExpression(walk, index);
  if (mapType(walk.fn.info.typeOf(target.x))) emitAccess(walk, target.x, "write", true, target);
}

/** Visits a condition; the states where it holds and where it does not. */
export function conditionStates(walk: Walk, cond: Expr): { yes: WalkState; no: WalkState } {
  const x = unparen(cond);
  const constant = constantOf(walk, x);
  if (constant !== null) {
    const dead = { ...walk.state, dead: true };
    return constant === "true" ? { yes: walk.state, no: dead } : { yes: dead, no: walk.state };
  }
  if (x.kind === "UnaryExpr" && x.op === "!") {
    const { yes, no } = conditionStates(walk, x.x);
    return { yes: no, no: yes };
  }
  if (x.kind === "BinaryExpr" && (x.op === "&&" || x.op === "||")) {
    const left = conditionStates(walk, x.x);
    walk.state = x.op === "&&" ? left.yes : left.no;
    const right = conditionStates(walk, x.y);
    return x.op === "&&"
      ? { yes: right.yes, no: meet(left.no, right.no) }
      : { yes: meet(left.yes, right.yes), no: right.no };
  }
  const y = x.kind === "BinaryExpr" ? unparen(x.y) : null;
  if (y && !(y.kind === "Ident" && walk.fn.info.objectOf(y)?.kind === "nil")) foundByComparing(walk, x);
  if (x.kind === "BinaryExpr" && (x.op === "==" || x.op === "!=")) {
    const { yes, no } = nilCheck(walk, x);
    const value = constantOf(walk, x.y);
    return value === null ? { yes, no } : chosen(walk, x.x, [value], x.op === "==", yes, no);
  }
  const attempt = tryLockOf(walk, x);
  visitExpression(walk, x);
  const state = walk.state;
  if (attempt === null) {
    const { yes, no } = chosen(walk, x, ["true"], true, state, state);
    return { yes: whereFound(walk, x, yes), no: whereClosed(walk, x, no) };
  }
  const call = syncCall(attempt, walk.fn);
  if (call?.op !== "try-lock") return { yes: state, no: state };
  const lock = lockOf(walk, call);
  return { yes: { ...state, held: take(state.held, lock) }, no: state };
}

/** The value of a constant expression as text; null for others. */
export function constantOf(walk: Walk, e: Expr): string | null {
  const constant = walk.fn.info.constOf(e);
  return constant === null ? null : String(constant);
}

/** The two ways of a condition that compares `e` with constants, with what they say where `e` is a parameter. */
function chosen(
  walk: Walk,
  e: Expr,
  values: readonly string[],
  is: boolean,
  yes: WalkState,
  no: WalkState,
): { yes: WalkState; no: WalkState } {
  return { yes: choose(walk, e, values, is, yes), no: choose(walk, e, values, !is, no) };
}

/** The state with what a branch says about `e`, where that is a parameter that is never assigned. */
export function choose(
  walk: Walk,
  e: Expr,
  values: readonly string[],
  is: boolean,
  state: WalkState,
): WalkState {
  const x = unparen(e);
  const obj = x.kind === "Ident" ? walk.fn.info.objectOf(x) : null;
  if (obj?.kind !== "var" || obj.role !== "param" || walk.fn.facts.assigned.has(obj.origin)) return state;
  const choices = [...state.choices, { parameter: obj.origin, values, is }];
  // Who was started on the other way only is not running on this one.
  const alive = state.alive.filter((one) => !contradict(one, { choices }));
  return { ...state, choices, alive: alive.length === state.alive.length ? state.alive : alive };
}

/** Where a map is not nil, somebody has made it. */
function nilCheck(walk: Walk, x: BinaryExpr): { yes: WalkState; no: WalkState } {
  visitExpression(walk, x.x);
  visitExpression(walk, x.y);
  const state = walk.state;
  const y = unparen(x.y);
  const isNil = y.kind === "Ident" && walk.fn.info.objectOf(y)?.kind === "nil";
  if (isNil && !mapType(walk.fn.info.typeOf(x.x))) {
    const no = failed(walk, x.x, state);
    return x.op === "==" ? { yes: state, no } : { yes: no, no: state };
  }
  if (!isNil) return { yes: state, no: state };
  mayBeMade(walk, x.x);
  const made = walk.state;
  const variable = variablePath(walk, x.x);
  const none = variable ? { ...state, nil: [...state.nil, pathKey(variable)] } : state;
  return x.op === "!=" ? { yes: made, no: none } : { yes: none, no: made };
}

/** A map in which something was found (`v, ok := m[k]; ok`) has been made. */
function whereFound(walk: Walk, e: Expr, state: WalkState): WalkState {
  const map = lookedUpIn(walk, e, 1);
  if (map === null) return state;
  const before = walk.state;
  walk.state = state;
  mayBeMade(walk, map);
  const found = walk.state;
  walk.state = before;
  return found;
}

/** Where nothing was received (`v, ok := <-ch; !ok`), the channel was closed. */
function whereClosed(walk: Walk, e: Expr, state: WalkState): WalkState {
  const given = onlyDefinition(walk, e);
  const receive = given?.expr && given.how === "other" ? unparen(given.expr) : null;
  if (receive?.kind !== "UnaryExpr" || receive.op !== "<-") return state;
  const before = walk.state;
  walk.state = state;
  awaitClose(walk, receive.x);
  const closed = walk.state;
  walk.state = before;
  return closed;
}

/** After a comparison of what a lookup gave (`n := m[k]; n > 1`), the map counts as made: one of the ways found it. */
function foundByComparing(walk: Walk, e: Expr): void {
  const map = lookedUpIn(walk, e, 0);
  if (map !== null) mayBeMade(walk, map);
  if (e.kind !== "FuncLit") forEachChild(e, (child) => foundByComparing(walk, child as Expr));
}

/** The map that a local was looked up in, where `e` is result `index` of that. */
function lookedUpIn(walk: Walk, e: Expr, index: number): Expr | null {
  const given = onlyDefinition(walk, e);
  const lookup = given?.expr && given.index === index ? unparen(given.expr) : null;
  return lookup?.kind === "IndexExpr" && mapType(walk.fn.info.typeOf(lookup.x)) ? lookup.x : null;
}

/** What a local was given, where that is all it ever was. */
function onlyDefinition(walk: Walk, e: Expr): Definition | null {
  const obj = e.kind === "Ident" ? walk.fn.info.objectOf(e) : null;
  const definitions = obj?.kind === "var" ? walk.fn.facts.definitions.get(obj.origin) : undefined;
  return definitions?.length === 1 ? definitions[0]! : null;
}

/** The TryLock call whose result `e` is: the call itself, or a local that was given it once. */
function tryLockOf(walk: Walk, e: Expr): CallExpr | null {
  if (e.kind === "CallExpr") return syncCall(e, walk.fn)?.op === "try-lock" ? e : null;
  const obj = e.kind === "Ident" ? walk.fn.info.objectOf(e) : null;
  if (obj?.kind !== "var") return null;
  const definitions = walk.fn.facts.definitions.get(obj.origin);
  const only = definitions?.length === 1 ? definitions[0]!.expr : null;
  return only?.kind === "CallExpr" && syncCall(only, walk.fn)?.op === "try-lock" ? only : null;
}
