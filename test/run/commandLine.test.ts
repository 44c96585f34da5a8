/** `maprace run`, `test`, `open`, `build` as processes, as a terminal or a CI job starts them. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Conflict, RunEnd, RunRecord } from "../../src/protocol.ts";

// The first build on a machine compiles the standard library.
vi.setConfig({ testTimeout: 240_000 });

const PROGRAMS = fileURLToPath(new URL("fixtures/programs", import.meta.url));
const SOURCES = fileURLToPath(new URL("../../src", import.meta.url));

let folder: string;
let command: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "maprace-test-"));
  command = path.join(folder, "maprace.mjs");
  // Only the subcommands under test, so that nothing else has to build for them.
  await build({
    stdin: {
      contents: `
        import { runProgram, runTests } from "./cli/run.ts";
        import { run as open } from "./cli/open.ts";
        import { run as build } from "./cli/build.ts";
        import { run as env } from "./cli/env.ts";
        const [name, ...argv] = process.argv.slice(2);
        const commands = { run: runProgram, test: runTests, open, build, env };
        try {
          process.exitCode = await commands[name](argv, ${JSON.stringify(path.join(folder, "assets"))});
        } catch (error) {
          console.error(error.message);
          process.exitCode = 2;
        }`,
      resolveDir: SOURCES,
    },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: command,
  });
  const assets = path.join(folder, "assets");
  mkdirSync(assets);
  // A stand-in for the page's own script and style: what they do is tested with them.
  writeFileSync(path.join(assets, "timeline.js"), "/* the script */");
  writeFileSync(path.join(assets, "timeline.css"), "/* the style */");
  spawnSync("cp", ["-r", path.join(SOURCES, "runtime"), path.join(assets, "runtime")]);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function maprace(...argv: string[]) {
  return spawnSync(process.execPath, [command, ...argv], { cwd: PROGRAMS, encoding: "utf8" });
}

function parse(lines: string): RunRecord[] {
  return lines
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as RunRecord);
}

test("text: the program's stdout is its own, the report stands on stderr and its files are relative", () => {
  const { status, stdout, stderr } = maprace("run", "./racy");
  expect(status).toBe(66);
  expect(stdout).toBe("counted\n");
  expect(stderr).toMatch(/^on stderr$/m);
  expect(stderr).toMatch(/^CONFLICT 1: write and previous write of map\[string\]int$/m);
  expect(stderr).toMatch(
    /^Write of key #[0-9a-f]+ by goroutine \d+ \(.* ms after start\):\n {2}main\.count\(\)\n {6}racy\/main\.go:14$/m,
  );
  expect(stderr).toMatch(/^Previous write .*by goroutine \d+/m);
  expect(stderr.match(/^Goroutine \d+ was created at:\n {2}main\.main\(\)$/gm)).toHaveLength(2);
  expect(stderr).toMatch(/^The map was made at:\n {2}main\.init\(\)/m);
  expect(stderr).toMatch(
    /Found 1 conflict\.\n {2}1\. write at racy\/main\.go:14 and previous write at racy\/main\.go:14 of map\[string\]int\nmap\[string\]int made at racy\/main\.go:11: \d+ reads?, 2 writes, .* by 2 goroutines, about 2 keys\.\n$/,
  );
  // No colours where there is no terminal.
  expect(stderr).not.toContain("\u001b");
});

test("a run without conflicts adds nothing to what the program prints", () => {
  const { status, stdout, stderr } = maprace("run", "./exit3", "--", "--mode", "x");
  expect({ status, stdout, stderr }).toEqual({ status: 3, stdout: "[--mode x] \n", stderr: "" });
});

test("json: one record a line, and the program's output on stderr", () => {
  const { status, stdout, stderr } = maprace("run", "--format", "json", "./racy");
  expect(status).toBe(66);
  expect(stderr).toContain("counted\n");
  const records = parse(stdout);
  expect(records[0]).toMatchObject({ type: "start", mode: "maps" });
  const conflict = records.find((record): record is Conflict => record.type === "conflict");
  expect(conflict).toMatchObject({
    id: 1,
    count: 1,
    map: { type: "map[string]int" },
    accesses: [
      { kind: "write", stack: [{ function: "main.count", file: "racy/main.go", line: 14 }] },
      { kind: "write", stack: [{ function: "main.count", file: "racy/main.go", line: 14 }] },
    ],
  });
  expect(records.at(-1)).toMatchObject({ type: "end", exitCode: 0, conflicts: 1, dropped: 0 });
  expect((records.at(-1) as RunEnd).hooks).toBeGreaterThan(0);
});

