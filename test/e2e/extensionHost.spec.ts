/**
 * Runs the suites of host/ inside the extension host of a real VS Code, and repeats each of their tests here, so that one
 * report holds them all. What is tested is in host/*.ts.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { artifacts, repository, startEditor } from "./editor.ts";
import { bundleHostSuites, type HostResult, hostWorkspace } from "./hostSuites.ts";

const SUITE_TIMEOUT_MS = 300_000;

const results = await runHostSuites();

describe("in the extension host", () => {
  test("the suites ran", () => expect(results.length).toBeGreaterThan(0));
  for (const { title, error } of results) {
    test(title, () => {
      if (error !== undefined) throw new Error(error);
    });
  }
});

/** The result of every test of every suite, in order. */
async function runHostSuites(): Promise<readonly HostResult[]> {
  const folder = mkdtempSync(join(tmpdir(), "maprace-host-"));
  const resultsFile = join(folder, "results.json");
  const suites = await bundleHostSuites(join(artifacts, "host"));
  const workspace = hostWorkspace(join(folder, "workspace"));
  const editor = await startEditor({ developmentHost: true, env: { MAPRACE_HOST_RESULTS: resultsFile } });
  try {
    const ended = new Promise<void>((done, failed) => {
      setTimeout(() => failed(new Error("The suites did not end in time.")), SUITE_TIMEOUT_MS).unref();
      editor.page.on("crash", () => failed(new Error("The workbench's page crashed.")));
      // The workbench of a development host calls these when they exist.
      void editor.page.exposeFunction("codeAutomationExit", () => done());
      void editor.page.exposeFunction("codeAutomationLog", () => undefined);
    });
    const remote = (path: string): string => `vscode-remote://127.0.0.1:${editor.port}${path}`;
    await editor.open(workspace, [
      ["extensionDevelopmentPath", remote(repository)],
      ["extensionTestsPath", remote(suites)],
      ["skipWelcome", "true"],
      ["skipReleaseNotes", "true"],
    ]);
    await ended;
    return JSON.parse(readFileSync(resultsFile, "utf8")) as readonly HostResult[];
  } catch (error) {
    await editor.page.screenshot({ path: join(artifacts, "extension-host-failure.png") });
    throw error;
  } finally {
    await editor.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
