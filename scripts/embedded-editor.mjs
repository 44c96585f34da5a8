/**
 * Installs a real VS Code where no VS Code download site is needed: code-server (the VS Code server and workbench,
 * built from npm's package with a Node of its own) and, from the system's packages, Chromium to look at it with.
 * Decides what is installed and where; starting it is left to the tests and to `npm run try -- --vscode`.
 *
 * As a command: `node scripts/embedded-editor.mjs` installs it and prints its folder.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { main, quietly, step } from "./steps.mjs";
import { installSystemPackages } from "./system-packages.mjs";

/** code-server 4.139.1 is VS Code 1.139.1; its `engines.node` asks for Node 24. */
const CODE_SERVER = "4.139.1";
const NODE = "24.21.0";

/** Debian packages that building code-server's native modules needs. */
const BUILD_PACKAGES = ["build-essential", "python3", "pkg-config", "libkrb5-dev"];
const BROWSER_PACKAGES = ["chromium", "fonts-dejavu-core"];
const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * Installs what is missing of the editor (about four minutes and one gigabyte the first time) into the user's cache folder.
 * @returns {Promise<{ node: string, entry: string }>} the Node that runs it and the script to give to that Node
 * @throws {Error} a sentence with a next step when this machine cannot have it
 */
export async function installEditor() {
  const nodePackage = `node-linux-${process.arch}`;
  if (process.platform !== "linux" || !["x64", "arm64"].includes(process.arch)) {
    throw new Error(
      "The embedded VS Code runs on Linux (x64, arm64) only. Use `npm run test:electron`, or open the folder in your own VS Code.",
    );
  }
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const base = join(cache, "maprace", `vscode-${CODE_SERVER}`);
  const node = join(base, "node_modules", nodePackage, "bin", "node");
  const entry = join(base, "node_modules", "code-server", "out", "node", "entry.js");
  const done = join(base, "installed");
  if (existsSync(done)) return { node, entry };

  await installSystemPackages(BUILD_PACKAGES);
  rmSync(base, { recursive: true, force: true });
  mkdirSync(base, { recursive: true });
  writeFileSync(join(base, "package.json"), '{ "name": "vscode-under-test", "private": true }\n');
  const flags = ["--no-audit", "--no-fund", "--save-exact"];
  await step(`Installing Node ${NODE} for the embedded VS Code`, () =>
    quietly("npm", ["install", ...flags, `${nodePackage}@${NODE}`], { cwd: base }),
  );
  const environment = {
    ...process.env,
    PATH: join(base, "node_modules", nodePackage, "bin") + delimiter + process.env.PATH,
    npm_config_nodedir: join(base, "node_modules", nodePackage),
    npm_config_ignore_scripts: "false",
    // The npm that runs this script names its own Node here; code-server's installer believes it.
    npm_config_user_agent: undefined,
  };
  await step(`Installing the embedded VS Code (code-server ${CODE_SERVER}; about four minutes)`, () =>
    quietly("npm", ["install", ...flags, "--foreground-scripts", `code-server@${CODE_SERVER}`], {
      cwd: base,
      env: environment,
    }),
  );
  await quietly(node, [entry, "--config", "/dev/null", "--version"]);
  writeFileSync(done, "");
  return { node, entry };
}

/**
 * Finds a Chromium on PATH (or the one that the environment variable CHROMIUM names), installing Debian's when there is none.
 * @returns {Promise<string>} its path
 */
export async function installBrowser() {
  const found = process.env.CHROMIUM || onPath(BROWSERS);
  if (found) return found;
  await installSystemPackages(BROWSER_PACKAGES);
  const installed = onPath(BROWSERS);
  if (!installed)
    throw new Error("No Chromium on PATH. Install one, or name it in the environment variable CHROMIUM.");
  return installed;
}

/**
 * The first of `names` that is a program on PATH.
 * @param {readonly string[]} names
 */
function onPath(names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      if (folder && existsSync(join(folder, name))) return join(folder, name);
    }
  }
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const { entry } = await installEditor();
    console.log(entry);
    console.log(await installBrowser());
  });
}
