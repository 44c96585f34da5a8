/**
 * Fields and methods by name, through embedded fields, and which types satisfy which interfaces.
 * The search goes level by level, as the language defines promotion.
 */
import { NamedType } from "./objects.ts";
import {
  asNamed,
  deref,
  identical,
  isExported,
  isTypeParam,
  sameName,
  unalias,
  under,
} from "./predicates.ts";
import type { Func, Interface, Named, Package, Type, Var } from "./types.ts";
import { methodSetOf } from "./typesets.ts";

/** What a selector finds. */
export interface Found {
  readonly obj: Var | Func;
  /** The embedded fields on the way, outermost first. */
  readonly path: readonly Var[];
  /** True where a pointer was followed on the way. */
  readonly indirect: boolean;
}

interface Candidate {
  readonly type: Type;
  readonly path: readonly Var[];
  readonly indirect: boolean;
  /** True where the same type was met more than once at this depth. */
  multiples: boolean;
}

function named(obj: Var | Func, name: string, pkg: Package | null): boolean {
  return (
    obj.name === name && (isExported(name) || obj.pkg === pkg || (pkg !== null && obj.pkg?.path === pkg.path))
  );
}

/** The field or method `name` of a value of type `t`, as seen from `pkg`; null where there is none, or two. */
export function lookupFieldOrMethod(t: Type, name: string, pkg: Package | null): Found | null {
  if (name === "_" || name === "") return null;
  // A pointer to a named pointer or interface type has no fields and methods.
  const n = asNamed(t);
  if (n !== null) {
    const u = n.underlying();
    if (u.kind === "pointer") {
      const found = search(u, name, pkg);
      return found !== null && found.obj.kind === "func" ? null : found;
    }
  }
  return search(t, name, pkg);
}

function search(t: Type, name: string, pkg: Package | null): Found | null {
  const start = deref(t);
  if (start.pointer && under(start.type).kind === "interface") return null;
  let current: Candidate[] = [{ type: start.type, path: [], indirect: start.pointer, multiples: false }];
  const seen = new Set<Named>();
  while (current.length > 0) {
    const next: Candidate[] = [];
    let found: Found | null = null;
    let count = 0;
    for (const c of current) {
      const hit = (obj: Var | Func): void => {
        count += c.multiples ? 2 : 1;
        found = { obj, path: c.path, indirect: c.indirect };
      };
      const n = asNamed(c.type);
      if (n !== null) {
        if (seen.has(n)) continue;
        seen.add(n);
        const list = n instanceof NamedType ? n.methodsNamed(name) : n.methods();
        const method = list.find((m) => named(m, name, pkg));
        if (method !== undefined) {
          hit(method);
          continue;
        }
      }
      const u = under(c.type);
      if (u.kind === "struct") {
        for (const f of u.fields) {
          if (named(f, name, pkg)) {
            hit(f);
            continue;
          }
          if (!f.embedded || count > 0) continue;
          const inner = deref(f.type());
          switch (inner.type.kind) {
            case "named":
            case "alias":
            case "struct":
            case "interface":
              next.push({
                type: inner.type,
                path: [...c.path, f],
                indirect: c.indirect || inner.pointer,
                multiples: c.multiples,
              });
          }
        }
      } else if (u.kind === "interface") {
        const method = methodSetOf(u).methods.find((m) => named(m, name, pkg));
        if (method !== undefined) hit(method);
      }
    }
    if (count === 1) return found;
    if (count > 1) return null;
    current = consolidate(next);
  }
  return null;
}

/** Types met more than once at a depth become one candidate that counts as several. */
function consolidate(list: Candidate[]): Candidate[] {
  if (list.length <= 1) return list;
  const out: Candidate[] = [];
  for (const c of list) {
    const n = asNamed(c.type);
    const twin = n === null ? undefined : out.find((o) => asNamed(o.type) === n || identical(o.type, c.type));
    if (twin === undefined) out.push(c);
    else twin.multiples = true;
  }
  return out;
}

/** True for a method that is declared on the pointer to its type. */
export function hasPointerReceiver(m: Func): boolean {
  const type = m.origin.type();
  if (type.kind !== "signature" || type.recv === null) return false;
  return unalias(type.recv.type()).kind === "pointer";
}

/**
 * True where a value of type `t` has all methods of `iface`, with identical signatures. Unknown interfaces and
 * types with unknown parts are satisfied by nothing.
 */
export function implementsInterface(t: Type, iface: Interface): boolean {
  const set = methodSetOf(iface);
  if (set.unknown) return false;
  return missingMethod(t, iface) === null;
}

/** The first method of `iface` that a value of type `t` lacks, or null. */
export function missingMethod(t: Type, iface: Interface): Func | null {
  const methods = methodSetOf(iface).methods;
  if (methods.length === 0) return null;
  const u = under(t);
  if (u.kind === "interface") {
    const own = methodSetOf(u).methods;
    return methods.find((m) => !own.some((o) => sameName(o, m) && identical(o.type(), m.type()))) ?? null;
  }
  for (const m of methods) {
    const found = lookupFieldOrMethod(t, m.name, m.pkg);
    if (found === null || found.obj.kind !== "func") return m;
    if (!found.indirect && hasPointerReceiver(found.obj) && !isInterfaceMethod(found)) return m;
    if (!identical(found.obj.type(), m.type())) return m;
  }
  return null;
}

function isInterfaceMethod(found: Found): boolean {
  const type = found.obj.type();
  return type.kind === "signature" && type.recv === null;
}

/** One method of a type's method set. */
export interface MethodOf {
  readonly func: Func;
  readonly path: readonly Var[];
  readonly indirect: boolean;
}

/** The methods that a value of type `t` has, promoted ones included; those of `*T` only where `t` is a pointer. */
export function methodSet(t: Type): readonly MethodOf[] {
  const names = new Map<string, Package | null>();
  collectNames(t, names, new Set());
  const out: MethodOf[] = [];
  for (const [key, pkg] of names) {
    const name = key.slice(key.lastIndexOf(".") + 1);
    const found = lookupFieldOrMethod(t, name, pkg);
    if (found === null || found.obj.kind !== "func") continue;
    if (!found.indirect && !isTypeParam(t) && hasPointerReceiver(found.obj)) continue;
    out.push({ func: found.obj, path: found.path, indirect: found.indirect });
  }
  return out;
}

function collectNames(t: Type, to: Map<string, Package | null>, seen: Set<Named>): void {
  const inner = deref(t).type;
  const n = asNamed(inner);
  if (n !== null) {
    if (seen.has(n)) return;
    seen.add(n);
    for (const m of n.methods()) addName(m, to);
  }
  const u = under(inner);
  if (u.kind === "interface") for (const m of methodSetOf(u).methods) addName(m, to);
  if (u.kind === "struct") for (const f of u.fields) if (f.embedded) collectNames(f.type(), to, seen);
}

function addName(m: Func, to: Map<string, Package | null>): void {
  to.set(isExported(m.name) ? m.name : `${m.pkg?.path ?? ""}.${m.name}`, m.pkg);
}
