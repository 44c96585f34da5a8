/** Questions about types: underlying types, identity, classes of basic types, comparability. */
import { UNKNOWN } from "./objects.ts";
import type { Basic, Func, Interface, Named, Signature, Struct, Tuple, Type, Var } from "./types.ts";
import { commonUnderlying, methodSetOf, termsOf } from "./typesets.ts";
import {
  BOOL,
  COMPLEX128,
  EMPTY_INTERFACE,
  FLOAT64,
  INT,
  RUNE,
  STRING_TYPE,
  UNTYPED,
  UNTYPED_BOOL,
  UNTYPED_COMPLEX,
  UNTYPED_FLOAT,
  UNTYPED_INT,
  UNTYPED_RUNE,
  UNTYPED_STRING,
} from "./universe.ts";

/** The type that an alias stands for in the end; other types themselves. */
export function unalias(t: Type): Type {
  let out = t;
  for (let i = 0; out.kind === "alias"; i++) {
    if (i > 100) return UNKNOWN;
    out = out.target();
  }
  return out;
}

/** The underlying type; of a type parameter, its constraint's interface. */
export function under(t: Type): Type {
  switch (t.kind) {
    case "named":
      return t.underlying();
    case "alias":
      return under(unalias(t));
    case "typeparam":
      return constraintOf(t);
    default:
      return t;
  }
}

/** The interface that constrains a type parameter. */
export function constraintOf(t: { constraint(): Type }): Type {
  const c = t.constraint();
  const u = c.kind === "typeparam" ? UNKNOWN : under(c);
  return u.kind === "interface" || u.kind === "unknown" ? u : wrapConstraint(c);
}

/** `~T`, `A | B` or any other type as a constraint. */
function wrapConstraint(t: Type): Interface {
  return { ...EMPTY_INTERFACE, embedded: [t], implicit: true };
}

/** The named type behind aliases, or null. */
export function asNamed(t: Type): Named | null {
  const u = unalias(t);
  return u.kind === "named" ? u : null;
}

export function isTypeParam(t: Type): boolean {
  return unalias(t).kind === "typeparam";
}

/** True for interfaces that are no type parameters. */
export function isInterface(t: Type): boolean {
  return under(t).kind === "interface" && !isTypeParam(t);
}

export function isUntyped(t: Type): boolean {
  return t.kind === "basic" && (t.flags & UNTYPED) !== 0;
}

/** True where the underlying type is a basic type of one of these classes; never for type parameters. */
export function isBasic(t: Type, flags: number): boolean {
  const u = under(t);
  return u.kind === "basic" && (u.flags & flags) !== 0;
}

/** As {@link isBasic}; for type parameters, where it holds for every type of the type set. */
export function allBasic(t: Type, flags: number): boolean {
  if (!isTypeParam(t)) return isBasic(t, flags);
  const terms = termsOf(under(t));
  return terms !== null && terms.length > 0 && terms.every((term) => isBasic(term.type, flags));
}

/** The type without one pointer, and whether there was one. */
export function deref(t: Type): { readonly type: Type; readonly pointer: boolean } {
  const u = unalias(t);
  return u.kind === "pointer" ? { type: u.elem, pointer: true } : { type: t, pointer: false };
}

/** The type that an untyped value takes when nothing else decides. */
export function defaultType(t: Type): Type {
  switch (t) {
    case UNTYPED_BOOL:
      return BOOL;
    case UNTYPED_INT:
      return INT;
    case UNTYPED_RUNE:
      return RUNE;
    case UNTYPED_FLOAT:
      return FLOAT64;
    case UNTYPED_COMPLEX:
      return COMPLEX128;
    case UNTYPED_STRING:
      return STRING_TYPE;
    default:
      return t;
  }
}

/** The one underlying type that all types of a type set share (Go's core type), or null. */
export function coreType(t: Type): Type | null {
  if (!isTypeParam(t)) return under(t);
  return commonUnderlying(under(t));
}

/** As {@link coreType}, with `string` and `[]byte` together counting as `string`. */
export function coreString(t: Type): Type | null {
  if (!isTypeParam(t)) return under(t);
  const core = coreType(t);
  if (core !== null) return core;
  const terms = termsOf(under(t));
  if (terms === null || terms.length === 0) return null;
  const bytesOrString = terms.every(({ type }) => {
    const u = under(type);
    return (u.kind === "basic" && u === STRING_TYPE) || (u.kind === "slice" && isByte(u.elem));
  });
  return bytesOrString ? STRING_TYPE : null;
}

export function isByte(t: Type): boolean {
  const u = under(t);
  return u.kind === "basic" && u.canonical === "uint8";
}

