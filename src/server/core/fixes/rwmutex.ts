/**
 * The `rwmutex` Fix: a `sync.RWMutex` beside the map, and every use of the map under it.
 */
import type { Node } from "../syntax/ast.ts";
import type { FuncNode, Var } from "../types/types.ts";
import { createDraft, type Draft } from "./draft.ts";
import { chooseGuard, takesLock } from "./guard.ts";
import { holdRules } from "./hold.ts";
import type { Sections } from "./lockWork.ts";
import type { Question } from "./question.ts";
import { reflectiveUses, refuseSlowReaders } from "./reflective.ts";
import { CannotFix } from "./refusal.ts";
import { guardFunction } from "./sections.ts";
import { type DeclTree, endOf, functionOf, startOf, treesOf, walk } from "./tree.ts";
import { calledObject, isReachedByName, isTestOf, place, type Use } from "./uses.ts";

/** Writes the Fix into the draft. Throws {@link CannotFix}. */
export function guardWithRWMutex(question: Question, map: Var, uses: readonly Use[], draft: Draft): void {
  const pkg = map.pkg!;
  const reflective = reflectiveUses(question.program, map).filter((use) => !isConstructing(use));
  const wanted = [...uses.filter((use) => needsLock(map, use, uses)), ...reflective];
  for (const use of wanted) {
    if (use.kind === "return" && !isTestOf(map, use.tree)) {
      throw new CannotFix(
        `${map.name} is returned at ${place(use.tree, use.ref)}, so callers reach it without a lock; return a copy first.`,
      );
    }
    if (!isReachedByName(use) && !isTestOf(map, use.tree)) {
      throw new CannotFix(
        `${map.name} is reached through a call at ${place(use.tree, use.ref)}; take the result of the call into a variable first.`,
      );
    }
  }
  const guard = chooseGuard(question, map, uses, wanted, draft);
  const byHost = new Map<FuncNode, Use[]>();
  for (const use of guard.missing) {
    if (use.host !== null) byHost.set(use.host, [...(byHost.get(use.host) ?? []), use]);
  }
  const locking = new Set<Node>(wanted.flatMap((u) => (u.host === null ? [] : [u.host])));
  const { existing } = guard;
  if (existing !== null) {
    for (const tree of treesOf(pkg)) {
      walk(tree.decl, (n) => {
        const host = takesLock(tree, n, existing) ? functionOf(tree, n) : null;
        if (host !== null) locking.add(host);
        return undefined;
      });
    }
  }
  const sections = { draft, mayHold: holdRules(locking), lockOf: guard.lockOf, pkg };
  refuseSlowReaders(
    map,
    reflective.filter((use) => guard.missing.includes(use)),
    sections.mayHold,
  );
  let guarded = 0;
  for (const [host, hostUses] of byHost) {
    const inTest = isTestOf(map, hostUses[0]!.tree);
    if (inTest && !canGuard({ ...sections, draft: createDraft() }, host, hostUses)) continue;
    guardFunction(sections, host, hostUses);
    guarded += hostUses.length;
  }
  if (existing === null && guarded === 0)
    throw new CannotFix(`No use of ${map.name} is left that a lock would fit around.`);
}

/** A test that no lock fits into stays as it is: it still compiles, and the program's own uses are what races. */
function canGuard(trial: Sections, host: FuncNode, uses: readonly Use[]): boolean {
  try {
    guardFunction(trial, host, uses);
    return true;
  } catch (error) {
    if (error instanceof CannotFix) return false;
    throw error;
  }
}

/** False for uses that come before any goroutine can reach the map, or after all are done. */
function needsLock(map: Var, use: Use, uses: readonly Use[]): boolean {
  if (use.kind === "declare" || use.kind === "literal" || use.host === null) return false;
  const { tree } = use;
  if (
    map.role === "package" &&
    use.host.kind === "FuncDecl" &&
    use.host.name.name === "init" &&
    use.host.recv === null
  )
    return false;
  if (map.role === "field") return !isConstructing(use);
  if (map.role !== "local") return true;
  const owner = functionOf(tree, uses.find((u) => u.kind === "declare")?.ref ?? use.ref);
  if (owner === null || use.host !== owner) return true;
  const inGoroutines = uses.filter((u) => u.host !== owner);
  if (inGoroutines.length === 0) return true;
  const outermost = (n: Node): Node => {
    let top = n;
    for (let p = tree.parents.get(n); p !== undefined && p !== owner.body; p = tree.parents.get(p)) top = p;
    return top;
  };
  const first = Math.min(...inGoroutines.map((u) => startOf(tree, outermost(u.ref))));
  const last = Math.max(...inGoroutines.map((u) => endOf(tree, outermost(u.ref))));
  if (endOf(tree, outermost(use.ref)) <= first) return false;
  const wait = (owner.body?.list ?? []).find(
    (s) => startOf(tree, s) >= last && s.kind === "ExprStmt" && isWait(tree, s.x),
  );
  return wait === undefined || startOf(tree, use.ref) < endOf(tree, wait);
}

function isWait(tree: DeclTree, call: Node): boolean {
  if (call.kind !== "CallExpr") return false;
  const called = calledObject(tree, call);
  return (
    called?.kind === "func" && called.name === "Wait" && /(^sync|errgroup)$/.test(called.pkg?.path ?? "")
  );
}

/** True for a map that is set up in a value which this function has just made and not yet shared. */
export function isConstructing(use: Use): boolean {
  const { tree, host } = use;
  const whole = use.ref.kind === "SelectorExpr" ? use.ref.x : use.ref;
  if (use.base === "" || whole.kind !== "Ident" || host === null) return false;
  const owner = tree.info.objectOf(whole);
  if (owner?.kind !== "var" || owner.role !== "local" || functionOf(tree, owner.at?.ident ?? host) !== host)
    return false;
  const made = owner.at === null ? undefined : tree.parents.get(owner.at.ident);
  const value =
    made?.kind === "AssignStmt"
      ? made.rhs[0]
      : made?.kind === "VarSpec"
        ? (made.values[0] ?? null)
        : undefined;
  const literal = value?.kind === "UnaryExpr" ? value.x : value;
  const isNew = literal?.kind === "CallExpr" && calledObject(tree, literal)?.name === "new";
  if (literal === undefined || (literal !== null && literal.kind !== "CompositeLit" && !isNew)) return false;
  // Shared as soon as it is named anywhere else than in front of a field.
  let shared = false;
  walk(host, (n) => {
    if (n.kind !== "Ident" || n.name !== owner.name || tree.info.objectOf(n) !== owner) return undefined;
    const parent = tree.parents.get(n);
    const isField = parent?.kind === "SelectorExpr" && tree.info.selectionOf(parent)?.kind === "field";
    if (!isField && n !== owner.at?.ident && startOf(tree, n) < startOf(tree, use.ref)) shared = true;
    if (functionOf(tree, n) !== host) shared = true;
    return undefined;
  });
  return !shared;
}
