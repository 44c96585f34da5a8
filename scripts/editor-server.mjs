/**
 * Starts the embedded VS Code as a server on this machine, with a profile of its own that is gone afterwards.
 * Installing it is left to embedded-editor.mjs, looking at it to a browser.
 */
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installEditor } from "./embedded-editor.mjs";
import { quietly } from "./steps.mjs";

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;

/**
 * @typedef {object} EditorServerOptions
 * @property {string} [vsix] an extension to install, as users do
 * @property {Readonly<Record<string, unknown>>} [settings] user settings besides those that keep the editor quiet
 * @property {NodeJS.ProcessEnv} [env] set besides this process's own
 * @property {boolean} [developmentHost] lets the page's address name an extension under development and its test suite
 * @property {boolean} [workspaceTrust] asks about trust, as an editor with default settings does
 */

/**
 * Starts the server and waits until it answers.
 * @param {EditorServerOptions} [options]
 * @returns {Promise<{ port: number, close(): Promise<void> }>} `close` ends its processes and removes the profile
 */
export async function startEditorServer(options = {}) {
  const { node, entry } = await installEditor();
  const folder = mkdtempSync(join(tmpdir(), "maprace-editor-"));
  const extensions = join(folder, "extensions");
  const config = join(folder, "config.yaml");
  const logFile = join(folder, "server.log");
  mkdirSync(join(folder, "user", "User"), { recursive: true });
  mkdirSync(extensions);
  writeFileSync(config, ""); // Without a file of its own it would write one into the home folder.
  const trust = options.workspaceTrust === true;
  writeFileSync(
    join(folder, "user", "User", "settings.json"),
    JSON.stringify({ ...quietSettings, "security.workspace.trust.enabled": trust, ...options.settings }),
  );
  const profile = [
    "--config",
    config,
    "--user-data-dir",
    join(folder, "user"),
    "--extensions-dir",
    extensions,
  ];
  // Started from a command line, says VSCODE_CLI: the environment is taken as it is, and no login shell is asked for another.
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, VSCODE_CLI: "1", ...options.env };
  // Left by an editor or a test runner that this process was started from.
  for (const name of ["VSCODE_IPC_HOOK_CLI", "NODE_OPTIONS", "PORT", "PASSWORD", "ELECTRON_RUN_AS_NODE"])
    delete env[name];
  if (options.vsix !== undefined) {
    await quietly(node, [entry, ...profile, "--install-extension", options.vsix], { env });
  }
  const port = await freePort();
  const flags = [
    "--disable-telemetry",
    "--disable-update-check",
    "--disable-getting-started-override",
    "--disable-proxy",
  ];
  if (!trust) flags.push("--disable-workspace-trust");
  if (options.developmentHost) flags.push("--vscode-option", "enable-smoke-test-driver");
  const address = ["--bind-addr", `127.0.0.1:${port}`, "--auth", "none"];
  const child = spawn(node, [entry, ...profile, ...flags, ...address], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      const patience = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await gone;
      clearTimeout(patience);
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      const why = readFileSync(logFile, "utf8");
      await close();
      throw new Error(`The embedded VS Code did not start:\n${why}`);
    }
    await new Promise((done) => setTimeout(done, 200));
  }
  return { port, close };
}

/** Nothing asks, updates or looks for a network. */
const quietSettings = {
  "workbench.startupEditor": "none",
  "telemetry.telemetryLevel": "off",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "workbench.enableExperiments": false,
  "update.mode": "none",
  "chat.disableAIFeatures": true,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
};

/** @param {number} port */
async function answers(port) {
  try {
    return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;
  } catch {
    return false; // Nobody listens yet.
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.on("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object"
          ? done(address.port)
          : failed(new Error("No port is free.")),
      );
    });
  });
}
