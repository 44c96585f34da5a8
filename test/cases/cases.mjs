/**
 * `npm run test:cases [ID…]`: the built command line against code that nobody here wrote.
 *
 * Published modules that had a map race, before and after it was repaired; the map rows of Go's own race tests;
 * and the incidents of test/incidents. Modules are fetched when this runs. Fails where fewer races are found
 * than the goals below, or where repaired code is still flagged.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const CASES = join(ROOT, "../shared/cases");
const GOALS = { found: 10, likely: 7 };
/** @typedef {import("../../src/protocol.ts").Finding} Finding */
/** @typedef {import("../../src/protocol.ts").CheckReport} CheckReport */
/** @typedef {Readonly<Record<string, readonly number[]>>} Lines lines by file */

/** @type {Readonly<Record<import("../../src/protocol.ts").Confidence, number>>} */
const RANK = { definite: 0, likely: 1, possible: 2 };
const only = process.argv.slice(2);
let failures = 0;

/**
 * Runs `maprace check` and returns its report.
 * @param {string} dir
 * @returns {CheckReport}
 */
function check(dir) {
  const args = [join(ROOT, "dist/cli.js"), "check", "--format", "json", "--min-confidence", "possible", dir];
  const run = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1 << 30 });
  if (run.status !== 0 && run.status !== 1)
    throw new Error(`check ${dir} ended with ${run.status}: ${run.stderr}`);
  return JSON.parse(run.stdout);
}

/** @param {string} text */
function fail(text) {
  failures++;
  console.log(`  FAILED: ${text}`);
}

/**
 * @param {string} module
 * @param {string} version
 * @returns {string} the folder of its files
 */
function download(module, version) {
  const json = execFileSync("go", ["mod", "download", "-json", `${module}@${version}`], {
    encoding: "utf8",
    cwd: tmpdir(),
  });
  return JSON.parse(json).Dir;
}

/**
 * The Findings that have one of the lines among their accesses, the best evidence first.
 * @param {CheckReport} report
 * @param {Lines} files
 */
function findingsAt(report, files) {
  return report.findings
    .filter((f) => f.accesses.some((a) => files[a.file]?.includes(a.line)))
    .sort((a, b) => RANK[a.confidence] - RANK[b.confidence]);
}

/**
 * True where the first two accesses of a Finding are lines of the race.
 * @param {Finding} finding
 * @param {Lines} files
 */
function isRacingPair(finding, files) {
  return finding.accesses.slice(0, 2).every((a) => files[a.file]?.includes(a.line));
}

function scoreModules() {
  let found = 0;
  let likely = 0;
  let total = 0;
  for (const one of JSON.parse(readFileSync(join(CASES, "modules.json"), "utf8"))) {
    if (only.length > 0 && !only.includes(one.id)) continue;
    total++;
    const hits = findingsAt(check(download(one.buggy.module, one.buggy.version)), one.buggy.files);
    const best = hits[0];
    if (best) found++;
    if (best && best.confidence !== "possible") likely++;
    const pair = hits.some((f) => isRacingPair(f, one.buggy.files)) ? ", the racing pair" : "";
    console.log(`${one.id}: ${best ? `${best.confidence} ${best.code}${pair}` : "nothing found"}`);
    if (!one.fixedIsClean) continue;
    const left = findingsAt(check(download(one.fixed.module, one.fixed.version)), one.fixed.files);
    for (const finding of left) fail(`still flagged in ${one.fixed.version}: ${finding.message}`);
  }
  console.log(`${found} of ${total} found, ${likely} of them likely or definite`);
  if (only.length === 0 && (found < GOALS.found || likely < GOALS.likely)) fail("fewer than the goals");
}

/**
 * The top-level functions of a Go file: name, first and last line.
 * @param {string} path
 */
function functionsOf(path) {
  /** @type {{ name: string, first: number, last: number }[]} */
  const functions = [];
  /** @type {{ name: string, first: number, last: number } | null} */
  let open = null;
  for (const [i, line] of readFileSync(path, "utf8").split("\n").entries()) {
    const name = /^func (\w+)\(/.exec(line)?.[1];
    if (name) open = { name, first: i + 1, last: i + 1 };
    if (line === "}" && open) {
      functions.push({ ...open, last: i + 1 });
      open = null;
    }
  }
  return functions;
}

function scoreRaceTests() {
  const dir = mkdtempSync(join(tmpdir(), "maprace-cases-"));
  try {
    const goroot = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
    cpSync(join(goroot, "src/runtime/race/testdata"), dir, { recursive: true });
    writeFileSync(join(dir, "go.mod"), "module race\n\ngo 1.24\n");
    const functions = new Map(
      readdirSync(dir)
        .filter((f) => f.endsWith(".go"))
        .map((f) => [f, functionsOf(join(dir, f))]),
    );
    /** @type {Map<string, Finding>} */
    const found = new Map();
    for (const finding of check(dir).findings) {
      const flagged = finding.accesses[0];
      if (flagged === undefined) continue;
      const { file, line } = flagged;
      const name =
        functions.get(file)?.find((f) => f.first <= line && line <= f.last)?.name ?? `${file}:${line}`;
      const best = found.get(name);
      if (!best || RANK[finding.confidence] < RANK[best.confidence]) found.set(name, finding);
    }
    const rows = JSON.parse(readFileSync(join(CASES, "race-testdata.json"), "utf8"));
    for (const row of rows) {
      const finding = found.get(row.function);
      if (row.mapRace && (!finding || finding.confidence === "possible"))
        fail(`${row.function} has a race that was not found`);
      if (!row.mapRace && finding) fail(`${row.function} has none on a map, but: ${finding.message}`);
      found.delete(row.function);
    }
    for (const [name, finding] of found) fail(`${name} is in no row, but: ${finding.message}`);
    console.log(`Go's race tests: ${rows.length} rows compared`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function scoreIncidents() {
  const incidents = join(ROOT, "test/incidents");
  const names = readdirSync(incidents).filter((name) => existsSync(join(incidents, name, "racy")));
  for (const name of names) {
    const racy = check(join(incidents, name, "racy")).findings.filter((f) => f.confidence !== "possible");
    const left = check(join(incidents, name, "fixed")).findings;
    console.log(
      `${name}: ${[...new Set(racy.map((f) => `${f.confidence} ${f.code}`))].join(", ") || "nothing found"}`,
    );
    if (racy.length === 0) fail(`${name}/racy has no Finding`);
    for (const finding of left) fail(`${name}/fixed: ${finding.message}`);
  }
}

execFileSync(process.execPath, [join(ROOT, "scripts/build.mjs")], { stdio: "inherit", cwd: ROOT });
if (only.length === 0) {
  scoreIncidents();
  scoreRaceTests();
}
scoreModules();
console.log(failures === 0 ? "all as expected" : `${failures} not as expected`);
process.exitCode = failures === 0 ? 0 : 1;
