/** Calls and conversions: which of the two a call is, its arguments, its type arguments, its result. */
import type { CallExpr } from "../syntax/ast.ts";
import { builtinCall } from "./builtins.ts";
import { type Checker, invalid, type Operand, recordInstance, valueOperand } from "./checker.ts";
import { represent, toInteger } from "./constants.ts";
import { expression, expressionOrType, multiExpression } from "./expressions.ts";
import { freshSignature, settleInstance, writtenArgs } from "./generics.ts";
import { formalsFor, infer, mentions } from "./infer.ts";
import { instantiateSignature } from "./instantiate.ts";
import { UNKNOWN } from "./objects.ts";
import { allBasic, coreType, defaultType, isInterface, isUntyped, under } from "./predicates.ts";
import type { Signature, Type, TypeParam } from "./types.ts";
import { CONSTANT, INTEGER, STRING, UNTYPED_NIL } from "./universe.ts";
import { assignTo, updateType } from "./untyped.ts";

export function callExpr(cx: Checker, e: CallExpr): Operand {
  const fun = expressionOrType(cx, e.fun);
  switch (fun.mode) {
    case "type":
      return conversionCall(cx, e, fun.type);
    case "builtin": {
      const name = typeof fun.value === "string" ? fun.value : "";
      const x = builtinCall(cx, e, name);
      if (x.mode !== "invalid" && x.mode !== "constant") cx.hasCall = true;
      return x;
    }
    case "invalid":
      for (const arg of e.args) multiExpression(cx, arg);
      cx.hasCall = true;
      return invalid(e);
  }
  cx.hasCall = true;
  const signature = coreType(fun.type);
  if (signature === null || signature.kind !== "signature") {
    for (const arg of e.args) multiExpression(cx, arg);
    return invalid(e);
  }
  const args = argumentsOf(cx, e);
  const resolved = bindArguments(cx, e, fun, signature, args);
  return resultOf(e, resolved);
}

function resultOf(e: CallExpr, signature: Signature | null): Operand {
  if (signature === null) return invalid(e);
  const results = signature.results.vars;
  if (results.length === 0) return { mode: "novalue", type: signature.results, value: null, expr: e };
  if (results.length > 1) return valueOperand(signature.results, e);
  const type = results[0]!.type();
  return type.kind === "unknown" ? invalid(e) : valueOperand(type, e);
}

/** The arguments of a call; the results of a call that is the only one are several. */
export function argumentsOf(cx: Checker, e: CallExpr): Operand[] {
  const only = e.args.length === 1 ? e.args[0] : undefined;
  if (only !== undefined) {
    const x = multiExpression(cx, only);
    if (x.mode === "value" && x.type.kind === "tuple") {
      return x.type.vars.map((v) => {
        const type = v.type();
        return type.kind === "unknown" ? invalid(only) : valueOperand(type, only);
      });
    }
    return [x];
  }
  return e.args.map((arg) => multiExpression(cx, arg));
}

/** Finds type arguments, and gives untyped and generic arguments their types; null where that fails. */
function bindArguments(
  cx: Checker,
  e: CallExpr,
  fun: Operand,
  signature: Signature,
  args: readonly Operand[],
): Signature | null {
  let resolved = signature;
  const generic = signature.typeParams.length > 0;
  const genericArgs = args.filter((a) => isGeneric(a) && a.type !== UNKNOWN);
  if (generic || genericArgs.length > 0) {
    const found = inferCall(cx, e, fun, signature, args);
    if (found === null) {
      for (const arg of args) assignTo(cx, arg, null);
      return null;
    }
    resolved = found;
  }
  const formals = formalsFor(resolved.params.vars, resolved.variadic, e.hasEllipsis, args.length);
  for (const [i, arg] of args.entries()) assignTo(cx, arg, formals[i] ?? null);
  return resolved;
}

function isGeneric(x: Operand): boolean {
  return x.mode === "value" && x.type.kind === "signature" && x.type.typeParams.length > 0;
}

