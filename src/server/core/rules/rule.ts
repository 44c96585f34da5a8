/**
 * What a rule is: a code, its help, and a check over what the phases found out.
 *
 * Each code has a file of its own beside this one; `rules.ts` lists them.
 */
import type { Summaries } from "../accesses/summaries.ts";
import type { Code, CoreFinding } from "../finding.ts";
import type { Conflicts } from "./conflicts.ts";
import type { MapUses } from "./mapUses.ts";
import type { SyncMapCall } from "./syncMapCalls.ts";

/** What checks look at: one version of a program. */
export interface Evidence {
  readonly summaries: Summaries;
  readonly uses: MapUses;
  readonly conflicts: Conflicts;
  readonly syncMapCalls: readonly SyncMapCall[];
}

/** One diagnostic. */
export interface Rule {
  readonly code: Code;
  readonly title: string;
  /** Markdown: what is wrong, a wrong and a right program, what the rule does not see. */
  readonly help: string;
  check(evidence: Evidence): readonly CoreFinding[];
}
