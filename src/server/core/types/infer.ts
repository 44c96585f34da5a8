/** Type arguments of a generic function from its arguments, its constraints and the type it is assigned to. */
import type { Operand } from "./checker.ts";
import { type Substitution, subst, substitution } from "./instantiate.ts";
import { TypeNameObj, TypeParamType } from "./objects.ts";
import { constraintOf, defaultType, isTypeParam, isUntyped, unalias, under } from "./predicates.ts";
import type { Type, TypeParam, Var } from "./types.ts";
import { commonUnderlying, methodSetOf } from "./typesets.ts";
import {
  ASSIGN,
  INEXACT,
  inferred,
  openUnifier,
  setInferred,
  type Unifier,
  unify,
  unifyMethods,
} from "./unify.ts";
import { UNTYPED_NIL } from "./universe.ts";
import { maxUntyped } from "./untyped.ts";

/**
 * The type arguments for `params`, those that `known` gives among them; null where they cannot be told.
 * `formals` and `args` are parameters and arguments in step.
 */
export function infer(
  params: readonly TypeParam[],
  known: readonly (Type | null)[],
  formals: readonly Type[],
  args: readonly Operand[],
): readonly Type[] | null {
  const given = substitution(params, known);
  const u = openUnifier(params, known);
  const untyped = new Map<TypeParam, Type>();
  const set = new Set<Type>(params);
  for (const [i, arg] of args.entries()) {
    const formal = formals[i];
    if (formal === undefined) continue;
    const target = subst(formal, given);
    if (!mentions(target, set) && !mentions(arg.type, set)) continue;
    if (arg.mode === "invalid" || arg.type.kind === "unknown") continue;
    if (!isUntyped(arg.type)) {
      if (!unify(u, target, arg.type, ASSIGN)) return null;
    } else if (arg.type !== UNTYPED_NIL) {
      const bare = unalias(target);
      if (bare.kind !== "typeparam" || !set.has(bare)) continue;
      const before = untyped.get(bare);
      const max = before === undefined ? arg.type : maxUntyped(before, arg.type);
      if (max === null) return null;
      untyped.set(bare, max);
    }
  }
  if (!useConstraints(u, params)) return null;
  for (const [p, type] of untyped) if (inferred(u, p) === null) setInferred(u, p, defaultType(type));
  return simplify(u, params);
}

/** Core types and methods of constraints tell about type parameters; repeated until nothing new comes out. */
function useConstraints(u: Unifier, params: readonly TypeParam[]): boolean {
  for (let round = 0; round < params.length + 2; round++) {
    const before = params.map((p) => inferred(u, p));
    for (const p of params) {
      const known = inferred(u, p);
      const constraint = constraintOf(p);
      const set = methodSetOf(constraint);
      if (set.unknown) continue;
      const core = set.terms === null ? null : commonUnderlying(constraint);
      if (core !== null && set.terms !== null && set.terms.length > 0) {
        const tilde = set.terms.length > 1 || set.terms[0]!.tilde;
        const single = set.terms.length === 1;
        const exact = single && !tilde ? set.terms[0]!.type : core;
        if (known !== null) {
          const t = tilde && !isTypeParam(known) ? under(known) : known;
          if (!unify(u, t, exact, INEXACT)) return false;
        } else if (single && !tilde) setInferred(u, p, exact);
        else if (single) setInferred(u, p, core);
      } else if (known !== null && set.methods.length > 0) {
        if (!unifyMethods(u, set.methods, known) && known.kind !== "typeparam") return false;
      }
    }
    if (params.every((p, i) => inferred(u, p) === before[i])) break;
  }
  return true;
}

/** What was found, with type parameters that stand in it replaced by what was found for them. */
function simplify(u: Unifier, params: readonly TypeParam[]): readonly Type[] | null {
  const found = params.map((p) => inferred(u, p));
  const set = new Set<Type>(params);
  for (let round = 0; round <= params.length; round++) {
    const by = new Map<TypeParam, Type>();
    for (const [i, p] of params.entries()) {
      const t = found[i];
      if (t !== null && t !== undefined && t !== p) by.set(p, t);
    }
    let changed = false;
    for (const [i, t] of found.entries()) {
      if (t === null || t === undefined || !mentions(t, set)) continue;
      const next = subst(t, by);
      if (next !== t) {
        found[i] = next;
        changed = true;
      }
    }
    if (!changed) break;
  }
  const out: Type[] = [];
  for (const t of found) {
    if (t === null || t === undefined || mentions(t, set)) return null;
    out.push(t);
  }
  return out;
}

/** True where one of the type parameters occurs in `t`. */
export function mentions(t: Type, params: Pick<ReadonlySet<Type>, "has">): boolean {
  switch (t.kind) {
    case "typeparam":
      return params.has(t);
    case "alias":
      return t.typeArgs.length > 0
        ? t.typeArgs.some((a) => mentions(a, params))
        : mentions(unalias(t), params);
    case "named":
      return t.typeArgs.some((a) => mentions(a, params));
    case "pointer":
    case "slice":
    case "array":
    case "chan":
      return mentions(t.elem, params);
    case "map":
      return mentions(t.key, params) || mentions(t.elem, params);
    case "struct":
      return t.fields.some((f) => mentions(f.type(), params));
    case "tuple":
      return t.vars.some((v) => mentions(v.type(), params));
    case "signature":
      return mentions(t.params, params) || mentions(t.results, params);
    case "interface":
      return t.methods.some((m) => mentions(m.type(), params)) || t.embedded.some((e) => mentions(e, params));
    case "union":
      return t.terms.some((x) => mentions(x.type, params));
    default:
      return false;
  }
}

/** Fresh copies of type parameters, and the substitution that leads to them. */
export function renamed(
  params: readonly TypeParam[],
  nextSerial: () => number,
): { readonly params: readonly TypeParam[]; readonly by: Substitution } {
  const by = new Map<TypeParam, Type>();
  const fresh = params.map((p) => {
    const obj = new TypeNameObj(p.obj.name, p.obj.pkg, () => copy, null, null);
    const copy: TypeParamType = new TypeParamType(obj, p.index, nextSerial(), () =>
      subst(p.constraint(), by),
    );
    by.set(p, copy);
    return copy;
  });
  return { params: fresh, by };
}

/** The types of parameters, a variadic one repeated so that there is one for each of `count` arguments. */
export function formalsFor(vars: readonly Var[], variadic: boolean, spread: boolean, count: number): Type[] {
  const formals = vars.map((v) => v.type());
  if (!variadic || spread) return formals;
  const last = formals.pop();
  if (last?.kind === "slice") while (formals.length < count) formals.push(last.elem);
  return formals;
}
