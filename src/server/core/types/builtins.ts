/** Calls of predeclared functions and of the functions of package `unsafe`. */
import type { CallExpr, Expr } from "../syntax/ast.ts";
import { argumentsOf } from "./calls.ts";
import { type Checker, invalid, type Operand, recordValueType, valueOperand } from "./checker.ts";
import { byteLength } from "./constants.ts";
import { expression, expressionOrType, indexValue } from "./expressions.ts";
import { VarObj } from "./objects.ts";
import {
  allBasic,
  coreString,
  coreType,
  defaultType,
  deref,
  isTypeParam,
  isUntyped,
  under,
} from "./predicates.ts";
import { alignOf, offsetOf, sizeOf } from "./sizes.ts";
import type { Signature, Type } from "./types.ts";
import { typeExpr } from "./typexprs.ts";
import {
  BYTE,
  COMPLEX,
  COMPLEX64,
  COMPLEX128,
  EMPTY_INTERFACE,
  EMPTY_TUPLE,
  FLOAT32,
  FLOAT64,
  INT,
  STRING,
  STRING_TYPE,
  UINTPTR,
  UNSAFE_POINTER,
  UNTYPED_COMPLEX,
  UNTYPED_FLOAT,
} from "./universe.ts";
import { assignTo, convertUntyped, maxUntyped, mayConvert, updateType } from "./untyped.ts";

/** The result of calling predeclared function `name`; arguments are evaluated whatever comes out. */
export function builtinCall(cx: Checker, e: CallExpr, name: string): Operand {
  switch (name) {
    case "make":
    case "new":
      return allocation(cx, e, name);
    case "len":
    case "cap":
      return length(cx, e, name);
    case "append":
      return append(cx, e);
    case "copy":
      return copy(cx, e);
    case "delete": {
      const [m, k] = e.args;
      if (m === undefined) return invalid(e);
      const x = expression(cx, m);
      const u = x.mode === "invalid" ? null : coreType(x.type);
      if (k !== undefined) assignTo(cx, expression(cx, k), u?.kind === "map" ? u.key : null);
      if (u?.kind === "map") signature(cx, e.fun, [x.type, u.key], []);
      return novalue(e);
    }
    case "clear":
    case "close": {
      const x = e.args[0] === undefined ? null : expression(cx, e.args[0]);
      if (x !== null) signature(cx, e.fun, [x.type], []);
      return novalue(e);
    }
    case "panic": {
      const x = e.args[0] === undefined ? null : expression(cx, e.args[0]);
      if (x !== null) assignTo(cx, x, EMPTY_INTERFACE);
      signature(cx, e.fun, [EMPTY_INTERFACE], []);
      return novalue(e);
    }
    case "print":
    case "println": {
      const args = argumentsOf(cx, e);
      for (const x of args) assignTo(cx, x, null);
      signature(
        cx,
        e.fun,
        args.map((x) => x.type),
        [],
      );
      return novalue(e);
    }
    case "recover":
      signature(cx, e.fun, [], [EMPTY_INTERFACE]);
      return valueOperand(EMPTY_INTERFACE, e);
    case "min":
    case "max":
      return extreme(cx, e, name);
    case "complex":
      return complexCall(cx, e);
    case "real":
    case "imag":
      return part(cx, e, name);
    default:
      return unsafeCall(cx, e, name);
  }
}

function novalue(e: Expr): Operand {
  return { mode: "novalue", type: EMPTY_TUPLE, value: null, expr: e };
}

/** Remembers the type that the function has in this call, as go/types does for calls that are no constants. */
function signature(
  cx: Checker,
  fun: Expr,
  params: readonly Type[],
  results: readonly Type[],
  variadic = false,
): void {
  const type: Signature = {
    kind: "signature",
    recv: null,
    recvTypeParams: [],
    typeParams: [],
    params: { kind: "tuple", vars: params.map((t) => new VarObj("", null, "param", t, null, null)) },
    results: { kind: "tuple", vars: results.map((t) => new VarObj("", null, "result", t, null, null)) },
    variadic,
  };
  for (let f = fun; ; f = f.x) {
    recordValueType(cx, f, type);
    if (f.kind !== "ParenExpr") return;
  }
}

function allocation(cx: Checker, e: CallExpr, name: "make" | "new"): Operand {
  const [first, ...rest] = e.args;
  if (first === undefined) return invalid(e);
  if (name === "new") {
    // Go 1.26: new(expr) makes a variable that holds the value.
    const x = expressionOrType(cx, first);
    if (x.mode !== "type" && x.mode !== "invalid") assignTo(cx, x, null);
    if (x.mode === "invalid" || x.type.kind === "unknown") return invalid(e);
    const result: Type = { kind: "pointer", elem: x.type };
    signature(cx, e.fun, [x.type], [result]);
    return valueOperand(result, e);
  }
  const type = typeExpr(cx, first);
  const sizes = rest.map((size) => indexValue(cx, size));
  if (type.kind === "unknown") return invalid(e);
  signature(cx, e.fun, [type, ...sizes.map((x) => x.type)], [type]);
  return valueOperand(type, e);
}

