/**
 * Explores schedules: runs a program again and again with the scheduler perturbed, and measures how often each
 * Conflict is seen. A seed fixes our perturbation, not Go's scheduler, so a seed that showed a rare Conflict is
 * run again to say how often it shows it: k of n.
 */
import type { Conflict } from "../../protocol.ts";
import type { Ledger } from "./ledger.ts";
import type { ProgramEnd } from "./programRun.ts";
import type { Exploration } from "./runRequest.ts";

/** How often a seed that showed a Conflict is run again, and for how many seeds that is done at most. */
const REPLAYS = 5;
const REPLAYED_SEEDS = 3;

/** What exploring needs of the session. */
export interface ExplorationHost {
  readonly ledger: Ledger;
  readonly isStopped: () => boolean;
  /** Runs the program once; the ledger knows it as one more run. */
  readonly run: (seed: number) => Promise<ProgramEnd>;
  readonly onConflict: (conflict: Conflict) => void;
  readonly onNote: (sentence: string) => void;
}

/**
 * Runs the program as often as `exploration` says, and some seeds again.
 * @returns how every run ended, in order.
 */
export async function explore(exploration: Exploration, host: ExplorationHost): Promise<ProgramEnd[]> {
  const ends: ProgramEnd[] = [];
  const seeds: number[] = [];
  const runSeed = async (seed: number): Promise<void> => {
    seeds.push(seed);
    ends.push(await host.run(seed));
  };
  while (seeds.length < exploration.runs && !host.isStopped())
    await runSeed(exploration.seed ?? seeds.length + 1);
  const explored = seeds.length;

  const rare = host.ledger.conflicts().filter(({ id }) => host.ledger.runsWith(id).length < explored);
  // The seed of the first run that saw it; runs count from 1.
  const seedOf = (id: number): number => seeds[host.ledger.runsWith(id)[0]! - 1]!;
  const replayed = exploration.seed === undefined ? [...new Set(rare.map(({ id }) => seedOf(id)))] : [];
  for (const seed of replayed.slice(0, REPLAYED_SEEDS)) {
    host.onNote(`Seed ${seed} showed a conflict that others did not: running it ${REPLAYS} more times.`);
    for (let n = 0; n < REPLAYS && !host.isStopped(); n++) await runSeed(seed);
  }

  for (const conflict of host.ledger.conflicts()) {
    const seen = host.ledger.runsWith(conflict.id);
    const seed = seedOf(conflict.id);
    const again = seeds.flatMap((s, index) => (index >= explored && s === seed ? [index + 1] : []));
    host.onConflict(
      host.ledger.setExplored(conflict.id, {
        runs: explored,
        seen: seen.filter((run) => run <= explored).length,
        seed,
        replays: again.length,
        seenAgain: again.filter((run) => seen.includes(run)).length,
      }),
    );
  }
  return ends;
}
