/**
 * What a user does first, in a real VS Code with the packed extension: opens a folder, sees the squiggle, asks what it is, runs
 * with detection, sees the conflict on the timeline, clicks to its source, applies the fix, and runs again without conflicts.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Editor, repository, startEditor } from "./editor.ts";
import {
  cursor,
  goTo,
  openFile,
  runCommand,
  screenshot,
  untilItStays,
  useTheme,
  webview,
} from "./workbench.ts";

const BUILD_MS = 150_000;

describe("in the workbench", () => {
  let editor: Editor;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "maprace-shop-"));
    cpSync(join(repository, "test/incidents/session-cache/racy"), folder, { recursive: true });
    editor = await startEditor({ vsix: join(repository, "maprace.vsix") });
    await editor.open(folder);
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") await screenshot(editor.page, "workbench-failure");
  });

  afterAll(async () => {
    await editor.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("shows a squiggle on the unsynchronised write", async () => {
    const { page } = editor;
    await openFile(page, "store.go");
    await page.locator(".monaco-editor .squiggly-warning").first().waitFor({ timeout: 60_000 });
    await goTo(page, 28, 2);
  });

  test("tells the other side on hover, in light and dark", async () => {
    const { page } = editor;
    for (const theme of ["light", "dark"] as const) {
      await useTheme(page, theme);
      await goTo(page, 28, 2);
      await untilItStays(async () => {
        await runCommand(page, "Show or Focus Hover");
        const hover = page.locator(".monaco-hover", { hasText: "unsynchronized-map" }).first();
        await hover.waitFor({ timeout: 3_000 });
      });
      await screenshot(page, `squiggle-${theme}`);
    }
    await screenshot(page, "readme-squiggle", { x: 350, y: 190, width: 960, height: 640 });
  });

  test("shows the conflict on the timeline while it runs", async () => {
    const { page } = editor;
    await runCommand(page, "Maprace: Run with Race Detection");
    await conflicts(editor).first().waitFor({ timeout: BUILD_MS });
    await page.locator(".statusbar-item", { hasText: /Maprace: \d+ conflicts?/ }).waitFor();
    await screenshot(page, "running");
  });

  test("draws the timeline in light and dark", async () => {
    const { page } = editor;
    await runCommand(page, "View: Hide Panel");
    for (const theme of ["light", "dark"] as const) {
      await useTheme(page, theme);
      await conflicts(editor).first().click();
      await screenshot(page, `timeline-${theme}`);
    }
    await screenshot(page, "readme-timeline", { x: 970, y: 30, width: 630, height: 950 });
  });

  test("lands on the line of a clicked frame", async () => {
    const { page } = editor;
    const frame = webview(page)
      .getByText(/store\.go:(28|34|43)/)
      .first();
    const line = Number(/store\.go:(\d+)/.exec((await frame.textContent()) ?? "")?.[1]);
    await page.locator(".tab", { hasText: "store.go" }).click();
    await goTo(page, 1, 1);
    await frame.click();
    await page.locator(".tab.active", { hasText: "store.go" }).waitFor();
    await cursor(page, line).waitFor({ timeout: 10_000 });
    await screenshot(page, "frame-opened");
  });

  test("rewrites every use of the map with a quick fix", async () => {
    const { page } = editor;
    await goTo(page, 28, 2);
    const menu = page.locator(".action-widget", { hasText: "RWMutex" });
    await untilItStays(async () => {
      await page.locator(".view-line", { hasText: "sessions[s.Token] = s" }).click();
      await page.keyboard.press("Control+.");
      await menu.waitFor({ timeout: 3_000 });
    });
    await screenshot(page, "quick-fix");
    await menu.locator(".monaco-list-row", { hasText: "RWMutex" }).first().click();
    await page.locator(".monaco-editor .squiggly-warning").first().waitFor({ state: "detached" });
    await runCommand(page, "File: Save All Files");
    await expect.poll(() => readFileSync(join(folder, "store.go"), "utf8")).toMatch(/sync\.RWMutex/);
    await screenshot(page, "fixed");
  });

  test("runs the repaired program without conflicts", async () => {
    const { page } = editor;
    await runCommand(page, "Maprace: Run with Race Detection");
    await webview(page)
      .getByText(/^No conflicts?\b/)
      .first()
      .waitFor({ timeout: BUILD_MS });
    await page.locator(".statusbar-item", { hasText: "Maprace: 0 conflicts" }).waitFor();
    expect(await conflicts(editor).count()).toBe(0);
    await screenshot(page, "no-conflicts");
  });
});

/** The entries of the timeline's list of conflicts. */
function conflicts({ page }: Editor) {
  return webview(page).getByRole("listbox", { name: "Conflicts" }).getByRole("option");
}
