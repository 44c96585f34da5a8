/**
 * The fuzz of both detectors against the oracle, over ten thousand programs. What it came to is kept in
 * result.json beside this file.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { scratchFolder } from "../prepare.ts";
import { runCampaign } from "./campaign.ts";
import { FuzzSession } from "./session.ts";

const PROGRAMS = 10_000;
const { folder, remove } = scratchFolder();
afterAll(remove);

test(`${PROGRAMS} programs`, async () => {
  const session = await FuzzSession.build(folder);
  const summary = runCampaign(session, 1, PROGRAMS, ({ programs, disagreements }) => {
    console.log(`${programs} programs, ${disagreements.length} disagreements`);
  });
  const result = { date: new Date().toISOString().slice(0, 10), go: session.goVersion, ...summary };
  writeFileSync(path.join(import.meta.dirname, "result.json"), `${JSON.stringify(result, undefined, 2)}\n`);
  expect(summary.disagreements).toEqual([]);
  expect(summary.programs).toBe(PROGRAMS);
});
