/** Slots of ended goroutines are used again: that hides no conflict, makes none up, and mistakes no one. */
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildWatched, runWatched, scratchFolder } from "./prepare.ts";

const MINUTES = 60_000;
const { folder, remove } = scratchFolder();
const program = path.join(folder, process.platform === "win32" ? "program.exe" : "program");
const stream = path.join(folder, "stream.jsonl");

beforeAll(
  () =>
    buildWatched(path.join(import.meta.dirname, "fixtures/slots"), program, {
      cacheDir: path.join(folder, "cache"),
    }),
  15 * MINUTES,
);

afterAll(remove);

test("a conflict names the goroutine that had the slot then", { timeout: 5 * MINUTES }, () => {
  const run = runWatched(program, ["locked"], stream);
  expect(run.process.status, run.process.stderr).toBe(0);
  expect(run.conflicts.length).toBe(1);
  const [writer, reader] = run.conflicts[0]?.accesses ?? [];
  expect(writer?.kind).toBe("write");
  expect(writer?.goroutine.id).toBe(Number(run.process.stdout.split("\n")[0]));
  expect(reader?.goroutine.id).not.toBe(writer?.goroutine.id);
  expect(run.records.at(-1)).toMatchObject({ type: "end", conflicts: 1, dropped: 0 });
});

test("no access is forgotten when the slots that nothing names are swept", { timeout: 5 * MINUTES }, () => {
  const run = runWatched(program, ["kept"], stream);
  expect(run.process.status, run.process.stderr).toBe(0);
  expect(run.conflicts.length).toBe(1);
  const count = run.records.find((record) => record.type === "count");
  expect(count?.count).toBe(Number(run.process.stdout));
});
