/**
 * Every call of a method of `sync.Map` in the workspace, with the map it is called on: what the rules about
 * `sync.Map` look at. What is wrong with them is for the rules.
 */
import { groupKey, groupOf, type Path } from "../accesses/path.ts";
import { receiverOf } from "../accesses/values.ts";
import { textOf } from "../accesses/walkRecord.ts";
import type { World } from "../calls/callees.ts";
import { type DeclFacts, type Fn, forEachChild, unparen } from "../calls/functions.ts";
import { isNamed } from "../calls/typeShape.ts";
import type { AccessKind, CoreFinding } from "../finding.ts";
import { isTestFile } from "../goroutines/handlers.ts";
import type { CallExpr, Node, SourceFile } from "../syntax/ast.ts";
import { coreMap, placeOf } from "./wording.ts";

/** One call of a method of a `sync.Map`. */
export interface SyncMapCall {
  readonly fn: Fn;
  readonly call: CallExpr;
  readonly method: string;
  readonly path: Path;
  /** Equal for calls on the same field or variable. */
  readonly map: string;
  /** The first argument as written; "" where there is none. */
  readonly key: string;
}

/** The calls of methods of `sync.Map` in one declaration outside tests, in source order. */
export function syncMapCallsIn(world: World, facts: DeclFacts): SyncMapCall[] {
  const found: SyncMapCall[] = [];
  world.answers.onBehalfOf(facts, () => {
    for (const fn of facts.functions) {
      if (fn.decl.kind === "FuncDecl" && !isTestFile(fn) && mayUseSyncMaps(fn.file))
        collect(world, fn, found);
    }
  });
  return found;
}

const files = new WeakMap<SourceFile, boolean>();

/** False for files without the names that every use of a `sync.Map` has. */
function mayUseSyncMaps(file: SourceFile): boolean {
  let may = files.get(file);
  if (may === undefined) {
    may = /\.(Store|Load|Range|LoadOrStore|Swap)\(/.test(file.text);
    files.set(file, may);
  }
  return may;
}

function collect(world: World, fn: Fn, found: SyncMapCall[]): void {
  const visit = (node: Node): void => {
    if (node.kind === "FuncLit") return;
    if (node.kind === "CallExpr") {
      const fun = unparen(node.fun);
      const selection = fun.kind === "SelectorExpr" ? fn.info.selectionOf(fun) : null;
      if (fun.kind === "SelectorExpr" && selection?.kind === "method") {
        const holder = selection.path.at(-1)?.type() ?? selection.recv;
        const [value] = isNamed(holder, "sync", "Map") ? receiverOf(world, fun, selection, fn) : [];
        if (value?.kind === "path") {
          const { path } = value;
          const key = node.args[0] ? textOf(fn, node.args[0]) : "";
          found.push({ fn, call: node, method: selection.obj.name, path, map: groupKey(path), key });
        }
      }
    }
    forEachChild(node, visit);
  };
  for (const statement of fn.node.body?.list ?? []) visit(statement);
}

/** The Finding about one call, and others that have to do with it. */
export function syncMapFinding(
  calls: readonly [SyncMapCall, ...SyncMapCall[]],
  what: Pick<CoreFinding, "code" | "message" | "severity" | "confidence" | "reasoning" | "advice">,
): CoreFinding | null {
  const [first, ...rest] = calls;
  const { owner, depth } = groupOf(first.path);
  const map = coreMap(owner, depth);
  if (map === null) return null;
  const access = (call: SyncMapCall): CoreFinding["accesses"][0] => ({
    ...placeOf(call.fn, call.call),
    kind: KINDS[call.method] ?? "read",
    function: call.fn.name,
    goroutine: `a caller of ${call.fn.name}`,
    locks: [],
    counter: false,
  });
  return { ...what, map, accesses: [access(first), ...rest.map(access)] };
}

const KINDS: Readonly<Record<string, AccessKind>> = {
  Store: "write",
  LoadOrStore: "write",
  Swap: "write",
  CompareAndSwap: "write",
  Delete: "delete",
  LoadAndDelete: "delete",
  CompareAndDelete: "delete",
  Clear: "clear",
  Range: "iterate",
};
