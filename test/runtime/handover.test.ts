/**
 * Each way of handing a map over must be silent, and each way that orders nothing must be reported, by
 * the detector in a real program.
 */
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectReported, expectSilent, listCases } from "./handOverCases.ts";
import { buildWatched, runWatched, scratchFolder } from "./prepare.ts";

const MINUTES = 60_000;
const { folder, remove } = scratchFolder();
const program = path.join(folder, process.platform === "win32" ? "program.exe" : "program");
const stream = path.join(folder, "stream.jsonl");
let cases: ReturnType<typeof listCases>;

beforeAll(async () => {
  const fixture = path.join(import.meta.dirname, "fixtures/program");
  await buildWatched(fixture, program, { cacheDir: path.join(folder, "cache") });
  cases = listCases(runWatched(program, [], stream).process.stdout);
}, 15 * MINUTES);

afterAll(remove);

test("every way of handing over is silent", { timeout: 5 * MINUTES }, () => {
  for (const name of cases.silent) expectSilent(name, runWatched(program, [name], stream));
});

test("everything that orders nothing is reported", { timeout: 5 * MINUTES }, () => {
  for (const name of cases.reported) expectReported(name, runWatched(program, [name], stream));
});

test("what is ordered in a bubble of testing/synctest, and what is not", {
  timeout: 5 * MINUTES,
}, async () => {
  const tests = `${program}.test`;
  const fixture = path.join(import.meta.dirname, "fixtures/program");
  await buildWatched(fixture, tests, { test: true, cacheDir: path.join(folder, "cache") });
  for (const name of ["TestSilentWait", "TestSilentAfterTheBubble"]) {
    const run = runWatched(tests, ["-test.run", `^${name}$`, "-test.v"], stream);
    expect(run.process.stdout).toContain(`--- PASS: ${name}`);
    expect(run.conflicts, name).toEqual([]);
  }
  for (const name of ["TestReportedSleep", "TestReportedBeforeWait"]) {
    const run = runWatched(tests, ["-test.run", `^${name}$`, "-test.v"], stream);
    expect(run.process.stdout).toContain(`--- PASS: ${name}`);
    expect(run.conflicts, name).toHaveLength(1);
  }
});

test("what C and Go hand over, and what they do not", { timeout: 5 * MINUTES }, async () => {
  const callbacks = path.join(folder, "callbacks.exe");
  const fixture = path.join(import.meta.dirname, "fixtures/callbacks");
  await buildWatched(fixture, callbacks, { cacheDir: path.join(folder, "cache") });
  for (const name of ["silent callback", "silent thread", "silent goroutine"]) {
    const run = runWatched(callbacks, [name], stream);
    expect(run.process.status, run.process.stderr).toBe(0);
    expect(run.records.at(-1), name).toMatchObject({ type: "end", conflicts: 0, dropped: 0 });
  }
  for (const name of ["reported callback", "reported thread"]) {
    const run = runWatched(callbacks, [name], stream);
    expect(run.process.status, run.process.stderr).toBe(0);
    expect(run.conflicts, name).toHaveLength(1);
  }
});

test("a program that dies of the runtime's own check has reported before, every time", {
  timeout: 5 * MINUTES,
}, () => {
  for (let run = 0; run < 20; run++) {
    const { process, conflicts } = runWatched(program, ["dies of concurrent map writes"], stream);
    expect(process.stderr).toContain("fatal error: concurrent map");
    expect(process.status).toBe(2);
    expect(conflicts.length).toBeGreaterThan(0);
  }
});