test("a recording shows again what the run showed, in every format", () => {
  const recording = path.join(folder, "run.jsonl");
  const live = maprace("run", "--out", recording, "./racy");
  expect(live.status).toBe(66);
  const opened = maprace("open", recording);
  expect(opened.status).toBe(66);
  const where = `maprace: recorded. To see it again: maprace open ${recording}\n`;
  expect(live.stderr.replace("on stderr\n", "")).toBe(opened.stderr + where);
  const json = maprace("open", "--format", "json", recording);
  expect(json.stdout).toBe(readFileSync(recording, "utf8"));

  const page = path.join(folder, "page.html");
  const { status, stderr } = maprace("open", "--format", "html", "--out", page, recording);
  expect(status).toBe(66);
  expect(stderr).toBe(`maprace: 1 conflict. Open ${page} in a browser to see the timeline.\n`);
  const html = readFileSync(page, "utf8");
  expect(html).toContain("/* the script */");
  expect(html).toContain("/* the style */");
  expect(html).toContain("racy/main.go");
});

test("html: the page comes at the end of the run, to stdout or into the file", () => {
  const { status, stdout, stderr } = maprace("run", "--format", "html", "./racy");
  expect(status).toBe(66);
  expect(stdout).toMatch(/^<!DOCTYPE html>/);
  expect(stdout).toContain("racy/main.go");
  expect(stderr).toContain("counted\n");
});

test("logs of other tools open too, and what is none of them is refused", () => {
  const race = maprace("open", fileURLToPath(new URL("logs/race-main-goroutine.log", import.meta.url)));
  expect(race.status).toBe(66);
  expect(race.stderr).toMatch(/CONFLICT 1: iteration and previous write of map/);
  expect(race.stderr).toContain("[the other side is not known]");
  const crash = maprace("open", fileURLToPath(new URL("logs/concurrent-map-writes.log", import.meta.url)));
  expect(crash.status).toBe(66);
  expect(crash.stderr).toMatch(/The program died: fatal error: concurrent map writes\./);
  const panic = maprace("open", fileURLToPath(new URL("logs/nil-map-panic.log", import.meta.url)));
  expect([panic.status, panic.stderr]).toEqual([
    0,
    "The program died: panic: assignment to entry in nil map.\n",
  ]);
  const other = maprace("open", fileURLToPath(import.meta.url));
  expect(other.status).toBe(2);
  expect(other.stderr).toMatch(/holds no recorded run, no report of -race and no crash/);
  expect(maprace("open", "nowhere.jsonl").stderr).toMatch(/nowhere\.jsonl cannot be read \(ENOENT\)/);
});

test("a binary that was built instrumented reports to the file that its environment names", () => {
  const binary = path.join(folder, process.platform === "win32" ? "racy.exe" : "racy");
  const built = maprace("build", "-o", binary, "./racy");
  expect([built.status, built.stdout]).toEqual([0, ""]);
  expect(built.stderr).toMatch(/MAPRACE_STREAM=FILE/);
  const stream = path.join(folder, "stream.jsonl");
  const ran = spawnSync(binary, { env: { ...process.env, MAPRACE_STREAM: stream }, encoding: "utf8" });
  expect([ran.status, ran.stdout, ran.stderr]).toEqual([0, "counted\n", "on stderr\n"]);
  const opened = maprace("open", "--format", "json", stream);
  expect(opened.status).toBe(66);
  expect(parse(opened.stdout).map((record) => record.type)).toEqual(
    expect.arrayContaining(["start", "conflict", "end"]),
  );
  // Without the variable it is a plain program.
  expect(spawnSync(binary, { encoding: "utf8" }).status).toBe(0);
});

