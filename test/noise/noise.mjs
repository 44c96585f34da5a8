/**
 * `npm run test:noise [MODULE…|std]`: what `maprace check` says about code that is trusted, against verdicts.json.
 *
 * Every `definite` and `likely` Finding there has a verdict: `real`, with the sentence that explains it and the
 * driver that shows it, or `wrong`, with its cause. Fails when a Finding appears or vanishes unreviewed, and where
 * there are more than the goals below allow. `possible` ones are only counted.
 * With `--print`, the unreviewed ones are printed as entries to review; with `--drive`, the drivers are run.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { drive, isConfirmed } from "./drive.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "../..");
/** At most so many Findings in so many lines, and of the strong ones at least this share real. */
const GOALS = { strong: { most: 1, lines: 50_000 }, possible: { most: 1, lines: 3_000 }, real: 0.8 };
/** @type {Record<string, { finding: string, verdict: "real" | "wrong", why: string, driver?: string }[]>} */
const reviewed = JSON.parse(readFileSync(join(HERE, "verdicts.json"), "utf8"));
const args = process.argv.slice(2);
const print = args.includes("--print");
const drives = args.includes("--drive");
const only = args.filter((arg) => !arg.startsWith("--"));

/** @typedef {import("../../src/protocol.ts").Finding} Finding */

/**
 * @param {string} target
 * @returns {string} the folder of its files: of `std`, the standard library with all commands
 */
function folderOf(target) {
  if (target === "std")
    return join(execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim(), "src");
  const json = execFileSync("go", ["mod", "download", "-json", target], { encoding: "utf8", cwd: tmpdir() });
  /** @type {string} */
  const folder = JSON.parse(json).Dir;
  if (!existsSync(join(folder, "go.mod"))) return folder;
  // Calls into a dependency that is not there stay unseen.
  const copy = mkdtempSync(join(tmpdir(), "maprace-noise-"));
  for (const name of ["go.mod", "go.sum"])
    if (existsSync(join(folder, name))) cpSync(join(folder, name), join(copy, name));
  const run = spawnSync("go", ["mod", "download"], { cwd: copy, encoding: "utf8" });
  if (run.status !== 0) console.log(`${target}: not all dependencies are to be had: ${run.stderr.trim()}`);
  rmSync(copy, { recursive: true, force: true });
  return folder;
}

/**
 * @param {string} dir
 * @returns {import("../../src/protocol.ts").CheckReport}
 */
function check(dir) {
  const command = [
    "--max-old-space-size=6000",
    join(ROOT, "dist/cli.js"),
    "check",
    "--format",
    "json",
    "--min-confidence",
    "possible",
    dir,
  ];
  const run = spawnSync(process.execPath, command, { encoding: "utf8", maxBuffer: 1 << 30 });
  if (run.status !== 0 && run.status !== 1)
    throw new Error(`check ${dir} ended with ${run.status}: ${run.stderr}`);
  return JSON.parse(run.stdout);
}

/**
 * A Finding is the same as long as its map, code and flagged function are.
 * @param {Finding} finding
 */
function keyOf(finding) {
  return `${finding.code} ${finding.map.name} ${finding.accesses[0]?.function}`;
}

execFileSync(process.execPath, [join(ROOT, "scripts/build.mjs")], { stdio: "inherit", cwd: ROOT });
const inTests = (/** @type {Finding} */ finding) => finding.accesses[0]?.file.endsWith("_test.go");
const total = { lines: 0, strong: 0, real: 0, possible: 0 };
let failures = 0;
/** @param {string} text */
function fail(text) {
  failures++;
  console.log(text);
}
for (const [target, verdicts] of Object.entries(reviewed)) {
  if (only.length > 0 && !only.includes(target)) continue;
  /** @type {Set<string>} */
  const keys = new Set();
  const folder = folderOf(target);
  const report = check(folder);
  const here = { lines: report.stats.lines, strong: 0, possible: 0 };
  for (const finding of report.findings.filter((f) => !inTests(f))) {
    if (finding.confidence === "possible") {
      here.possible++;
      continue;
    }
    here.strong++;
    const key = keyOf(finding);
    keys.add(key);
    const verdict = verdicts.find((v) => v.finding === key);
    if (verdict?.verdict === "real" && verdict.driver) total.real++;
    if (drives && verdict?.driver) {
      const beside = finding.accesses[0]?.file ?? "";
      const confirmed = isConfirmed(drive(folder, verdict.driver, beside), finding);
      if (!confirmed) fail(`${target}: the driver ${verdict.driver} shows no race`);
    }
    if (verdict) continue;
    if (print) fail(JSON.stringify({ finding: key, verdict: "", why: finding.message }));
    else fail(`${target}: appeared unreviewed: ${key}: ${finding.message}`);
  }
  for (const { finding } of verdicts)
    if (!keys.has(finding)) fail(`${target}: vanished unreviewed: ${finding}`);
  total.lines += here.lines;
  total.strong += here.strong;
  total.possible += here.possible;
  console.log(`${target}: ${here.lines} lines, ${here.strong} definite or likely, ${here.possible} possible`);
}
const per = (/** @type {number} */ n, /** @type {number} */ each) => (n * each) / total.lines;
const strong = per(total.strong, GOALS.strong.lines);
const possible = per(total.possible, GOALS.possible.lines);
const share = total.strong === 0 ? 1 : total.real / total.strong;
console.log(
  `${total.lines} lines: ${total.strong} definite or likely (${strong.toFixed(2)} per 50,000), ${total.real} of them real (${Math.round(share * 100)} %); ${total.possible} possible (${possible.toFixed(2)} per 3,000)`,
);
if (only.length === 0) {
  if (strong > GOALS.strong.most) fail("more definite and likely Findings than the goal");
  if (possible > GOALS.possible.most) fail("more possible Findings than the goal");
  if (share < GOALS.real) fail("fewer of them are real than the goal");
}
process.exitCode = failures === 0 ? 0 : 1;
