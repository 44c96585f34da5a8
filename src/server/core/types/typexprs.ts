/** Type expressions: what type `[]T`, `map[K]V`, `pkg.G[int]`, a struct, a signature or an interface denotes. */

import { lookup } from "../scopes/scope.ts";
import type {
  ArrayType,
  Expr,
  FieldList,
  FuncType,
  Ident,
  IndexExpr,
  InterfaceType,
  SelectorExpr,
  StructType,
} from "../syntax/ast.ts";
import { exact } from "../syntax/cursor.ts";
import { type Checker, recordInstance, recordObject, recordType, variableAt } from "./checker.ts";
import { toInteger } from "./constants.ts";
import { expression } from "./expressions.ts";
import { instantiateAlias, instantiateNamed } from "./instantiate.ts";
import { FuncObj, PkgNameObj, UNKNOWN } from "./objects.ts";
import { isExported } from "./predicates.ts";
import type { Func, Interface, Obj, Signature, Tuple, Type, TypeParam, Var } from "./types.ts";
import { EMPTY_INTERFACE, EMPTY_TUPLE, NO_TYPE_PARAMS, universeLookup } from "./universe.ts";

/** The object that a name stands for here, from the innermost block to the predeclared names. */
export function resolveName(cx: Checker, name: string): Obj | null {
  return lookup(cx.scope, name) ?? cx.pkg.resolve(name, cx.site.file) ?? universeLookup(name);
}

/** The type that `e` denotes; unknown where it denotes none. Generic types come back uninstantiated. */
export function typeExpr(cx: Checker, e: Expr): Type {
  const type = denoted(cx, e);
  recordType(cx, e, type);
  return type;
}

function denoted(cx: Checker, e: Expr): Type {
  switch (e.kind) {
    case "Ident":
      return namedType(cx, e);
    case "SelectorExpr":
      return qualifiedType(cx, e);
    case "ParenExpr":
      return typeExpr(cx, e.x);
    case "StarExpr":
      return { kind: "pointer", elem: typeExpr(cx, e.x) };
    case "IndexExpr":
      return instantiatedType(cx, e);
    case "ArrayType":
      return arrayType(cx, e);
    case "MapType": {
      const key = typeExpr(cx, e.key);
      return { kind: "map", key, elem: typeExpr(cx, e.value) };
    }
    case "ChanType":
      return { kind: "chan", dir: e.dir, elem: typeExpr(cx, e.value) };
    case "StructType":
      return structType(cx, e);
    case "FuncType":
      return signatureOf(cx, e, null, NO_TYPE_PARAMS, NO_TYPE_PARAMS);
    case "InterfaceType":
      return interfaceType(cx, e);
    case "UnaryExpr":
    case "BinaryExpr":
      return constraintType(cx, e);
    default:
      return UNKNOWN;
  }
}

function namedType(cx: Checker, e: Ident): Type {
  const obj = resolveName(cx, e.name);
  recordObject(cx, e, obj);
  return obj !== null && obj.kind === "typename" ? obj.type() : UNKNOWN;
}

function qualifiedType(cx: Checker, e: SelectorExpr): Type {
  if (e.x.kind !== "Ident") return UNKNOWN;
  const obj = resolveName(cx, e.x.name);
  recordObject(cx, e.x, obj);
  if (!(obj instanceof PkgNameObj)) return UNKNOWN;
  const member = obj.member(e.sel.name);
  recordObject(cx, e.sel, member);
  return member !== null && member.kind === "typename" ? member.type() : UNKNOWN;
}

function instantiatedType(cx: Checker, e: IndexExpr): Type {
  const generic = typeExpr(cx, e.x);
  const args = e.indices.map((i) => typeExpr(cx, i));
  return instance(cx, e.x, generic, args);
}

/** The instance of `generic` for `args`, remembered for the identifier in `e`. */
export function instance(cx: Checker, e: Expr, generic: Type, args: readonly Type[]): Type {
  if (generic.kind !== "named" && generic.kind !== "alias") return UNKNOWN;
  if (generic.typeArgs.length > 0 || generic.typeParams.length !== args.length) return UNKNOWN;
  recordInstance(cx, e, args);
  return generic.kind === "named" ? instantiateNamed(generic, args) : instantiateAlias(generic, args);
}

function arrayType(cx: Checker, e: ArrayType): Type {
  if (e.len === null) return { kind: "slice", elem: typeExpr(cx, e.elt) };
  const length = e.len.kind === "Ellipsis" ? -1 : arrayLength(cx, e.len);
  return { kind: "array", elem: typeExpr(cx, e.elt), length };
}

/** The length that a constant expression gives; -1 where it cannot be told. */
function arrayLength(cx: Checker, e: Expr): number {
  const x = expression(cx, e);
  if (x.mode !== "constant") return -1;
  const n = toInteger(x.value);
  return n === null || n < 0n ? -1 : Number(n);
}

