/**
 * Small questions about types that several phases ask: what is under a name, is this a map, is it a type of
 * that package. Everything deeper is for `types/`.
 */
import type { Interface, MapOf, Named, Struct, Type } from "../types/types.ts";

/** The type behind aliases. */
export function unalias(t: Type): Type {
  let x = t;
  for (let i = 0; x.kind === "alias" && i < 20; i++) x = x.target();
  return x;
}

/** The type behind names and aliases; of a type parameter the core type where its constraint has one term. */
export function under(t: Type): Type {
  const x = unalias(t);
  if (x.kind === "named") return unalias(x.underlying());
  if (x.kind !== "typeparam") return x;
  const constraint = unalias(x.constraint());
  const bound = constraint.kind === "named" ? unalias(constraint.underlying()) : constraint;
  if (bound.kind !== "interface" || bound.embedded.length !== 1) return x;
  const only = unalias(bound.embedded[0]!);
  if (only.kind === "union") return only.terms.length === 1 ? under(only.terms[0]!.type) : x;
  return only.kind === "interface" ? x : under(only);
}

/** The pointed-to type of a pointer, the type itself otherwise. */
export function deref(t: Type): Type {
  const x = unalias(t);
  if (x.kind === "pointer") return x.elem;
  const u = under(x);
  return u.kind === "pointer" ? u.elem : x;
}

/** The map type behind names and one pointer, or null. */
export function mapType(t: Type): MapOf | null {
  const u = under(t);
  return u.kind === "map" ? u : null;
}

/** The struct behind names and one pointer, or null. */
export function structType(t: Type): Struct | null {
  const u = under(deref(t));
  return u.kind === "struct" ? u : null;
}

/** The interface behind names, or null. */
export function interfaceType(t: Type): Interface | null {
  const u = under(t);
  return u.kind === "interface" ? u : null;
}

/** The named type behind aliases and one pointer, or null. */
export function namedType(t: Type): Named | null {
  const x = unalias(deref(t));
  return x.kind === "named" ? x : null;
}

/** True for the named type `path.name`, through one pointer. */
export function isNamed(t: Type, path: string, name: string): boolean {
  const named = namedType(t);
  return named !== null && named.obj.name === name && named.obj.pkg?.path === path;
}

/** "path.Name" of the named type, through one pointer; "" where it has no name. */
export function qualifiedName(t: Type): string {
  const named = namedType(t);
  if (named === null) return "";
  return named.obj.pkg ? `${named.obj.pkg.path}.${named.obj.name}` : named.obj.name;
}

/** As Go spells the type, packages by their name. */
export function spellType(t: Type, depth = 0): string {
  if (depth > 6) return "…";
  const inner = (x: Type): string => spellType(x, depth + 1);
  switch (t.kind) {
    case "basic":
      return t.name;
    case "named":
    case "alias": {
      const name = t.obj.pkg ? `${t.obj.pkg.name}.${t.obj.name}` : t.obj.name;
      return t.typeArgs.length > 0 ? `${name}[${t.typeArgs.map(inner).join(", ")}]` : name;
    }
    case "pointer":
      return `*${inner(t.elem)}`;
    case "slice":
      return `[]${inner(t.elem)}`;
    case "array":
      return `[${t.length < 0 ? "…" : t.length}]${inner(t.elem)}`;
    case "map":
      return `map[${inner(t.key)}]${inner(t.elem)}`;
    case "chan":
      return `${t.dir === "recv" ? "<-chan" : t.dir === "send" ? "chan<-" : "chan"} ${inner(t.elem)}`;
    case "struct":
      return t.fields.length === 0 ? "struct{}" : "struct{…}";
    case "signature":
      return `func(${t.params.vars.map((v) => inner(v.type())).join(", ")})`;
    case "tuple":
      return `(${t.vars.map((v) => inner(v.type())).join(", ")})`;
    case "interface":
      return t.methods.length + t.embedded.length === 0 ? "any" : "interface{…}";
    case "union":
      return t.terms.map((term) => `${term.tilde ? "~" : ""}${inner(term.type)}`).join(" | ");
    case "typeparam":
      return t.obj.name;
    case "unknown":
      return "?";
  }
}
