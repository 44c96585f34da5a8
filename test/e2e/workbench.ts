/** What a person does in VS Code's workbench, as functions over its page. Knows VS Code's elements and nothing of Maprace. */
import { join } from "node:path";
import type { FrameLocator, Locator, Page } from "playwright-core";
import { artifacts } from "./editor.ts";

const SHORT_MS = 3_000;

/**
 * Does `action` again until it succeeds, at most six times: a popup that opens while the workbench still settles
 * may be closed again by a change of focus.
 */
export async function untilItStays(action: () => Promise<void>): Promise<void> {
  for (let left = 5; ; left--) {
    try {
      await action();
      return;
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

/** Runs a command by its title, as in the command palette. */
export async function runCommand(page: Page, title: string): Promise<void> {
  await untilItStays(async () => {
    await page.keyboard.press("F1"); // The browser keeps some Ctrl+Shift keys for itself.
    const box = page.locator(".quick-input-widget input[type=text]").first();
    await box.waitFor({ timeout: SHORT_MS });
    await box.fill(`>${title}`, { timeout: SHORT_MS });
    await page
      .locator(".quick-input-list .monaco-list-row", { hasText: title })
      .first()
      .waitFor({ timeout: SHORT_MS });
    await page.keyboard.press("Enter");
  });
}

/** Opens a file of the workspace by its name, as with Go to File. */
export async function openFile(page: Page, name: string): Promise<void> {
  await untilItStays(async () => {
    await page.keyboard.press("Control+p");
    const box = page.locator(".quick-input-widget input[type=text]").first();
    await box.waitFor({ timeout: SHORT_MS });
    await box.fill(name, { timeout: SHORT_MS });
    await page
      .locator(".quick-input-list .monaco-list-row", { hasText: name })
      .first()
      .waitFor({ timeout: SHORT_MS });
    await page.keyboard.press("Enter");
    await page
      .locator(".tab.active", { hasText: name.slice(name.lastIndexOf("/") + 1) })
      .waitFor({ timeout: SHORT_MS });
  });
}

/** Puts the cursor of the active editor there; both count from 1. */
export async function goTo(page: Page, line: number, column: number): Promise<void> {
  await untilItStays(async () => {
    await page.keyboard.press("Control+g");
    const box = page.locator(".quick-input-widget input[type=text]").first();
    await box.waitFor({ timeout: SHORT_MS });
    await box.fill(`:${line}:${column}`, { timeout: SHORT_MS });
    await page.keyboard.press("Enter");
    await cursor(page, line).waitFor({ timeout: SHORT_MS });
  });
}

/** The status bar entry that says that the cursor is on `line`. */
export function cursor(page: Page, line: number): Locator {
  return page.locator("#status\\.editor\\.selection", { hasText: `Ln ${line},` });
}

/** Switches the workbench to a dark or a light theme. */
export async function useTheme(page: Page, theme: "dark" | "light"): Promise<void> {
  const wanted = page.locator(theme === "dark" ? ".monaco-workbench.vs-dark" : ".monaco-workbench.vs");
  if ((await wanted.count()) === 0) await runCommand(page, "Toggle between Light/Dark Themes");
  await wanted.waitFor({ timeout: 10_000 });
}

/** What is inside the webview that is shown. */
export function webview(page: Page): FrameLocator {
  return page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
}

/** Leaves a picture in test/artifacts: of the whole window, or of the part of it that `clip` names. */
export async function screenshot(page: Page, name: string, clip?: Clip): Promise<void> {
  await page.screenshot({ path: join(artifacts, `${name}.png`), ...(clip === undefined ? {} : { clip }) });
}

/** A part of the window, in pixels. */
export interface Clip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
