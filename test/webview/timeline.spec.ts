/**
 * The timeline in a real browser: as an exported page, and as in the editor's panel with the editor's side played
 * by the test. Writes pictures in light, dark and high contrast; needs the built dist/.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Conflict, FromTimeline, RunRecord, ToTimeline } from "../../src/protocol.ts";
import { renderTimelinePage } from "../../webview/page.ts";
import { manyConflicts, sampleConflicts, sampleRun } from "./sampleRun.ts";

const root = new URL("../../", import.meta.url);
const artifacts = fileURLToPath(new URL("test/artifacts/", root));
const script = readFileSync(new URL("dist/timeline.js", root), "utf8");
const style = readFileSync(new URL("dist/timeline.css", root), "utf8");
const origin = "https://timeline.test/";

let browser: Browser;

beforeAll(async () => {
  const executablePath = process.env.CHROMIUM;
  if (!executablePath)
    throw new Error("Name a Chromium in the environment variable CHROMIUM, or use npm test.");
  mkdirSync(artifacts, { recursive: true });
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});

afterAll(async () => {
  await browser?.close();
});

/** Serves a page under an address of its own and fails on anything else that it asks for or complains of. */
async function openPage(body: string, options: BrowserContextOptions = {}, before?: string): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1360, height: 900 },
    permissions: ["clipboard-read", "clipboard-write"],
    ...options,
  });
  const page = await context.newPage();
  await page.route("**", (route) =>
    route.request().url() === origin ? route.fulfill({ contentType: "text/html", body }) : route.abort(),
  );
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  complaints.length = 0;
  if (before) await page.addInitScript({ content: before });
  await page.goto(origin);
  return page;
}

const complaints: string[] = [];

async function close(page: Page): Promise<void> {
  await page.context().close();
  expect(complaints).toEqual([]);
}

const exported = (records: readonly RunRecord[]) =>
  renderTimelinePage({ title: "cmd/shop", records, script, style });

