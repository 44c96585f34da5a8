/** Declarations of type parameters: of types, functions, and of the receivers of generic types. */
import { declare } from "../scopes/scope.ts";
import type { Expr, FieldList, Ident } from "../syntax/ast.ts";
import { type Checker, recordObject, recordType } from "./checker.ts";
import { instantiateNamed, type Substitution, subst } from "./instantiate.ts";
import { TypeNameObj, TypeParamType, UNKNOWN } from "./objects.ts";
import { unalias } from "./predicates.ts";
import type { Named, Type, TypeParam } from "./types.ts";
import { typeExpr } from "./typexprs.ts";
import { NO_TYPE_PARAMS } from "./universe.ts";

/** Declares the type parameters of `list` in the current block; their constraints are found on demand. */
export function declareTypeParams(cx: Checker, list: FieldList): readonly TypeParam[] {
  const params: TypeParamType[] = [];
  const scope = cx.scope;
  const find: (() => Type)[] = [];
  for (const f of list.fields) {
    let constraint: Type | null = null;
    const constraintOf = (): Type => {
      if (constraint === null) {
        const outer = cx.scope;
        cx.scope = scope;
        constraint = typeExpr(cx, f.type);
        cx.scope = outer;
      }
      return constraint;
    };
    find.push(constraintOf);
    for (const name of f.names) params.push(newTypeParam(cx, name, params.length, constraintOf));
  }
  if (scope !== null) for (const p of params) declare(scope, p.obj);
  for (const f of find) cx.later?.push(f);
  if (cx.later === null) for (const f of find) f();
  return params;
}

function newTypeParam(cx: Checker, name: Ident, index: number, constraint: () => Type): TypeParamType {
  const obj: TypeNameObj = new TypeNameObj(name.name, cx.pkg, () => param, cx.site, name, true);
  const param: TypeParamType = new TypeParamType(obj, index, cx.pkg.nextSerial(), constraint);
  recordObject(cx, name, obj);
  return param;
}

/** What a method's receiver says. */
export interface Receiver {
  readonly type: Type;
  readonly typeParams: readonly TypeParam[];
}

/** The type of a receiver, whose type arguments (`(t *T[K, V])`) declare type parameters. */
export function receiverType(cx: Checker, e: Expr): Receiver {
  if (e.kind === "ParenExpr") {
    const inner = receiverType(cx, e.x);
    recordType(cx, e, inner.type);
    return inner;
  }
  if (e.kind === "StarExpr") {
    const inner = receiverType(cx, e.x);
    const type: Type = { kind: "pointer", elem: inner.type };
    recordType(cx, e, type);
    return { type, typeParams: inner.typeParams };
  }
  if (e.kind !== "IndexExpr") return { type: typeExpr(cx, e), typeParams: NO_TYPE_PARAMS };
  const generic = unalias(typeExpr(cx, e.x));
  if (generic.kind !== "named") return { type: UNKNOWN, typeParams: NO_TYPE_PARAMS };
  const by = new Map<TypeParam, Type>();
  const params = e.indices.map((index, i) => receiverParam(cx, generic, index, i, by));
  for (const [i, p] of generic.typeParams.entries()) if (params[i] !== undefined) by.set(p, params[i]);
  for (const [i, index] of e.indices.entries()) if (params[i] !== undefined) recordType(cx, index, params[i]);
  const type = instantiateNamed(generic, params);
  recordType(cx, e, type);
  const name = e.x.kind === "Ident" ? e.x : null;
  if (name !== null) cx.info.setTypeArgs(name.id, params);
  return { type, typeParams: params };
}

/** The receiver's own name for the `i`th type parameter of its type, with the same constraint. */
function receiverParam(cx: Checker, generic: Named, e: Expr, i: number, by: Substitution): TypeParam {
  const name: Ident = e.kind === "Ident" ? e : { kind: "Ident", pos: e.pos, end: e.end, id: e.id, name: "_" };
  const constraint = (): Type => {
    const declared = generic.typeParams[i];
    return declared === undefined ? UNKNOWN : subst(declared.constraint(), by);
  };
  const param = newTypeParam(cx, name, i, constraint);
  if (cx.scope !== null) declare(cx.scope, param.obj);
  return param;
}
