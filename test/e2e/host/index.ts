/** What the extension host loads and calls: runs every suite of this folder and writes each test's outcome to a file. */
import { writeFileSync } from "node:fs";
import Mocha from "mocha";
import type { HostResult } from "../hostSuites.ts";
import { editingSuite } from "./editing.ts";
import { manifestSuite } from "./manifest.ts";
import { runningSuite } from "./running.ts";

/** Called by VS Code; fails when a test failed, which ends the host with status 1. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: "tdd", timeout: 60_000 });
  // For people who work on one of the suites.
  if (process.env.MAPRACE_HOST_GREP !== undefined) mocha.grep(process.env.MAPRACE_HOST_GREP);
  mocha.suite.emit("pre-require", globalThis, "", mocha);
  manifestSuite();
  editingSuite();
  runningSuite();
  const results: HostResult[] = [];
  const failures = await new Promise<number>((done) => {
    mocha
      .run(done)
      .on("pass", (test) => results.push({ title: test.fullTitle() }))
      .on("fail", (test, error) =>
        results.push({ title: test.fullTitle(), error: error.stack ?? String(error) }),
      );
  });
  const file = process.env.MAPRACE_HOST_RESULTS;
  if (file !== undefined) writeFileSync(file, JSON.stringify(results));
  if (failures > 0) throw new Error(`${failures} tests failed`);
}
