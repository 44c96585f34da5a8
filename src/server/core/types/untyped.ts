/**
 * How untyped values get their types: by the operand they meet, the variable they are assigned to, or their
 * default. The types remembered for the expressions that make the value up change with it.
 */
import type { Expr } from "../syntax/ast.ts";
import type { Checker, Operand } from "./checker.ts";
import { recordOperand } from "./checker.ts";
import { represent } from "./constants.ts";
import { allBasic, defaultType, hasNil, isInterface, isTypeParam, isUntyped, under } from "./predicates.ts";
import type { Basic, Type } from "./types.ts";
import { methodSetOf, termsOf } from "./typesets.ts";
import {
  BOOLEAN,
  NUMERIC,
  STRING,
  UNTYPED_COMPLEX,
  UNTYPED_FLOAT,
  UNTYPED_INT,
  UNTYPED_NIL,
  UNTYPED_RUNE,
} from "./universe.ts";

const NUMERIC_ORDER: readonly Type[] = [UNTYPED_INT, UNTYPED_RUNE, UNTYPED_FLOAT, UNTYPED_COMPLEX];

/** The larger of two untyped types; null where they do not mix. */
export function maxUntyped(a: Type, b: Type): Type | null {
  if (a === b) return a;
  const i = NUMERIC_ORDER.indexOf(a);
  const j = NUMERIC_ORDER.indexOf(b);
  return i < 0 || j < 0 ? null : NUMERIC_ORDER[Math.max(i, j)]!;
}

/** The type that untyped operand `x` takes where a `target` is expected; null where it cannot. */
export function implicitType(x: Operand, target: Type): Type | null {
  if (!isUntyped(x.type) || target.kind === "unknown") return x.type;
  if (x.type === UNTYPED_NIL) return hasNil(target) ? UNTYPED_NIL : null;
  if (isUntyped(target)) return maxUntyped(x.type, target);
  const u = under(target);
  if (isTypeParam(target)) {
    const terms = termsOf(u);
    if (terms === null || terms.length === 0) return null;
    return terms.every((t) => implicitType(x, under(t.type)) !== null) ? target : null;
  }
  if (u.kind === "basic") {
    if (x.mode === "constant") return represent(x.value, u) === undefined ? null : target;
    const flags = (x.type as Basic).flags;
    const wanted = flags & BOOLEAN || flags & STRING || NUMERIC;
    return (u.flags & wanted) !== 0 ? target : null;
  }
  if (u.kind === "interface") return methodSetOf(u).methods.length === 0 ? defaultType(x.type) : null;
  return null;
}

/** Converts untyped `x` to `target`; an operand that cannot be converted becomes invalid. */
export function convertUntyped(cx: Checker, x: Operand, target: Type): void {
  if (x.mode === "invalid" || !isUntyped(x.type)) return;
  const type = implicitType(x, target);
  if (type === null) {
    x.mode = "invalid";
    return;
  }
  settle(cx, x, type);
}

function settle(cx: Checker, x: Operand, type: Type): void {
  if (type === x.type) return;
  const u = under(type);
  if (x.mode === "constant" && u.kind === "basic") {
    const value = represent(x.value, u);
    if (value !== undefined) x.value = value;
  }
  x.type = type;
  updateType(cx, x.expr, type, false);
  if (x.mode === "constant" && x.value !== null) cx.info.setValue(x.expr.id, x.value);
}

const SHIFTS = new Set(["<<", ">>"]);
const COMPARISONS = new Set(["==", "!=", "<", "<=", ">", ">="]);

export function isComparison(op: string): boolean {
  return COMPARISONS.has(op);
}

export function isShift(op: string): boolean {
  return SHIFTS.has(op);
}

/** Changes the untyped type remembered for `e`, and for the operands that share it, to `type`. */
export function updateType(cx: Checker, e: Expr, type: Type, final: boolean): void {
  const old = cx.info.types[e.id];
  if (old === null || old === undefined || !isUntyped(old) || old === UNTYPED_NIL) return;
  const constant = cx.info.hasValue(e.id);
  switch (e.kind) {
    case "ParenExpr":
      updateType(cx, e.x, type, final);
      break;
    case "UnaryExpr":
      if (!constant) updateType(cx, e.x, type, final);
      break;
    case "BinaryExpr":
      // Operands of a constant never become values; those of a comparison have their own types.
      if (constant || isComparison(e.op)) break;
      updateType(cx, e.x, type, final);
      if (!isShift(e.op)) updateType(cx, e.y, type, final);
      break;
    default:
      break;
  }
  cx.info.types[e.id] = type;
}

/** Gives `x` the type it has when assigned to a `target`; to nothing in particular where `target` is null. */
export function assignTo(cx: Checker, x: Operand, target: Type | null): void {
  if (x.mode === "invalid" || !isUntyped(x.type)) return;
  if (x.type === UNTYPED_NIL) return;
  const wanted = target === null || isInterface(target) ? defaultType(x.type) : target;
  const type = implicitType(x, wanted);
  if (type === null || wanted.kind === "unknown") {
    if (target?.kind === "unknown") return;
    x.mode = "invalid";
    return;
  }
  settle(cx, x, type);
}

/** True where either operand takes its type from the other. */
export function mayConvert(x: Operand, y: Operand): boolean {
  if (!isUntyped(x.type) && !isUntyped(y.type)) return false;
  if (isInterface(x.type) || isInterface(y.type)) return true;
  if (allBasic(x.type, BOOLEAN) !== allBasic(y.type, BOOLEAN)) return false;
  if (allBasic(x.type, STRING) !== allBasic(y.type, STRING)) return false;
  if (x.type === UNTYPED_NIL) return hasNil(y.type);
  if (y.type === UNTYPED_NIL) return hasNil(x.type);
  return under(x.type).kind !== "pointer" && under(y.type).kind !== "pointer";
}

/** Remembers the operand under the expression `e`, which it is the value of. */
export function finish(cx: Checker, x: Operand, e: Expr): Operand {
  x.expr = e;
  recordOperand(cx, x);
  return x;
}
