/**
 * All rules, and running them: every diagnostic of core comes from here. What a single rule flags is in the
 * file of its code.
 */
import { createSummaries } from "../accesses/summaries.ts";
import { createWorld } from "../calls/callees.ts";
import type { Code, CoreFinding } from "../finding.ts";
import type { Program } from "../types/types.ts";
import { checkThenAct } from "./check-then-act.ts";
import { findConflicts } from "./conflicts.ts";
import { inconsistentLock } from "./inconsistent-lock.ts";
import { leakedGuardedMap } from "./leaked-guarded-map.ts";
import { mapVariableRace } from "./map-variable-race.ts";
import { gatherUses } from "./mapUses.ts";
import { nilMapWrite } from "./nil-map-write.ts";
import { recoverCannotCatch } from "./recover-cannot-catch.ts";
import type { Evidence, Rule } from "./rule.ts";
import { syncMapGrowth } from "./sync-map-growth.ts";
import { syncMapMisfit } from "./sync-map-misfit.ts";
import { syncMapNilValue } from "./sync-map-nil-value.ts";
import { unsynchronizedMap } from "./unsynchronized-map.ts";
import { applyIgnores, unusedIgnore } from "./unused-ignore.ts";
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

/** Every Finding of a program, by file and position. */
export function checkProgram(program: Program): readonly CoreFinding[] {
  const summaries = createSummaries(createWorld(program));
  const uses = gatherUses(summaries);
  const evidence: Evidence = { summaries, uses, conflicts: findConflicts(summaries, uses) };
  const found = CHECKED.flatMap((rule) => rule.check(evidence));
  return applyIgnores(program, found).toSorted(byPlace);
}

function byPlace(a: CoreFinding, b: CoreFinding): number {
  const [x] = a.accesses;
  const [y] = b.accesses;
  if (x.path !== y.path) return x.path < y.path ? -1 : 1;
  return x.pos - y.pos || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0);
}
