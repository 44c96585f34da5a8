/**
 * `npm run test:noise -- --drive [MODULE…]`: runs the driver of every `real` verdict under Go's own race detector.
 *
 * A driver is a Go program or a test in drivers/NAME. It is built inside a copy of the module, so that it may use
 * internal packages and the module's own versions of its dependencies; a test goes beside the flagged file. GOROOT/src
 * is used where it is, a test laid over it. Confirmed is what `-race` reports at one of the lines that the Finding
 * names.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const DRIVERS = join(dirname(fileURLToPath(import.meta.url)), "drivers");

/**
 * Runs one driver.
 * @param {string} folder the module's files
 * @param {string} name of the driver
 * @param {string} beside the flagged file, relative to the module
 * @returns {string} what the detector and the program printed
 */
export function drive(folder, name, beside) {
  if (folder === join(execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim(), "src"))
    return driveInGoroot(folder, name, dirname(beside));
  const copy = mkdtempSync(join(tmpdir(), "maprace-driver-"));
  try {
    cpSync(folder, copy, { recursive: true });
    execFileSync("chmod", ["-R", "u+w", copy]);
    const files = readdirSync(join(DRIVERS, name));
    const isTest = files.some((file) => file.endsWith("_test.go"));
    const target = isTest ? join(copy, dirname(beside)) : join(copy, "zz_driver");
    mkdirSync(target, { recursive: true });
    for (const file of files) cpSync(join(DRIVERS, name, file), join(target, file));
    const env = { ...process.env, GOFLAGS: "-mod=mod", GOWORK: "off" };
    if (existsSync(join(copy, "go.mod"))) dropLocalReplacements(copy, env);
    const args = isTest
      ? ["test", "-race", "-count=1", "-run", "^TestDriver$", `./${dirname(beside)}`]
      : ["run", "-race", "./zz_driver"];
    const run = spawnSync("go", args, { cwd: copy, env, encoding: "utf8", timeout: 600_000 });
    return run.stdout + run.stderr;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/**
 * @param {string} src GOROOT/src
 * @param {string} name
 * @param {string} pkg the package's path
 * @returns {string}
 */
function driveInGoroot(src, name, pkg) {
  const scratch = mkdtempSync(join(tmpdir(), "maprace-driver-"));
  try {
    const driver = join(DRIVERS, name);
    const laid = readdirSync(driver).map((file) => [join(src, pkg, `zz_${file}`), join(driver, file)]);
    const overlay = join(scratch, "overlay.json");
    writeFileSync(overlay, JSON.stringify({ Replace: Object.fromEntries(laid) }));
    const args = ["test", "-race", "-count=1", "-overlay", overlay, "-run", "^TestDriver$", pkg];
    const cwd = pkg.startsWith("cmd/") ? join(src, "cmd") : src;
    const run = spawnSync("go", args, { cwd, encoding: "utf8", timeout: 600_000 });
    return run.stdout + run.stderr;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * Modules of one repository name each other by folder; a copy has its neighbours no more.
 * @param {string} copy
 * @param {NodeJS.ProcessEnv} env
 */
function dropLocalReplacements(copy, env) {
  const json = execFileSync("go", ["mod", "edit", "-json"], { cwd: copy, env, encoding: "utf8" });
  for (const { Old, New } of JSON.parse(json).Replace ?? []) {
    if (New.Path.startsWith("."))
      execFileSync("go", ["mod", "edit", `-dropreplace=${Old.Path}`], { cwd: copy, env });
  }
}

/**
 * True where the detector reports a race at one of the lines of the Finding; for a map that is handed out from under
 * its lock, whose other side is the driver's, anywhere in the file that hands it out.
 * @param {string} output of {@link drive}
 * @param {import("../../src/protocol.ts").Finding} finding
 */
export function isConfirmed(output, finding) {
  const races = output
    .split("WARNING: DATA RACE")
    .slice(1)
    .map((race) => race.split("==================")[0] ?? "");
  return races.some((race) =>
    finding.accesses.some(({ file, line }) =>
      race.includes(finding.code === "leaked-guarded-map" ? `/${file}:` : `/${file}:${line} `),
    ),
  );
}
