/**
 * Reads of a map by functions that are handed the struct around it: `json.Marshal(s)`, `fmt.Println(s)`.
 *
 * Decides which of them can stand under the struct's own lock; what such functions read is `accesses/libraryCalls.ts`.
 */
import { mapsReadInside } from "../accesses/libraryCalls.ts";
import type { CallExpr, Expr } from "../syntax/ast.ts";
import type { Package, Program, Var } from "../types/types.ts";
import type { MayHold } from "./hold.ts";
import { CannotFix } from "./refusal.ts";
import { type DeclTree, textOf, treesOf, unparen, walk } from "./tree.ts";
import { calledObject, hostOf, isTestOf, place, type Use } from "./uses.ts";

/** The reads of a field by reflection. Throws {@link CannotFix} where one cannot be put under a lock beside the field. */
export function reflectiveUses(program: Program, map: Var): Use[] {
  if (map.role !== "field" || map.pkg === null) return [];
  const uses: Use[] = [];
  for (const pkg of packagesThatReach(program, map.pkg)) {
    for (const tree of treesOf(pkg)) {
      if (isTestOf(map, tree)) continue;
      walk(tree.decl, (node) => {
        const use = node.kind === "CallExpr" ? useIn(tree, node, map) : null;
        if (use !== null) uses.push(use);
        return undefined;
      });
    }
  }
  return uses;
}

/** Throws {@link CannotFix} for a read by a function that also prints or waits, which must not be done under a lock. */
export function refuseSlowReaders(map: Var, uses: readonly Use[], mayHold: MayHold): void {
  for (const { tree, node, base } of uses) {
    if (mayHold(tree, node)) continue;
    throw new CannotFix(
      `${textOf(tree, (node as CallExpr).fun)} at ${place(tree, node)} reads all of ${base}, ${map.name} included, and must not run under a lock; hand it a copy that is made under the lock.`,
    );
  }
}

/** Throws {@link CannotFix} where the map is encoded or printed as part of its struct, which shows its type. */
export function refuseShownType(program: Program, map: Var): void {
  const [shown] = reflectiveUses(program, map);
  if (shown === undefined) return;
  const { tree, node, base } = shown;
  throw new CannotFix(
    `${textOf(tree, (node as CallExpr).fun)} at ${place(tree, node)} shows all of ${base}, and ${map.name} would look different there if it were no map; use a lock.`,
  );
}

function packagesThatReach(program: Program, own: Package): Package[] {
  return program.packages.filter(
    (pkg) =>
      pkg === own || pkg.files.some((file) => file.imports.some((imported) => imported.path === own.path)),
  );
}

function useIn(tree: DeclTree, call: CallExpr, map: Var): Use | null {
  const called = calledObject(tree, call);
  if (called?.kind !== "func" || called.pkg === null || called.pkg.inWorkspace) return null;
  const read = mapsReadInside(tree.info, call, called).find((r) => r.fields.at(-1) === map.origin);
  const host = hostOf(tree, call);
  if (read === undefined || host === null) return null;
  const at = `${textOf(tree, call.fun)} at ${place(tree, call)}`;
  if (tree.pkg !== map.pkg) {
    throw new CannotFix(
      `${at} reads ${map.name} too, and package ${tree.pkg.name} cannot take its lock; give the struct a method that encodes it.`,
    );
  }
  const inner = unparen(read.arg) as Expr;
  const ref = (inner.kind === "UnaryExpr" && inner.op === "&" ? unparen(inner.x) : inner) as Expr;
  if (read.fields.length > 1 || (ref.kind !== "Ident" && ref.kind !== "SelectorExpr")) {
    throw new CannotFix(
      `${at} reads ${map.name} within ${textOf(tree, read.arg)}; hand it a copy that is made under the lock.`,
    );
  }
  return { tree, ref, kind: "readCall", writes: false, node: call, host, base: textOf(tree, ref) };
}
