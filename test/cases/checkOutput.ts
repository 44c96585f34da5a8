/** What `maprace check` prints, run from source. */
import { vi } from "vitest";
import { run } from "../../src/cli/check.ts";
import type { CheckReport } from "../../src/protocol.ts";
import { makeAssets } from "../cli/assets.ts";

/** The findings of `maprace check --format json` in a folder. */
export async function findingsIn(folder: string): Promise<CheckReport["findings"]> {
  const out = vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
  try {
    await run(["--format", "json", folder], makeAssets());
    const report = JSON.parse(out.mock.calls.map((words) => words.join(" ")).join("\n")) as CheckReport;
    return report.findings;
  } finally {
    vi.restoreAllMocks();
  }
}
