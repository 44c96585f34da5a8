/** Generic functions used as values: their type arguments follow from what they are assigned to. */
import { type Checker, type Operand, recordInstance } from "./checker.ts";
import { infer, renamed } from "./infer.ts";
import { instantiateSignature, subst } from "./instantiate.ts";
import { under } from "./predicates.ts";
import type { Signature, Type, TypeParam } from "./types.ts";

/** The type arguments written in `F[A]`, where they are not all of them; empty otherwise. */
export function writtenArgs(cx: Checker, x: Operand): readonly Type[] {
  let e = x.expr;
  while (e.kind === "ParenExpr") e = e.x;
  return e.kind === "IndexExpr" ? cx.info.typeArgsAt(e.id) : [];
}

/** Gives `x`, a generic function, the type arguments that make it assignable to `target`. */
export function inferAssigned(cx: Checker, x: Operand, target: Type): void {
  const signature = x.type;
  const wanted = under(target);
  if (signature.kind !== "signature" || wanted.kind !== "signature") return;
  const fresh = freshSignature(cx, signature);
  const arg: Operand = { mode: "value", type: wanted, value: null, expr: x.expr };
  const args = infer(fresh.params, writtenArgs(cx, x), [{ ...fresh.signature, typeParams: [] }], [arg]);
  if (args === null) {
    x.mode = "invalid";
    return;
  }
  settleInstance(cx, x, signature, args);
}

/** Remembers that generic function `x` is used with these type arguments. */
export function settleInstance(cx: Checker, x: Operand, signature: Signature, args: readonly Type[]): void {
  recordInstance(cx, x.expr, args);
  x.type = instantiateSignature(signature, args);
  cx.info.types[x.expr.id] = x.type;
}

/** A copy of a generic signature with type parameters of its own, so that a function can call itself. */
export function freshSignature(
  cx: Checker,
  signature: Signature,
): { readonly signature: Signature; readonly params: readonly TypeParam[] } {
  const { params, by } = renamed(signature.typeParams, () => cx.pkg.nextSerial());
  const copy = subst({ ...signature, typeParams: [] }, by) as Signature;
  return { signature: { ...copy, typeParams: params }, params };
}
