/** In a workspace that the user does not trust, editing works and no program is started; trust changes that at once. */
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Editor, repository, startEditor } from "./editor.ts";
import { goTo, openFile, runCommand, screenshot, untilItStays, webview } from "./workbench.ts";

describe("in an untrusted workspace", () => {
  let editor: Editor;
  let folder: string;
  let calls: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "maprace-untrusted-"));
    cpSync(join(repository, "test/incidents/session-cache/racy"), join(folder, "shop"), { recursive: true });
    // A `go` that leaves a trace when somebody starts it.
    calls = join(folder, "calls");
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "bin/go"), `#!/bin/sh\necho "$@" >> "${calls}"\nexit 1\n`);
    chmodSync(join(folder, "bin/go"), 0o755);
    editor = await startEditor({
      vsix: join(repository, "maprace.vsix"),
      workspaceTrust: true,
      settings: { "security.workspace.trust.startupPrompt": "never" },
      env: { PATH: join(folder, "bin") + delimiter + process.env.PATH },
    });
    await editor.open(join(folder, "shop"));
  });

  afterAll(async () => {
    await editor.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("findings are shown and go is never called", async () => {
    const { page } = editor;
    await openFile(page, "store.go");
    await page.locator(".monaco-editor .squiggly-warning").first().waitFor({ timeout: 60_000 });
    await screenshot(page, "untrusted");
    expect(existsSync(calls)).toBe(false);
  });

  test("the code of a finding opens its help page", async () => {
    const { page } = editor;
    await goTo(page, 28, 2);
    await untilItStays(async () => {
      await runCommand(page, "Show or Focus Hover");
      await page.locator(".monaco-hover").getByText("unsynchronized-map").click({ timeout: 3_000 });
      await page.locator(".tab.active", { hasText: "unsynchronized-map.md" }).waitFor({ timeout: 5_000 });
    });
    await webview(page).getByRole("heading").first().waitFor();
    await screenshot(page, "help");
  });

  test("go is called once the user trusts the workspace", async () => {
    const { page } = editor;
    await runCommand(page, "Workspaces: Manage Workspace Trust");
    await page
      .locator(".workspace-trust-editor")
      .getByRole("button", { name: /^Trust/ })
      .first()
      .click();
    await page
      .locator(".statusbar-item", { hasText: "Restricted Mode" })
      .waitFor({ state: "detached", timeout: 10_000 });
    await expect.poll(() => existsSync(calls), { timeout: 20_000 }).toBe(true);
  });
});
