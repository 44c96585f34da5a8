/**
 * The type, mode and constant value of any expression: operators, operands, indexing, slicing, assertions.
 * Selectors, calls and literals are in files of their own; how untyped values settle is in `untyped.ts`.
 */
import type { BinaryExpr, Expr, Ident, IndexExpr, SliceExpr, UnaryExpr } from "../syntax/ast.ts";
import { callExpr } from "./calls.ts";
import {
  type Checker,
  failed,
  invalid,
  type Operand,
  recordInstance,
  recordObject,
  recordOperand,
  valueOperand,
} from "./checker.ts";
import {
  binaryValue,
  comparisonValue,
  literalValue,
  represent,
  shiftValue,
  toInteger,
  unaryValue,
} from "./constants.ts";
import { inferAssigned } from "./generics.ts";
import { instantiateSignature } from "./instantiate.ts";
import { compositeLit, funcLit } from "./literals.ts";
import { ConstObj } from "./objects.ts";
import {
  allBasic,
  coreString,
  coreType,
  defaultType,
  identical,
  isByte,
  isTypeParam,
  isUntyped,
  under,
} from "./predicates.ts";
import { selectorExpr } from "./selectors.ts";
import type { Signature, Type } from "./types.ts";
import { termsOf } from "./typesets.ts";
import { instance, resolveName, typeExpr } from "./typexprs.ts";
import {
  BYTE,
  INT,
  INTEGER,
  IOTA,
  STRING,
  STRING_TYPE,
  UINT,
  UNTYPED_BOOL,
  UNTYPED_COMPLEX,
  UNTYPED_FLOAT,
  UNTYPED_INT,
  UNTYPED_RUNE,
  UNTYPED_STRING,
} from "./universe.ts";
import { convertUntyped, isComparison, isShift, mayConvert, updateType } from "./untyped.ts";

/** A single value; `target` is the type it is assigned to, where that may decide type arguments. */
export function expression(cx: Checker, e: Expr, target: Type | null = null): Operand {
  const x = evaluate(cx, e, null);
  if (x.mode === "value" && x.type.kind === "signature" && x.type.typeParams.length > 0 && target !== null) {
    inferAssigned(cx, x, target);
  }
  if (x.mode === "type" || x.mode === "novalue" || x.mode === "builtin") x.mode = "invalid";
  if (x.type.kind === "tuple") x.mode = "invalid";
  return x;
}

/** A value, or several at once where `e` is a call; generic functions come back uninstantiated. */
export function multiExpression(cx: Checker, e: Expr): Operand {
  const x = evaluate(cx, e, null);
  if (x.mode === "type" || x.mode === "novalue" || x.mode === "builtin") x.mode = "invalid";
  return x;
}

/** A value or a type. */
export function expressionOrType(cx: Checker, e: Expr): Operand {
  return evaluate(cx, e, null);
}

/** Evaluates `e` and remembers what it is; `hint` is the type of a composite literal that does not say its own. */
export function evaluate(cx: Checker, e: Expr, hint: Type | null): Operand {
  const x = operandOf(cx, e, hint);
  x.expr = e;
  recordOperand(cx, x);
  return x;
}