/** Infers the type arguments of the called function and of generic functions among its arguments, together. */
function inferCall(
  cx: Checker,
  e: CallExpr,
  fun: Operand,
  signature: Signature,
  args: readonly Operand[],
): Signature | null {
  const written = writtenArgs(cx, fun);
  const own = occurs(signature, args, written)
    ? freshSignature(cx, signature)
    : { signature, params: signature.typeParams };
  const formals = formalsFor(own.signature.params.vars, own.signature.variadic, e.hasEllipsis, args.length);
  const params: TypeParam[] = [...own.params];
  const known: (Type | null)[] = padded(written, own.params.length);
  const generics: { readonly arg: Operand; readonly signature: Signature; readonly from: number }[] = [];
  const operands = args.map((arg) => {
    if (!isGeneric(arg) || arg.type.kind !== "signature") return arg;
    const fresh = freshSignature(cx, arg.type);
    generics.push({ arg, signature: arg.type, from: params.length });
    params.push(...fresh.params);
    known.push(...padded(writtenArgs(cx, arg), fresh.params.length));
    return { ...arg, type: { ...fresh.signature, typeParams: [] } };
  });
  const found = infer(params, known, formals, operands);
  if (found === null) return null;
  for (const { arg, signature: generic, from } of generics) {
    settleInstance(cx, arg, generic, found.slice(from, from + generic.typeParams.length));
  }
  if (own.params.length === 0) return signature;
  const ownArgs = found.slice(0, own.params.length);
  recordInstance(cx, e.fun, ownArgs);
  const instance = instantiateSignature(signature, ownArgs);
  cx.info.types[e.fun.id] = instance;
  return instance;
}

/** True where type parameters of the called function may occur in what it is called with: it may call itself. */
function occurs({ typeParams }: Signature, args: readonly Operand[], written: readonly Type[]): boolean {
  if (typeParams.length === 0) return false;
  const params: ReadonlySet<Type> = new Set(typeParams);
  return (
    written.some((t) => mentions(t, params)) || args.some((a) => isGeneric(a) || mentions(a.type, params))
  );
}

/** The written type arguments, followed by as many nulls as make `count`. */
function padded(written: readonly Type[], count: number): (Type | null)[] {
  return Array.from({ length: count }, (_, i) => written[i] ?? null);
}

/** `T(x)` where `T` is a type. */
function conversionCall(cx: Checker, e: CallExpr, type: Type): Operand {
  for (const extra of e.args.slice(1)) expression(cx, extra);
  const arg = e.args[0];
  if (arg === undefined) return type.kind === "unknown" ? invalid(e) : valueOperand(type, e);
  const x = expression(cx, arg, type);
  if (type.kind === "unknown") return invalid(e);
  const result = convert(cx, x, type);
  result.expr = e;
  return result;
}

/** The value of converting `x` to `type`. */
function convert(cx: Checker, x: Operand, type: Type): Operand {
  const u = under(type);
  const constArg = x.mode === "constant";
  const constType = u.kind === "basic" && (u.flags & CONSTANT) !== 0;
  let value: Operand["value"] = null;
  let constant = false;
  if (constArg && constType && u.kind === "basic") {
    if ((u.flags & STRING) !== 0 && allBasic(x.type, INTEGER)) {
      const code = toInteger(x.value);
      const valid = code !== null && code >= 0n && code <= 0x10ffffn && !(code >= 0xd800n && code <= 0xdfffn);
      value = String.fromCodePoint(valid ? Number(code) : 0xfffd);
      constant = true;
    } else {
      const represented = represent(x.value, u);
      // A conversion that loses precision or does not fit is an error; its value stays unknown.
      value = represented ?? null;
      constant = true;
    }
  }
  if (x.mode !== "invalid" && isUntyped(x.type)) {
    let final: Type = type;
    if (isInterface(type) || (constArg && !constType) || x.type === UNTYPED_NIL) final = defaultType(x.type);
    else if (constArg && allBasic(x.type, INTEGER) && allBasic(type, STRING)) final = x.type;
    if (final !== x.type) {
      updateType(cx, x.expr, final, true);
      if (constArg && constant && final === type && value !== null) cx.info.setValue(x.expr.id, value);
    }
  }
  return { mode: constant ? "constant" : "value", type, value, expr: x.expr };
}
