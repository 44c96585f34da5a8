/**
 * Go's own tests of its race detector, taken from the user's GOROOT: what they expect of maps is what the
 * detector says. In mode vars all of their map races are seen; in mode maps those of the map itself.
 */
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { RunMode } from "../../src/protocol.ts";
import {
  conflictingTests,
  copyAllGoRaceTests,
  copyGoCgoProgram,
  copyGoRaceTests,
  OF_LEN_AND_VARIABLES,
  OF_THE_MAP,
} from "../cases/goRaceTests.ts";
import { buildWatched, runWatched, scratchFolder } from "./prepare.ts";

const MINUTES = 60_000;
const { folder, remove } = scratchFolder();
afterAll(remove);

/** The test functions in whose goroutines a mode sees conflicts. */
async function testsThatConflict(mode: RunMode): Promise<string[]> {
  const module = path.join(folder, mode);
  copyGoRaceTests(module);
  const program = path.join(folder, `${mode}.test`);
  await buildWatched(module, program, { mode, test: true, cacheDir: path.join(folder, "cache") });
  return conflictingTests(program, mode, path.join(folder, `${mode}.jsonl`));
}

test("mode maps agrees about the races of maps", { timeout: 15 * MINUTES }, async () => {
  expect(await testsThatConflict("maps")).toEqual(OF_THE_MAP);
});

test("mode vars agrees about len and variables too", { timeout: 15 * MINUTES }, async () => {
  expect(await testsThatConflict("vars")).toEqual([...OF_THE_MAP, ...OF_LEN_AND_VARIABLES].sort());
});

describe.each(["maps", "vars"] as const)("mode %s is silent where Go's own tests expect no race", (mode) => {
  const cacheDir = path.join(folder, "cache");
  const stream = path.join(folder, `${mode}-silent.jsonl`);

  test("in the whole folder", { timeout: 15 * MINUTES }, async () => {
    const module = path.join(folder, `${mode}-all`);
    copyAllGoRaceTests(module);
    const program = path.join(folder, `${mode}-all.test`);
    await buildWatched(module, program, { mode, test: true, cacheDir });
    const run = runWatched(program, ["-test.run", "^TestNoRace", "-test.v"], stream);
    expect(run.process.status, run.process.stderr).toBe(0);
    expect(run.process.stdout.match(/^--- PASS: TestNoRace/gm)?.length).toBeGreaterThan(120);
    expect(run.conflicts).toEqual([]);
    expect(run.records.at(-1)).toMatchObject({ type: "end", conflicts: 0, dropped: 0 });
  });

  test("in a program of Go and C", { timeout: 15 * MINUTES }, async () => {
    const module = path.join(folder, `${mode}-cgo`);
    copyGoCgoProgram(module);
    const program = path.join(folder, `${mode}-cgo.exe`);
    await buildWatched(module, program, { mode, cacheDir });
    const run = runWatched(program, [], stream);
    expect(run.process.status, run.process.stderr).toBe(0);
    expect(run.records.at(-1)).toMatchObject({ type: "end", conflicts: 0, dropped: 0 });
  });
});
