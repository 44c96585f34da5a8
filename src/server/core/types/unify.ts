/**
 * Unification: which types must stand for type parameters so that two types match.
 *
 * The algorithm is that of Go's own type inference: type parameters that must be equal share one slot; types
 * match exactly inside of composite types, and loosely (underlying types, channel directions, interfaces by
 * their methods) at the top.
 */

import { lookupFieldOrMethod } from "./lookup.ts";
import { asNamed, coreType, identical, isInterface, sameName, unalias, under } from "./predicates.ts";
import type { Chan, Func, Interface, Named, Signature, Tuple, Type, TypeParam } from "./types.ts";
import { methodSetOf } from "./typesets.ts";

interface Slot {
  type: Type | null;
}

/** The type parameters to find, and what is known of them. */
export interface Unifier {
  readonly slots: Map<TypeParam, Slot>;
  depth: number;
}

/** Deep enough for real types, shallow enough to end on endless ones. */
const MAX_DEPTH = 100;

export function openUnifier(params: readonly TypeParam[], known: readonly (Type | null)[]): Unifier {
  const slots = new Map<TypeParam, Slot>();
  for (const [i, p] of params.entries()) slots.set(p, { type: known[i] ?? null });
  return { slots, depth: 0 };
}

/** What is known of `p`; null where nothing is. */
export function inferred(u: Unifier, p: TypeParam): Type | null {
  return u.slots.get(p)?.type ?? null;
}

export function setInferred(u: Unifier, p: TypeParam, type: Type): void {
  const slot = u.slots.get(p);
  if (slot !== undefined) slot.type = type;
}

function bound(u: Unifier, t: Type): TypeParam | null {
  const x = unalias(t);
  return x.kind === "typeparam" && u.slots.has(x) ? x : null;
}

/** How strictly types must match: `assign` allows what assignment does, `exact` nothing. */
export interface UnifyMode {
  readonly assign: boolean;
  readonly exact: boolean;
}
export const ASSIGN: UnifyMode = { assign: true, exact: false };
export const INEXACT: UnifyMode = { assign: false, exact: false };
const EXACT: UnifyMode = { assign: false, exact: true };

/** True where `x` and `y` can be made to match; what that takes is remembered in `u`. */
export function unify(u: Unifier, x: Type, y: Type, mode: UnifyMode): boolean {
  if (u.depth > MAX_DEPTH) return false;
  u.depth++;
  const ok = match(u, x, y, mode);
  u.depth--;
  return ok;
}

function match(u: Unifier, x0: Type, y0: Type, mode: UnifyMode): boolean {
  let x = unalias(x0);
  let y = unalias(y0);
  if (x === y) return true;
  // From here on, a defined type is y, and a type parameter to be found is x.
  let asWritten = y0; // y with its alias, which is what people want to read
  if (asNamed(x) !== null || bound(u, y) !== null) {
    [x, y] = [y, x];
    asWritten = x0;
  }
  if (!mode.exact && y.kind === "named" && isLiteral(x) && !(x.kind === "interface")) {
    const uy = y.underlying();
    // A pointer to a type parameter never matches a type whose underlying type is an interface.
    if (uy.kind !== "interface") y = uy;
  }
  const px = bound(u, x);
  const py = bound(u, y);
  if (px !== null && py !== null) {
    const sx = u.slots.get(px)!;
    const sy = u.slots.get(py)!;
    if (sx === sy) return true;
    if (sx.type !== null && sy.type !== null) return unify(u, sx.type, sy.type, mode);
    join(u, sx, sy);
    return true;
  }
  if (px !== null) return matchParam(u, px, unalias(asWritten) === y ? asWritten : y, mode);

  if (!mode.exact) {
    const xi = x.kind === "typeparam" ? null : asInterface(x);
    const yi = y.kind === "typeparam" ? null : asInterface(y);
    if (xi !== null && yi !== null && (xi !== x || yi !== y || xi.kind === "interface")) {
      if (!(asNamed(x) !== null && asNamed(y) !== null)) return matchInterfaces(u, xi, yi);
      if (asNamed(x)!.origin !== asNamed(y)!.origin) return matchInterfaces(u, xi, yi);
    } else if (xi !== null) return matchMethods(u, xi, y);
    else if (yi !== null) return matchMethods(u, yi, x);
    // An unbound type parameter stands for its core type.
    if (x.kind === "typeparam" && y.kind !== "typeparam") {
      const core = coreType(x);
      return core !== null && !identical(core, x) && unify(u, core, under(y), mode);
    }
    if (y.kind === "typeparam" && x.kind !== "typeparam") {
      const core = coreType(y);
      return core !== null && !identical(core, y) && unify(u, under(x), core, mode);
    }
  }
  return matchStructure(u, x, y, mode);
}

function isLiteral(t: Type): boolean {
  return t.kind !== "named" && t.kind !== "typeparam" && t.kind !== "basic";
}

function asInterface(t: Type): Interface | null {
  const u = under(t);
  return u.kind === "interface" ? u : null;
}

