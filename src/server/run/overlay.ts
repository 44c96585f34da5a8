/**
 * Prepares a build on the instrumented runtime: writes the changed files of the user's own Go into a
 * cache folder, and one overlay file that names them together with unsaved editor buffers and the user's
 * own overlay. Decides which builds are refused, and why; running the build is left to session.ts.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { RunMode } from "../../protocol.ts";
import {
  type Adaptation,
  CONSTANTS,
  muteHooks,
  POLL_PIPES_UNIX,
  POLL_PIPES_WINDOWS,
  POLL_STREAMS,
  POLL_WITHOUT_STREAMS,
} from "./adaptations.ts";
import { atomicWrappers, wrapDirectCalls, wrapOwnOperations } from "./atomics.ts";
import { pruneCache, touch } from "./cachePruning.ts";
import { runGo } from "./goCommand.ts";
import { RACE0_ON, unansweredHooks } from "./hooks.ts";
import { HMAPS, SWISS_MAP_HOOKS, SWISS_MAPS } from "./mapAdaptations.ts";
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

/** A build that Maprace does not do; the message says why and what to do. */
export class OverlayRefusal extends Error {}

const OLDEST_MINOR = 22;
/** Go 1.24 brought the present map layout. */
const FIRST_SWISS_MINOR = 24;

/**
 * Prepares a build of mode `maps`, `vars` or `go-race` (the last without a detector of ours).
 * @throws OverlayRefusal when the Go version, a flag or a hook cannot be worked with.
 */
export async function prepareOverlay(request: OverlayRequest): Promise<PreparedBuild> {
  const env = request.env ?? process.env;
  mkdirSync(request.cacheDir, { recursive: true });
  const toolchain = await readToolchain(request.go, request.cwd, request.cacheDir, env);
  const flags = [...(request.buildFlags ?? [])];
  refuseVersion(toolchain);
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
  const folder = path.join(request.cacheDir, "overlay");
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(request.unsaved ?? {})) {
    replaced[file] = store(folder, path.basename(file), text);
  }
  const storeOverlay = (files: Record<string, string>): string =>
    store(folder, "overlay.json", JSON.stringify({ Replace: files }, null, 1));
  const notes: string[] = [];
  const mode = effectiveMode(request.mode, toolchain, notes);
  const buildArgs: string[] = [];
  if (mode === "go-race") {
    buildArgs.push("-race");
    if (usersToolexec.length > 0) buildArgs.push(`-toolexec=${usersToolexec.join(" ")}`);
  } else {
    const sources = path.join(request.runtimeSources, "toolexec");
    const runtime = adaptedRuntime(toolchain, folder, request.runtimeSources, toolexecVersion(sources));
    const overlay = storeOverlay(runtime);
    const { cacheDir, onStart } = request;
    const options = { toolchain, sources, cacheDir, overlay, env, ...(onStart ? { onStart } : {}) };
    buildArgs.push(toolexecFlag(await buildToolexec(options), usersToolexec));
    Object.assign(replaced, runtime);
  }
  if (Object.keys(replaced).length > 0) buildArgs.push(`-overlay=${storeOverlay(replaced)}`);
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
    throw new OverlayRefusal(
      "GOEXPERIMENT=noswissmap brings back an older map that Maprace does not know in this Go. Unset it, or run with --mode go-race.",
    );
  }
  throw new OverlayRefusal(
    `Maprace needs Go 1.${OLDEST_MINOR} or later, and this folder is built with ${toolchain.version || "an unknown Go"}. Install a newer Go (https://go.dev/dl/), or raise the toolchain line of go.mod.`,
  );
}

/** Flags that switch on another sanitizer, which cannot share a program with the detector. */
function refuseFlags(flags: readonly string[], where: string, mode: RunMode): void {
  for (const flag of flags) {
    const [, name, value] = /^--?(race|msan|asan)(?:=(.*))?$/.exec(flag) ?? [];
    if (name === undefined || value === "false" || value === "0") continue;
    if (name === "race" && mode === "go-race") continue;
    throw new OverlayRefusal(
      `-${name} in ${where} cannot be combined with Maprace's detector. Take it out${name === "race" ? ", or run with --mode go-race" : ""}.`,
    );
  }
}

/** GOFLAGS as a list: separated by spaces, each flag may be quoted. */
function splitFlags(text: string): string[] {
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
    throw new OverlayRefusal(
      `The overlay ${file} of the build flags cannot be read as JSON. Correct it, or take the flag out.`,
      { cause },
    );
  }
  const result: Record<string, string> = {};
  for (const [from, to] of Object.entries(parsed.Replace ?? {})) {
    result[path.resolve(cwd, from)] = to === "" ? "" : path.resolve(cwd, to);
  }
  return result;
}

