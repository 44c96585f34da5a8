/**
 * Which methods of the workspace's types may stand behind a call through an interface: those of every type that has
 * all of the interface's methods, promoted ones included. Types declared in functions, and those of dependencies,
 * are left out.
 */
import { mentions } from "../types/infer.ts";
import { implementsInterface, lookupFieldOrMethod, methodSet } from "../types/lookup.ts";
import type { Func, Interface, Named, Package, Pointer, Type, Var } from "../types/types.ts";
import { methodSetOf } from "../types/typesets.ts";
import { under } from "./typeShape.ts";

/** A method, and the embedded fields of the type behind the interface that lead to it, outermost first. */
export interface Implementation {
  readonly func: Func;
  readonly path: readonly Var[];
  /** True where no more than the names of the methods agree, because type parameters occur in their types. */
  readonly byName: boolean;
}

/** The types of a workspace by the names of their methods, and what was found out about interfaces. */
export interface TypesWithMethods {
  readonly byName: ReadonlyMap<string, readonly Named[]>;
  readonly found: WeakMap<Interface, Map<string, readonly Implementation[]>>;
}

/** The types that packages declare. */
export function typesWithMethods(packages: readonly Package[]): TypesWithMethods {
  const byName = new Map<string, Named[]>();
  for (const pkg of packages) {
    for (const name of pkg.names()) {
      const owner = pkg.lookup(name);
      const type = owner?.kind === "typename" ? owner.type() : null;
      if (type?.kind !== "named" || under(type).kind === "interface") continue;
      for (const method of new Set(methodSet(pointerTo(type)).map(({ func }) => func.name))) {
        const known = byName.get(method);
        if (known) known.push(type);
        else byName.set(method, [type]);
      }
    }
  }
  return { byName, found: new WeakMap() };
}

/** The methods that a call of method `name` of an interface may reach. */
export function implementationsAmong(
  types: TypesWithMethods,
  iface: Interface,
  name: string,
): readonly Implementation[] {
  let known = types.found.get(iface);
  if (known === undefined) {
    known = new Map();
    types.found.set(iface, known);
  }
  let found = known.get(name);
  if (found === undefined) {
    found = findImplementations(types.byName.get(name) ?? [], iface, name);
    known.set(name, found);
  }
  return found;
}

function findImplementations(types: readonly Named[], iface: Interface, name: string): Implementation[] {
  const { methods } = methodSetOf(iface);
  const pkg = methods.find((method) => method.name === name)?.pkg ?? null;
  const isOpen = methods.some((method) => mentions(method.type(), ANY));
  const found = new Map<Func, Implementation>();
  for (const type of types) {
    const pointer = pointerTo(type);
    const has = (method: Func): boolean =>
      lookupFieldOrMethod(pointer, method.name, method.pkg)?.obj.kind === "func";
    // Which instances of generic types there are is not known: the names have to do.
    const byName = isOpen || type.typeParams.length > 0;
    if (byName ? !methods.every(has) : !implementsInterface(pointer, iface)) continue;
    const method = lookupFieldOrMethod(pointer, name, pkg);
    // Of an embedded interface's method, somebody else has the body.
    if (method?.obj.kind === "func" && method.obj.func !== null)
      found.set(method.obj, { func: method.obj, path: method.path, byName });
  }
  return [...found.values()];
}

const ANY = { has: (): boolean => true };

function pointerTo(elem: Type): Pointer {
  return { kind: "pointer", elem };
}
