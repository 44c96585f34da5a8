/**
 * Libraries that are loaded by other programs: plugins, and Go in a C program. They are built by `maprace build`
 * and report to the stream that the loading program's environment names.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import type { RunMode } from "../../src/protocol.ts";
import { buildWatched, runWatched, scratchFolder, type WatchedRun } from "./prepare.ts";

const FIXTURE = path.join(import.meta.dirname, "fixtures/libraries");
const { folder, remove } = scratchFolder();
const cacheDir = path.join(folder, "cache");
const stream = path.join(folder, "stream.jsonl");
afterAll(remove);

// In CI a missing compiler fails the tests; on other machines nobody is made to install one.
const cannotBuild = !process.env.CI && spawnSync("gcc", ["--version"]).status !== 0;
const options = { timeout: 10 * 60_000, skip: cannotBuild || process.platform === "win32" };

/** Where maps were made that conflicts are about, each once. */
function racing({ conflicts }: WatchedRun): string[] {
  return [
    ...new Set(conflicts.map(({ map }) => `${map.created[0]?.function}:${map.created[0]?.line}`)),
  ].sort();
}

function compile(out: string, ...libraries: string[]): string {
  const program = path.join(folder, out);
  const source = path.join(FIXTURE, "loader/loader.c");
  const built = spawnSync("gcc", ["-I", folder, "-o", program, source, ...libraries, "-lpthread"], {
    encoding: "utf8",
  });
  expect(built.stderr).toBe("");
  return program;
}

test.each<RunMode>(["maps", "vars"])("a plugin and its host, mode %s", options, async (mode) => {
  const plugin = path.join(folder, "plug.so");
  const host = path.join(folder, "host");
  await buildWatched(path.join(FIXTURE, "plug"), plugin, {
    mode,
    cacheDir,
    buildFlags: ["-buildmode=plugin"],
  });
  await buildWatched(path.join(FIXTURE, "host"), host, { mode, cacheDir });
  const run = runWatched(host, [plugin], stream);
  expect(run.process.stdout).toBe("2\n");
  expect(racing(run)).toEqual(["libraries/plug.init:10", "libraries/state.init:5"]);
  const told = run.conflicts.flatMap(({ accesses }) => accesses.map(({ stack }) => stack[0]?.function));
  expect(new Set(told)).toEqual(new Set(["main.main", "libraries/plug.Touch"]));
  expect(run.records.at(-1)).toMatchObject({ type: "end", dropped: 0 });
});

test.each(["c-shared", "c-archive"])("a C program around a library, %s", options, async (kind) => {
  const library = path.join(folder, kind === "c-shared" ? "callee.so" : "callee.a");
  const flags = { cacheDir, buildFlags: [`-buildmode=${kind}`] };
  await buildWatched(path.join(FIXTURE, "callee"), library, flags);
  const program = compile(kind, library);
  const run = runWatched(program, [], stream);
  expect(run.process.stdout, run.process.stderr).toBe("done\n");
  expect(racing(run)).toEqual(["main.init:12"]);
  // The C program ends without telling Go.
  expect(run.records.map(({ type }) => type)).toEqual(["start", "conflict"]);
});

test("a C program that forgets to name the stream runs as it does without us", options, async () => {
  const library = path.join(folder, "silent.so");
  await buildWatched(path.join(FIXTURE, "callee"), library, {
    cacheDir,
    buildFlags: ["-buildmode=c-shared"],
  });
  copyFileSync(path.join(folder, "silent.h"), path.join(folder, "callee.h"));
  const program = compile("silent", library);
  const run = spawnSync(program, { encoding: "utf8", env: { PATH: process.env.PATH } });
  expect([run.status, run.stdout]).toEqual([0, "done\n"]);
});
