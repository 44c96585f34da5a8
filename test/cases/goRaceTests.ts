/** Go's own tests of its race detector, copied from the user's GOROOT, and which of them race on maps. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { goCommand } from "../runtime/prepare.ts";

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

/** Makes `module` a Go module that holds the test files in which maps race. */
export function copyGoRaceTests(module: string): void {
  const goroot = spawnSync(goCommand(), ["env", "GOROOT"], { encoding: "utf8" }).stdout.trim();
  mkdirSync(module);
  writeFileSync(path.join(module, "go.mod"), "module racetest\n\ngo 1.22\n");
  for (const file of ["map_test.go", "mop_test.go", "regression_test.go"]) {
    copyFileSync(path.join(goroot, "src/runtime/race/testdata", file), path.join(module, file));
  }
}
