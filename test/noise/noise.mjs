/**
 * `npm run test:noise [MODULE…|std]`: what `maprace check` says about code that is trusted, against verdicts.json.
 *
 * Every `definite` and `likely` Finding there has a verdict: `real`, with the sentence that explains it, or
 * `wrong`, with its cause. Fails when a Finding appears or vanishes unreviewed. `possible` ones are only counted.
 * With `--print`, the unreviewed ones are printed as entries to review.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "../..");
/** @type {Record<string, { finding: string, verdict: "real" | "wrong", why: string }[]>} */
const reviewed = JSON.parse(readFileSync(join(HERE, "verdicts.json"), "utf8"));
const args = process.argv.slice(2);
const print = args.includes("--print");
const only = args.filter((arg) => !arg.startsWith("--"));

/** @typedef {import("../../src/protocol.ts").Finding} Finding */

/**
 * @param {string} target
 * @returns {string} the folder of its files
 */
function folderOf(target) {
  if (target === "std")
    return join(execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim(), "src");
  const json = execFileSync("go", ["mod", "download", "-json", target], { encoding: "utf8", cwd: tmpdir() });
  return JSON.parse(json).Dir;
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
let lines = 0;
let strong = 0;
let real = 0;
let weak = 0;
let unreviewed = 0;
for (const [target, verdicts] of Object.entries(reviewed)) {
  if (only.length > 0 && !only.includes(target)) continue;
  const report = check(folderOf(target));
  const inTests = (/** @type {Finding} */ finding) => finding.accesses[0]?.file.endsWith("_test.go");
  const found = report.findings.filter((f) => f.confidence !== "possible" && !inTests(f));
  lines += report.stats.lines;
  strong += found.length;
  weak += report.findings.length - found.length;
  const known = new Map(verdicts.map((v) => [v.finding, v]));
  for (const finding of found) {
    const key = keyOf(finding);
    const verdict = known.get(key);
    if (verdict?.verdict === "real") real++;
    if (verdict) continue;
    unreviewed++;
    if (print) console.log(JSON.stringify({ finding: key, verdict: "", why: finding.message }));
    else console.log(`${target}: appeared unreviewed: ${key}: ${finding.message}`);
  }
  const keys = new Set(found.map(keyOf));
  for (const key of known.keys()) {
    if (keys.has(key)) continue;
    unreviewed++;
    console.log(`${target}: vanished unreviewed: ${key}`);
  }
  console.log(
    `${target}: ${report.stats.lines} lines, ${found.length} definite or likely, ${report.findings.length - found.length} possible`,
  );
}
const per = (/** @type {number} */ n, /** @type {number} */ each) => ((n * each) / lines).toFixed(2);
console.log(
  `${lines} lines: ${strong} definite or likely (${per(strong, 50_000)} per 50,000), ${real} of them real; ${weak} possible (${per(weak, 3_000)} per 3,000)`,
);
process.exitCode = unreviewed === 0 ? 0 : 1;
