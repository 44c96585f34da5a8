/**
 * From a request to something that can be started: prepares the instrumented build, builds a program into its
 * one place, or puts the command line of `go test` together. What is started, and how it ends, is session.ts.
 */
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import type { RunMode } from "../../protocol.ts";
import { keepInUse } from "./cachePruning.ts";
import { findGo, runGo } from "./goCommand.ts";
import { explainGoFailure } from "./goFailure.ts";
import { type PreparedBuild, prepareOverlay, splitFlags } from "./overlay.ts";
import { locatePackages, type PackageTarget } from "./packageTarget.ts";
import { RunProblem } from "./problem.ts";
import type { ProcessTree } from "./processTree.ts";
import type { RunRequest } from "./runRequest.ts";

/** What a run starts. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly build: PreparedBuild;
}

/** Lets the owner of a run stop its build. */
export interface BuildControl {
  /** Gets every `go` that is started. */
  readonly onStart: (tree: ProcessTree) => void;
  readonly isStopped: () => boolean;
}

/**
 * Builds what `request` names.
 * @returns what to start; for tests that is `go test`, which builds and runs them.
 * Throws a {@link RunProblem} when it does not build, or was stopped.
 */
export async function buildLaunch(request: RunRequest, control: BuildControl): Promise<Launch> {
  const target = locatePackages(request.cwd, request.packages);
  refuseLibraries(request);
  const build = await prepare(request, target, control);
  const keys = request.showKeys ? { MAPRACE_KEYS: "1" } : {};
  if (request.target === "program") {
    const command = await buildProgram(request, target, build, control);
    return { command, args: request.args, cwd: request.cwd, env: { ...request.env, ...keys }, build };
  }
  // A cached result would say nothing of the maps of this run.
  const counted = request.args.some((arg) => /^--?(?:test\.)?count(?:=|$)/.test(arg));
  return {
    command: build.go,
    args: ["test", ...build.buildArgs, ...(counted ? [] : ["-count=1"]), ...target.patterns, ...request.args],
    cwd: target.buildFolder,
    env: { ...request.env, ...build.env, ...keys },
    build,
  };
}

/** A library cannot be started; whoever loads it can be watched all the same. */
function refuseLibraries({ env, buildFlags }: RunRequest): void {
  const mode = libraryMode([...splitFlags(env.GOFLAGS ?? ""), ...buildFlags]);
  if (mode === undefined) return;
  throw new RunProblem(
    `-buildmode=${mode} makes no program that could be run. Build it with \`maprace build -buildmode=${mode} -o FILE\`, and set MAPRACE_STREAM for the program that loads it.`,
  );
}

/** The -buildmode of flags that makes something other than a program; the last one counts, as for `go`. */
export function libraryMode(flags: readonly string[]): string | undefined {
  const at = flags.findLastIndex((flag) => /^--?buildmode(=|$)/.test(flag));
  const flag = flags[at];
  const mode = flag?.includes("=") ? flag.slice(flag.indexOf("=") + 1) : flags[at + 1];
  return flag === undefined || ["default", "exe", "pie"].includes(mode ?? "") ? undefined : mode;
}

async function prepare(
  request: RunRequest,
  target: PackageTarget,
  { onStart, isStopped }: BuildControl,
): Promise<PreparedBuild> {
  try {
    return await prepareOverlay({
      go: findGo(request.go, request.env),
      mode: request.mode,
      cwd: target.buildFolder,
      cacheDir: cacheFolder(request.env),
      runtimeSources: request.runtimeSources,
      env: request.env,
      unsaved: request.unsaved ?? {},
      buildFlags: request.buildFlags,
      onStart,
    });
  } catch (error) {
    if (isStopped()) throw stoppedEarly();
    throw error;
  }
}

/** Builds the program into the one stable place of its package, so that firewalls ask once. */
async function buildProgram(
  request: RunRequest,
  { buildFolder: cwd, patterns }: PackageTarget,
  build: PreparedBuild,
  control: BuildControl,
): Promise<string> {
  const go = async (...args: string[]): Promise<void> => {
    if (!control.isStopped()) {
      const env = { ...request.env, ...build.env };
      const said = await runGo(build.go, args, { cwd, env, onStart: control.onStart });
      if (said.exitCode === 0) return;
      if (!control.isStopped()) throw explainGoFailure(said.stderr, cwd);
    }
    throw stoppedEarly();
  };
  const binary = stableBinary(cacheFolder(request.env), cwd, patterns, build.mode);
  keepInUse(path.dirname(path.dirname(binary)));
  await go("build", ...build.buildArgs, "-o", binary, ...patterns);
  if (isArchive(binary)) {
    rmSync(binary);
    throw new RunProblem(
      `${patterns.join(" ")} is no program: its package is not main. Name a package main, or run its tests with \`maprace test\`.`,
    );
  }
  if (control.isStopped()) throw new RunProblem("The run was stopped before the program was started.");
  return binary;
}

function stoppedEarly(): RunProblem {
  return new RunProblem("The run was stopped before the program was built.");
}

/** The folder of Maprace's own that outlives a run: built binaries and prepared overlays. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const parent =
    process.platform === "win32"
      ? (env.LOCALAPPDATA ?? path.join(homedir(), "AppData", "Local"))
      : process.platform === "darwin"
        ? path.join(homedir(), "Library", "Caches")
        : (env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache"));
  return path.join(parent, "maprace");
}

/**
 * The one place of a package's instrumented binary: the same for every run of the package in this mode.
 * @param patterns a package or .go files, as `go` takes them in `folder`.
 */
export function stableBinary(
  cache: string,
  folder: string,
  patterns: readonly string[],
  mode: RunMode,
): string {
  const [first = "."] = patterns;
  const local = first.startsWith(".") || path.isAbsolute(first) || first.endsWith(".go");
  // A folder is the same package whichever way it is named; an import path means what it means in this folder.
  const named = local ? patterns.map((pattern) => path.resolve(folder, pattern)) : [folder, ...patterns];
  const id = createHash("sha256").update(named.join("\n")).digest("hex").slice(0, 16);
  const name = path.basename(named.at(-1)!).replace(/\.go$|@.*$/, "") || "main";
  const place = path.join(cache, "bin", id, mode);
  mkdirSync(place, { recursive: true });
  return path.join(place, process.platform === "win32" ? `${name}.exe` : name);
}

/** What `go build -o` writes for a package that is no program. */
function isArchive(file: string): boolean {
  const magic = "!<arch>";
  const start = Buffer.alloc(magic.length);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, start);
  } finally {
    closeSync(descriptor);
  }
  return start.toString("latin1") === magic;
}
