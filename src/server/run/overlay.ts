/**
 * Prepares a build on the instrumented runtime: writes the changed files of the user's own Go into a
 * cache folder, and one overlay file that names them together with unsaved editor buffers and the user's
 * own overlay. Decides which builds are refused, and why; running the build is left to session.ts.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { RunMode } from "../../protocol.ts";
import { adaptRuntime } from "./adaptedRuntime.ts";
import { pruneCache, touch } from "./cachePruning.ts";
import { runGo } from "./goCommand.ts";
import { findRuntime, type InstrumentedRuntime, keepRuntime, placeOfRuntime } from "./keptRuntime.ts";
import { RunProblem } from "./problem.ts";
import type { ProcessTree } from "./processTree.ts";
import { readToolchain, type Toolchain } from "./toolchain.ts";
import { buildToolexec, toolexecFlag, toolexecVersion } from "./toolexec.ts";

/** What a build on the instrumented runtime is made from. */
export interface OverlayRequest {
  /** Absolute path of the go command. */
  readonly go: string;
  readonly mode: RunMode;
  /** Where the build runs: its go.mod and GOTOOLCHAIN choose the toolchain. */
  readonly cwd: string;
  /** Kept between runs: changed runtime files, links to toolchains. Outside the user's tree. */
  readonly cacheDir: string;
  /** The folder with the detector's Go files. */
  readonly runtimeSources: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Unsaved editor buffers: absolute path to text. */
  readonly unsaved?: Readonly<Record<string, string>>;
  /** The user's own build flags. */
  readonly buildFlags?: readonly string[];
  /** Gets the builds that preparing needs, so that a stopped run can end them. */
  readonly onStart?: (tree: ProcessTree) => void;
}

/** How to run `go build` or `go test` so that the program is watched. */
export interface PreparedBuild {
  /** The go command to run. */
  readonly go: string;
  /** Put over the environment of the build. */
  readonly env: Readonly<Record<string, string>>;
  /** Put right after `build` or `test`, in place of the user's build flags, which they contain. */
  readonly buildArgs: readonly string[];
  readonly goVersion: string;
  readonly goroot: string;
  /** The mode that really runs. */
  readonly mode: RunMode;
  /** A path of the instrumented program as the user knows it. */
  readonly mapPath: (file: string) => string;
  /** Sentences for the user: what is different from what was asked for. */
  readonly notes: readonly string[];
}

const OLDEST_MINOR = 22;

/**
 * Prepares a build of mode `maps`, `vars` or `go-race` (the last without a detector of ours).
 * @throws RunProblem when the Go version, a flag or a hook cannot be worked with.
 */
export async function prepareOverlay(request: OverlayRequest): Promise<PreparedBuild> {
  const env = request.env ?? process.env;
  mkdirSync(request.cacheDir, { recursive: true });
  const toolchain = await readToolchain(request.go, request.cwd, request.cacheDir, env);
  const flags = [...(request.buildFlags ?? [])];
  refuseVersion(toolchain);
  refuseSystem(toolchain, request.mode);
  refuseFlags(flags, "the build flags", request.mode);
  refuseFlags(splitFlags(toolchain.goflags), "GOFLAGS", request.mode);

  const replaced: Record<string, string> = {};
  let usersToolexec: readonly string[] = [];
  // GOFLAGS come first: what stands on the command line wins.
  for (const list of [splitFlags(toolchain.goflags), flags]) {
    const overlay = takeFlag(list, "overlay");
    if (overlay !== undefined) Object.assign(replaced, readUsersOverlay(overlay, request.cwd));
    const toolexec = takeFlag(list, "toolexec");
    if (toolexec !== undefined) usersToolexec = splitFlags(toolexec);
  }
  mkdirSync(path.join(request.cacheDir, "overlay"), { recursive: true });
  for (const [file, text] of Object.entries(request.unsaved ?? {})) {
    replaced[file] = store(request.cacheDir, path.basename(file), text);
  }
  const notes: string[] = [];
  const mode = effectiveMode(request.mode, toolchain, notes);
  const buildArgs: string[] = [];
  if (mode === "go-race") {
    buildArgs.push("-race");
    if (usersToolexec.length > 0) buildArgs.push(`-toolexec=${usersToolexec.join(" ")}`);
  } else {
    const runtime = await instrumentedRuntime(request, toolchain, env);
    buildArgs.push(toolexecFlag(runtime.toolexec, usersToolexec));
    Object.assign(replaced, runtime.replaced);
  }
  if (Object.keys(replaced).length > 0)
    buildArgs.push(`-overlay=${storeOverlay(request.cacheDir, replaced)}`);
  if (mode === "vars") {
    const compiler = usersCompilerFlags([...splitFlags(toolchain.goflags), ...flags]);
    // The compiler's -race would also check uses of unsafe, which is not what was asked for.
    const race = ["-race", "-d=checkptr=0", ...compiler].join(" ");
    // The packages that the command line names, and all of the main modules.
    buildArgs.push(`-gcflags=${race}`);
    for (const pattern of await mainModulePatterns(toolchain, request.cwd, env)) {
      buildArgs.push(`-gcflags=${pattern}=${race}`);
    }
  }
  pruneCache(request.cacheDir);
  return {
    go: toolchain.go,
    env: toolchain.env,
    buildArgs: [...flags, ...buildArgs],
    goVersion: toolchain.version,
    goroot: toolchain.realGoroot,
    mode,
    mapPath: (file) => mapPath(file, toolchain),
    notes,
  };
}

