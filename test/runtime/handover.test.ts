/**
 * Each way of handing a map over must be silent, and each way that orders nothing must be reported, by
 * the detector in a real program.
 */
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildWatched, runWatched, scratchFolder } from "./prepare.ts";

const MINUTES = 60_000;
const { folder, remove } = scratchFolder();
const program = path.join(folder, process.platform === "win32" ? "program.exe" : "program");
const stream = path.join(folder, "stream.jsonl");
const cases: Record<"silent" | "reported", string[]> = { silent: [], reported: [] };

beforeAll(async () => {
  const fixture = path.join(import.meta.dirname, "fixtures/program");
  await buildWatched(fixture, program, { cacheDir: path.join(folder, "cache") });
  for (const line of runWatched(program, [], stream).process.stdout.trim().split("\n")) {
    const [, group, name] = /^(silent|reported) (.*)$/.exec(line) ?? [];
    cases[group as "silent" | "reported"].push(name ?? "");
  }
}, 15 * MINUTES);

afterAll(remove);

test("every way of handing over is silent", { timeout: 5 * MINUTES }, () => {
  expect(cases.silent.length).toBeGreaterThan(20);
  for (const name of cases.silent) {
    const run = runWatched(program, [name], stream);
    expect(run.process.status, `${name}: ${run.process.stderr}`).toBe(0);
    expect(run.records[0]?.type, name).toBe("start");
    expect(run.records.at(-1), name).toMatchObject({ type: "end", conflicts: 0, dropped: 0 });
    expect(run.conflicts, name).toEqual([]);
  }
});

test("everything that orders nothing is reported", { timeout: 5 * MINUTES }, () => {
  expect(cases.reported.length).toBeGreaterThan(15);
  for (const name of cases.reported) {
    const run = runWatched(program, [name], stream);
    expect(run.conflicts.length, `${name}: ${run.process.stderr}`).toBeGreaterThan(0);
    const [first] = run.conflicts;
    for (const access of first?.accesses ?? []) {
      expect(access.stack[0]?.line, name).toBeGreaterThan(0);
      expect(
        access.stack.some((frame) => frame.function.startsWith("main.")),
        name,
      ).toBe(true);
    }
    expect(first?.map.created.length, name).toBeGreaterThan(0);
    expect(first?.map.type, name).toMatch(/^map\[/);
  }
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
