/**
 * Type sets of interfaces: all their methods, those of embedded interfaces included, and the types that a
 * union restricts them to. Computed once per interface.
 */
import { identical, sameName, under } from "./predicates.ts";
import type { Chan, Func, Interface, Type } from "./types.ts";

export interface Term {
  readonly tilde: boolean;
  readonly type: Type;
}

/** What an interface admits. */
export interface TypeSet {
  /** All methods, in order of declaration. */
  readonly methods: readonly Func[];
  /** The types admitted; null where every type is. */
  readonly terms: readonly Term[] | null;
  /** True where `comparable` is required. */
  readonly comparable: boolean;
  /** True where an embedded element could not be told, so that there may be more methods and fewer types. */
  readonly unknown: boolean;
}

const EMPTY: TypeSet = { methods: [], terms: null, comparable: false, unknown: false };
const UNKNOWN_SET: TypeSet = { methods: [], terms: null, comparable: false, unknown: true };

const sets = new WeakMap<Interface, TypeSet>();

/** The type set of an interface; an unknown one of any other type. */
export function methodSetOf(t: Type): TypeSet {
  if (t.kind !== "interface") return UNKNOWN_SET;
  const known = sets.get(t);
  if (known !== undefined) return known;
  if (t.embedded.length === 0 && t.methods.length === 0 && !t.comparable) {
    sets.set(t, EMPTY);
    return EMPTY;
  }
  sets.set(t, UNKNOWN_SET); // an interface that embeds itself
  const set = compute(t);
  sets.set(t, set);
  return set;
}

/** The types that an interface admits; null where every type is, or they cannot be told. */
export function termsOf(t: Type): readonly Term[] | null {
  const set = methodSetOf(t);
  return set.unknown ? null : set.terms;
}

function compute(t: Interface): TypeSet {
  const methods: Func[] = [...t.methods];
  let terms: readonly Term[] | null = null;
  let comparable = t.comparable;
  let unknown = false;
  for (const e of t.embedded) {
    const u = e.kind === "typeparam" ? e : under(e);
    let more: readonly Term[] | null;
    if (u.kind === "interface") {
      const set = methodSetOf(u);
      for (const m of set.methods) if (!methods.some((x) => sameName(x, m))) methods.push(m);
      comparable ||= set.comparable;
      unknown ||= set.unknown;
      more = set.terms;
    } else if (u.kind === "union") {
      more = unionTerms(u.terms);
      if (more === null && u.terms.some((x) => under(x.type).kind === "unknown")) unknown = true;
    } else if (u.kind === "unknown") {
      unknown = true;
      more = null;
    } else more = [{ tilde: false, type: e }];
    terms = intersect(terms, more);
  }
  return { methods, terms, comparable, unknown };
}

/** The terms of a union, interfaces in it opened; null where one of them admits every type. */
function unionTerms(terms: readonly Term[]): readonly Term[] | null {
  const out: Term[] = [];
  for (const term of terms) {
    const u = term.type.kind === "typeparam" ? term.type : under(term.type);
    if (u.kind === "interface") {
      const inner = methodSetOf(u).terms;
      if (inner === null) return null;
      out.push(...inner);
    } else if (u.kind === "unknown") return null;
    else out.push(term);
  }
  return out;
}

function intersect(a: readonly Term[] | null, b: readonly Term[] | null): readonly Term[] | null {
  if (a === null) return b;
  if (b === null) return a;
  const out: Term[] = [];
  for (const x of a) {
    for (const y of b) {
      const both = meet(x, y);
      if (both !== null) out.push(both);
    }
  }
  return out;
}

function meet(x: Term, y: Term): Term | null {
  if (identical(x.type, y.type)) return x.tilde ? y : x;
  if (x.tilde && identical(x.type, under(y.type))) return y;
  if (y.tilde && identical(y.type, under(x.type))) return x;
  return null;
}

/** The underlying type that all admitted types share, channels of one element counting as one; or null. */
export function commonUnderlying(t: Type): Type | null {
  const terms = termsOf(t);
  if (terms === null || terms.length === 0) return null;
  let common: Type | null = null;
  for (const term of terms) {
    const u = under(term.type);
    if (common === null) common = u;
    else if (common.kind === "chan" && u.kind === "chan") {
      const joined = joinChans(common, u);
      if (joined === null) return null;
      common = joined;
    } else if (!identical(common, u)) return null;
  }
  return common;
}

function joinChans(a: Chan, b: Chan): Chan | null {
  if (!identical(a.elem, b.elem)) return null;
  if (a.dir === b.dir || b.dir === "both") return a;
  return a.dir === "both" ? b : null;
}
