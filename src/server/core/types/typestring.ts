/** Types as text, spelt as `go/types` spells them. */

import type { Alias, Interface, Named, Package, Signature, Tuple, Type, TypeParam } from "./types.ts";
import { methodSetOf } from "./typesets.ts";
import { UNTYPED } from "./universe.ts";

/** How packages are named in the text; "" leaves the name unqualified. */
export type Qualifier = (pkg: Package) => string;

/** The type as Go writes it, packages named by `qualify` (by their path when absent). */
export function typeString(t: Type, qualify: Qualifier = (p) => p.path): string {
  const out: string[] = [];
  write(t, qualify, out);
  return out.join("");
}

function write(t: Type, q: Qualifier, out: string[]): void {
  switch (t.kind) {
    case "basic":
      out.push(t.name);
      return;
    case "named":
    case "alias":
      writeName(t, q, out);
      return;
    case "typeparam":
      out.push(t.obj.name);
      return;
    case "pointer":
      out.push("*");
      write(t.elem, q, out);
      return;
    case "slice":
      out.push("[]");
      write(t.elem, q, out);
      return;
    case "array":
      out.push(`[${t.length}]`);
      write(t.elem, q, out);
      return;
    case "map":
      out.push("map[");
      write(t.key, q, out);
      out.push("]");
      write(t.elem, q, out);
      return;
    case "chan": {
      out.push(t.dir === "send" ? "chan<- " : t.dir === "recv" ? "<-chan " : "chan ");
      const parens = t.dir !== "send" && t.elem.kind === "chan" && t.elem.dir === "recv" && t.dir === "both";
      if (parens) out.push("(");
      write(t.elem, q, out);
      if (parens) out.push(")");
      return;
    }
    case "struct":
      out.push("struct{");
      for (const [i, f] of t.fields.entries()) {
        if (i > 0) out.push("; ");
        if (!f.embedded) out.push(`${f.name} `);
        write(f.type(), q, out);
        const tag = t.tags[i] ?? "";
        if (tag !== "") out.push(` ${JSON.stringify(tag)}`);
      }
      out.push("}");
      return;
    case "tuple":
      writeTuple(t, false, q, out);
      return;
    case "signature":
      out.push("func");
      writeSignature(t, q, out);
      return;
    case "interface":
      writeInterface(t, q, out);
      return;
    case "union":
      for (const [i, term] of t.terms.entries()) {
        if (i > 0) out.push(" | ");
        if (term.tilde) out.push("~");
        write(term.type, q, out);
      }
      return;
    case "unknown":
      out.push("unknown");
  }
}

function writeName(t: Named | Alias, q: Qualifier, out: string[]): void {
  const pkg = t.obj.pkg;
  if (pkg !== null) {
    const prefix = q(pkg);
    if (prefix !== "") out.push(prefix, ".");
  }
  out.push(t.obj.name);
  if (t.typeArgs.length > 0) {
    out.push("[");
    for (const [i, arg] of t.typeArgs.entries()) {
      if (i > 0) out.push(", ");
      write(arg, q, out);
    }
    out.push("]");
  } else if (t.typeParams.length > 0) writeTypeParams(t.typeParams, q, out);
}

function writeTypeParams(params: readonly TypeParam[], q: Qualifier, out: string[]): void {
  out.push("[");
  let last: Type | null = null;
  for (const [i, p] of params.entries()) {
    const c = p.constraint();
    if (i > 0) {
      if (c !== last) {
        out.push(" ");
        write(last as Type, q, out);
      }
      out.push(", ");
    }
    last = c;
    out.push(p.obj.name);
  }
  if (last !== null) {
    out.push(" ");
    write(last, q, out);
  }
  out.push("]");
}