function length(cx: Checker, e: CallExpr, name: "len" | "cap"): Operand {
  const arg = e.args[0];
  if (arg === undefined) return invalid(e);
  const hadCall = cx.hasCall;
  cx.hasCall = false;
  const x = expression(cx, arg);
  const called = cx.hasCall;
  cx.hasCall = hadCall || called;
  if (x.mode === "invalid") return invalid(e);
  const u = under(x.type);
  const target = u.kind === "pointer" ? under(u.elem) : u;
  if (u.kind === "basic" && (u.flags & STRING) !== 0 && x.mode === "constant" && name === "len") {
    const value = typeof x.value === "string" ? BigInt(byteLength(x.value)) : null;
    return { mode: "constant", type: INT, value, expr: e };
  }
  if (target.kind === "array" && !called) {
    return { mode: "constant", type: INT, value: target.length < 0 ? null : BigInt(target.length), expr: e };
  }
  signature(cx, e.fun, [x.type], [INT]);
  return valueOperand(INT, e);
}

function append(cx: Checker, e: CallExpr): Operand {
  const args = argumentsOf(cx, e);
  const slice = args[0];
  if (slice === undefined || slice.mode === "invalid") {
    for (const x of args.slice(1)) assignTo(cx, x, null);
    return invalid(e);
  }
  const core = coreType(slice.type) ?? coreString(slice.type);
  const type = slice.type;
  const elem = core?.kind === "slice" ? core.elem : core?.kind === "basic" ? BYTE : null;
  if (elem === null) return invalid(e);
  if (e.hasEllipsis) {
    const more = args[1];
    // append(bytes, s...) takes a string, or what may be one.
    if (more !== undefined && isBytesOrString(more.type)) {
      signature(cx, e.fun, [type, isUntyped(more.type) ? STRING_TYPE : more.type], [type], true);
    } else signature(cx, e.fun, [type, { kind: "slice", elem }], [type], true);
    return valueOperand(type, e);
  }
  for (const x of args.slice(1)) assignTo(cx, x, elem);
  signature(cx, e.fun, [type, { kind: "slice", elem }], [type], true);
  return valueOperand(type, e);
}

function copy(cx: Checker, e: CallExpr): Operand {
  const args = argumentsOf(cx, e);
  if (args.length === 2)
    signature(
      cx,
      e.fun,
      args.map((x) => defaultType(x.type)),
      [INT],
    );
  return valueOperand(INT, e);
}

function extreme(cx: Checker, e: CallExpr, name: "min" | "max"): Operand {
  const args = argumentsOf(cx, e);
  const first = args[0];
  if (first === undefined || args.some((x) => x.mode === "invalid")) return invalid(e);
  const typed = args.find((x) => !isUntyped(x.type));
  let type: Type = first.type;
  for (const x of args) {
    if (typed !== undefined) {
      if (isUntyped(x.type) && mayConvert(x, typed)) convertUntyped(cx, x, typed.type);
    } else type = maxUntyped(type, x.type) ?? type;
  }
  if (typed !== undefined) type = typed.type;
  if (args.every((x) => x.mode === "constant")) {
    let value = first.value;
    for (const x of args.slice(1)) {
      if (x.value === null || value === null || typeof x.value === "object" || typeof value === "object")
        value = null;
      else if (name === "min" ? x.value < value : x.value > value) value = x.value;
    }
    for (const x of args) if (isUntyped(x.type)) updateType(cx, x.expr, type, false);
    return { mode: "constant", type, value, expr: e };
  }
  if (isUntyped(type)) type = defaultType(type);
  signature(
    cx,
    e.fun,
    args.map(() => type),
    [type],
  );
  return valueOperand(type, e);
}

function complexCall(cx: Checker, e: CallExpr): Operand {
  const args = argumentsOf(cx, e);
  const [x, y] = args;
  if (x === undefined || y === undefined || x.mode === "invalid" || y.mode === "invalid") return invalid(e);
  if (isUntyped(x.type) !== isUntyped(y.type)) {
    if (isUntyped(x.type)) convertUntyped(cx, x, y.type);
    else convertUntyped(cx, y, x.type);
  }
  const bothConstant = x.mode === "constant" && y.mode === "constant";
  if (isUntyped(x.type) && isUntyped(y.type)) {
    if (bothConstant) {
      const value = { re: Number(x.value), im: Number(y.value) };
      const known = typeof x.value !== "object" && typeof y.value !== "object";
      return { mode: "constant", type: UNTYPED_COMPLEX, value: known ? value : null, expr: e };
    }
    convertUntyped(cx, x, FLOAT64);
    convertUntyped(cx, y, FLOAT64);
  }
  const u = under(x.type);
  const type = u.kind === "basic" && u.canonical === "float32" ? COMPLEX64 : COMPLEX128;
  if (bothConstant) {
    const value = { re: Number(x.value), im: Number(y.value) };
    return { mode: "constant", type, value, expr: e };
  }
  signature(cx, e.fun, [x.type, y.type], [type]);
  return valueOperand(type, e);
}

