/**
 * `npm run try`: shows what Maprace does on a small racy program of this repository: its Findings, its Conflicts, and the
 * timeline as one HTML file. With `-- --vscode` it opens the program in VS Code with the extension loaded.
 */
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { build } from "./build.mjs";
import { installDependencies, root } from "./dependencies.mjs";
import { startEditorServer } from "./editor-server.mjs";
import { goVersion } from "./go.mjs";
import { pack, vsix } from "./package.mjs";
import { main, showing, step } from "./steps.mjs";

const program = join(root, "test/incidents/session-cache/racy");
const results = join(root, "dist/try");
const cli = join(root, "dist/cli.js");

/** What `check` exits with when it has Findings, and `run` when it saw Conflicts. */
const FINDINGS = 1;
const CONFLICTS = 66;

await main(async () => {
  const go = await goVersion();
  await installDependencies();
  await step("Building Maprace", () => build());
  if (process.argv.includes("--vscode")) {
    await openEditor();
    return;
  }
  mkdirSync(results, { recursive: true });
  const recording = join(results, "recording.jsonl");
  const page = join(results, "timeline.html");

  title(`1. What the source tells: maprace check ${relative(root, program)}`);
  expectStatus(await maprace(["check", program], root), FINDINGS, "check");

  title(`2. What a run proves: maprace run (built with ${go}, every map watched)`);
  expectStatus(await maprace(["run", "--out", recording, "."], program), CONFLICTS, "run");

  title("3. The run as a timeline");
  expectStatus(
    await maprace(["open", "--format", "html", "--out", page, recording], program),
    CONFLICTS,
    "open",
  );
  console.log(`Open this file in a browser:  ${page}`);
  console.log("See it in VS Code, with squiggles, fixes and the live timeline:  npm run try -- --vscode");
});

/** @param {string} text */
function title(text) {
  console.log(`\n${text}\n${"─".repeat(text.length)}`);
}

/**
 * @param {string[]} args
 * @param {string} cwd
 */
function maprace(args, cwd) {
  return showing(process.execPath, [cli, ...args], { cwd });
}

/**
 * @param {number} status
 * @param {number} expected
 * @param {string} command
 */
function expectStatus(status, expected, command) {
  if (status !== expected) {
    throw new Error(
      `maprace ${command} ended with status ${status}, not ${expected}: this machine is not as it should be. See the lines above.`,
    );
  }
}

/** Opens a copy of the program, to be fixed and broken, in the user's VS Code, or where there is none in the embedded one. */
async function openEditor() {
  const shop = join(results, "shop");
  cpSync(program, shop, { recursive: true });
  const hasCode = (process.env.PATH ?? "")
    .split(delimiter)
    .some((folder) => existsSync(join(folder, "code")) || existsSync(join(folder, "code.cmd")));
  if (hasCode) {
    const status = await showing("code", ["--new-window", `--extensionDevelopmentPath=${root}`, shop]);
    if (status !== 0) throw new Error(`code ended with status ${status}.`);
    console.log(
      "VS Code opens with Maprace loaded. Look at store.go, then use Maprace: Run with Race Detection.",
    );
    return;
  }
  await step("Packing the extension", pack);
  const server = await startEditorServer({ vsix });
  console.log(`\nOpen in a browser:  http://127.0.0.1:${server.port}/?folder=${encodeURIComponent(shop)}`);
  console.log(
    "Look at store.go, then press F1 and choose Maprace: Run with Race Detection. Ctrl-C here ends the editor.",
  );
  await new Promise((done) => {
    process.once("SIGINT", done);
    process.once("SIGTERM", done);
  });
  await server.close();
}
