/** Exploring tells how often a conflict was seen, and how often its seed shows it again. */
import { expect, test } from "vitest";
import type { Conflict } from "../../src/protocol.ts";
import { explore } from "../../src/server/run/explore.ts";
import { createLedger } from "../../src/server/run/ledger.ts";
import type { Exploration } from "../../src/server/run/runRequest.ts";

/** A program whose conflict on `line` is seen when `shows` says so; nothing is started. */
async function explored(
  exploration: Exploration,
  shows: (seed: number, run: number, line: number) => boolean,
  stopAfter = Number.POSITIVE_INFINITY,
) {
  const ledger = createLedger();
  const seeds: number[] = [];
  const told: Conflict[] = [];
  const ends = await explore(exploration, {
    ledger,
    isStopped: () => seeds.length >= stopAfter,
    run: async (seed) => {
      seeds.push(seed);
      ledger.beginRun();
      for (const line of [1, 2]) {
        if (!shows(seed, seeds.length, line)) continue;
        const side = {
          kind: "write" as const,
          goroutine: { id: line, created: [] },
          stack: [{ function: "main.set", file: "/app/main.go", line }],
          when: 1,
          recent: [],
        };
        ledger.add({
          type: "conflict",
          pid: seeds.length,
          id: line,
          map: { type: "map[string]int", created: [] },
          accesses: [side, side],
          count: 1,
        });
      }
      return { exitCode: 0, damaged: 0 };
    },
    onConflict: (conflict) => told.push(conflict),
    onNote: () => {},
  });
  expect(ends).toHaveLength(seeds.length);
  return { seeds, told };
}

test("a conflict of every run needs no replay", async () => {
  const { seeds, told } = await explored({ runs: 4 }, (_seed, _run, line) => line === 1);
  expect(seeds).toEqual([1, 2, 3, 4]);
  expect(told.map((conflict) => conflict.explored)).toEqual([
    { runs: 4, seen: 4, seed: 1, replays: 0, seenAgain: 0 },
  ]);
});

test("the seed of a rare conflict is run again, and k of n is told", async () => {
  // Seed 3 shows line 2 in the first round and then every second time.
  const { seeds, told } = await explored(
    { runs: 4 },
    (seed, run, line) => line === 1 || (seed === 3 && (run === 3 || run % 2 === 0)),
  );
  expect(seeds).toEqual([1, 2, 3, 4, 3, 3, 3, 3, 3]);
  expect(told.map((conflict) => conflict.explored)).toEqual([
    { runs: 4, seen: 4, seed: 1, replays: 0, seenAgain: 0 },
    { runs: 4, seen: 1, seed: 3, replays: 5, seenAgain: 2 },
  ]);
});

test("a seed that is given is the seed of every run", async () => {
  const { seeds, told } = await explored({ runs: 3, seed: 7 }, (_seed, run, line) => line === 2 && run === 2);
  expect(seeds).toEqual([7, 7, 7]);
  expect(told[0]!.explored).toEqual({ runs: 3, seen: 1, seed: 7, replays: 0, seenAgain: 0 });
});

test("a stop ends the exploring after the run under way", async () => {
  const { seeds, told } = await explored({ runs: 100 }, (_seed, run, line) => line === 1 && run === 1, 2);
  expect(seeds).toEqual([1, 2]);
  expect(told[0]!.explored).toMatchObject({ runs: 2, seen: 1, replays: 0 });
});