function operandOf(cx: Checker, e: Expr, hint: Type | null): Operand {
  switch (e.kind) {
    case "Ident":
      return identifier(cx, e);
    case "BasicLit":
      return literal(e);
    case "SelectorExpr":
      return selectorExpr(cx, e);
    case "CallExpr":
      return callExpr(cx, e);
    case "BinaryExpr":
      return binaryExpr(cx, e);
    case "UnaryExpr":
      return unaryExpr(cx, e, hint);
    case "ParenExpr": {
      const x = evaluate(cx, e.x, null);
      return x;
    }
    case "StarExpr": {
      const x = expressionOrType(cx, e.x);
      if (x.mode === "type")
        return { mode: "type", type: { kind: "pointer", elem: x.type }, value: null, expr: e };
      const u = coreType(x.type);
      if (x.mode === "invalid" || u === null || u.kind !== "pointer") return invalid(e);
      return { mode: "variable", type: u.elem, value: null, expr: e };
    }
    case "IndexExpr":
      return indexExpr(cx, e);
    case "SliceExpr":
      return sliceExpr(cx, e);
    case "TypeAssertExpr": {
      expression(cx, e.x);
      if (e.type === null) return invalid(e);
      return { mode: "commaok", type: typeExpr(cx, e.type), value: null, expr: e };
    }
    case "CompositeLit":
      return compositeLit(cx, e, hint);
    case "FuncLit":
      return funcLit(cx, e);
    case "ArrayType":
    case "StructType":
    case "FuncType":
    case "InterfaceType":
    case "MapType":
    case "ChanType":
      return { mode: "type", type: typeExpr(cx, e), value: null, expr: e };
    default:
      return invalid(e);
  }
}

function identifier(cx: Checker, e: Ident): Operand {
  const obj = e.name === "_" ? null : resolveName(cx, e.name);
  recordObject(cx, e, obj);
  if (obj === null) return invalid(e);
  switch (obj.kind) {
    case "var":
      return known(obj.type(), "variable", e);
    case "const": {
      if (obj === IOTA) {
        return cx.iota === null
          ? invalid(e)
          : { mode: "constant", type: UNTYPED_INT, value: cx.iota, expr: e };
      }
      const type = obj.type();
      if (type.kind === "unknown") return invalid(e);
      return { mode: "constant", type, value: obj instanceof ConstObj ? obj.value() : null, expr: e };
    }
    case "typename":
      return known(obj.type(), "type", e);
    case "func":
      return known(obj.type(), "value", e);
    case "builtin":
      return { mode: "builtin", type: obj.type(), value: obj.name, expr: e };
    case "nil":
      return valueOperand(obj.type(), e);
    default:
      return invalid(e);
  }
}

/** An operand of this mode; invalid where the type is unknown. */
export function known(type: Type, mode: Operand["mode"], e: Expr): Operand {
  return type.kind === "unknown" ? invalid(e) : { mode, type, value: null, expr: e };
}

function literal(e: Extract<Expr, { kind: "BasicLit" }>): Operand {
  const type = {
    INT: UNTYPED_INT,
    FLOAT: UNTYPED_FLOAT,
    IMAG: UNTYPED_COMPLEX,
    CHAR: UNTYPED_RUNE,
    STRING: UNTYPED_STRING,
  }[e.lit];
  return { mode: "constant", type, value: literalValue(e), expr: e };
}

function unaryExpr(cx: Checker, e: UnaryExpr, hint: Type | null): Operand {
  if (e.op === "&") {
    const x = evaluate(cx, e.x, hint);
    if (x.mode === "invalid" || x.mode === "type" || x.type.kind === "unknown") return invalid(e);
    return valueOperand({ kind: "pointer", elem: x.type }, e);
  }
  const x = expression(cx, e.x);
  if (e.op === "<-") {
    cx.hasCall = true;
    const u = x.mode === "invalid" ? null : coreType(x.type);
    if (u === null || u.kind !== "chan") return invalid(e);
    return { mode: "commaok", type: u.elem, value: null, expr: e };
  }
  if (e.op === "~" || x.mode === "invalid") return invalid(e);
  if (x.mode === "constant") {
    const value = unaryValue(e.op, x.value, under(x.type));
    return { mode: "constant", type: x.type, value, expr: e };
  }
  return valueOperand(x.type, e);
}

function binaryExpr(cx: Checker, e: BinaryExpr): Operand {
  // A long chain of `a + b + c + …` leans to the left: it is walked, not recursed into.
  const chain: BinaryExpr[] = [];
  let left: Expr = e;
  while (left.kind === "BinaryExpr") {
    chain.push(left);
    left = left.x;
  }
  let x = expression(cx, left);
  for (let i = chain.length - 1; i >= 0; i--) {
    const node = chain[i]!;
    x = binary(cx, node, x, node.y, node.op);
    x.expr = node;
    if (i > 0) recordOperand(cx, x);
  }
  return x;
}