/** The runtime with the detector in it, remembered from an earlier build or made now. */
async function instrumentedRuntime(
  request: OverlayRequest,
  toolchain: Toolchain,
  env: NodeJS.ProcessEnv,
): Promise<InstrumentedRuntime> {
  const { cacheDir, runtimeSources, onStart } = request;
  const place = placeOfRuntime(cacheDir, runtimeSources, toolchain);
  const kept = place && findRuntime(place);
  if (kept) return kept;
  const sources = path.join(runtimeSources, "toolexec");
  const adapted = adaptRuntime(toolchain, runtimeSources, toolexecVersion(sources));
  const replaced: Record<string, string> = {};
  for (const [file, text] of adapted.texts) replaced[file] = store(cacheDir, path.basename(file), text);
  const overlay = storeOverlay(cacheDir, replaced);
  const options = { toolchain, sources, cacheDir, overlay, env, ...(onStart ? { onStart } : {}) };
  const toolexec = await buildToolexec(options);
  if (place) keepRuntime(place, { replaced, overlay, toolexec }, adapted.madeFrom);
  return { replaced, toolexec };
}

/** Writes an overlay that names what stands in the place of which file; returns its path. */
function storeOverlay(cacheDir: string, replaced: Readonly<Record<string, string>>): string {
  return store(cacheDir, "overlay.json", JSON.stringify({ Replace: replaced }, null, 1));
}

/** Where the compiler has `-race`, which `vars` needs (cmd/internal platform tables of Go 1.22 to 1.26). */
const COMPILER_HAS_RACE =
  /^(linux\/(amd64|arm64|ppc64le|s390x)|darwin\/(amd64|arm64)|(freebsd|netbsd|windows)\/amd64)$/;

function effectiveMode(mode: RunMode, { goos, goarch }: Toolchain, notes: string[]): RunMode {
  if (mode !== "vars" || COMPILER_HAS_RACE.test(`${goos}/${goarch}`)) return mode;
  notes.push(
    `Mode vars needs Go's compiler to support -race, which it does not on ${goos}/${goarch}: watching map operations only (mode maps).`,
  );
  return "maps";
}

/** The user's -gcflags for the packages of the command line: the last flag for a package is the only one that counts. */
function usersCompilerFlags(flags: string[]): string[] {
  let compiler: string[] = [];
  for (const flag of flags) {
    const [, value] = /^--?gcflags=(.*)$/.exec(flag) ?? [];
    if (value === undefined) continue;
    const [, pattern, rest] = /^([^-=][^=]*)=(.*)$/.exec(value) ?? [];
    if (pattern === undefined || pattern === "all") compiler = splitFlags(rest ?? value);
  }
  return compiler;
}

