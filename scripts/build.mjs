/**
 * Builds everything that ships into dist/: one bundle per process, the parser's wasm files and the Go sources
 * of the detector beside them. `--watch` builds again on every change.
 *
 * The bundles find their assets beside themselves (`import.meta.url`), so dist/ can lie anywhere.
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installDependencies, root } from "./dependencies.mjs";
import { main, step } from "./steps.mjs";

const dist = join(root, "dist");

/** Packages that are still CommonJS call `require`, which an ECMAScript module has to be given. */
const REQUIRE =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

/**
 * @typedef {object} Bundle
 * @property {string} entry
 * @property {string} out name in dist/
 * @property {import("esbuild").Format} format
 * @property {"node" | "browser"} platform
 * @property {string[]} [external]
 * @property {boolean} [shebang]
 */

/**
 * One bundle per process: what the extension host loads, what it starts, and what the timeline's page loads.
 * @type {readonly Bundle[]}
 */
const BUNDLES = [
  {
    entry: "src/client/extension.ts",
    out: "extension.cjs",
    format: "cjs",
    platform: "node",
    external: ["vscode"],
  },
  { entry: "src/cli/languageServer.ts", out: "server.js", format: "esm", platform: "node" },
  { entry: "src/server/workspace/syntaxWorker.ts", out: "syntaxWorker.js", format: "esm", platform: "node" },
  { entry: "src/server/dap/main.ts", out: "adapter.js", format: "esm", platform: "node" },
  { entry: "src/cli/cli.ts", out: "cli.js", format: "esm", platform: "node", shebang: true },
  { entry: "webview/timeline.ts", out: "timeline.js", format: "iife", platform: "browser" }, // and timeline.css
];

/**
 * Files that the bundles read when they run, and their names beside them.
 * @type {readonly (readonly [string, string])[]}
 */
const ASSETS = [
  ["node_modules/web-tree-sitter/web-tree-sitter.wasm", "web-tree-sitter.wasm"],
  ["node_modules/tree-sitter-go/tree-sitter-go.wasm", "tree-sitter-go.wasm"],
];

/**
 * Builds dist/.
 * @param {{ watch?: boolean, minify?: boolean }} [options] `watch` keeps building until the process ends
 */
export async function build({ watch = false, minify = true } = {}) {
  const { build: bundle, context } = await import("esbuild");
  mkdirSync(dist, { recursive: true });
  copyAssets();
  // What is worked on has no version, so that nothing made by it is kept for the next build.
  if (!watch) writeFileSync(join(dist, "runtime/version"), versionOfInstrumentation());
  const results = await Promise.allSettled(
    BUNDLES.map(async (shape) => {
      const options = optionsFor(shape, { watch, minify });
      if (watch) await (await context(options)).watch();
      else await bundle(options);
    }),
  );
  const failures = results
    .filter((result) => result.status === "rejected")
    .map(({ reason }) => String(reason));
  if (failures.length > 0) throw new Error([...new Set(failures)].join("\n"));
  if (existsSync(join(dist, "cli.js"))) chmodSync(join(dist, "cli.js"), 0o755);
}

/**
 * @param {Bundle} bundle
 * @param {{ watch: boolean, minify: boolean }} how
 * @returns {import("esbuild").BuildOptions}
 */
function optionsFor({ entry, out, format, platform, external = [], shebang = false }, { watch, minify }) {
  const head = [...(shebang ? ["#!/usr/bin/env node"] : []), ...(format === "esm" ? [REQUIRE] : [])].join(
    "\n",
  );
  return {
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: join("dist", out),
    bundle: true,
    platform,
    format,
    target: platform === "node" ? "node20" : ["chrome120", "firefox121", "safari17"],
    external,
    minify,
    sourcemap: watch ? "linked" : false,
    legalComments: "none",
    banner: head === "" ? {} : { js: head },
    logLevel: "warning",
  };
}

/** Copies the wasm files, and the detector's Go sources as they are. */
function copyAssets() {
  for (const [from, to] of ASSETS) cpSync(join(root, from), join(dist, to));
  const runtime = join(dist, "runtime");
  rmSync(runtime, { recursive: true, force: true });
  for (const file of readdirSync(join(root, "src/runtime"), { recursive: true, withFileTypes: true })) {
    if (!file.isFile() || file.name.endsWith("_test.go") || file.name.endsWith(".md")) continue;
    const from = join(file.parentPath ?? file.path, file.name);
    cpSync(from, join(runtime, from.slice(join(root, "src/runtime").length)));
  }
}

/** What decides how a Go runtime is instrumented: the detector, and the code that lays it over. */
function versionOfInstrumentation() {
  const hash = createHash("sha256");
  for (const folder of ["src/runtime", "src/server/run"]) {
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).sort()) {
      const path = join(root, folder, file);
      if (statSync(path).isFile()) hash.update(`${file}\n`).update(readFileSync(path));
    }
  }
  return hash.digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const watch = process.argv.includes("--watch");
    await installDependencies();
    await step(watch ? "Building (and watching)" : "Building", () => build({ watch, minify: !watch }));
  });
}
