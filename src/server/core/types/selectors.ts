/** `x.f`: qualified identifiers, fields, methods and method expressions. */
import type { Expr, SelectorExpr } from "../syntax/ast.ts";
import { type Checker, invalid, type Operand, recordObject, valueOperand } from "./checker.ts";
import { expressionOrType, known } from "./expressions.ts";
import { type Found, lookupFieldOrMethod } from "./lookup.ts";
import { BuiltinObj, ConstObj, PkgNameObj, VarObj } from "./objects.ts";
import { isTypeParam, under } from "./predicates.ts";
import type { Obj, Selection, Signature, Type, Var } from "./types.ts";
import { resolveName } from "./typexprs.ts";

export function selectorExpr(cx: Checker, e: SelectorExpr): Operand {
  if (e.x.kind === "Ident") {
    const pkg = resolveName(cx, e.x.name);
    if (pkg !== null && pkg.kind === "pkgname") {
      recordObject(cx, e.x, pkg);
      const member = pkg instanceof PkgNameObj ? pkg.member(e.sel.name) : null;
      recordObject(cx, e.sel, member);
      return member === null ? invalid(e) : memberOperand(member, e);
    }
  }
  const x = expressionOrType(cx, e.x);
  if (x.mode === "invalid" || x.mode === "novalue" || x.type.kind === "tuple") return invalid(e);
  const found = lookupFieldOrMethod(x.type, e.sel.name, cx.pkg);
  if (found === null) return invalid(e);
  recordObject(cx, e.sel, found.obj);
  if (x.mode === "type") return methodExpr(cx, e, x.type, found);
  const { obj } = found;
  const selection: Selection = {
    kind: obj.kind === "var" ? "field" : "method",
    recv: x.type,
    obj,
    path: found.path,
    indirect: found.indirect,
  };
  cx.info.setSelection(e.id, selection);
  if (obj.kind === "var") {
    const addressable = x.mode === "variable" || found.indirect || under(x.type).kind === "pointer";
    return known(obj.type(), addressable ? "variable" : "value", e);
  }
  const type = obj.type();
  if (type.kind !== "signature") return invalid(e);
  return valueOperand(withoutReceiver(type), e);
}

function withoutReceiver(t: Signature): Signature {
  return t.recv === null ? t : { ...t, recv: null, recvTypeParams: [] };
}

/** What `pkg.Name` is. */
function memberOperand(obj: Obj, e: Expr): Operand {
  switch (obj.kind) {
    case "const": {
      const type = obj.type();
      const value = obj instanceof ConstObj ? obj.value() : null;
      return type.kind === "unknown" ? invalid(e) : { mode: "constant", type, value, expr: e };
    }
    case "var":
      return known(obj.type(), "variable", e);
    case "func":
      return known(obj.type(), "value", e);
    case "typename":
      return known(obj.type(), "type", e);
    case "builtin":
      return obj instanceof BuiltinObj
        ? { mode: "builtin", type: obj.type(), value: obj.name, expr: e }
        : invalid(e);
    default:
      return invalid(e);
  }
}

/** `T.m`: a function whose first parameter is the receiver. */
function methodExpr(cx: Checker, e: SelectorExpr, recv: Type, found: Found): Operand {
  const { obj } = found;
  const type = obj.type();
  if (obj.kind !== "func" || type.kind !== "signature") return invalid(e);
  cx.info.setSelection(e.id, { kind: "methodExpr", recv, obj, path: found.path, indirect: found.indirect });
  const name = receiverName(type, type.params.vars);
  const first = new VarObj(name, cx.pkg, "param", recv, null, null);
  const signature: Signature = {
    kind: "signature",
    recv: null,
    recvTypeParams: [],
    typeParams: isTypeParam(recv) ? [] : type.typeParams,
    params: { kind: "tuple", vars: [first, ...type.params.vars] },
    results: type.results,
    variadic: type.variadic,
  };
  return valueOperand(signature, e);
}

/** The name of the parameter that takes the receiver: named where the other parameters are. */
function receiverName(type: Signature, params: readonly Var[]): string {
  const first = params[0];
  if (first === undefined || first.name === "") return "";
  return type.recv === null || type.recv.name === "" ? "_" : type.recv.name;
}