/** The page as the editor shows it, and the editor's half of the conversation. */
async function openPanel(options: BrowserContextOptions = {}): Promise<Page> {
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-n'; script-src 'nonce-n'">
<title>panel</title><style nonce="n">${style}</style></head>
<body><div id="timeline"></div><script nonce="n">${script}</script></body></html>`;
  return openPage(body, options, playedEditor);
}

/** What the editor gives its panels, run in the page before anything else: messages are kept for the test to read. */
const playedEditor = `
  const posted = [];
  window.posted = posted;
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => posted.push(message),
    getState: () => JSON.parse(sessionStorage.getItem("state")),
    setState: (state) => sessionStorage.setItem("state", JSON.stringify(state)),
  });`;

async function send(page: Page, ...messages: ToTimeline[]): Promise<void> {
  await page.evaluate(`for (const message of ${JSON.stringify(messages)}) window.postMessage(message, "*");`);
}

function posted(page: Page): Promise<FromTimeline[]> {
  return page.evaluate<FromTimeline[]>("posted");
}

function clipboard(page: Page): Promise<string> {
  return page.evaluate<string>("navigator.clipboard.readText()");
}

const rows = (page: Page) => page.locator(".row[role=option]");
const selectedRow = (page: Page) => page.locator('[role=option][aria-selected="true"]');

describe("an exported page", () => {
  test.each([
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["high-contrast", { colorScheme: "dark", contrast: "more" }],
  ] as const)("draws the run in %s colours", async (name, options) => {
    const page = await openPage(exported(sampleRun), options);
    await rows(page).nth(4).waitFor();
    await page.mouse.move(0, 0);
    await page.screenshot({ path: `${artifacts}page-${name}.png` });
    await expect.poll(() => rows(page).count()).toBe(5);
    await expect
      .poll(() => page.getByRole("heading", { level: 2 }).textContent())
      .toContain("(*Store).Put ⇄ (*Handler).current");
    await expect
      .poll(() => page.locator(".lane-label strong").allTextContents())
      .toEqual(["goroutine 37", "goroutine 41"]);
    await expect.poll(() => page.getByRole("button", { name: "Stop" }).count()).toBe(0);
    await close(page);
  });

  test("has a name for every control", async () => {
    const page = await openPage(exported(sampleRun));
    await rows(page).first().waitFor();
    const nameless = await page
      .locator("button, input, select, [role=button], [role=slider], [role=listbox]")
      .evaluateAll(
        (controls) =>
          controls.filter((control) => !(control.getAttribute("aria-label") || control.textContent?.trim()))
            .length,
      );
    expect(nameless).toBe(0);
    await close(page);
  });

  test("is walked by keyboard, and Enter goes to the user's frame", async () => {
    const page = await openPage(exported(sampleRun));
    const list = page.getByRole("listbox", { name: "Conflicts" });
    await list.focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => selectedRow(page).getAttribute("id")).toBe("conflict-3");
    await expect.poll(() => list.getAttribute("aria-activedescendant")).toBe("conflict-3");
    await page.keyboard.press("End");
    await expect.poll(() => selectedRow(page).getAttribute("id")).toBe("conflict-5");
    await page.keyboard.press("Enter");
    await page.getByText("Copied /home/ana/shop/session/store.go:52").waitFor();
    expect(await clipboard(page)).toBe("/home/ana/shop/session/store.go:52");
    await close(page);
  });

  test("copies a conflict as a report", async () => {
    const page = await openPage(exported(sampleRun));
    await page.getByRole("button", { name: "Copy report" }).click();
    await page.getByText("Copied the report").waitFor();
    expect(await clipboard(page)).toContain("Previous read at 11.917 ms by goroutine 41:");
    await close(page);
  });

  test("zooms and pans by key and button, and walks from mark to mark", async () => {
    const page = await openPage(exported(sampleRun));
    const marks = page.locator(".mark");
    await marks.first().waitFor();
    const all = await marks.count();
    for (let i = 0; i < 4; i++) await page.getByRole("button", { name: "Zoom in" }).click();
    await expect.poll(() => marks.count()).toBeLessThan(all);
    await page.getByRole("button", { name: "Show all" }).click();
    await expect.poll(() => marks.count()).toBe(all);
    await page.locator(".mark[tabindex='0']").focus();
    await page.keyboard.press("End");
    await expect.poll(() => page.locator(".tooltip").textContent()).toContain("unlock mu");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => page.locator(".tooltip").textContent()).toContain("write · (*Store).Put");
    await page.keyboard.press("+");
    await expect.poll(() => page.evaluate("document.activeElement.classList.contains('mark')")).toBe(true);
    await close(page);
  });

  test("shows the whole run and the maps with what their use speaks for", async () => {
    const page = await openPage(exported(sampleRun), { colorScheme: "dark" });
    await page.getByRole("button", { name: "Whole run" }).click();
    await page.locator(".lane-label").nth(7).waitFor();
    await page.screenshot({ path: `${artifacts}page-run.png` });
    await page.locator('.mark[data-kind="iterate"]').click();
    await page.locator("#conflict-3[aria-selected=true]").waitFor();
    await page.getByRole("tab", { name: "Maps" }).click();
    await expect.poll(() => page.locator(".map-card").count()).toBe(4);
    await page.screenshot({ path: `${artifacts}page-maps.png` });
    await page.getByRole("button", { name: "2 conflicts" }).click();
    await expect.poll(() => rows(page).count()).toBe(2);
    await close(page);
  });

  test("takes a program's text for text", async () => {
    const evil = `"><img src=x onerror="window.hacked=1"></script><script>window.hacked=2</script>`;
    const [conflict] = sampleConflicts;
    const accesses = conflict!.accesses.map((access) => ({
      ...access,
      stack: [{ function: `main.${evil}`, file: `/p/${evil}.go`, line: 1 }],
      recent: access.recent.map((event) => ({ ...event, what: evil })),
    }));
    const record = { ...conflict!, map: { type: evil, created: [] }, accesses } as unknown as Conflict;
    const page = await openPage(exported([sampleRun[0]!, record]));
    await rows(page).first().waitFor();
    expect(await page.evaluate("window.hacked")).toBeUndefined();
    expect(await page.locator("img").count()).toBe(0);
    await close(page);
  });
});