/** `x op rhs`, `x` evaluated already; also for `x op= rhs`, where `e` is the left side. */
export function binary(cx: Checker, e: Expr, x: Operand, rhs: Expr, op: string): Operand {
  const y = expression(cx, rhs);
  if (x.mode === "invalid" || y.mode === "invalid") {
    if (isComparison(op)) {
      // Whatever the operands are, a comparison is an untyped boolean.
      for (const z of [x, y]) if (z.mode !== "invalid") updateType(cx, z.expr, defaultType(z.type), true);
      return { mode: "value", type: UNTYPED_BOOL, value: null, expr: e };
    }
    if (isShift(op) && x.mode !== "invalid" && x.mode !== "constant") return valueOperand(x.type, e);
    return invalid(e);
  }
  if (isShift(op)) return shift(cx, e, x, y, op);
  if (mayConvert(x, y)) {
    convertUntyped(cx, x, y.type);
    if (!failed(x)) convertUntyped(cx, y, x.type);
    if (failed(x) || failed(y)) {
      return isComparison(op) ? { mode: "value", type: UNTYPED_BOOL, value: null, expr: e } : invalid(e);
    }
  }
  if (isComparison(op)) return comparison(cx, e, x, y, op);
  if (!identical(x.type, y.type)) return invalid(e);
  if (x.mode === "constant" && y.mode === "constant") {
    const u = under(x.type);
    const integer = u.kind === "basic" && (u.flags & INTEGER) !== 0;
    let value = binaryValue(op, x.value, y.value, integer);
    if (u.kind === "basic" && value !== null) value = represent(value, u) ?? null;
    return { mode: "constant", type: x.type, value, expr: e };
  }
  return valueOperand(x.type, e);
}

function comparison(cx: Checker, e: Expr, x: Operand, y: Operand, op: string): Operand {
  if (x.mode === "constant" && y.mode === "constant") {
    return { mode: "constant", type: UNTYPED_BOOL, value: comparisonValue(op, x.value, y.value), expr: e };
  }
  updateType(cx, x.expr, defaultType(x.type), true);
  updateType(cx, y.expr, defaultType(y.type), true);
  return { mode: "value", type: UNTYPED_BOOL, value: null, expr: e };
}

function shift(cx: Checker, e: Expr, x: Operand, y: Operand, op: string): Operand {
  if (y.mode !== "constant" && isUntyped(y.type)) convertUntyped(cx, y, UINT);
  if (x.mode === "constant") {
    if (y.mode === "constant") {
      const type = isUntyped(x.type) && !allBasic(x.type, INTEGER) ? UNTYPED_INT : x.type;
      const u = under(type);
      let value = shiftValue(op, x.value, y.value);
      if (u.kind === "basic" && value !== null) value = represent(value, u) ?? null;
      return { mode: "constant", type, value, expr: e };
    }
    // The left operand takes its type from where the result is used.
    if (isUntyped(x.type)) {
      if (toInteger(x.value) === null) return invalid(e);
      return valueOperand(x.type, e);
    }
  }
  return valueOperand(x.type, e);
}

function indexExpr(cx: Checker, e: IndexExpr): Operand {
  const x = expressionOrType(cx, e.x);
  if (x.mode === "type") {
    const args = e.indices.map((i) => typeExpr(cx, i));
    return known(instance(cx, e.x, x.type, args), "type", e);
  }
  if (x.mode === "value" && x.type.kind === "signature" && x.type.typeParams.length > 0) {
    return partialInstance(cx, e, x.type);
  }
  const first = e.indices[0];
  if (x.mode === "invalid" || first === undefined) {
    for (const i of e.indices) expressionOrType(cx, i);
    return invalid(e);
  }
  const element = elementOf(x.type);
  if (element === null) {
    expressionOrType(cx, first);
    return invalid(e);
  }
  if (element.key !== null) {
    const key = expression(cx, first, element.key);
    assignIndex(cx, key, element.key);
    return { mode: "mapindex", type: element.type, value: null, expr: e };
  }
  indexValue(cx, first);
  const addressable = element.always || (element.array && x.mode === "variable");
  return { mode: addressable ? "variable" : "value", type: element.type, value: null, expr: e };
}

