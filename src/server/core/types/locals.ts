/** Constants, variables and types declared inside of functions. */
import { declare, openScope } from "../scopes/scope.ts";
import type { ConstDecl, ConstSpec, Expr, TypeDecl, TypeSpec, VarDecl } from "../syntax/ast.ts";
import { initialise, localVar } from "./assignments.ts";
import { type Checker, DeclInfo, type Operand, recordObject } from "./checker.ts";
import { expression } from "./expressions.ts";
import { AliasType, type ConstFacts, ConstObj, NamedType, TypeNameObj, UNKNOWN } from "./objects.ts";
import { under } from "./predicates.ts";
import { declareTypeParams } from "./typeparams.ts";
import type { Type, TypeParam } from "./types.ts";
import { typeExpr } from "./typexprs.ts";
import { assignTo } from "./untyped.ts";

/** Declares what `decl` declares in the current block. */
export function declareLocals(cx: Checker, decl: ConstDecl | VarDecl | TypeDecl): void {
  switch (decl.kind) {
    case "ConstDecl": {
      let previous: ConstSpec | null = null;
      for (const spec of decl.specs) {
        if (spec.values.length > 0 || spec.type !== null) previous = spec;
        localConsts(cx, spec, previous ?? spec);
      }
      return;
    }
    case "VarDecl":
      for (const spec of decl.specs) {
        const type = spec.type === null ? null : typeExpr(cx, spec.type);
        const vars = spec.names.map((name) => localVar(cx, name, UNKNOWN));
        initialise(cx, vars, type, spec.values);
        if (cx.scope !== null) for (const v of vars) declare(cx.scope, v);
      }
      return;
    case "TypeDecl":
      for (const spec of decl.specs) localType(cx, spec);
  }
}

function localConsts(cx: Checker, spec: ConstSpec, source: ConstSpec): void {
  const objects: ConstObj[] = [];
  for (const [i, name] of spec.names.entries()) {
    const facts = constantOf(cx, spec, source, i);
    const obj = new ConstObj(name.name, cx.pkg, facts, cx.site, name);
    recordObject(cx, name, obj);
    objects.push(obj);
  }
  for (const extra of spec.values.slice(spec.names.length)) expression(cx, extra);
  if (cx.scope !== null) for (const obj of objects) declare(cx.scope, obj);
}

/** Type and value of the `i`th constant of `spec`, whose type and values `source` gives. */
export function constantOf(cx: Checker, spec: ConstSpec, source: ConstSpec, i: number): ConstFacts {
  const e = source.values[i];
  if (e === undefined) return { type: UNKNOWN, value: null };
  // A repeated expression stands for itself where it was written; its repetitions are not remembered.
  const { hasCall, iota } = cx;
  const sub: Checker =
    source === spec
      ? cx
      : { ...cx, info: new DeclInfo(cx.info.types.length), later: cx.later === null ? null : [] };
  sub.iota = BigInt(spec.iota);
  const type = source.type === null ? null : typeExpr(sub, source.type);
  const facts = constantFacts(sub, e, type);
  if (sub === cx) {
    cx.iota = iota;
    cx.hasCall = hasCall;
  }
  return facts;
}

function constantFacts(cx: Checker, e: Expr, type: Type | null): ConstFacts {
  const x: Operand = expression(cx, e);
  if (type !== null) assignTo(cx, x, type);
  if (x.mode !== "constant") return { type: type ?? UNKNOWN, value: null };
  return { type: type ?? x.type, value: x.value };
}

function localType(cx: Checker, spec: TypeSpec): void {
  const { scope: outer, pkg, site } = cx;
  if (outer === null) return;
  site.holdFacts(cx.info);
  let params: readonly TypeParam[] = [];
  if (spec.isAlias) {
    const type: Type = new AliasType(
      new TypeNameObj(spec.name.name, pkg, () => type, site, spec.name, true),
      [],
      [],
      null,
      typeExpr(cx, spec.type),
    );
    if (type.kind !== "alias") return;
    recordObject(cx, spec.name, type.obj);
    declare(outer, type.obj);
    return;
  }
  const obj: TypeNameObj = new TypeNameObj(spec.name.name, pkg, () => named, site, spec.name, true);
  let right: Type = UNKNOWN;
  const named: NamedType = new NamedType(obj, pkg.nextSerial(), () => params, [], null, {
    underlying: () => under(right),
    methods: () => [],
  });
  recordObject(cx, spec.name, obj);
  declare(outer, obj);
  if (spec.typeParams !== null) {
    cx.scope = openScope(outer);
    params = declareTypeParams(cx, spec.typeParams);
  }
  right = typeExpr(cx, spec.type);
  cx.scope = outer;
  named.underlying();
}
