/** A slice of the fuzz of both detectors against the oracle; fuzz.full.ts runs many more programs. */
import { afterAll, expect, test } from "vitest";
import { scratchFolder } from "../prepare.ts";
import { runCampaign } from "./campaign.ts";
import { FuzzSession } from "./session.ts";

const MINUTES = 60_000;
const { folder, remove } = scratchFolder();
afterAll(remove);

test("both detectors come to the verdicts that follow from what happened", {
  timeout: 10 * MINUTES,
}, async () => {
  const session = await FuzzSession.build(folder);
  const summary = runCampaign(session, 1, 300);
  expect(summary.disagreements).toEqual([]);
  expect(summary.programs).toBe(300);
  expect(summary["go-race"].missed).toBeLessThan(summary["go-race"].racy / 50);
  for (const counts of [summary.maps, summary.vars, summary["go-race"]]) {
    expect(counts.racy).toBeGreaterThan(100);
    expect(counts.clean).toBeGreaterThan(50);
  }
});
