/**
 * What `maprace check` finds among Go's own tests of its race detector, and how long it takes, beside the
 * analyzers that people run already: `go vet` and staticcheck, in the same run. For Chronos, which looks for races,
 * a line says why it is not among them.
 *
 *   npm run bench -- analyzers
 *
 * A test whose name says `NoRace` is free of races; those in `goRaceTests.ts` race on a map. An analyzer has
 * found a race where it says anything about a line of the function: that is more than it may mean.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyGoRaceTests, OF_LEN_AND_VARIABLES, OF_THE_MAP } from "../cases/goRaceTests.ts";

const STATICCHECK = "v0.7.0";

/** A function of the tests: the lines that it takes. */
interface TestFunction {
  readonly name: string;
  readonly file: string;
  readonly first: number;
  readonly last: number;
}

function functionsIn(module: string): TestFunction[] {
  return readdirSync(module)
    .filter((file) => file.endsWith(".go"))
    .flatMap((file) => {
      const lines = readFileSync(join(module, file), "utf8").split("\n");
      return lines.flatMap((line, i): TestFunction[] => {
        const name = /^func (Test\w+)\(/.exec(line)?.[1];
        const length = lines.slice(i).indexOf("}");
        return name === undefined ? [] : [{ name, file, first: i + 1, last: i + 1 + length }];
      });
    });
}

/** Runs an analyzer in the module; returns the functions that it has something to say about, and its time. */
function analyse(
  module: string,
  command: string,
  args: readonly string[],
  functions: readonly TestFunction[],
) {
  const started = performance.now();
  const { stdout, stderr, error } = spawnSync(command, args, { cwd: module, encoding: "utf8" });
  if (error) throw error;
  const milliseconds = performance.now() - started;
  const named = new Set<string>();
  for (const [, file, line] of `${stdout}\n${stderr}`.matchAll(/(\w+_test\.go):(\d+)/g)) {
    const at = functions.find((f) => f.file === file && f.first <= Number(line) && Number(line) <= f.last);
    if (at) named.add(at.name);
  }
  return { milliseconds, named };
}

/** The path of staticcheck, installed by the Go command into a folder that later runs find again. */
function installStaticcheck(): string {
  const bin = join(tmpdir(), `maprace-staticcheck-${STATICCHECK}`);
  const path = join(bin, process.platform === "win32" ? "staticcheck.exe" : "staticcheck");
  if (!existsSync(path)) {
    mkdirSync(bin, { recursive: true });
    const env = { ...process.env, GOBIN: bin, GOFLAGS: "-mod=mod" };
    const made = spawnSync("go", ["install", `honnef.co/go/tools/cmd/staticcheck@${STATICCHECK}`], { env });
    if (made.status !== 0) throw new Error(`staticcheck could not be installed: ${String(made.stderr)}`);
  }
  return path;
}

/** Why Chronos cannot be measured: what the Go command says about its module, or that nothing here runs it yet. */
function withoutChronos(): string {
  const asked = spawnSync("go", ["mod", "download", "-json", "github.com/amit-davidson/Chronos@latest"], {
    cwd: tmpdir(),
    encoding: "utf8",
  });
  const error: string | undefined = asked.stdout === "" ? asked.stderr : JSON.parse(asked.stdout).Error;
  const reason = error?.trim().split("\n").at(-1)?.trim().replace("server response: ", "");
  return reason ? `not to be had: ${reason}` : "can be had, but is not run here";
}

const folder = mkdtempSync(join(tmpdir(), "maprace-analyzers-"));
try {
  const module = join(folder, "racetests");
  copyGoRaceTests(module);
  const functions = functionsIn(module);
  const racy = [...OF_THE_MAP, ...OF_LEN_AND_VARIABLES];
  const free = functions.map(({ name }) => name).filter((name) => name.startsWith("TestNoRace"));
  const cli = join(import.meta.dirname, "../../dist/cli.js");
  const analyzers: readonly (readonly [string, string, readonly string[]])[] = [
    ["maprace check", process.execPath, [cli, "check", "."]],
    ["go vet", "go", ["vet", "."]],
    [`staticcheck ${STATICCHECK}`, installStaticcheck(), ["."]],
  ];
  const measured = analyzers.map(([name, command, args]) => {
    // The first run fills caches; people run analyzers again and again.
    analyse(module, command, args, functions);
    const { named, milliseconds } = analyse(module, command, args, functions);
    return {
      analyzer: name,
      [`map races found of ${racy.length}`]: racy.filter((one) => named.has(one)).length,
      [`race-free flagged of ${free.length}`]: free.filter((one) => named.has(one)).length,
      milliseconds: Math.round(milliseconds),
    };
  });
  console.table(measured);
  console.log(`Chronos: ${withoutChronos()}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
