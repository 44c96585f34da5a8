/**
 * Go's own tests of its race detector, taken from the user's GOROOT: what they expect of maps is what the
 * detector says. In mode vars all of their map races are seen; in mode maps those of the map itself.
 */
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import type { RunMode } from "../../src/protocol.ts";
import { copyGoRaceTests, OF_LEN_AND_VARIABLES, OF_THE_MAP } from "../cases/goRaceTests.ts";
import { buildWatched, runWatched, scratchFolder } from "./prepare.ts";

const MINUTES = 60_000;
const { folder, remove } = scratchFolder();
afterAll(remove);

/** The test functions in whose goroutines a mode sees conflicts. */
async function conflictingTests(mode: RunMode): Promise<string[]> {
  const module = path.join(folder, mode);
  copyGoRaceTests(module);
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
