/**
 * All rules: every diagnostic of core comes from one of these. What a single rule flags is in the file of its
 * code; `checker.ts` runs them.
 */
import type { Code } from "../finding.ts";
import { checkThenAct } from "./check-then-act.ts";
import { inconsistentLock } from "./inconsistent-lock.ts";
import { leakedGuardedMap } from "./leaked-guarded-map.ts";
import { mapVariableRace } from "./map-variable-race.ts";
import { nilMapWrite } from "./nil-map-write.ts";
import { recoverCannotCatch } from "./recover-cannot-catch.ts";
import type { Rule } from "./rule.ts";
import { syncMapGrowth } from "./sync-map-growth.ts";
import { syncMapMisfit } from "./sync-map-misfit.ts";
import { syncMapNilValue } from "./sync-map-nil-value.ts";
import { unsynchronizedMap } from "./unsynchronized-map.ts";
import { unusedIgnore } from "./unused-ignore.ts";
import { writeUnderReadLock } from "./write-under-read-lock.ts";

/** The rules that look at a program, those aside that look at Findings. */
export const CHECKED: readonly Rule[] = [
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

/** Rules that flag a place once, however many maps it concerns. */
export const ONCE_PER_PLACE: ReadonlySet<Code> = new Set(
  CHECKED.filter((rule) => rule.oncePerPlace).map((rule) => rule.code),
);
