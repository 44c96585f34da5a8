/** Types spelt so that identical ones are spelt alike, as the oracle's `identity.go` does. */
import type { Package, Type } from "../../src/server/core/types/types.ts";
import { typeString } from "../../src/server/core/types/typestring.ts";

/** The type without the names of aliases and parameters; interfaces as they are printed. */
export function identity(t: Type, qualify: (pkg: Package) => string): string {
  const of = (u: Type): string => identity(u, qualify);
  switch (t.kind) {
    case "alias":
      return of(t.target());
    case "basic":
      return t.canonical;
    case "named": {
      const { pkg, name } = t.obj;
      const path = pkg === null ? name : `${qualify(pkg)}.${name}`;
      return t.typeArgs.length === 0 ? path : `${path}[${t.typeArgs.map(of).join(",")}]`;
    }
    case "pointer":
      return `*${of(t.elem)}`;
    case "slice":
      return `[]${of(t.elem)}`;
    case "array":
      return `[${t.length}]${of(t.elem)}`;
    case "map":
      return `map[${of(t.key)}]${of(t.elem)}`;
    case "chan":
      return `${{ both: "chan", send: "chan<-", recv: "<-chan" }[t.dir]}(${of(t.elem)})`;
    case "tuple":
      return `(${t.vars.map((v) => of(v.type())).join(",")})`;
    case "signature":
      return `func${of(t.params)}${t.variadic ? "..." : ""}${of(t.results)}`;
    case "struct":
      return `struct{${t.fields.map((f, i) => `${f.name} ${of(f.type())} ${JSON.stringify(t.tags[i] ?? "")}`).join(";")}}`;
    default:
      return typeString(t, qualify);
  }
}