function join(u: Unifier, a: Slot, b: Slot): void {
  const type = a.type ?? b.type;
  for (const [p, slot] of u.slots) if (slot === b) u.slots.set(p, a);
  a.type = type;
}

function matchParam(u: Unifier, px: TypeParam, y: Type, mode: UnifyMode): boolean {
  const known = inferred(u, px);
  if (known === null) {
    setInferred(u, px, y);
    return true;
  }
  if (!unify(u, known, y, mode)) return false;
  const yNamed = asNamed(y) !== null;
  const xNamed = asNamed(known) !== null;
  if (isInterface(known) && isInterface(y) && xNamed && yNamed) {
    // Both defined: the one with fewer methods can hold the other.
    return true;
  }
  if (isInterface(known) && !isInterface(y)) {
    // The interface can hold the value.
    return true;
  }
  if (!isInterface(known) && isInterface(y) && mode.assign) {
    setInferred(u, px, y);
    return true;
  }
  if (yNamed && !xNamed) {
    // A defined type says more than its underlying type.
    setInferred(u, px, y);
  } else {
    const c = under(known);
    const d = under(y);
    if (c.kind === "chan" && d.kind === "chan" && !xNamed && c.dir === "both" && d.dir !== "both") {
      setInferred(u, px, y);
    }
  }
  return true;
}

/** Two interfaces match when the methods of one are among the other's. */
function matchInterfaces(u: Unifier, x: Interface, y: Interface): boolean {
  const xs = methodSetOf(x);
  const ys = methodSetOf(y);
  if (xs.unknown || ys.unknown || xs.comparable !== ys.comparable) return false;
  if ((xs.terms === null) !== (ys.terms === null)) return false;
  const [few, many] = xs.methods.length <= ys.methods.length ? [xs, ys] : [ys, xs];
  return few.methods.every((m) => {
    const n = many.methods.find((other) => sameName(m, other));
    return n !== undefined && unify(u, m.type(), n.type(), EXACT);
  });
}

/** A type matches an interface when it has its methods. */
function matchMethods(u: Unifier, iface: Interface, t: Type): boolean {
  const set = methodSetOf(iface);
  if (set.unknown || (set.terms !== null && set.methods.length === 0)) return false;
  return unifyMethods(u, set.methods, t);
}

/** True where `t` has all of these methods, with signatures that match. */
export function unifyMethods(u: Unifier, methods: readonly Func[], t: Type): boolean {
  return methods.every((m) => {
    const found =
      lookupFieldOrMethod(t, m.name, m.pkg) ??
      lookupFieldOrMethod({ kind: "pointer", elem: t }, m.name, m.pkg);
    return found !== null && found.obj.kind === "func" && unify(u, m.type(), found.obj.type(), EXACT);
  });
}

function matchStructure(u: Unifier, x: Type, y: Type, mode: UnifyMode): boolean {
  if (x.kind !== y.kind) return false;
  switch (x.kind) {
    case "basic":
    case "typeparam":
    case "unknown":
      return identical(x, y);
    case "named":
      return matchNamed(u, x, y as Named);
    case "pointer":
    case "slice":
      return unify(u, x.elem, (y as typeof x).elem, EXACT);
    case "array": {
      const other = y as typeof x;
      return (
        (x.length < 0 || other.length < 0 || x.length === other.length) && unify(u, x.elem, other.elem, EXACT)
      );
    }
    case "map": {
      const other = y as typeof x;
      return unify(u, x.key, other.key, EXACT) && unify(u, x.elem, other.elem, EXACT);
    }
    case "chan": {
      const other = y as Chan;
      return (!mode.exact || x.dir === other.dir) && unify(u, x.elem, other.elem, EXACT);
    }
    case "struct": {
      const other = y as typeof x;
      return (
        x.fields.length === other.fields.length &&
        x.fields.every((f, i) => {
          const g = other.fields[i]!;
          return f.embedded === g.embedded && sameName(f, g) && unify(u, f.type(), g.type(), EXACT);
        })
      );
    }
    case "tuple":
      return matchTuple(u, x, y as Tuple);
    case "signature": {
      const other = y as Signature;
      return (
        x.variadic === other.variadic &&
        matchTuple(u, x.params, other.params) &&
        matchTuple(u, x.results, other.results)
      );
    }
    case "interface": {
      const xs = methodSetOf(x);
      const ys = methodSetOf(y);
      return xs.methods.length === ys.methods.length && matchInterfaces(u, x, y as Interface);
    }
    default:
      return false;
  }
}

function matchNamed(u: Unifier, x: Named, y: Named): boolean {
  if (x.origin !== y.origin) return identical(x, y);
  return (
    x.typeArgs.length === y.typeArgs.length && x.typeArgs.every((t, i) => unify(u, t, y.typeArgs[i]!, EXACT))
  );
}

function matchTuple(u: Unifier, x: Tuple, y: Tuple): boolean {
  return (
    x.vars.length === y.vars.length && x.vars.every((v, i) => unify(u, v.type(), y.vars[i]!.type(), EXACT))
  );
}
