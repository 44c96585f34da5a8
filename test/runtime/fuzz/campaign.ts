/** Runs the programs of many seeds with both detectors and sums up how they compare with the oracle. */
import { type Rules, readEvents } from "./oracle.ts";
import { makeProgram } from "./program.ts";
import { batches, type FuzzSession, type Outcome } from "./session.ts";
import { compare } from "./verdicts.ts";

/** What a campaign came to. */
export interface Summary {
  programs: number;
  goroutines: number;
  operations: number;
  unfinished: number;
  readonly maps: Counts;
  readonly vars: Counts;
  readonly "go-race": Counts;
  /** Each disagreement with its seed. */
  readonly disagreements: string[];
}

export interface Counts {
  racy: number;
  clean: number;
  either: number;
  missed: number;
  pairs: number;
}

/** Runs the programs of `count` seeds, beginning with `first`. */
export function runCampaign(
  session: FuzzSession,
  first: number,
  count: number,
  progress: (summary: Summary) => void = () => {},
): Summary {
  const none = (): Counts => ({ racy: 0, clean: 0, either: 0, missed: 0, pairs: 0 });
  const summary: Summary = {
    programs: 0,
    goroutines: 0,
    operations: 0,
    unfinished: 0,
    maps: none(),
    vars: none(),
    "go-race": none(),
    disagreements: [],
  };
  const programs = function* () {
    for (let seed = first; seed < first + count; seed++) yield makeProgram(seed);
  };
  for (const batch of batches(programs())) {
    try {
      judge(summary, session.runWatched(batch, "maps"), "maps");
      judge(summary, session.runWatched(batch, "vars"), "vars");
      judge(summary, session.runRaced(batch), "go-race");
    } catch (cause) {
      const seeds = `seeds ${batch[0]?.seed} to ${batch.at(-1)?.seed}`;
      summary.disagreements.push(`${seeds}: ${cause instanceof Error ? cause.message : cause}`);
    }
    progress(summary);
  }
  return summary;
}

function judge(summary: Summary, outcomes: readonly Outcome[], rules: Rules): void {
  const counts = summary[rules];
  for (const { program, log, reported } of outcomes) {
    const events = readEvents(program, log);
    const verdict = compare(program, events, reported, rules);
    counts.racy += verdict.racy;
    counts.clean += verdict.clean;
    counts.either += verdict.either;
    counts.missed += verdict.missed;
    counts.pairs += reported.length;
    for (const text of verdict.disagreements) summary.disagreements.push(`seed ${program.seed}: ${text}`);
    if (rules !== "maps") continue;
    summary.programs++;
    summary.goroutines += program.goroutines.length;
    summary.operations += events.length;
    if (new Set(events.map(({ op }) => op.i)).size < program.ops) summary.unfinished++;
  }
}
