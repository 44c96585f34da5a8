/**
 * Which calls are synchronisation: taking and giving back locks, `Once`, wait groups, atomics.
 *
 * A lock is recognised by its methods, not by its type, so that wrappers (`type MutexWrap struct`, lock
 * interfaces) count like `sync.Mutex`. What the calls do to the state is for the walk.
 */

import type { Scope } from "../accesses/values.ts";
import { calledExpression, interfaceMethods } from "../calls/callees.ts";
import { deref, interfaceType, isNamed, namedType } from "../calls/typeShape.ts";
import type { CallExpr, Expr, SelectorExpr } from "../syntax/ast.ts";
import type { Selection, Type } from "../types/types.ts";

/** A method call on a lock, a `Once` or a group. */
export interface MethodSync {
  readonly op: "lock" | "unlock" | "try-lock" | "once" | "done" | "wait" | "group-go";
  /** "write" for all but the read side of a lock. */
  readonly mode: "read" | "write";
  readonly on: SelectorExpr;
  readonly selection: Selection;
}

/** A synchronisation call. */
export type SyncCall =
  | MethodSync
  | { readonly op: "atomic-load" | "atomic-store" | "atomic-both"; readonly variable: Expr };

const LOCK_METHODS: Readonly<Record<string, { op: "lock" | "unlock" | "try-lock"; mode: "read" | "write" }>> =
  {
    Lock: { op: "lock", mode: "write" },
    Unlock: { op: "unlock", mode: "write" },
    RLock: { op: "lock", mode: "read" },
    RUnlock: { op: "unlock", mode: "read" },
    TryLock: { op: "try-lock", mode: "write" },
    TryRLock: { op: "try-lock", mode: "read" },
  };

const WEIGHTED: Readonly<Record<string, "lock" | "unlock" | "try-lock">> = {
  Acquire: "lock",
  Release: "unlock",
  TryAcquire: "try-lock",
};

/** What a call synchronises, or null. */
export function syncCall(call: CallExpr, scope: Scope): SyncCall | null {
  const fun = calledExpression(call);
  if (fun.kind !== "SelectorExpr") return null;
  const selection = scope.info.selectionOf(fun);
  if (selection === null) return atomicFunction(call, fun, scope);
  if (selection.kind !== "method" || selection.obj.kind !== "func") return null;
  const { name, pkg } = selection.obj;
  const holder = selection.path.at(-1)?.type() ?? selection.recv;
  const lock = LOCK_METHODS[name];
  if (lock && call.args.length === 0 && isLocker(holder)) return { ...lock, on: fun, selection };
  // A semaphore of weight one is a lock; of which weight it is made is not asked.
  const weighted = isNamed(holder, "golang.org/x/sync/semaphore", "Weighted") ? WEIGHTED[name] : undefined;
  if (weighted) return { op: weighted, mode: "write", on: fun, selection };
  if (pkg?.path === "sync/atomic") return atomicMethod(name, fun);
  if (name === "Do" && namedType(holder)?.obj.name === "Once")
    return { op: "once", mode: "write", on: fun, selection };
  if (name === "Done" && isNamed(holder, "sync", "WaitGroup"))
    return { op: "done", mode: "write", on: fun, selection };
  if (name === "Wait" && call.args.length === 0) return { op: "wait", mode: "write", on: fun, selection };
  if ((name === "Go" || name === "TryGo") && call.args.length === 1)
    return { op: "group-go", mode: "write", on: fun, selection };
  return null;
}

/** True for types that have both Lock and Unlock: mutexes, their wrappers and lock interfaces. */
function isLocker(t: Type): boolean {
  const iface = interfaceType(deref(t));
  if (iface) {
    const names = interfaceMethods(iface);
    return names.has("Lock") && names.has("Unlock");
  }
  const named = namedType(t);
  if (named === null) return false;
  if (named.obj.pkg?.path === "sync") return true;
  const names = new Set(named.methods().map((method) => method.name));
  return (names.has("Lock") && names.has("Unlock")) || (names.has("RLock") && names.has("RUnlock"));
}

function atomicMethod(name: string, fun: SelectorExpr): SyncCall | null {
  if (name === "Load") return { op: "atomic-load", variable: fun.x };
  if (name === "CompareAndSwap") return { op: "atomic-both", variable: fun.x };
  return name === "Store" || name === "Swap" || name === "Add"
    ? { op: "atomic-store", variable: fun.x }
    : null;
}

function atomicFunction(call: CallExpr, fun: SelectorExpr, scope: Scope): SyncCall | null {
  const obj = scope.info.objectOf(fun.sel);
  const variable = call.args[0];
  if (obj?.kind !== "func" || obj.pkg?.path !== "sync/atomic" || !variable) return null;
  if (obj.name.startsWith("Load")) return { op: "atomic-load", variable };
  if (obj.name.startsWith("CompareAndSwap")) return { op: "atomic-both", variable };
  return { op: "atomic-store", variable };
}
