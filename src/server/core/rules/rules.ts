/**
 * All rules, and running them: every diagnostic of core comes from here. What a single rule flags is in the
 * file of its code.
 */
import { createSummaries, type Summaries } from "../accesses/summaries.ts";
import { createWorld, renewWorld } from "../calls/callees.ts";
import { type DeclFacts, declFacts } from "../calls/functions.ts";
import type { Code, CoreFinding } from "../finding.ts";
import type { Decl } from "../syntax/ast.ts";
import type { Program } from "../types/types.ts";
import { checkThenAct } from "./check-then-act.ts";
import { findConflicts } from "./conflicts.ts";
import { inconsistentLock } from "./inconsistent-lock.ts";
import { leakedGuardedMap } from "./leaked-guarded-map.ts";
import { mapVariableRace } from "./map-variable-race.ts";
import { gatherUses, type MapUses } from "./mapUses.ts";
import { nilMapWrite } from "./nil-map-write.ts";
import { recoverCannotCatch } from "./recover-cannot-catch.ts";
import type { Evidence, Rule } from "./rule.ts";
import { syncMapGrowth } from "./sync-map-growth.ts";
import { syncMapMisfit } from "./sync-map-misfit.ts";
import { syncMapNilValue } from "./sync-map-nil-value.ts";
import { collectSyncMapCalls } from "./syncMapCalls.ts";
import { unsynchronizedMap } from "./unsynchronized-map.ts";
import { readIgnores, unusedIgnore } from "./unused-ignore.ts";
import { writeUnderReadLock } from "./write-under-read-lock.ts";

const CHECKED: readonly Rule[] = [
  unsynchronizedMap,
  inconsistentLock,
  writeUnderReadLock,
  mapVariableRace,
  nilMapWrite,
  recoverCannotCatch,
  leakedGuardedMap,
  checkThenAct,
  syncMapNilValue,
  syncMapGrowth,
  syncMapMisfit,
];

/** All rules by code, those that run over the Findings of the others included. */
export const RULES: ReadonlyMap<Code, Pick<Rule, "code" | "title" | "help">> = new Map(
  [...CHECKED, unusedIgnore].map((rule) => [rule.code, rule]),
);

/** Finds every Finding of a program, by file and position; keeps what the next version can use again. */
export type Checker = (program: Program) => readonly CoreFinding[];

/** A checker that knows nothing yet. */
export function createChecker(): Checker {
  let kept: { readonly summaries: Summaries; readonly outline: Outline; readonly uses: MapUses } | null =
    null;
  return (program) => {
    const outline = outlineOf(program);
    const last = kept;
    // Nothing is kept of a check that does not come to its end.
    kept = null;
    let summaries: Summaries;
    if (last === null || !sameShape(last.outline, outline)) summaries = createSummaries(createWorld(program));
    else {
      const before = last.outline;
      summaries = last.summaries;
      const gone = [...before.bodies].filter((facts) => !outline.bodies.has(facts));
      const come = [...outline.bodies].filter((facts) => !before.bodies.has(facts));
      summaries.forget(renewWorld(summaries.world, program, gone, come));
    }
    const uses = gatherUses(summaries, last?.uses ?? new Map());
    const ignores = readIgnores(program);
    const evidence: Evidence = {
      summaries,
      uses,
      conflicts: findConflicts(summaries, uses, ignores),
      syncMapCalls: collectSyncMapCalls(summaries),
    };
    const found = CHECKED.flatMap((rule) => rule.check(evidence));
    kept = { summaries, outline, uses };
    return ignores.apply(found).toSorted(byPlace);
  };
}

/** What a program consists of: bodies that may change one by one, and a shape that must not. */
interface Outline {
  readonly bodies: ReadonlySet<DeclFacts>;
  /** Declarations other than functions. */
  readonly declarations: ReadonlySet<Decl>;
  /** Which functions and methods there are. */
  readonly headers: string;
}

function outlineOf(program: Program): Outline {
  const bodies = new Set<DeclFacts>();
  const declarations = new Set<Decl>();
  const headers: string[] = [];
  for (const pkg of program.packages) {
    for (const file of pkg.files) {
      for (const decl of file.decls) {
        if (decl.kind !== "FuncDecl") declarations.add(decl);
        if (decl.kind !== "FuncDecl" && decl.kind !== "VarDecl") continue;
        const facts = declFacts(pkg, decl);
        bodies.add(facts);
        if (decl.kind === "FuncDecl")
          headers.push(`${file.path} ${facts.functions[0]?.name ?? decl.name.name}`);
      }
    }
  }
  return { bodies, declarations, headers: headers.join("\n") };
}

function sameShape(a: Outline, b: Outline): boolean {
  if (a.headers !== b.headers || a.declarations.size !== b.declarations.size) return false;
  for (const decl of a.declarations) if (!b.declarations.has(decl)) return false;
  return true;
}

function byPlace(a: CoreFinding, b: CoreFinding): number {
  const [x] = a.accesses;
  const [y] = b.accesses;
  if (x.path !== y.path) return x.path < y.path ? -1 : 1;
  return x.pos - y.pos || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0);
}
