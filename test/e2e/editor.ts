/**
 * A real VS Code for one test: the embedded editor with a fresh profile, and a headless browser that shows its workbench.
 * What is done in the workbench is up to the tests.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { type EditorServerOptions, startEditorServer } from "../../scripts/editor-server.mjs";
import { installBrowser } from "../../scripts/embedded-editor.mjs";

/** The repository's folder. */
export const repository = resolve(import.meta.dirname, "../..");
/** Where screenshots are left for people to look at. */
export const artifacts = join(repository, "test/artifacts");

/** Large enough for source and timeline side by side. */
const VIEWPORT = { width: 1600, height: 1000 };
const START_TIMEOUT_MS = 60_000;

/** A workbench with the browser page that shows it; everything of it ends with `close`. */
export interface Editor {
  readonly page: Page;
  readonly port: number;
  /** Loads the workbench on a folder or a .code-workspace file. */
  open(workspace: string, payload?: ReadonlyArray<readonly [string, string]>): Promise<void>;
  close(): Promise<void>;
}

/** Starts an editor with a profile of its own. */
export async function startEditor(options: EditorServerOptions = {}): Promise<Editor> {
  mkdirSync(artifacts, { recursive: true });
  const executablePath = await installBrowser();
  const server = await startEditorServer({
    ...options,
    settings: {
      "editor.accessibilitySupport": "off",
      "files.autoSave": "off", // In a browser VS Code saves by itself unless told not to.
      "editor.minimap.enabled": false,
      "window.commandCenter": false,
      ...options.settings,
    },
  });
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb"],
  });
  const page = await localPage(browser);
  return {
    page,
    port: server.port,
    async open(workspace, payload = []) {
      const kind = workspace.endsWith(".code-workspace") ? "workspace" : "folder";
      const query = new URLSearchParams({ [kind]: workspace, payload: JSON.stringify(payload) });
      await page.goto(`http://127.0.0.1:${server.port}/?${query}`);
      await page.locator(".monaco-workbench").waitFor({ timeout: START_TIMEOUT_MS });
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** A page that reaches this machine only, so that nothing waits for addresses that a test must not need. */
async function localPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: VIEWPORT, locale: "en-US" });
  const isLocal = (url: URL): boolean =>
    ["127.0.0.1", "localhost"].includes(url.hostname) || !/^https?:$/.test(url.protocol);
  await context.route(
    (url) => !isLocal(url),
    (route) => route.abort(),
  );
  return context.newPage();
}
