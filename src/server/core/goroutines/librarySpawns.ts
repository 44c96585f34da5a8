/**
 * Which library calls run a function on a goroutine of its own, and what waits for it.
 *
 * Handlers of servers are `handlers.ts`; functions of the program that start goroutines are read, not listed.
 */
import type { SpawnKind } from "../accesses/events.ts";
import type { Walk } from "../accesses/walkRecord.ts";
import { calledExpression, namedCallee } from "../calls/callees.ts";
import type { CallExpr, Expr } from "../syntax/ast.ts";
import type { Func } from "../types/types.ts";

/** A function that a library call runs on a goroutine. */
export interface LibrarySpawn {
  readonly runs: Expr;
  readonly how: SpawnKind;
  readonly label: string;
  readonly many: boolean;
  /** The expression of the group whose Wait waits for it. */
  readonly group: Expr | null;
}

/** The argument that a library function is known to run on a goroutine, whoever calls it; null for others. */
export function startedArgument(func: Func, call: CallExpr): Expr | null {
  const [first, second] = call.args;
  const path = func.pkg?.path;
  if (func.name === "AfterFunc" && (path === "time" || path === "context")) return second ?? null;
  const isGroup = path === "sync" || path === "golang.org/x/sync/errgroup";
  return isGroup && (func.name === "Go" || func.name === "TryGo") ? (first ?? null) : null;
}

/** The goroutine that a call of a library function starts, or null. */
export function librarySpawn(walk: Walk, call: CallExpr): LibrarySpawn | null {
  const func = namedCallee(call, walk.fn);
  if (func === null || func.pkg === null || func.pkg.inWorkspace) return null;
  const { path } = func.pkg;
  const fun = calledExpression(call);
  const receiver = fun.kind === "SelectorExpr" ? fun.x : null;
  const [first, second] = call.args;
  if (path === "time" && func.name === "AfterFunc" && second) {
    return { runs: second, how: "timer", label: "timer", many: false, group: null };
  }
  if (path === "context" && func.name === "AfterFunc" && second) {
    return { runs: second, how: "callback", label: "context.AfterFunc", many: false, group: null };
  }
  if (path === "runtime" && (func.name === "SetFinalizer" || func.name === "AddCleanup") && second) {
    return { runs: second, how: "callback", label: `runtime.${func.name}`, many: false, group: null };
  }
  if (path === "testing" && func.name === "RunParallel" && first) {
    return { runs: first, how: "parallel-test", label: "RunParallel", many: true, group: null };
  }
  if (first && receiver && call.args.length === 1 && (func.name === "Go" || func.name === "TryGo")) {
    const label = path === "sync" ? "WaitGroup.Go" : `${func.pkg.name} Go`;
    return { runs: first, how: "group", label, many: false, group: receiver };
  }
  return null;
}