function structType(cx: Checker, e: StructType): Type {
  const fields: Var[] = [];
  const tags: string[] = [];
  for (const f of e.fields.fields) {
    const type = typeExpr(cx, f.type);
    if (f.names.length === 0) {
      const name = embeddedName(f.type);
      const field = variableAt(cx, f, name?.name ?? "", "field", type, name, true);
      // The identifier both uses the type and declares the field; the type is what people ask for.
      fields.push(field);
      tags.push(f.tag);
      continue;
    }
    for (const name of f.names) {
      const field = variableAt(cx, name, name.name, "field", type, name);
      recordObject(cx, name, field);
      fields.push(field);
      tags.push(f.tag);
    }
  }
  return { kind: "struct", fields: exact(fields), tags: exact(tags) };
}

/** The identifier that an embedded field takes its name from. */
function embeddedName(e: Expr): Ident | null {
  switch (e.kind) {
    case "Ident":
      return e;
    case "SelectorExpr":
      return e.sel;
    case "StarExpr":
    case "ParenExpr":
    case "IndexExpr":
      return embeddedName(e.x);
    default:
      return null;
  }
}

function interfaceType(cx: Checker, e: InterfaceType): Interface {
  const methods: Func[] = [];
  const embedded: Type[] = [];
  for (const f of e.methods.fields) {
    const name = f.names[0];
    if (name !== undefined && f.type.kind === "FuncType") {
      const type = f.type;
      const signature = signatureOf(cx, type, null, NO_TYPE_PARAMS, NO_TYPE_PARAMS);
      recordType(cx, type, signature);
      const method = new FuncObj(name.name, cx.pkg, signature, cx.site, name);
      recordObject(cx, name, method);
      methods.push(method);
    } else embedded.push(constraintElement(cx, f.type));
  }
  if (methods.length === 0 && embedded.length === 0) return { ...EMPTY_INTERFACE };
  if (methods.length > 0) cx.site.holdFacts(cx.info);
  // Sorted as go/types sorts them, so that two spellings of an interface read alike.
  methods.sort(
    (a, b) => Number(isExported(b.name)) - Number(isExported(a.name)) || compareText(a.name, b.name),
  );
  return { kind: "interface", methods, embedded, implicit: false, comparable: false };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** An element of an interface: a type, `~T`, or a union. */
function constraintElement(cx: Checker, e: Expr): Type {
  if (!isUnion(e)) return typeExpr(cx, e);
  const terms: { tilde: boolean; type: Type }[] = [];
  collectTerms(cx, e, terms);
  return { kind: "union", terms };
}

function isUnion(e: Expr): boolean {
  return (e.kind === "BinaryExpr" && e.op === "|") || (e.kind === "UnaryExpr" && e.op === "~");
}

/** Adds the terms of `e`, and remembers what every part of it denotes. */
function collectTerms(cx: Checker, e: Expr, to: { tilde: boolean; type: Type }[]): void {
  if (e.kind === "BinaryExpr" && e.op === "|") {
    collectTerms(cx, e.x, to);
    const left = [...to];
    collectTerms(cx, e.y, to);
    if (isUnion(e.y)) recordType(cx, e.y, { kind: "union", terms: to.slice(left.length) });
  } else if (e.kind === "UnaryExpr" && e.op === "~") to.push({ tilde: true, type: typeExpr(cx, e.x) });
  else to.push({ tilde: false, type: typeExpr(cx, e) });
  if (isUnion(e)) recordType(cx, e, { kind: "union", terms: [...to] });
}

/** `~T` or `A | B` where a constraint is expected. */
function constraintType(cx: Checker, e: Expr): Type {
  if (e.kind === "UnaryExpr" && e.op !== "~") return UNKNOWN;
  if (e.kind === "BinaryExpr" && e.op !== "|") return UNKNOWN;
  return { ...EMPTY_INTERFACE, embedded: [constraintElement(cx, e)], implicit: true };
}

/**
 * The signature that `type` denotes. Receiver and type parameters are found by the caller; parameter names are
 * declared when a body is checked.
 */
export function signatureOf(
  cx: Checker,
  type: FuncType,
  recv: Var | null,
  recvTypeParams: readonly TypeParam[],
  typeParams: readonly TypeParam[],
): Signature {
  const params = tupleOf(cx, type.params, "param");
  const results = type.results === null ? EMPTY_TUPLE : tupleOf(cx, type.results, "result");
  const last = type.params.fields.at(-1);
  const variadic = last !== undefined && last.type.kind === "Ellipsis";
  return { kind: "signature", recv, recvTypeParams, typeParams, params, results, variadic };
}

function tupleOf(cx: Checker, list: FieldList, role: "param" | "result"): Tuple {
  if (list.fields.length === 0) return EMPTY_TUPLE;
  const vars: Var[] = [];
  for (const f of list.fields) {
    const type = parameterType(cx, f.type);
    if (f.names.length === 0) vars.push(variableAt(cx, f, "", role, type, f));
    for (const name of f.names) {
      const v = variableAt(cx, name, name.name, role, type, name);
      recordObject(cx, name, v);
      vars.push(v);
    }
  }
  return { kind: "tuple", vars: exact(vars) };
}

function parameterType(cx: Checker, e: Expr): Type {
  if (e.kind !== "Ellipsis") return typeExpr(cx, e);
  const type: Type = { kind: "slice", elem: e.elt === null ? UNKNOWN : typeExpr(cx, e.elt) };
  recordType(cx, e, type);
  return type;
}
