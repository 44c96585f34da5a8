/**
 * Types as Go source, for the type assertions and declarations that a Fix writes.
 *
 * Decides how a type is spelt in one file, and which imports that needs; adding the imports is `draft.ts`.
 */
import type { Package, Type } from "../types/types.ts";

/** How one file names the packages it needs: returns the local name of an import path. */
export type ImportName = (path: string, name: string) => string;

/** The empty interface, which modules from before Go 1.18 have no shorter name for. */
export function emptyInterface(pkg: Package): string {
  return pkg.atLeast(18) ? "any" : "interface{}";
}

/** A type as source in a file of `pkg`, or null where it cannot be spelt (unknown, or not visible there). */
export function spellType(type: Type, pkg: Package, importName: ImportName): string | null {
  const spell = (t: Type): string | null => spellType(t, pkg, importName);
  switch (type.kind) {
    case "basic":
      if (type.name.startsWith("untyped")) return null;
      return type.name === "unsafe.Pointer" ? null : type.name;
    case "named":
    case "alias": {
      const { obj } = type;
      if (obj.pkg === null && obj.name === "any") return emptyInterface(pkg);
      let name = obj.name;
      if (obj.pkg !== null && obj.pkg.path !== pkg.path) {
        if (!/^\p{Lu}/u.test(name)) return null;
        name = `${importName(obj.pkg.path, obj.pkg.name)}.${name}`;
      } else if (obj.pkg !== null && obj.pkg.lookup(name) !== obj) {
        return null; // declared within a function: not visible everywhere
      }
      if (type.typeArgs.length === 0) return name;
      const args = type.typeArgs.map(spell);
      return args.includes(null) ? null : `${name}[${args.join(", ")}]`;
    }
    case "pointer":
      return prefixed("*", spell(type.elem));
    case "slice":
      return prefixed("[]", spell(type.elem));
    case "array":
      return type.length < 0 ? null : prefixed(`[${type.length}]`, spell(type.elem));
    case "map": {
      const key = spell(type.key);
      return key === null ? null : prefixed(`map[${key}]`, spell(type.elem));
    }
    case "chan": {
      const arrow = { both: "chan ", send: "chan<- ", recv: "<-chan " }[type.dir];
      const elem = spell(type.elem);
      return elem?.startsWith("<-") ? `${arrow}(${elem})` : prefixed(arrow, elem);
    }
    case "struct":
      return type.fields.length === 0 ? "struct{}" : null;
    case "interface":
      return type.methods.length === 0 && type.embedded.length === 0 ? emptyInterface(pkg) : null;
    case "signature": {
      const params = type.params.vars.map((v, i) =>
        type.variadic && i === type.params.vars.length - 1
          ? prefixed("...", v.type().kind === "slice" ? spell((v.type() as { elem: Type }).elem) : null)
          : spell(v.type()),
      );
      const results = type.results.vars.map((v) => spell(v.type()));
      if (params.includes(null) || results.includes(null)) return null;
      const result =
        results.length > 1 ? ` (${results.join(", ")})` : results.length === 1 ? ` ${results[0]}` : "";
      return `func(${params.join(", ")})${result}`;
    }
    case "typeparam":
      return type.obj.name;
    default:
      return null;
  }
}

function prefixed(prefix: string, text: string | null): string | null {
  return text === null ? null : prefix + text;
}

/** The type behind aliases and names. */
export function underlyingOf(type: Type): Type {
  let t = type;
  for (let i = 0; i < 100 && (t.kind === "alias" || t.kind === "named"); i++) {
    t = t.kind === "alias" ? t.target() : t.underlying();
  }
  return t;
}
