/** Go's own tests of its race detector, copied from the user's GOROOT, and which of them race on maps. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Conflict, RunMode } from "../../src/protocol.ts";
import { goCommand, runWatched } from "../runtime/prepare.ts";

/** The tests that race on a map itself. */
export const OF_THE_MAP = [
  "TestRaceCaseIssue6418",
  "TestRaceCaseTypeIssue5890",
  "TestRaceCrawl",
  "TestRaceMapDelete",
  "TestRaceMapRW",
  "TestRaceMapRW2",
  "TestRaceMapRWArray",
  "TestRaceMapRange",
  "TestRaceMapRange2",
];
/** The tests that race on a map's length, or on the variable that holds a map. */
export const OF_LEN_AND_VARIABLES = [
  "TestRaceMapLen",
  "TestRaceMapLenDelete",
  "TestRaceMapVariable",
  "TestRaceMapVariable2",
  "TestRaceMapVariable3",
  "TestRaceUnaddressableMapLen",
];

/**
 * The tests of a watched test program in whose goroutines there are conflicts, sorted; "none" for a conflict in
 * no test. Each runs by itself: the runtime's own check may end a program in the middle of a race.
 */
export function conflictingTests(program: string, mode: RunMode, stream: string): string[] {
  const env = { MAPRACE_MODE: mode };
  const { stdout } = runWatched(program, ["-test.list", "."], stream, env).process;
  const names = stdout.match(/^Test\w+$/gm) ?? [];
  const found = new Set<string>();
  for (const test of names) {
    const { conflicts, records } = runWatched(program, ["-test.run", `^${test}$`], stream, env);
    if (records[0]?.type !== "start" || records[0].mode !== mode)
      throw new Error(`${test} was not watched in mode ${mode}.`);
    for (const conflict of conflicts) found.add(testOf(conflict));
  }
  return [...found].sort();
}

function testOf(conflict: Conflict): string {
  const frames = conflict.accesses.flatMap((access) => [...access.stack, ...access.goroutine.created]);
  const [, name = "none"] = frames.map((frame) => /\.(Test\w+)/.exec(frame.function)).find(Boolean) ?? [];
  return name;
}

/** Where Go keeps them. */
function goRaceTests(): string {
  const goroot = spawnSync(goCommand(), ["env", "GOROOT"], { encoding: "utf8" }).stdout.trim();
  return path.join(goroot, "src/runtime/race/testdata");
}

/** Makes `module` a Go module that holds the test files in which maps race. */
export function copyGoRaceTests(module: string): void {
  copyTests(module, ["map_test.go", "mop_test.go", "regression_test.go"]);
}

/** The same with all test files but those that only a package of Go's own may build. */
export function copyAllGoRaceTests(module: string): void {
  const isOpen = (file: string): boolean =>
    !readFileSync(path.join(goRaceTests(), file), "utf8").includes('"internal/');
  copyTests(
    module,
    readdirSync(goRaceTests()).filter((file) => file.endsWith("_test.go") && isOpen(file)),
  );
}

/** Makes `module` a Go module with the program in which C and Go hand over to each other. */
export function copyGoCgoProgram(module: string): void {
  copyTests(module, ["cgo_test_main.go"]);
}

function copyTests(module: string, files: readonly string[]): void {
  mkdirSync(module, { recursive: true });
  writeFileSync(path.join(module, "go.mod"), "module racetest\n\ngo 1.25\n");
  for (const file of files) copyFileSync(path.join(goRaceTests(), file), path.join(module, file));
}
