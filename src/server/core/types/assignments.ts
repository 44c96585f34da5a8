/** Assignments and variable declarations: which variables get which types from which values. */
import { declare, lookupHere } from "../scopes/scope.ts";
import type { AssignStmt, Expr, Ident } from "../syntax/ast.ts";
import { type Checker, invalid, type Operand, recordObject, valueOperand, variableAt } from "./checker.ts";
import { binary, expression, multiExpression } from "./expressions.ts";
import { UNKNOWN, VarObj } from "./objects.ts";
import { defaultType, isUntyped } from "./predicates.ts";
import type { Type, Var } from "./types.ts";
import { BOOL, UNTYPED_BOOL, UNTYPED_NIL } from "./universe.ts";
import { assignTo, updateType } from "./untyped.ts";

/** The type that a variable takes from the value it is declared with. */
export function declaredType(x: Operand): Type {
  if (x.mode === "invalid" || x.type === UNTYPED_NIL) return UNKNOWN;
  return defaultType(x.type);
}

/**
 * The values on the right of an assignment of `count` values, one operand each. `targets` are the types of the
 * left sides where they are known: they decide type arguments of generic functions. A single call may give
 * several values, and a single map index, type assertion or receive gives two where two are wanted.
 */
export function rightSides(
  cx: Checker,
  rhs: readonly Expr[],
  count: number,
  targets: (i: number) => Type | null,
): Operand[] {
  if (rhs.length === count) return rhs.map((e, i) => expression(cx, e, targets(i)));
  const only = rhs[0];
  if (rhs.length !== 1 || only === undefined) {
    for (const e of rhs) expression(cx, e);
    return Array.from({ length: count }, (_, i) => invalid(rhs[i] ?? rhs[0] ?? missing));
  }
  const x = multiExpression(cx, only);
  if (x.mode !== "invalid" && x.type.kind === "tuple" && x.type.vars.length === count) {
    return x.type.vars.map((v) => {
      const type = v.type();
      return type.kind === "unknown" ? invalid(only) : valueOperand(type, only);
    });
  }
  if (count === 2 && (x.mode === "mapindex" || x.mode === "commaok")) {
    x.mode = "value";
    return [x, { mode: "value", type: UNTYPED_BOOL, value: null, expr: only }];
  }
  return Array.from({ length: count }, () => invalid(only));
}

const missing: Expr = { kind: "BadExpr", pos: 0, end: 0, id: 0 };

/** Remembers that `e` (a map index, assertion or receive) gives a value and whether there was one. */
export function recordCommaOk(cx: Checker, e: Expr, xs: readonly Operand[], ok: Type): void {
  const [x, y] = xs;
  if (x === undefined || y === undefined || y.type !== UNTYPED_BOOL || x.expr !== e || y.expr !== e) return;
  const type: Type = {
    kind: "tuple",
    vars: [
      new VarObj("", cx.pkg, "result", x.type, null, null),
      new VarObj("", cx.pkg, "result", ok, null, null),
    ],
  };
  for (let at = e; ; at = at.x) {
    cx.info.types[at.id] = type;
    if (at.kind !== "ParenExpr") return;
  }
}

/** True for the two operands of a value and whether there was one. */
function isCommaOk(xs: readonly Operand[], rhs: readonly Expr[]): boolean {
  return xs.length === 2 && rhs.length === 1 && xs[1]!.type === UNTYPED_BOOL;
}

/** Gives the declared variables their types: from `type`, or from the values. */
export function initialise(
  cx: Checker,
  vars: readonly VarObj[],
  type: Type | null,
  rhs: readonly Expr[],
): void {
  if (rhs.length === 0) {
    for (const v of vars) v.settle(type ?? UNKNOWN);
    return;
  }
  if (type !== null) for (const v of vars) v.settle(type);
  const xs = rightSides(cx, rhs, vars.length, () => type);
  if (isCommaOk(xs, rhs)) recordCommaOk(cx, rhs[0]!, xs, type ?? BOOL);
  for (const [i, v] of vars.entries()) {
    const x = xs[i]!;
    if (type === null) v.settle(declaredType(x));
    if (rhs.length === vars.length) assignTo(cx, x, type);
  }
}

/** The type of the left side of an assignment; null for `_`. */
function leftType(cx: Checker, e: Expr): Type | null {
  let inner = e;
  while (inner.kind === "ParenExpr") inner = inner.x;
  if (inner.kind === "Ident" && inner.name === "_") {
    recordObject(cx, inner, null);
    return null;
  }
  const x = expression(cx, e);
  return x.mode === "invalid" ? UNKNOWN : x.type;
}

export function assignStmt(cx: Checker, s: AssignStmt): void {
  if (s.op === ":=") {
    shortDeclaration(cx, s);
    return;
  }
  if (s.op !== "=") {
    const lhs = s.lhs[0];
    const rhs = s.rhs[0];
    if (lhs === undefined || rhs === undefined) return;
    const x = expression(cx, lhs);
    const type = x.type;
    const result = binary(cx, lhs, x, rhs, s.op.slice(0, -1));
    if (result.mode !== "invalid" && isUntyped(result.type)) updateType(cx, rhs, type, true);
    return;
  }
  if (s.lhs.length === s.rhs.length) {
    for (const [i, e] of s.lhs.entries()) {
      const type = leftType(cx, e);
      const x = expression(cx, s.rhs[i]!, type);
      assignTo(cx, x, type);
    }
    return;
  }
  const types = s.lhs.map((e) => leftType(cx, e));
  const xs = rightSides(cx, s.rhs, s.lhs.length, (i) => types[i] ?? null);
  if (isCommaOk(xs, s.rhs)) recordCommaOk(cx, s.rhs[0]!, xs, types[1] ?? BOOL);
}

function shortDeclaration(cx: Checker, s: AssignStmt): void {
  const scope = cx.scope;
  if (scope === null) return;
  const fresh: VarObj[] = [];
  const targets: (Var | null)[] = [];
  const old: (Type | null)[] = [];
  for (const e of s.lhs) {
    if (e.kind !== "Ident") {
      old.push(leftType(cx, e));
      targets.push(null);
      continue;
    }
    const known = lookupHere(scope, e.name);
    if (known !== null && known.kind === "var") {
      recordObject(cx, e, known);
      // The name is used as an operand, though it stands on the left of `:=`.
      cx.info.types[e.id] = known.type();
      old.push(known.type());
      targets.push(null);
      continue;
    }
    const v = variableAt(cx, e, e.name, "local", UNKNOWN, e);
    recordObject(cx, e, v);
    fresh.push(v);
    targets.push(v);
    old.push(null);
  }
  const xs = rightSides(cx, s.rhs, s.lhs.length, (i) => old[i] ?? null);
  if (isCommaOk(xs, s.rhs)) recordCommaOk(cx, s.rhs[0]!, xs, old[1] ?? BOOL);
  for (const [i, v] of targets.entries()) {
    const x = xs[i]!;
    if (v instanceof VarObj) v.settle(declaredType(x));
    if (s.lhs.length === s.rhs.length) assignTo(cx, x, old[i] ?? null);
  }
  for (const v of fresh) declare(scope, v);
}

/** A new local variable for `name`, declared in the current block by the caller. */
export function localVar(cx: Checker, name: Ident, type: Type): VarObj {
  const v = variableAt(cx, name, name.name, "local", type, name);
  recordObject(cx, name, v);
  return v;
}