/** Everything of GOROOT that the instrumented runtime changes or adds: file to replacement. */
function adaptedRuntime(
  toolchain: Toolchain,
  folder: string,
  sources: string,
  toolexec: string,
): Record<string, string> {
  const src = path.join(toolchain.goroot, "src");
  const texts = new Map<string, string>();
  const put = (file: string, text: string): void => void texts.set(file, text);
  const race0 = readGoroot(toolchain, "runtime/race0.go");
  const unanswered = unansweredHooks(race0);
  if (unanswered.length > 0) {
    throw new OverlayRefusal(
      `${toolchain.version} has race hooks that this Maprace does not know: ${unanswered.join("; ")}. Update Maprace, or run with --mode go-race.`,
    );
  }
  put("runtime/race0.go", RACE0_ON);
  const swiss = toolchain.minor >= FIRST_SWISS_MINOR;
  for (const adaptation of [...CONSTANTS, ...(swiss ? SWISS_MAPS : HMAPS)]) {
    const adapted = adapt(toolchain, adaptation);
    if (adapted !== undefined) put(...adapted);
  }
  if (swiss) put("internal/runtime/maps/maprace.go", spell(SWISS_MAP_HOOKS, toolchain));
  put("internal/poll/maprace.go", POLL_STREAMS);
  put("internal/poll/maprace_unix.go", POLL_PIPES_UNIX);
  put("internal/poll/maprace_windows.go", POLL_PIPES_WINDOWS);
  put("internal/poll/maprace_without.go", POLL_WITHOUT_STREAMS);
  put("net/http/maprace.go", muteHooks("http"));
  put("fmt/maprace.go", muteHooks("fmt"));
  // Where 64-bit operations are declared depends on the version and, since Go 1.26, on the word size.
  const declared = ["doc.go", "doc_64.go"].map((file) => readIfThere(path.join(src, "sync", "atomic", file)));
  put("sync/atomic/maprace.go", atomicWrappers(declared.join("\n"), toolexec));
  for (const file of ["sync/atomic/type.go", "sync/atomic/value.go"]) {
    put(file, wrapOwnOperations(readGoroot(toolchain, file)));
  }
  for (const file of DIRECT_CALLERS) {
    const text = texts.get(file) ?? readIfThere(path.join(src, ...file.split("/")));
    if (text !== undefined) put(file, wrapDirectCalls(text));
  }
  for (const file of readdirSync(sources)) {
    if (file.endsWith(".go")) {
      put(`runtime/${file}`, activate(readFileSync(path.join(sources, file), "utf8"), toolchain));
    }
  }
  put(
    "internal/abi/maprace_state.go",
    activate(readFileSync(path.join(sources, "abi", "maprace_state.go"), "utf8"), toolchain),
  );
  const replaced: Record<string, string> = {};
  for (const [file, text] of texts) {
    replaced[path.join(src, ...file.split("/"))] = store(folder, path.basename(file), text);
  }
  return replaced;
}

/**
 * Files of the standard library that call sync/atomic's functions directly, outside of package sync and
 * what it is made of, whose locks the detector knows by their own hooks, and outside of internal/poll: that
 * two goroutines use one descriptor orders nothing that a program may rely on.
 */
const DIRECT_CALLERS = [
  "crypto/internal/entropy/v1.0.0/entropy.go",
  "go/types/check.go",
  "go/types/named.go",
  "internal/bisect/bisect.go",
  "net/dnsconfig.go",
  "net/http/h2_bundle.go",
  "os/exec/exec.go",
  "syscall/dll_windows.go",
];

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** A detector file without the build tag that keeps tools from taking it for an ordinary package. */
function activate(text: string, toolchain: Toolchain): string {
  const active = text.replace(/^\/\/go:build maprace(?: && (.*))?\n/m, (_, rest?: string) =>
    rest === undefined ? "" : `//go:build ${rest}\n`,
  );
  return spell(active, toolchain);
}

/** Go code of ours in the names that the user's Go version has for things. */
function spell(text: string, { minor }: Toolchain): string {
  let spelt = text;
  if (minor === 24 || minor === 25) spelt = spelt.replaceAll("abi.MapType", "abi.SwissMapType");
  if (minor <= 25) {
    spelt = spelt
      .replaceAll("stdcall(mrCreateFile, ", "stdcall7(mrCreateFile, ")
      .replaceAll("stdcall(mrGetCurrentProcessId)", "stdcall0(mrGetCurrentProcessId)")
      .replaceAll("stdcall(_CloseHandle, ", "stdcall1(_CloseHandle, ");
  }
  if (minor <= 23) spelt = spelt.replaceAll('"internal/runtime/sys"', '"runtime/internal/sys"');
  if (minor <= 22) spelt = spelt.replaceAll('"internal/runtime/atomic"', '"runtime/internal/atomic"');
  return spelt;
}

function readGoroot(toolchain: Toolchain, file: string): string {
  try {
    return readFileSync(path.join(toolchain.goroot, "src", ...file.split("/")), "utf8");
  } catch (cause) {
    throw new OverlayRefusal(
      `The Go at ${toolchain.realGoroot} has no readable src/${file}. Install Go with its source files (https://go.dev/dl/).`,
      { cause },
    );
  }
}

/** The name and adapted text of a file; undefined when this Go has no such file and need not have it. */
function adapt(toolchain: Toolchain, adaptation: Adaptation): [string, string] | undefined {
  const { edits, optional, append, formerly } = adaptation;
  const isThere = (name: string): boolean =>
    existsSync(path.join(toolchain.goroot, "src", ...name.split("/")));
  const file = formerly !== undefined && isThere(formerly) ? formerly : adaptation.file;
  if (optional && !isThere(file)) return undefined;
  let text = readGoroot(toolchain, file).replaceAll("\r\n", "\n");
  for (const { find, replace, optional: mayMiss } of edits) {
    find.lastIndex = 0;
    if (find.test(text)) {
      find.lastIndex = 0;
      text = text.replace(find, replace);
    } else if (!mayMiss) {
      throw new OverlayRefusal(
        `src/${file} of ${toolchain.version} is not as Maprace knows it (no match for ${find}). Update Maprace, or run with --mode go-race.`,
      );
    }
  }
  return [file, text + spell(append ?? "", toolchain)];
}

/** Writes a text under a name that its content decides, unless it is there; returns the absolute path. */
function store(folder: string, name: string, text: string): string {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const dot = name.lastIndexOf(".");
  const file = path.join(folder, `${name.slice(0, dot)}-${hash}${name.slice(dot)}`);
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
