/** What is printed and what is kept of a run, from records that are handed in. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { conflictText, endText, inColour, plain } from "../../src/cli/conflictText.ts";
import { openRunOutput } from "../../src/cli/runOutput.ts";
import type { Conflict, MapMix, RunEnd } from "../../src/protocol.ts";

const conflict: Conflict = {
  type: "conflict",
  id: 1,
  map: {
    type: "map[string]int",
    created: [{ function: "main.init", file: "/app/main.go", line: 3 }],
    id: "map-1",
  },
  accesses: [
    {
      kind: "write",
      goroutine: { id: 7, created: [{ function: "main.main", file: "/app/main.go", line: 20 }] },
      stack: [{ function: "main.set", file: "/app/main.go", line: 9 }],
      when: 1.25,
      key: "secret",
      recent: [
        {
          kind: "acquire",
          when: 1,
          what: "lock",
          object: "sync-1",
          frame: { function: "main.set", file: "/app/main.go", line: 8 },
        },
      ],
    },
    {
      kind: "iterate",
      goroutine: { id: 1, created: [] },
      stack: [{ function: "main.main", file: "/app/main.go", line: 22 }],
      when: 2.5,
      recent: [{ kind: "release", when: 2, what: "unlock", object: "sync-2" }],
    },
  ],
  count: 1,
};
const mix: MapMix = {
  type: "map",
  id: "map-1",
  map: conflict.map,
  reads: 1,
  writes: 2,
  iterations: 0,
  deletes: 0,
  goroutines: 2,
  keys: 1,
};
const end: RunEnd = { type: "end", exitCode: 0, conflicts: 1, dropped: 0, hooks: 27 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "maprace-test-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

test("a conflict reads like a report of -race, with the map and the last events", () => {
  expect(conflictText(conflict, plain)).toBe(`==================
CONFLICT 1: iteration and previous write of map[string]int
Iteration by main goroutine (2.5 ms after start):
  main.main()
      /app/main.go:22

Previous write of key secret by goroutine 7 (1.3 ms after start):
  main.set()
      /app/main.go:9

Goroutine 7 was created at:
  main.main()
      /app/main.go:20

The map was made at:
  main.init()
      /app/main.go:3

Just before, main goroutine did:
  unlock (sync-2)
Just before, goroutine 7 did:
  lock (sync-1) at /app/main.go:8
Nothing orders the two: in these last events the goroutines share no lock and no channel.
==================
`);
  expect(conflictText(conflict, inColour)).toContain("\u001b[36m/app/main.go:22\u001b[0m");
});

test("the end tells what was lost, what was found and how the map is used", () => {
  expect(endText({ ...end, conflicts: 0 }, [], [mix], plain)).toBe("");
  expect(
    endText(
      { ...end, dropped: 2, truncated: true, death: "panic: no" },
      [{ ...conflict, count: 4 }],
      [mix],
      plain,
    ),
  ).toBe(`The program died: panic: no.
The detector had to drop 2 reports: there may be more conflicts than are shown.
The program ended before the detector could close its books: counts may be too small.
Found 1 conflict.
  1. iteration at /app/main.go:22 and previous write at /app/main.go:9 of map[string]int (4 times)
map[string]int made at /app/main.go:3: 1 read, 2 writes, 0 iterations, 0 deletes by 2 goroutines, about 1 key.
`);
  const explored = { runs: 20, seen: 1, seed: 7, replays: 5, seenAgain: 3 };
  expect(endText(end, [{ ...conflict, explored }], [], plain)).toContain(
    "     seen in 1 of 20 runs; seed 7 showed it again in 3 of 5 (to see it again: --explore 5 --seed 7)\n",
  );
});

test("json is live, a conflict whose count grew is written once more, and keys stay out of the recording", () => {
  const printed: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  const out = path.join(folder, "run.jsonl");
  const output = openRunOutput({
    format: "json",
    out,
    base: "/app",
    title: "t",
    assets: folder,
    showsKeys: true,
  });
  output.record(conflict);
  expect(printed).toHaveLength(1);
  for (const count of [2, 3]) output.record({ ...conflict, count });
  expect(printed).toHaveLength(1);
  output.record(end);
  output.finish();
  const records = printed.map((line) => JSON.parse(line));
  expect(records.map((record) => [record.type, record.count])).toEqual([
    ["conflict", 1],
    ["conflict", 3],
    ["end", undefined],
  ]);
  expect(records[0].accesses[0]).toMatchObject({ key: "secret", stack: [{ file: "main.go" }] });
  const kept = readFileSync(out, "utf8");
  expect(kept.trimEnd().split("\n")).toHaveLength(3);
  expect(kept).not.toContain("secret");
});
