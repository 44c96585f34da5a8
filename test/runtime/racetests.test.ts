/**
 * Go's own tests of its race detector, taken from the user's GOROOT: what they expect of maps is what the
 * detector says. In mode vars all of their map races are seen; in mode maps those of the map itself.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import type { RunMode } from "../../src/protocol.ts";
import { buildWatched, goCommand, runWatched, scratchFolder } from "./prepare.ts";

const MINUTES = 60_000;
const { folder, remove } = scratchFolder();
afterAll(remove);

const OF_THE_MAP = [
  "TestRaceCaseIssue6418",
  "TestRaceCaseTypeIssue5890",
  "TestRaceCrawl",
  "TestRaceMapDelete",
  "TestRaceMapRW",
  "TestRaceMapRW2",
  "TestRaceMapRWArray",
  "TestRaceMapRange",
  "TestRaceMapRange2",
];
const OF_LEN_AND_VARIABLES = [
  "TestRaceMapLen",
  "TestRaceMapLenDelete",
  "TestRaceMapVariable",
  "TestRaceMapVariable2",
  "TestRaceMapVariable3",
  "TestRaceUnaddressableMapLen",
];

/** The test functions in whose goroutines a mode sees conflicts. */
async function conflictingTests(mode: RunMode): Promise<string[]> {
  const goroot = spawnSync(goCommand(), ["env", "GOROOT"], { encoding: "utf8" }).stdout.trim();
  const module = path.join(folder, mode);
  mkdirSync(module);
  writeFileSync(path.join(module, "go.mod"), "module racetest\n\ngo 1.22\n");
  for (const file of ["map_test.go", "mop_test.go", "regression_test.go"]) {
    copyFileSync(path.join(goroot, "src/runtime/race/testdata", file), path.join(module, file));
  }
  const program = path.join(folder, `${mode}.test`);
  await buildWatched(module, program, { mode, test: true, cacheDir: path.join(folder, "cache") });
  const stream = path.join(folder, `${mode}.jsonl`);
  const run = runWatched(program, ["-test.run", "."], stream, { MAPRACE_MODE: mode });
  expect(run.records[0]).toMatchObject({ type: "start", mode });
  const names = new Set<string>();
  for (const conflict of run.conflicts) {
    const frames = conflict.accesses.flatMap((access) => [...access.stack, ...access.goroutine.created]);
    const [, name = "none"] = frames.map((frame) => /\.(Test\w+)/.exec(frame.function)).find(Boolean) ?? [];
    names.add(name);
  }
  return [...names].sort();
}

test("mode maps agrees about the races of maps", { timeout: 15 * MINUTES }, async () => {
  expect(await conflictingTests("maps")).toEqual(OF_THE_MAP);
});

test("mode vars agrees about len and variables too", { timeout: 15 * MINUTES }, async () => {
  expect(await conflictingTests("vars")).toEqual([...OF_THE_MAP, ...OF_LEN_AND_VARIABLES].sort());
});