/** True where `nil` is a value of the type. */
export function hasNil(t: Type): boolean {
  const u = under(t);
  switch (u.kind) {
    case "basic":
      return u.name === "unsafe.Pointer" || u.name === "untyped nil";
    case "interface": {
      if (!isTypeParam(t)) return true;
      const terms = termsOf(u);
      return terms !== null && terms.length > 0 && terms.every((term) => hasNil(term.type));
    }
    case "pointer":
    case "slice":
    case "map":
    case "chan":
    case "signature":
    case "unknown":
      return true;
    default:
      return false;
  }
}

/** True where two names of fields or methods are the same: unexported ones only within one package. */
export function sameName(a: Var | Func, b: Var | Func): boolean {
  return a.name === b.name && (isExported(a.name) || a.pkg === b.pkg || a.pkg?.path === b.pkg?.path);
}

export function isExported(name: string): boolean {
  const c = name.charCodeAt(0);
  if (c < 0x80) return c >= 65 && c <= 90;
  return /^\p{Lu}/u.test(name);
}

/** Go's type identity. Unknown types are identical to nothing but themselves. */
export function identical(a: Type, b: Type): boolean {
  return compare(a, b, null);
}

interface Pairing {
  readonly a: Type;
  readonly b: Type;
  readonly next: Pairing | null;
}

function compare(a0: Type, b0: Type, pairs: Pairing | null): boolean {
  if (a0 === b0) return true;
  const a = unalias(a0);
  const b = unalias(b0);
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case "basic":
      return a.canonical === (b as Basic).canonical;
    case "named":
      return sameInstance(a, b as Named, pairs);
    case "pointer":
    case "slice":
      return compare(a.elem, (b as typeof a).elem, pairs);
    case "array": {
      const other = b as typeof a;
      return a.length === other.length && compare(a.elem, other.elem, pairs);
    }
    case "map": {
      const other = b as typeof a;
      return compare(a.key, other.key, pairs) && compare(a.elem, other.elem, pairs);
    }
    case "chan": {
      const other = b as typeof a;
      return a.dir === other.dir && compare(a.elem, other.elem, pairs);
    }
    case "struct":
      return sameStruct(a, b as Struct, pairs);
    case "tuple":
      return sameTuple(a, b as Tuple, pairs);
    case "signature":
      return sameSignature(a, b as Signature, pairs);
    case "interface":
      return sameInterface(a, b as Interface, pairs);
    case "union": {
      const other = b as typeof a;
      return (
        a.terms.length === other.terms.length &&
        a.terms.every(
          (t, i) => t.tilde === other.terms[i]!.tilde && compare(t.type, other.terms[i]!.type, pairs),
        )
      );
    }
    default:
      return false;
  }
}

function sameInstance(a: Named, b: Named, pairs: Pairing | null): boolean {
  if (a.origin !== b.origin || a.typeArgs.length !== b.typeArgs.length || a.typeArgs.length === 0)
    return false;
  return a.typeArgs.every((t, i) => compare(t, b.typeArgs[i]!, pairs));
}

function sameStruct(a: Struct, b: Struct, pairs: Pairing | null): boolean {
  if (a.fields.length !== b.fields.length) return false;
  return a.fields.every((f, i) => {
    const g = b.fields[i]!;
    return (
      f.embedded === g.embedded &&
      (a.tags[i] ?? "") === (b.tags[i] ?? "") &&
      sameName(f, g) &&
      compare(f.type(), g.type(), pairs)
    );
  });
}

function sameTuple(a: Tuple, b: Tuple, pairs: Pairing | null): boolean {
  return (
    a.vars.length === b.vars.length && a.vars.every((v, i) => compare(v.type(), b.vars[i]!.type(), pairs))
  );
}

function sameSignature(a: Signature, b: Signature, pairs: Pairing | null): boolean {
  if (a.variadic !== b.variadic || a.typeParams.length !== b.typeParams.length) return false;
  if (a.typeParams.length > 0) return false; // generic function types never meet outside of declarations
  return sameTuple(a.params, b.params, pairs) && sameTuple(a.results, b.results, pairs);
}

function sameInterface(a: Interface, b: Interface, pairs: Pairing | null): boolean {
  for (let p = pairs; p !== null; p = p.next)
    if ((p.a === a && p.b === b) || (p.a === b && p.b === a)) return true;
  const x = methodSetOf(a);
  const y = methodSetOf(b);
  if (x.unknown || y.unknown || x.comparable !== y.comparable || x.methods.length !== y.methods.length)
    return false;
  const next: Pairing = { a, b, next: pairs };
  if ((x.terms === null) !== (y.terms === null)) return false;
  if (x.terms !== null && y.terms !== null) {
    const within = (ts: typeof x.terms, us: typeof x.terms): boolean =>
      ts.every((t) => us.some((u) => u.tilde === t.tilde && compare(t.type, u.type, next)));
    if (!within(x.terms, y.terms) || !within(y.terms, x.terms)) return false;
  }
  return x.methods.every((m) => {
    const n = y.methods.find((other) => sameName(m, other));
    return n !== undefined && compare(m.type(), n.type(), next);
  });
}