function assignIndex(cx: Checker, key: Operand, type: Type): void {
  if (isUntyped(key.type)) convertKey(cx, key, type);
}

function convertKey(cx: Checker, key: Operand, type: Type): void {
  const u = under(type);
  convertUntyped(cx, key, u.kind === "interface" && !isTypeParam(type) ? defaultType(key.type) : type);
}

/** An index or slice bound: an integer, `int` where it says nothing else. */
export function indexValue(cx: Checker, e: Expr): Operand {
  const x = expression(cx, e);
  if (x.mode !== "invalid" && isUntyped(x.type)) convertUntyped(cx, x, INT);
  return x;
}

interface Element {
  readonly type: Type;
  /** The key type of a map; null of anything else. */
  readonly key: Type | null;
  /** True where elements are variables whatever the operand is. */
  readonly always: boolean;
  readonly array: boolean;
}

/** What indexing a value of type `t` gives; null where it cannot be indexed. */
function elementOf(t: Type): Element | null {
  const u = under(t);
  switch (u.kind) {
    case "basic":
      return (u.flags & STRING) !== 0 ? { type: BYTE, key: null, always: false, array: false } : null;
    case "array":
      return { type: u.elem, key: null, always: false, array: true };
    case "pointer": {
      const array = under(u.elem);
      return array.kind === "array" ? { type: array.elem, key: null, always: true, array: true } : null;
    }
    case "slice":
      return { type: u.elem, key: null, always: true, array: false };
    case "map":
      return { type: u.elem, key: u.key, always: false, array: false };
    case "interface": {
      if (!isTypeParam(t)) return null;
      const terms = termsOf(u);
      if (terms === null || terms.length === 0) return null;
      const all = terms.map((term) => elementOf(term.type));
      const first = all[0] ?? null;
      if (first === null) return null;
      for (const next of all) {
        if (next === null || (first.key === null) !== (next.key === null)) return null;
        if (!identical(first.type, next.type) && !(isByte(first.type) && isByte(next.type))) return null;
      }
      const always = all.every((x) => x?.always === true);
      return { type: first.type, key: first.key, always, array: all.some((x) => x?.array === true) };
    }
    default:
      return null;
  }
}

function sliceExpr(cx: Checker, e: SliceExpr): Operand {
  const x = expression(cx, e.x);
  for (const bound of [e.low, e.high, e.max]) if (bound !== null) indexValue(cx, bound);
  if (x.mode === "invalid") return invalid(e);
  const u = coreString(x.type);
  if (u === null) return invalid(e);
  switch (u.kind) {
    case "basic":
      if ((u.flags & STRING) === 0) return invalid(e);
      return valueOperand(isUntyped(x.type) ? STRING_TYPE : x.type, e);
    case "array":
      return valueOperand({ kind: "slice", elem: u.elem }, e);
    case "pointer": {
      const array = under(u.elem);
      return array.kind === "array" ? valueOperand({ kind: "slice", elem: array.elem }, e) : invalid(e);
    }
    case "slice":
      return valueOperand(x.type, e);
    default:
      return invalid(e);
  }
}

/** `F[A]` of a generic function: an instance where all type arguments are given, generic in the rest otherwise. */
function partialInstance(cx: Checker, e: IndexExpr, generic: Signature): Operand {
  const args = e.indices.map((i) => typeExpr(cx, i));
  if (args.length > generic.typeParams.length) return invalid(e);
  if (args.length === generic.typeParams.length) {
    recordInstance(cx, e, args);
    return valueOperand(instantiateSignature(generic, args), e);
  }
  cx.info.setTypeArgs(e.id, args);
  return valueOperand(generic, e);
}
