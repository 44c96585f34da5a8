/**
 * What must hold every time holds many times: Go's own race tests of maps in mode vars, and a report before
 * the runtime's own check ends a program. The counts are kept in racetests.result.json beside this file.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { conflictingTests, copyGoRaceTests, OF_LEN_AND_VARIABLES, OF_THE_MAP } from "../cases/goRaceTests.ts";
import { buildWatched, runWatched, scratchFolder } from "./prepare.ts";

const { folder, remove } = scratchFolder();
const stream = path.join(folder, "stream.jsonl");
const cacheDir = path.join(folder, "cache");
afterAll(remove);

/** How many of `runs` runs are as they must be. */
function count(runs: number, isRight: () => boolean): string {
  let right = 0;
  for (let run = 0; run < runs; run++) if (isRight()) right++;
  return `${right} of ${runs}`;
}

test("every run", async () => {
  const module = path.join(folder, "racetests");
  copyGoRaceTests(module);
  const tests = path.join(folder, "racetests.exe");
  await buildWatched(module, tests, { mode: "vars", test: true, cacheDir });
  const expected = [...OF_THE_MAP, ...OF_LEN_AND_VARIABLES].sort().join();
  const agreed = count(20, () => conflictingTests(tests, "vars", stream).join() === expected);

  const program = path.join(folder, "program.exe");
  await buildWatched(path.join(import.meta.dirname, "fixtures/program"), program, { cacheDir });
  const reported = count(100, () => {
    const run = runWatched(program, ["dies of concurrent map writes"], stream);
    return run.process.stderr.includes("fatal error: concurrent map") && run.conflicts.length > 0;
  });

  const result = {
    date: new Date().toISOString().slice(0, 10),
    "Go's own race tests agree in mode vars": agreed,
    "a conflict was reported before the program died": reported,
  };
  const file = path.join(import.meta.dirname, "racetests.result.json");
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  expect({ agreed, reported }).toEqual({ agreed: "20 of 20", reported: "100 of 100" });
});
