/**
 * The same extension-host suites in a desktop VS Code that @vscode/test-electron downloads: for contributors and for
 * continuous integration with internet access (`npm run test:electron`). The embedded editor needs no download site.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTests } from "@vscode/test-electron";
import { describe, expect, test } from "vitest";
import { artifacts, repository } from "./editor.ts";
import { bundleHostSuites, type HostResult, hostWorkspace } from "./hostSuites.ts";

const results = await runInDesktop();

describe("in the extension host of a desktop VS Code", () => {
  test("the suites ran", () => expect(results.length).toBeGreaterThan(0));
  for (const { title, error } of results) {
    test(title, () => {
      if (error !== undefined) throw new Error(error);
    });
  }
});

async function runInDesktop(): Promise<readonly HostResult[]> {
  const folder = mkdtempSync(join(tmpdir(), "maprace-desktop-"));
  const resultsFile = join(folder, "results.json");
  try {
    const status = await runTests({
      extensionDevelopmentPath: repository,
      extensionTestsPath: await bundleHostSuites(join(artifacts, "host")),
      extensionTestsEnv: { MAPRACE_HOST_RESULTS: resultsFile },
      launchArgs: [
        hostWorkspace(join(folder, "workspace")),
        "--disable-workspace-trust",
        "--disable-extensions",
      ],
    }).catch((error: unknown) => error); // A failed suite; the results say which test it was.
    if (status instanceof Error && !status.message.includes("Test run failed")) throw status;
    return JSON.parse(readFileSync(resultsFile, "utf8")) as readonly HostResult[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
