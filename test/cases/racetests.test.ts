/** Go's own tests of its race detector: `check` finds all races of maps that they expect, and no others. */
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { scratchFolder } from "../runtime/prepare.ts";
import { findingsIn } from "./checkOutput.ts";
import { copyGoRaceTests, OF_LEN_AND_VARIABLES, OF_THE_MAP } from "./goRaceTests.ts";

const { folder, remove } = scratchFolder();
afterAll(remove);

test("the findings are Go's own races of maps", { timeout: 120_000 }, async () => {
  const module = path.join(folder, "racetests");
  copyGoRaceTests(module);
  const functions = (await findingsIn(module)).map(
    (finding) => /\.(Test\w+)/.exec(finding.accesses[0]!.function)?.[1],
  );
  expect([...new Set(functions)].sort()).toEqual([...OF_THE_MAP, ...OF_LEN_AND_VARIABLES].sort());
});
