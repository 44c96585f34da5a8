/**
 * Chronos, which looks for races in source, on single functions of Go's own race tests.
 *
 * It follows one program from its `main`, so each function is made a program of its own. It is built with the newest
 * Go and the newest golang.org/x/tools that it runs with; those know the standard library of that Go only.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MODULE = "github.com/amit-davidson/Chronos";
const TOOLS = "v0.7.0";
const TOOLCHAIN = { GOTOOLCHAIN: "go1.21.13", GOFLAGS: "-mod=mod" };
/** Chronos looks at the packages of a module whose folder ends in the module's path. */
export const PROGRAM = "example.com/go/racetests";
/** It does not come to an end on some programs. */
const MOST_MILLISECONDS = 60_000;

/** What came of looking at one function. */
interface Look {
  readonly found: boolean;
  readonly milliseconds: number;
}

/**
 * The path of Chronos: the `chronos` that is on PATH, or one built from the module proxy into a folder that later runs
 * find again. Where there is neither, why.
 */
export function installChronos(): { readonly path: string } | { readonly reason: string } {
  if (!spawnSync("chronos", ["-h"]).error) return { path: "chronos" };
  const folder = join(tmpdir(), `maprace-chronos-${TOOLS}`);
  const path = join(folder, "chronos");
  if (existsSync(path)) return { path };
  const module = join(folder, "module");
  mkdirSync(module, { recursive: true });
  writeFileSync(join(module, "go.mod"), "module peer\n\ngo 1.21\n");
  const go = (...args: string[]) =>
    spawnSync("go", args, { cwd: module, env: { ...process.env, ...TOOLCHAIN }, encoding: "utf8" });
  const got = go("get", `${MODULE}/cmd/chronos@latest`, `golang.org/x/tools@${TOOLS}`);
  const made = got.status === 0 ? go("build", "-o", path, `${MODULE}/cmd/chronos`) : got;
  rmSync(module, { recursive: true, force: true });
  if (made.status === 0) return { path };
  const why = made.stderr.trim().split("\n").at(-1)?.trim().replace("server response: ", "") ?? "";
  return {
    reason: `not to be had (${why}); build it from its source with ${TOOLCHAIN.GOTOOLCHAIN} and golang.org/x/tools ${TOOLS}, and put it on PATH as chronos`,
  };
}

/** Makes a module of the tests whose package can be run: `main` calls the one that is asked about. */
export function makeProgram(module: string): void {
  writeFileSync(join(module, "go.mod"), `module ${PROGRAM}\n\ngo 1.21\n`);
  for (const name of readdirSync(module).filter((file) => file.endsWith("_test.go"))) {
    const text = readFileSync(join(module, name), "utf8").replace(/^package \w+/m, "package main");
    const path = join(module, name);
    writeFileSync(path, text);
    renameSync(path, path.replace(/_test\.go$/, ".go"));
  }
}

/** Has Chronos look at one function of the program. Throws where it comes to no verdict. */
export function lookAt(chronos: string, module: string, test: string): Look {
  const file = join(module, "main.go");
  writeFileSync(file, `package main\n\nimport "testing"\n\nfunc main() { ${test}(new(testing.T)) }\n`);
  const started = performance.now();
  const { stdout, stderr } = spawnSync(chronos, ["--file", file, "--mod", module], {
    cwd: module,
    // Some tests call what the runtime has with -race only.
    env: { ...process.env, ...TOOLCHAIN, GOFLAGS: "-mod=mod -tags=race" },
    encoding: "utf8",
    timeout: MOST_MILLISECONDS,
  });
  const said = `${stdout}${stderr}`;
  const found = said.includes("Potential race condition");
  if (!found && !said.includes("No data races found"))
    throw new Error(`Chronos says nothing about ${test}: ${said.trim().slice(0, 500)}`);
  return { found, milliseconds: performance.now() - started };
}
