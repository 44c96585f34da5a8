/**
 * `npm test`: installs what the tests need, runs all of them and prints one line, "N passed, N failed", last.
 * `npm test -- unit`, `-- windows` and `-- processors` (on Linux), `-- editor`, `-- go`, `-- static` or `-- electron` run one part. What is tested is in test/.
 */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { installDependencies, root } from "./dependencies.mjs";
import { installBrowser, installEditor } from "./embedded-editor.mjs";
import { goVersion } from "./go.mjs";
import { pack } from "./package.mjs";
import { installQemu } from "./qemu.mjs";
import { main, quietly, showing, step } from "./steps.mjs";
import { installWine } from "./wine.mjs";

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 */

const artifacts = join(root, "test/artifacts");
const bin = (/** @type {string} */ name) => join(root, "node_modules", name);

/** @type {Record<string, () => Promise<Counts>>} */
const PARTS = {
  static: () =>
    checks({
      "Checking types": () => quietly("npm", ["run", "check"], { cwd: root }),
      Linting: () => quietly("npm", ["run", "lint", "--", "--colors=off"], { cwd: root }),
    }),
  go: () => checks({ "Checking Go sources: gofmt": gofmt, "Checking Go sources: go vet": goVet }),
  unit: () => vitest("Unit tests", []),
  ...(process.platform === "linux" && process.arch === "x64"
    ? {
        windows: async () =>
          vitest("Programs for Windows", ["--config", "vitest.windows.config.ts"], {
            WINE: await installWine(),
          }),
        processors: async () =>
          vitest("Programs for other processors", ["--config", "vitest.processors.config.ts"], {
            QEMU: await installQemu(),
          }),
      }
    : {}),
  editor: async () => {
    await installEditor();
    const CHROMIUM = await installBrowser();
    await step("Packing the extension", pack);
    return vitest("Tests in a real VS Code", ["--config", "vitest.e2e.config.ts"], { CHROMIUM });
  },
};

await main(async () => {
  const asked = process.argv.slice(2);
  const electron = asked.includes("electron");
  const unknown = asked.filter((name) => !(name in PARTS) && name !== "electron");
  if (unknown.length > 0)
    throw new Error(
      `No such part: ${unknown.join(", ")}. There are: ${Object.keys(PARTS).join(", ")}, electron.`,
    );
  await goVersion();
  await installDependencies();
  mkdirSync(artifacts, { recursive: true });
  await step("Building", () => build());
  if (electron) {
    process.exitCode = await showing(
      process.execPath,
      [bin("vitest/vitest.mjs"), "run", "--config", "vitest.electron.config.ts"],
      {
        cwd: root,
      },
    );
    return;
  }
  const total = { passed: 0, failed: 0 };
  for (const name of asked.length > 0 ? asked : Object.keys(PARTS)) {
    const { passed, failed } = await part(name);
    total.passed += passed;
    total.failed += failed;
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
});

/**
 * One part; a part that could not run at all counts as one failure, so the others still run.
 * @param {string} name
 */
async function part(name) {
  try {
    return await (PARTS[name] ?? missingPart)();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { passed: 0, failed: 1 };
  }
}

/** @returns {Promise<Counts>} */
async function missingPart() {
  throw new Error("No such part.");
}

/**
 * Runs vitest with the terminal as its output.
 * @param {string} what
 * @param {readonly string[]} flags
 * @param {NodeJS.ProcessEnv} [env] set besides this process's own
 * @returns {Promise<Counts>}
 */
async function vitest(what, flags, env = {}) {
  const report = join(artifacts, `${what.replaceAll(" ", "-").toLowerCase()}.json`);
  rmSync(report, { force: true });
  const status = await step(what, () =>
    showing(
      process.execPath,
      [
        bin("vitest/vitest.mjs"),
        "run",
        ...flags,
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${report}`,
      ],
      { cwd: root, env: { ...process.env, ...env } },
    ),
  );
  const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests } = JSON.parse(
    readFileSync(report, "utf8"),
  );
  // A file that fails before its first test counts no failed test, and a skipped test is no passed one.
  const failed = numFailedTests + numPendingTests;
  const unexplained = failed === 0 && (status !== 0 || numFailedTestSuites > 0) ? 1 : 0;
  return { passed: numPassedTests, failed: failed + unexplained };
}

/**
 * Runs each check as one test.
 * @param {Record<string, () => Promise<unknown>>} all
 * @returns {Promise<Counts>}
 */
async function checks(all) {
  const counts = { passed: 0, failed: 0 };
  for (const [what, check] of Object.entries(all)) {
    try {
      await step(what, check);
      counts.passed += 1;
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      counts.failed += 1;
    }
  }
  return counts;
}

async function gofmt() {
  const unformatted = await quietly("gofmt", ["-l", "src/runtime", "test/incidents"], { cwd: root });
  if (unformatted.trim() !== "") throw new Error(`Run gofmt -w on:\n${unformatted}`);
}

/** Vets every Go module of the repository; the detector's own sources compile only inside the Go runtime. */
async function goVet() {
  const modules = (
    await quietly("git", ["ls-files", "-z", "--", "src/**/go.mod", "test/**/go.mod"], { cwd: root })
  ).split("\0");
  for (const module of modules) {
    if (module === "" || module.includes("/fixtures/")) continue;
    await quietly("go", ["vet", "./..."], {
      cwd: join(root, module, ".."),
      env: { ...process.env, GOFLAGS: "-mod=mod" },
    });
  }
}