describe("in the editor's panel", () => {
  test("says what to do before, during and after a run without conflicts", async () => {
    const page = await openPanel();
    await page.getByText("Watch a program's maps while it runs").waitFor();
    expect(await posted(page)).toEqual([{ type: "ready" }]);
    await send(
      page,
      { type: "reset", title: "shop" },
      { type: "status", text: "Building shop", running: true },
    );
    await page.getByText("Building the program on the watched map").waitFor();
    await send(page, { type: "records", records: [sampleRun[0]!] });
    await page.getByText("Watching every map. No conflict so far.").waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await send(
      page,
      { type: "records", records: [{ type: "end", exitCode: 0, conflicts: 0, dropped: 3, hooks: 62 }] },
      { type: "status", text: "", running: false },
    );
    await page.getByText("No conflict among what was seen").waitFor();
    await page.getByText("had to drop 3 observations").waitFor();
    await page.getByRole("button", { name: "Restart" }).click();
    expect((await posted(page)).slice(1)).toEqual([{ type: "stop" }, { type: "restart" }]);
    await close(page);
  });

  test("opens frames, keeps the reader's choices over a reload, and follows the host's selection", async () => {
    const page = await openPanel();
    const whole: ToTimeline[] = [
      { type: "reset", title: "shop" },
      { type: "records", records: sampleRun },
      { type: "status", text: "", running: false },
    ];
    await send(page, ...whole);
    await rows(page).nth(3).click();
    await page.locator(".side .frame", { hasText: "price.(*Cache).evict" }).first().click();
    await expect
      .poll(async () => (await posted(page)).at(-1))
      .toMatchObject({ type: "open", frame: { line: 96 } });
    await page.reload();
    await send(page, ...whole);
    await rows(page).nth(3).waitFor();
    await expect.poll(() => selectedRow(page).getAttribute("id")).toBe("conflict-4");
    await send(page, { type: "select", conflict: 2 });
    await page.locator("#conflict-2[aria-selected=true]").waitFor();
    await close(page);
  });

  test("keeps up with a storm of conflicts, and leaves what is read where it is", async () => {
    const page = await openPanel();
    await send(page, { type: "reset", title: "storm" }, { type: "status", text: "", running: true });
    await send(page, { type: "records", records: [sampleRun[0]!, ...sampleConflicts] });
    await rows(page).nth(2).click();
    // The page draws in the next frame of the screen: what was shown before the click is replaced then.
    await page.locator("#conflict-3[aria-selected=true]").waitFor();
    await page.locator(".side .frame").first().focus();
    const storm = manyConflicts(8_000, 300);
    for (let from = 0; from < storm.length; from += 500) {
      await send(page, { type: "records", records: storm.slice(from, from + 500) });
    }
    await page.getByText("8,005 conflicts").waitFor();
    await expect.poll(() => rows(page).count()).toBeLessThan(40);
    await expect.poll(() => selectedRow(page).getAttribute("id")).toBe("conflict-3");
    await expect.poll(() => page.evaluate("document.activeElement.classList.contains('frame')")).toBe(true);
    await page.getByRole("button", { name: "Whole run" }).click();
    await page.getByText(/of 8005 conflicts are drawn/).waitFor();
    await page.getByLabel("Filter conflicts by function, file or map type").fill("no such thing");
    await page.getByText("No conflict has “no such thing”").waitFor();
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await rows(page).first().waitFor();
    await close(page);
  });

  test("fits a low, narrow panel", async () => {
    const page = await openPanel({ viewport: { width: 510, height: 530 }, colorScheme: "dark" });
    await send(page, { type: "reset", title: "shop" }, { type: "records", records: sampleRun });
    const canvas = page.locator(".canvas");
    await canvas.waitFor();
    const { y } = (await canvas.boundingBox())!;
    expect(y).toBeLessThan(330);
    await expect.poll(() => page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await page.screenshot({ path: `${artifacts}page-narrow.png` });
    await close(page);
  });
});