test.runIf(process.platform === "linux")(
  "open listens at a socket for programs that others start, until it is interrupted",
  async () => {
    const socket = path.join(folder, "socket");
    const binary = path.join(folder, "racy");
    const opened = spawn(process.execPath, [command, "open", "--format", "json", `unix:${socket}`]);
    let [stdout, stderr] = ["", ""];
    opened.stdout.on("data", (data: Buffer) => {
      stdout += data.toString();
    });
    await new Promise<void>((resolve) => {
      opened.stderr.on("data", (data: Buffer) => {
        stderr += data.toString();
        resolve();
      });
    });
    expect(stderr).toContain(`MAPRACE_STREAM=unix:${socket}`);
    const second = maprace("open", `unix:${socket}`);
    expect([second.status, second.stderr]).toEqual([2, expect.stringContaining("is there already")]);
    for (let program = 0; program < 2; program++) {
      const env = { ...process.env, MAPRACE_STREAM: `unix:${socket}` };
      const ran = await promisify(execFile)(binary, { env });
      expect([ran.stdout, ran.stderr]).toEqual(["counted\n", "on stderr\n"]);
    }
    // It was told while the programs ran.
    await expect.poll(() => stdout).toContain('"conflict"');
    opened.kill("SIGINT");
    expect(await new Promise((resolve) => opened.on("exit", resolve))).toBe(66);
    const records = parse(stdout);
    expect(records.filter((record) => record.type === "conflict").at(-1)).toMatchObject({ id: 1, count: 2 });
    expect(records.at(-1)).toMatchObject({ type: "end", conflicts: 1, dropped: 0 });
    expect(existsSync(socket)).toBe(false);
  },
);

test("the printed environment makes an instrumented binary of any go build, and tests that are not cached", () => {
  const printed = maprace("env");
  expect([printed.status, printed.stderr]).toEqual([0, ""]);
  const env = { ...process.env, MAPRACE_STREAM: path.join(folder, "tests.jsonl") } as Record<string, string>;
  for (const [, name, value] of printed.stdout.matchAll(/^export (\w+)='(.*)'$/gm)) env[name!] = value!;
  for (let n = 0; n < 2; n++) {
    const tested = spawnSync("go", ["test", "./tested"], { cwd: PROGRAMS, env, encoding: "utf8" });
    expect(tested.stdout).toMatch(/^ok {2}\texample\.com\/programs\/tested\t[\d.]+s\n$/);
  }
  const opened = parse(maprace("open", "--format", "json", env.MAPRACE_STREAM!).stdout);
  expect(opened.filter((record) => record.type === "conflict").at(-1)).toMatchObject({ id: 1, count: 2 });
});

test("the first signal reaches the program, the second one ends it", async () => {
  const run = spawn(process.execPath, [command, "run", "./parent"], { cwd: PROGRAMS });
  let stdout = "";
  const running = new Promise<void>((resolve) => {
    run.stdout.on("data", (data: Buffer) => {
      stdout += data.toString();
      if (stdout.match(/pid/g)?.length === 2) resolve();
    });
  });
  await running;
  const ended = new Promise((resolve) => {
    run.on("exit", resolve);
  });
  run.kill("SIGINT");
  const stillRunning = await Promise.race([
    ended,
    new Promise((resolve) => setTimeout(() => resolve("running"), 200)),
  ]);
  expect(stillRunning).toBe("running");
  run.kill("SIGINT");
  expect(await ended).toBe(137);
});

test("a reader that goes away ends the output, not the run", async () => {
  const run = spawn(process.execPath, [command, "run", "--format", "json", "./racy"], { cwd: PROGRAMS });
  run.stdout.destroy();
  run.stderr.resume();
  expect(await new Promise((resolve) => run.on("exit", resolve))).toBe(66);
});

test("what cannot run is told in a sentence, with status 2", () => {
  const broken = maprace("run", "./broken");
  expect(broken.status).toBe(2);
  expect(broken.stderr).toMatch(/^broken\/main\.go:5:2: undefined: missing$/m);
  expect(broken.stderr).toMatch(
    /^maprace: The program does not build\. Correct the errors and run again\.\n$/m,
  );
  expect(maprace("run", "--mode", "fast").stderr).toMatch(/no mode “fast”; there are maps, vars, go-race/);
  expect(maprace("run", "--format", "xml").stderr).toMatch(/no format “xml”/);
  expect(maprace("run", "./racy", "wait").stderr).toMatch(/maprace run \.\/racy -- wait/);
  const unwritable = maprace("run", "--out", folder, "./racy");
  expect([unwritable.status, unwritable.stdout]).toEqual([2, ""]);
  expect(unwritable.stderr).toMatch(/cannot be written \(it is a folder\).*--out/);
});

test("a recording that outgrows its disk is told at the end of the run", () => {
  // The one file of the system that is always full; where it does not exist the message cannot be provoked.
  if (!existsSync("/dev/full")) return;
  const full = maprace("run", "--out", "/dev/full", "./racy");
  expect(full.stdout).toBe("counted\n");
  expect(full.stderr).toMatch(/CONFLICT 1/);
  expect(full.stderr).toMatch(/\/dev\/full is incomplete \(no space is left on the disk\)/);
  expect(full.status).toBe(2);
});
