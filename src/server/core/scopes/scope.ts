/** Block scopes: the names that a block, a function or a clause declares, and where to look for the others. */
import type { Obj } from "../types/types.ts";

/** One block. Names are found in the innermost block that declares them. */
export interface Scope {
  readonly parent: Scope | null;
  /** Null until the block declares something: most do not. */
  names: Map<string, Obj> | null;
}

/** A new block inside `parent`. */
export function openScope(parent: Scope | null): Scope {
  return { parent, names: null };
}

/** Declares `obj` in the block; `_` and missing names declare nothing. */
export function declare(scope: Scope, obj: Obj): void {
  if (obj.name === "_" || obj.name === "") return;
  scope.names ??= new Map();
  scope.names.set(obj.name, obj);
}

/** The object that `name` stands for in this block or those around it; null where none declares it. */
export function lookup(scope: Scope | null, name: string): Obj | null {
  for (let s = scope; s !== null; s = s.parent) {
    const found = s.names?.get(name);
    if (found !== undefined) return found;
  }
  return null;
}

/** The object that this very block declares under `name`, or null. */
export function lookupHere(scope: Scope, name: string): Obj | null {
  return scope.names?.get(name) ?? null;
}