function part(cx: Checker, e: CallExpr, name: "real" | "imag"): Operand {
  const arg = e.args[0];
  if (arg === undefined) return invalid(e);
  const x = expression(cx, arg);
  if (x.mode === "invalid") return invalid(e);
  if (isUntyped(x.type)) {
    if (x.mode === "constant") {
      const v = x.value;
      const value =
        typeof v === "object" && v !== null
          ? name === "real"
            ? v.re
            : v.im
          : name === "real"
            ? v
            : (0 as const);
      return { mode: "constant", type: UNTYPED_FLOAT, value, expr: e };
    }
    convertUntyped(cx, x, COMPLEX128);
  }
  if (!allBasic(x.type, COMPLEX)) return invalid(e);
  const u = under(x.type);
  const type = u.kind === "basic" && u.canonical === "complex64" ? FLOAT32 : FLOAT64;
  if (x.mode === "constant") {
    const v = x.value;
    const value = typeof v === "object" && v !== null ? (name === "real" ? v.re : v.im) : null;
    return { mode: "constant", type, value, expr: e };
  }
  signature(cx, e.fun, [x.type], [type]);
  return valueOperand(type, e);
}

function unsafeCall(cx: Checker, e: CallExpr, name: string): Operand {
  const args = name === "unsafe.Offsetof" ? e.args.map((a) => expression(cx, a)) : argumentsOf(cx, e);
  const x = args[0];
  if (x === undefined || x.mode === "invalid") return invalid(e);
  switch (name) {
    case "unsafe.Sizeof":
    case "unsafe.Alignof":
    case "unsafe.Offsetof": {
      assignTo(cx, x, null);
      const size =
        name === "unsafe.Sizeof"
          ? sizeOf(x.type)
          : name === "unsafe.Alignof"
            ? alignOf(x.type)
            : selectedOffset(cx, e.args[0]!);
      if (size === null && dependsOnTypeParam(x.type)) {
        signature(cx, e.fun, [x.type], [UINTPTR]);
        return valueOperand(UINTPTR, e);
      }
      return { mode: "constant", type: UINTPTR, value: size === null ? null : BigInt(size), expr: e };
    }
    case "unsafe.Add":
      assignTo(cx, x, UNSAFE_POINTER);
      if (args[1] !== undefined) assignTo(cx, args[1], INT);
      signature(cx, e.fun, [UNSAFE_POINTER, args[1]?.type ?? INT], [UNSAFE_POINTER]);
      return valueOperand(UNSAFE_POINTER, e);
    case "unsafe.Slice": {
      const p = under(x.type);
      if (args[1] !== undefined) assignTo(cx, args[1], INT);
      if (p.kind !== "pointer") return invalid(e);
      const type: Type = { kind: "slice", elem: p.elem };
      signature(cx, e.fun, [x.type, args[1]?.type ?? INT], [type]);
      return valueOperand(type, e);
    }
    case "unsafe.SliceData": {
      const s = coreType(x.type);
      if (s === null || s.kind !== "slice") return invalid(e);
      const type: Type = { kind: "pointer", elem: s.elem };
      signature(cx, e.fun, [x.type], [type]);
      return valueOperand(type, e);
    }
    case "unsafe.String":
      if (args[1] !== undefined) assignTo(cx, args[1], INT);
      signature(cx, e.fun, [{ kind: "pointer", elem: BYTE }, args[1]?.type ?? INT], [STRING_TYPE]);
      return valueOperand(STRING_TYPE, e);
    case "unsafe.StringData": {
      assignTo(cx, x, STRING_TYPE);
      const type: Type = { kind: "pointer", elem: BYTE };
      signature(cx, e.fun, [STRING_TYPE], [type]);
      return valueOperand(type, e);
    }
    default:
      return invalid(e);
  }
}

/** True where the size of a type is known only when its type parameters are. */
function dependsOnTypeParam(t: Type): boolean {
  if (isTypeParam(t)) return true;
  const u = under(t);
  if (u.kind === "array") return dependsOnTypeParam(u.elem);
  return u.kind === "struct" && u.fields.some((f) => dependsOnTypeParam(f.type()));
}

/** True for strings and for type parameters that are strings or byte slices. */
function isBytesOrString(t: Type): boolean {
  const core = coreString(t);
  return core !== null && core.kind === "basic" && (core.flags & STRING) !== 0;
}

/** The offset of the field that a selector names in its struct; null where it cannot be told. */
function selectedOffset(cx: Checker, e: Expr): number | null {
  if (e.kind === "ParenExpr") return selectedOffset(cx, e.x);
  const selection = e.kind === "SelectorExpr" ? cx.info.selectionOf(e) : null;
  if (selection === null || selection.obj.kind !== "var") return null;
  let struct = under(deref(selection.recv).type);
  let offset = 0;
  // Through embedded fields that are no pointers, their offsets add up.
  for (const field of [...selection.path, selection.obj]) {
    if (struct.kind !== "struct") return null;
    const at = offsetOf(struct.fields, struct.fields.indexOf(field));
    if (at === null) return null;
    offset += at;
    struct = under(field.type());
  }
  return offset;
}