function writeTuple(t: Tuple, variadic: boolean, q: Qualifier, out: string[]): void {
  out.push("(");
  for (const [i, v] of t.vars.entries()) {
    if (i > 0) out.push(", ");
    if (v.name !== "") out.push(`${v.name} `);
    const type = v.type();
    if (variadic && i === t.vars.length - 1) {
      if (type.kind === "slice") {
        out.push("...");
        write(type.elem, q, out);
      } else {
        write(type, q, out);
        out.push("...");
      }
    } else write(type, q, out);
  }
  out.push(")");
}

function writeSignature(t: Signature, q: Qualifier, out: string[]): void {
  if (t.typeParams.length > 0) writeTypeParams(t.typeParams, q, out);
  writeTuple(t.params, t.variadic, q, out);
  const results = t.results.vars;
  if (results.length === 0) return;
  out.push(" ");
  if (results.length === 1 && results[0]!.name === "") write(results[0]!.type(), q, out);
  else writeTuple(t.results, false, q, out);
}

function writeInterface(t: Interface, q: Qualifier, out: string[]): void {
  if (t.implicit) {
    if (t.methods.length === 0 && t.embedded.length === 1) {
      write(t.embedded[0]!, q, out);
      return;
    }
    out.push("/* implicit */ ");
  }
  if (t.comparable) {
    out.push("interface{comparable}");
    return;
  }
  out.push("interface{");
  let first = true;
  for (const m of t.methods) {
    if (!first) out.push("; ");
    first = false;
    out.push(m.name);
    const type = m.type();
    if (type.kind === "signature") writeSignature(type, q, out);
  }
  for (const e of t.embedded) {
    if (!first) out.push("; ");
    first = false;
    write(e, q, out);
  }
  out.push("}");
}

/**
 * A key that is equal for identical types within one program: what instances of generic types are
 * remembered by.
 */
export function typeKey(t: Type): string {
  switch (t.kind) {
    case "basic":
      return (t.flags & UNTYPED) !== 0 ? t.name : t.canonical;
    case "named":
      return t.typeArgs.length > 0
        ? `N${t.origin.serial}[${t.typeArgs.map(typeKey).join(",")}]`
        : `N${t.serial}`;
    case "alias":
      return typeKey(t.target());
    case "typeparam":
      return `P${t.serial}`;
    case "pointer":
      return `*${typeKey(t.elem)}`;
    case "slice":
      return `[]${typeKey(t.elem)}`;
    case "array":
      return `[${t.length}]${typeKey(t.elem)}`;
    case "map":
      return `map[${typeKey(t.key)}]${typeKey(t.elem)}`;
    case "chan":
      return `${t.dir} chan(${typeKey(t.elem)})`;
    case "struct":
      return `struct{${t.fields
        .map((f, i) => {
          const name = /^\p{Lu}/u.test(f.name) ? f.name : `${f.pkg?.path ?? ""}.${f.name}`;
          return `${f.embedded ? "!" : ""}${name} ${typeKey(f.type())}${JSON.stringify(t.tags[i] ?? "")}`;
        })
        .join(";")}}`;
    case "tuple":
      return `(${t.vars.map((v) => typeKey(v.type())).join(",")})`;
    case "signature":
      return `func${typeKey(t.params)}${t.variadic ? "..." : ""}${typeKey(t.results)}`;
    case "interface": {
      const set = methodSetOf(t);
      const methods = set.methods.map((m) => {
        const name = /^\p{Lu}/u.test(m.name) ? m.name : `${m.pkg?.path ?? ""}.${m.name}`;
        return `${name}${typeKey(m.type())}`;
      });
      const terms = set.terms?.map((x) => `${x.tilde ? "~" : ""}${typeKey(x.type)}`) ?? [];
      return `interface{${methods.sort().join(";")}|${terms.sort().join("|")}${set.comparable ? "|comparable" : ""}}`;
    }
    case "union":
      return t.terms.map((x) => `${x.tilde ? "~" : ""}${typeKey(x.type)}`).join("|");
    case "unknown":
      return "?";
  }
}
