/** Mode vars leaves a goroutine's stack where it is in the compiler's calls: the collector could not read it there. */
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { buildWatched, runWatched, scratchFolder } from "./prepare.ts";

const MINUTES = 60_000;
const { folder, remove } = scratchFolder();
afterAll(remove);

test("stacks may end where the compiler calls", { timeout: 15 * MINUTES }, async () => {
  const program = path.join(folder, "program.exe");
  await buildWatched(path.join(import.meta.dirname, "fixtures/stacks"), program, {
    mode: "vars",
    cacheDir: path.join(folder, "cache"),
  });
  const { process, records } = runWatched(program, [], path.join(folder, "stream.jsonl"));
  expect([process.status, process.stdout, process.stderr]).toEqual([0, "all stacks grew\n", ""]);
  expect(records.at(-1)).toMatchObject({ type: "end", conflicts: 0, dropped: 0 });
});
