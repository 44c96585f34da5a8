/**
 * A real VS Code for one test: its server with a fresh profile, and a headless browser that shows the workbench.
 * Installing both is done by scripts/embedded-editor.mjs; what is done in the workbench is up to the tests.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { installBrowser, installEditor } from "../../scripts/embedded-editor.mjs";
import { quietly } from "../../scripts/steps.mjs";

/** The repository's folder. */
export const repository = resolve(import.meta.dirname, "../..");
/** Where screenshots and logs are left for people to look at. */
export const artifacts = join(repository, "test/artifacts");

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;

/** A workbench with the browser page that shows it; everything of it ends with `close`. */
export interface Editor {
  readonly page: Page;
  readonly port: number;
  /** Loads the workbench on a folder or a .code-workspace file. */
  open(workspace: string, payload?: ReadonlyArray<readonly [string, string]>): Promise<void>;
  close(): Promise<void>;
}

/** How a test wants its editor. */
export interface EditorOptions {
  /** Installs this package as users do; otherwise no extension is installed. */
  readonly vsix?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: NodeJS.ProcessEnv;
  /** Lets the page's address name an extension under development and its test suite. */
  readonly developmentHost?: boolean;
  /** Asks about trust, as an editor with default settings does. */
  readonly workspaceTrust?: boolean;
}

/** Starts an editor with a profile of its own. */
export async function startEditor(options: EditorOptions = {}): Promise<Editor> {
  const { node, entry } = await installEditor();
  const chromiumPath = await installBrowser();
  const folder = mkdtempSync(join(tmpdir(), "maprace-editor-"));
  const extensions = join(folder, "extensions");
  const config = join(folder, "config.yaml");
  mkdirSync(join(folder, "user/User"), { recursive: true });
  mkdirSync(extensions);
  mkdirSync(artifacts, { recursive: true });
  writeFileSync(config, ""); // Without a file of its own it would write one into the home folder.
  const trust = options.workspaceTrust === true;
  writeFileSync(
    join(folder, "user/User/settings.json"),
    JSON.stringify({
      "security.workspace.trust.enabled": trust,
      "workbench.startupEditor": "none",
      "telemetry.telemetryLevel": "off",
      "extensions.autoUpdate": false,
      "extensions.autoCheckUpdates": false,
      "extensions.ignoreRecommendations": true,
      "workbench.enableExperiments": false,
      "update.mode": "none",
      "chat.disableAIFeatures": true,
      "workbench.secondarySideBar.defaultVisibility": "hidden",
      "editor.accessibilitySupport": "off",
      "window.commandCenter": false,
      "editor.minimap.enabled": false,
      ...options.settings,
    }),
  );
  const profile = [
    "--config",
    config,
    "--user-data-dir",
    join(folder, "user"),
    "--extensions-dir",
    extensions,
  ];
  if (options.vsix !== undefined) {
    await quietly(node, [entry, ...profile, "--install-extension", options.vsix]);
  }

  const port = await freePort();
  const flags = [
    "--disable-telemetry",
    "--disable-update-check",
    "--disable-getting-started-override",
    "--disable-proxy",
  ];
  const env = { ...process.env, ...options.env };
  // Left by an editor or a test runner that this test was started from.
  for (const name of ["VSCODE_IPC_HOOK_CLI", "NODE_OPTIONS", "PORT", "PASSWORD", "ELECTRON_RUN_AS_NODE"])
    delete env[name];
  const child = spawn(
    node,
    [
      entry,
      ...profile,
      ...flags,
      ...(trust ? [] : ["--disable-workspace-trust"]),
      ...(options.developmentHost ? ["--vscode-option", "enable-smoke-test-driver"] : []),
      "--bind-addr",
      `127.0.0.1:${port}`,
      "--auth",
      "none",
    ],
    { env, stdio: ["ignore", "pipe", "pipe"] },
  );
  const logFile = join(artifacts, `editor-${port}.log`);
  const log = createWriteStream(logFile);
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  await untilHealthy(port, child, logFile);

  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb"],
  });
  const page = await localPage(browser);
  return {
    page,
    port,
    async open(workspace, payload = []) {
      const kind = workspace.endsWith(".code-workspace") ? "workspace" : "folder";
      const query = new URLSearchParams({ [kind]: workspace, payload: JSON.stringify(payload) });
      await page.goto(`http://127.0.0.1:${port}/?${query}`);
      await page.locator(".monaco-workbench").waitFor({ timeout: START_TIMEOUT_MS });
    },
    async close() {
      await browser.close();
      const gone = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await Promise.race([gone, new Promise((done) => setTimeout(done, STOP_TIMEOUT_MS))]);
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

/** A page that reaches this machine only, so that nothing waits for addresses that a test must not need. */
async function localPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, locale: "en-US" });
  const isLocal = (url: URL): boolean =>
    ["127.0.0.1", "localhost"].includes(url.hostname) || !/^https?:$/.test(url.protocol);
  await context.route(
    (url) => !isLocal(url),
    (route) => route.abort(),
  );
  return context.newPage();
}

async function untilHealthy(port: number, child: ChildProcess, logFile: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`The editor ended:\n${readFileSync(logFile, "utf8")}`);
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined); // Not listening yet.
    if (answer?.ok) return;
    await new Promise((done) => setTimeout(done, 200));
  }
  child.kill("SIGKILL");
  throw new Error(`The editor did not start within a minute:\n${readFileSync(logFile, "utf8")}`);
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.on("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? done(address.port) : failed(new Error("No port")),
      );
    });
  });
}
