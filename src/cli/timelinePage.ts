/**
 * Makes the self-contained timeline page of a run: reads the page's script and style from the assets folder
 * and hands them to the webview's own renderer.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { renderTimelinePage } from "../../webview/page.ts";
import type { RunRecord } from "../protocol.ts";
import { RunProblem } from "../server/run/problem.ts";

/** One HTML text that needs nothing else. Throws a {@link RunProblem} when the assets are not installed. */
export function timelinePage(records: readonly RunRecord[], title: string, assets: string): string {
  const asset = (name: string): string => {
    try {
      return readFileSync(path.join(assets, name), "utf8");
    } catch (error) {
      throw new RunProblem(
        `The timeline's ${name} is missing beside the maprace command. Install maprace again.`,
        "",
        {
          cause: error,
        },
      );
    }
  };
  return renderTimelinePage({ title, records, script: asset("timeline.js"), style: asset("timeline.css") });
}
