/**
 * What a rule is: a code, its help, and checks over what the phases found out.
 *
 * A rule looks at one map, at one `sync.Map` or at the program at a time, and at nothing else: what it said about
 * a map is kept for as long as nothing about the map changes. Each code has a file of its own beside this one;
 * `rules.ts` lists them.
 */
import type { NilWrite } from "../accesses/events.ts";
import type { Summaries } from "../accesses/summaries.ts";
import type { Fn } from "../calls/functions.ts";
import type { Code, CoreFinding } from "../finding.ts";
import type { Conflict } from "./conflicts.ts";
import type { MapGroup } from "./mapUses.ts";
import type { SyncMapCall } from "./syncMapCalls.ts";

/** One map, in one version of the program. */
export interface MapEvidence {
  readonly group: MapGroup;
  readonly conflicts: readonly Conflict[];
  /** True where something in the program gives its variable a value or hands out its address. */
  readonly assigned: boolean;
}

/** One version of a program as a whole. */
export interface ProgramEvidence {
  readonly summaries: Summaries;
  /** Writes into maps that were not made, in the order of the functions that they were seen in. */
  readonly nilWrites: readonly NilWrite[];
  /** `init` and `main` of all packages, tests aside. */
  readonly starts: readonly Fn[];
}

/** One diagnostic. */
export interface Rule {
  readonly code: Code;
  readonly title: string;
  /** Markdown: what is wrong, a wrong and a right program, what the rule does not see. */
  readonly help: string;
  /** True where one place is flagged once, however many maps it concerns. */
  readonly oncePerPlace?: boolean;
  onMap?(map: MapEvidence): readonly CoreFinding[];
  /** `calls` are those on one `sync.Map` outside tests, in source order. */
  onSyncMap?(calls: readonly SyncMapCall[]): readonly CoreFinding[];
  onProgram?(program: ProgramEvidence): readonly CoreFinding[];
}
