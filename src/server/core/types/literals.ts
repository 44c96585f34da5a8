/** Composite literals and function literals. */
import { declare, openScope } from "../scopes/scope.ts";
import type { CompositeLit, Expr, FuncLit, KeyValueExpr } from "../syntax/ast.ts";
import { type Checker, invalid, type Operand, recordObject, recordType, valueOperand } from "./checker.ts";
import { toInteger } from "./constants.ts";
import { evaluate, expression, indexValue } from "./expressions.ts";
import { coreType } from "./predicates.ts";
import { functionBody } from "./statements.ts";
import type { Signature, Struct, Type, Var } from "./types.ts";
import { signatureOf, typeExpr } from "./typexprs.ts";
import { assignTo } from "./untyped.ts";

/** `T{…}`; `hint` is the type where the literal stands in another one and leaves its own out. */
export function compositeLit(cx: Checker, e: CompositeLit, hint: Type | null): Operand {
  let type: Type;
  let base: Type;
  if (e.type !== null) {
    if (e.type.kind === "ArrayType" && e.type.len?.kind === "Ellipsis") {
      const elem = typeExpr(cx, e.type.elt);
      const length = arrayElements(cx, e, elem);
      type = { kind: "array", elem, length };
      recordType(cx, e.type, type);
      return valueOperand(type, e);
    }
    type = typeExpr(cx, e.type);
    base = type;
  } else if (hint !== null) {
    type = hint;
    const core = coreType(hint);
    base = core !== null && core.kind === "pointer" ? core.elem : hint;
  } else {
    unknownElements(cx, e);
    return invalid(e);
  }
  const u = coreType(base);
  switch (u?.kind) {
    case "struct":
      structElements(cx, e, u);
      break;
    case "array":
    case "slice":
      arrayElements(cx, e, u.elem);
      break;
    case "map":
      for (const elt of e.elts) {
        if (elt.kind !== "KeyValueExpr") {
          element(cx, elt, u.elem);
          continue;
        }
        element(cx, elt.key, u.key);
        element(cx, elt.value, u.elem);
      }
      break;
    default:
      unknownElements(cx, e);
      if (u === null || u.kind === "unknown")
        return type.kind === "unknown" ? invalid(e) : valueOperand(type, e);
  }
  // Without a type of its own the literal has the type of the pointer's target; the context takes its address.
  return valueOperand(type, e);
}

function element(cx: Checker, e: Expr, type: Type): void {
  const x = e.kind === "CompositeLit" ? evaluate(cx, e, type) : expression(cx, e, type);
  assignTo(cx, x, type);
}

function structElements(cx: Checker, e: CompositeLit, struct: Struct): void {
  for (const [i, elt] of e.elts.entries()) {
    if (elt.kind === "KeyValueExpr") {
      const field = elt.key.kind === "Ident" ? fieldNamed(cx, struct, elt.key.name) : null;
      if (field === null || elt.key.kind !== "Ident") {
        unknownElement(cx, elt);
        continue;
      }
      recordObject(cx, elt.key, field);
      const x = expression(cx, elt.value, field.type());
      assignTo(cx, x, field.type());
      continue;
    }
    const field = struct.fields[i];
    const x = expression(cx, elt, field?.type() ?? null);
    assignTo(cx, x, field?.type() ?? null);
  }
}

function fieldNamed(cx: Checker, struct: Struct, name: string): Var | null {
  return (
    struct.fields.find(
      (f) => f.name === name && (f.pkg === cx.pkg || f.pkg?.path === cx.pkg.path || isUpper(name)),
    ) ?? null
  );
}

function isUpper(name: string): boolean {
  return /^\p{Lu}/u.test(name);
}

/** Checks the elements of an array or slice literal; their number, keys considered. */
function arrayElements(cx: Checker, e: CompositeLit, elem: Type): number {
  let next = 0;
  let max = 0;
  for (const elt of e.elts) {
    if (elt.kind === "KeyValueExpr") {
      const key = indexValue(cx, elt.key);
      const at = key.mode === "constant" ? toInteger(key.value) : null;
      if (at !== null) next = Number(at);
      element(cx, elt.value, elem);
    } else element(cx, elt, elem);
    next++;
    if (next > max) max = next;
  }
  return max;
}

/** Elements of a literal whose type cannot be told: what they are in themselves. */
function unknownElements(cx: Checker, e: CompositeLit): void {
  for (const elt of e.elts) {
    if (elt.kind === "KeyValueExpr") unknownElement(cx, elt);
    else expression(cx, elt);
  }
}

function unknownElement(cx: Checker, e: KeyValueExpr): void {
  if (e.key.kind !== "Ident") expression(cx, e.key);
  expression(cx, e.value);
}

/** A function literal; its body is checked at once inside of functions, and on demand elsewhere. */
export function funcLit(cx: Checker, e: FuncLit): Operand {
  const signature = signatureOf(cx, e.type, null, [], []);
  recordType(cx, e.type, signature);
  const { iota, scope } = cx;
  const check = (): void => {
    const saved = {
      scope: cx.scope,
      signature: cx.signature,
      iota: cx.iota,
      hasCall: cx.hasCall,
      labels: cx.labels,
    };
    cx.scope = openScope(scope);
    cx.iota = iota;
    declareParams(cx, signature);
    functionBody(cx, signature, e.body);
    Object.assign(cx, saved);
  };
  if (cx.later === null) check();
  else cx.later.push(check);
  return valueOperand(signature, e);
}

/** Declares named parameters and results in the block of a function. */
export function declareParams(cx: Checker, signature: Signature): void {
  const scope = cx.scope;
  if (scope === null) return;
  for (const v of signature.params.vars) declare(scope, v);
  for (const v of signature.results.vars) declare(scope, v);
}
