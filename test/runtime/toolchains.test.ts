/**
 * The detector on the oldest Go that is supported and on one between it and the newest (the other tests run
 * on the one that is installed), and built for systems that are not at hand. The go command downloads the
 * other versions into the module cache, where Maprace reaches them by a link.
 */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { expectReported, expectSilent, listCases } from "./handOverCases.ts";
import { buildWatched, goCommand, runWatched, scratchFolder } from "./prepare.ts";

const MINUTES = 60_000;
const FIXTURE = path.join(import.meta.dirname, "fixtures/versions");
const { folder, remove } = scratchFolder();
const cacheDir = path.join(folder, "cache");
const stream = path.join(folder, "stream.jsonl");
afterAll(remove);

const SILENT = [
  "mutex",
  "read and write locks",
  "unbuffered channel",
  "buffered channel",
  "select with two cases",
  "atomic flag",
  "once",
  "timer",
  "many short goroutines",
  "variable then goroutine",
];

function lineOf(file: string, text: string): number {
  const lines = readFileSync(path.join(FIXTURE, file), "utf8").split("\n");
  return lines.findIndex((line) => line.includes(text)) + 1;
}

test.each(["go1.22.12", "go1.24.10"])("%s", { timeout: 10 * MINUTES }, async (goVersion) => {
  const env = { GOTOOLCHAIN: goVersion };
  const program = path.join(folder, goVersion);
  await buildWatched(FIXTURE, program, { cacheDir, env });

  const racing = runWatched(program, ["racing writes"], stream);
  expect(racing.process.status, racing.process.stderr).toBe(0);
  expect(racing.records[0]).toMatchObject({ type: "start", goVersion });
  expect(racing.records.at(-1)).toMatchObject({ type: "end", conflicts: 1, dropped: 0 });
  const [conflict] = racing.conflicts;
  expect(conflict?.map.type).toBe("map[string]int");
  expect(conflict?.map.created[0]).toMatchObject({
    function: "main.racing",
    line: lineOf("main.go", `m := map[string]int{"a": 1, "b": 2}`),
  });
  for (const access of conflict?.accesses ?? []) {
    expect(access.kind).toBe("write");
    expect(access.stack[0]?.line).toBe(lineOf("main.go", "m[key]++"));
    expect(access.stack.map((frame) => frame.function)).toContain("main.racing.func1");
    expect(access.goroutine.created[0]?.function).toBe("main.racing");
  }
  const deletes = runWatched(program, ["racing deletes"], stream);
  expect(deletes.conflicts[0]?.accesses.map((access) => access.kind)).toEqual(["delete", "delete"]);

  for (const name of SILENT) {
    const run = runWatched(program, [name], stream);
    expect(run.process.status, `${name}: ${run.process.stderr}`).toBe(0);
    expect(run.conflicts, name).toEqual([]);
    expect(run.records.at(-1), name).toMatchObject({ type: "end", conflicts: 0, dropped: 0 });
  }

  const died = runWatched(program, ["dies"], stream);
  expect(died.process.stderr).toContain("fatal error: concurrent map");
  expect(died.conflicts.length).toBeGreaterThan(0);

  const tests = `${program}.test`;
  await buildWatched(FIXTURE, tests, { cacheDir, env, test: true });
  const tested = runWatched(tests, ["-test.v"], stream);
  expect(tested.process.stdout).toMatch(/--- PASS: TestRacing[\s\S]*--- PASS: TestMutex/);
  expect(tested.conflicts).toHaveLength(1);
  expect(tested.conflicts[0]?.accesses[0].goroutine.created.map((frame) => frame.function)).toContain(
    "versions.TestRacing",
  );
});

test.each(["go1.22.12", "go1.24.10"])(
  "every way of handing over, and not, on %s",
  {
    timeout: 10 * MINUTES,
  },
  async (goVersion) => {
    const program = path.join(folder, `${goVersion}-program`);
    await buildWatched(path.join(import.meta.dirname, "fixtures/program"), program, {
      cacheDir,
      env: { GOTOOLCHAIN: goVersion },
      buildFlags: ["-modfile=oldest.mod"],
    });
    const cases = listCases(runWatched(program, [], stream).process.stdout);
    for (const name of cases.silent) expectSilent(name, runWatched(program, [name], stream));
    for (const name of cases.reported) expectReported(name, runWatched(program, [name], stream));
  },
);

test.each([
  ["windows", "amd64"],
  ["windows", "arm64"],
  ["darwin", "arm64"],
  ["linux", "arm64"],
])("builds for %s/%s", { timeout: 5 * MINUTES }, async (GOOS, GOARCH) => {
  const program = path.join(folder, `${GOOS}-${GOARCH}`);
  await buildWatched(FIXTURE, program, { cacheDir, env: { GOOS, GOARCH, CGO_ENABLED: "0" } });
  expect(statSync(program).size).toBeGreaterThan(500_000);
});

test("linux/386, and runs it where that can be run", { timeout: 5 * MINUTES }, async () => {
  const program = path.join(folder, "linux-386");
  await buildWatched(FIXTURE, program, {
    cacheDir,
    env: { GOOS: "linux", GOARCH: "386", CGO_ENABLED: "0" },
  });
  expect(statSync(program).size).toBeGreaterThan(500_000);
  if (process.platform !== "linux" || process.arch !== "x64") return;
  expect(runWatched(program, ["racing writes"], stream).conflicts).toHaveLength(1);
  for (const name of SILENT) {
    const run = runWatched(program, [name], stream);
    expect(run.process.status, `${name}: ${run.process.stderr}`).toBe(0);
    expect(run.records.at(-1), name).toMatchObject({ type: "end", conflicts: 0, dropped: 0 });
  }
});

test("js/wasm, run by Node", { timeout: 5 * MINUTES }, async () => {
  const program = path.join(folder, "program.wasm");
  await buildWatched(FIXTURE, program, { cacheDir, env: { GOOS: "js", GOARCH: "wasm" } });
  const goroot = spawnSync(goCommand(), ["env", "GOROOT"], { encoding: "utf8" }).stdout.trim();
  const run = (name: string): string[] => {
    const file = openSync(stream, "w");
    const { status, stderr } = spawnSync(
      process.execPath,
      [path.join(goroot, "lib/wasm/wasm_exec_node.js"), program, name],
      // The whole environment may be more than the page of memory that wasm_exec has for it.
      { encoding: "utf8", env: { MAPRACE_STREAM: "fd:3" }, stdio: ["ignore", "ignore", "pipe", file] },
    );
    closeSync(file);
    expect(status, `${name}: ${stderr}`).toBe(0);
    const lines = readFileSync(stream, "utf8").trimEnd().split("\n");
    return lines.map((line) => (JSON.parse(line) as { type: string }).type);
  };
  expect(run("racing writes")).toEqual(["start", "conflict", "map", "end"]);
  for (const name of SILENT) expect(run(name), name).not.toContain("conflict");
});