/** Patterns for the packages of the main modules (several in a workspace). */
async function mainModulePatterns(
  toolchain: Toolchain,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<string[]> {
  const { stdout, exitCode } = await runGo(toolchain.go, ["list", "-m"], {
    cwd,
    env: { ...env, ...toolchain.env },
  });
  const names = stdout.split("\n").filter((name) => name !== "" && name !== "command-line-arguments");
  return exitCode === 0 && names.length > 0 ? names.map((name) => `${name}/...`) : ["./..."];
}

function refuseVersion(toolchain: Toolchain): void {
  if (toolchain.major === 1 && toolchain.minor >= OLDEST_MINOR) {
    if (!/noswissmap/.test(toolchain.goexperiment)) return;
    throw new RunProblem(
      "GOEXPERIMENT=noswissmap brings back an older map that Maprace does not know in this Go. Unset it, or run with --mode go-race.",
    );
  }
  throw new RunProblem(
    `Maprace needs Go 1.${OLDEST_MINOR} or later, and this folder is built with ${toolchain.version || "an unknown Go"}. Install a newer Go (https://go.dev/dl/), or raise the toolchain line of go.mod.`,
  );
}

/** The systems on which the detector can say what it found: those of src/runtime's files. */
const REACHED = /^(linux|android|darwin|ios|windows|js|dragonfly|freebsd|netbsd|openbsd)$/;

function refuseSystem({ goos, goarch }: Toolchain, mode: RunMode): void {
  if (mode === "go-race" || REACHED.test(goos)) return;
  throw new RunProblem(
    `Maprace cannot watch programs on ${goos}/${goarch}: nothing that its detector finds there could leave the program. Set GOOS to linux, darwin, windows, js or a BSD for this build.`,
  );
}

/** Flags that switch on another sanitizer, which cannot share a program with the detector. */
function refuseFlags(flags: readonly string[], where: string, mode: RunMode): void {
  for (const flag of flags) {
    const [, name, value] = /^--?(race|msan|asan)(?:=(.*))?$/.exec(flag) ?? [];
    if (name === undefined || value === "false" || value === "0") continue;
    if (name === "race" && mode === "go-race") continue;
    throw new RunProblem(
      `-${name} in ${where} cannot be combined with Maprace's detector. Take it out${name === "race" ? ", or run with --mode go-race" : ""}.`,
    );
  }
}

/** GOFLAGS as a list: separated by spaces, each flag may be quoted. */
export function splitFlags(text: string): string[] {
  return [...text.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? "",
  );
}

/** Takes `-name=value` or `-name value` out of flags; undefined when it is not there. */
function takeFlag(flags: string[], name: string): string | undefined {
  const at = flags.findIndex((flag) => new RegExp(`^--?${name}(=|$)`).test(flag));
  if (at < 0) return undefined;
  const [flag = ""] = flags.splice(at, 1);
  const equals = flag.indexOf("=");
  return equals >= 0 ? flag.slice(equals + 1) : flags.splice(at, 1)[0];
}

function readUsersOverlay(file: string, cwd: string): Record<string, string> {
  const absolute = path.resolve(cwd, file);
  let parsed: { Replace?: Record<string, string> };
  try {
    parsed = JSON.parse(readFileSync(absolute, "utf8")) as { Replace?: Record<string, string> };
  } catch (cause) {
    throw new RunProblem(
      `The overlay ${file} of the build flags cannot be read as JSON. Correct it, or take the flag out.`,
      "",
      { cause },
    );
  }
  const result: Record<string, string> = {};
  for (const [from, to] of Object.entries(parsed.Replace ?? {})) {
    result[path.resolve(cwd, from)] = to === "" ? "" : path.resolve(cwd, to);
  }
  return result;
}

/** Writes a text under a name that its content decides, unless it is there; returns the absolute path. */
function store(cacheDir: string, name: string, text: string): string {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const dot = name.lastIndexOf(".");
  const file = path.join(cacheDir, "overlay", `${name.slice(0, dot)}-${hash}${name.slice(dot)}`);
  if (!touch(file)) {
    const temporary = `${file}.${process.pid}`;
    writeFileSync(temporary, text);
    renameSync(temporary, file);
  }
  return file;
}

/** Undoes the link to a downloaded toolchain. */
function mapPath(file: string, toolchain: Toolchain): string {
  if (file.startsWith(toolchain.goroot)) {
    return toolchain.realGoroot + file.slice(toolchain.goroot.length);
  }
  return file;
}
