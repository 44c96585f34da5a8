/**
 * One run: builds the user's program or tests, starts them, follows what their detector reports and keeps
 * the Conflicts; owns every process and temporary folder of the run and ends them. How the build becomes an
 * instrumented one is overlay.ts, what the records mean together is ledger.ts, how they are shown is left to
 * the command line and the debug adapter.
 */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { StringDecoder } from "node:string_decoder";
import type { Conflict, RunEnd, RunMode, RunRecord } from "../../protocol.ts";
import { type CrashReader, createCrashReader } from "./crashLog.ts";
import { withFramePaths } from "./framePaths.ts";
import { findGo, runGo } from "./goCommand.ts";
import { explainGoFailure } from "./goFailure.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { OverlayRefusal, type PreparedBuild, prepareOverlay } from "./overlay.ts";
import { locatePackages } from "./packageTarget.ts";
import { RunProblem } from "./problem.ts";
import { type ProcessEnd, type ProcessTree, startProcessTree } from "./processTree.ts";
import { RaceLogs } from "./raceLogs.ts";
import { isFromProgram, LineFollower, parseRecordLine, type StreamRecord } from "./recordStream.ts";

/** What to run and how. */
export interface RunRequest {
  readonly target: "program" | "test";
  /** A package, a folder or .go files; for tests any number of patterns. Empty means the package in `cwd`. */
  readonly packages: readonly string[];
  /** The program's arguments, or flags for `go test`. */
  readonly args: readonly string[];
  /** Absolute; where the program runs and what relative packages are relative to. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Build flags of the user's: `-tags`, `-ldflags`, `-mod` and so on. */
  readonly buildFlags: readonly string[];
  readonly mode: RunMode;
  /** The `go` command; found on PATH when absent. */
  readonly go?: string;
  /** Unsaved editor buffers: absolute path to text. */
  readonly unsaved?: Readonly<Record<string, string>>;
  /** Show key values in reports. */
  readonly showKeys: boolean;
  /** Perturbs the scheduler around map operations; the same seed, the same perturbation. */
  readonly exploreSeed?: number;
  /** The folder with the Go sources of the detector. */
  readonly runtimeSources: string;
  readonly stdin: "inherit" | "ignore";
  /** Where the program's stdout goes: to ours, to our stderr, or to the listener. Stderr always goes to the listener. */
  readonly stdout: "inherit" | "to-stderr" | "listener";
}

/** Is told what happens, as it happens. */
export interface RunListener {
  /** The build is done and the program runs. */
  started(): void;
  /** A record with absolute paths. A later Conflict with the same id replaces the earlier: its count grew. */
  record(record: RunRecord): void;
  /** A piece of the program's output. The next piece waits for the promise: a slow terminal slows the program. */
  output(stream: "stdout" | "stderr", data: Buffer): void | Promise<void>;
  /** A sentence for the user about the run itself: what it is doing, what had to be done differently. */
  note(sentence: string): void;
}

/** How a run ended. */
export interface RunResult {
  readonly end: RunEnd;
  readonly conflicts: readonly Conflict[];
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

/** Temporary folders of runs that are still under way: an exit of ours in the middle removes them. */
const temporaryFolders = new Set<string>();
process.on("exit", () => {
  for (const folder of temporaryFolders) rmSync(folder, { recursive: true, force: true });
});

/** A run under way. */
export class RunSession {
  /** Settles when everything of the run has ended; rejects with a {@link RunProblem} when it could not take place. */
  readonly finished: Promise<RunResult>;
  readonly #request: RunRequest;
  readonly #listener: RunListener;
  readonly #ledger: Ledger = createLedger();
  readonly #crash: CrashReader = createCrashReader();
  readonly #folder: string;
  #tree: ProcessTree | undefined;
  #stopped = false;
  #damaged = 0;
  #build: PreparedBuild | undefined;

  /** Starts at once. */
  constructor(request: RunRequest, listener: RunListener) {
    this.#request = request;
    this.#listener = listener;
    this.#folder = mkdtempSync(path.join(tmpdir(), "maprace-"));
    temporaryFolders.add(this.#folder);
    this.finished = this.#run().finally(() => {
      this.#tree?.kill();
      rmSync(this.#folder, { recursive: true, force: true });
      temporaryFolders.delete(this.#folder);
    });
  }

  /** Asks the program (or the build) to end, as Ctrl-C does. */
  interrupt(signal: "SIGINT" | "SIGTERM" | "SIGHUP" = "SIGINT"): void {
    this.#stopped = true;
    this.#tree?.interrupt(signal);
  }

  /** Ends the whole tree of processes at once. */
  kill(): void {
    this.#stopped = true;
    this.#tree?.kill();
  }

  async #run(): Promise<RunResult> {
    const request = this.#request;
    const go = findGo(request.go, request.env);
    const target = locatePackages(request.cwd, request.packages);
    const build = await this.#prepare(go, target.buildFolder, target.patterns);
    this.#build = build;
    const env = { ...request.env, ...build.env };
    const runEnv: NodeJS.ProcessEnv = {
      ...request.env,
      ...(request.target === "test" ? build.env : {}),
      ...(request.showKeys ? { MAPRACE_KEYS: "1" } : {}),
      ...(request.exploreSeed === undefined ? {} : { MAPRACE_EXPLORE: String(request.exploreSeed) }),
    };
    for (const note of build.notes) this.#listener.note(note);
    if (request.target === "test") {
      const count = request.args.some((arg) => /^--?(?:test\.)?count(?:=|$)/.test(arg)) ? [] : ["-count=1"];
      const args = ["test", ...build.buildArgs, ...count, ...target.patterns, ...request.args];
      return this.#watch(build.go, args, target.buildFolder, runEnv);
    }
    const binary = await this.#buildProgram(build, target.buildFolder, target.patterns, env);
    return this.#watch(binary, request.args, request.cwd, runEnv);
  }

  async #prepare(go: string, cwd: string, packages: readonly string[]): Promise<PreparedBuild> {
    const request = this.#request;
    try {
      return await prepareOverlay({
        go,
        mode: request.mode,
        cwd,
        cacheDir: cacheFolder(request.env),
        runtimeSources: request.runtimeSources,
        env: request.env,
        unsaved: { ...request.unsaved },
        buildFlags: [...request.buildFlags],
        packages: [...packages],
      });
    } catch (error) {
      if (error instanceof OverlayRefusal) throw new RunProblem(error.message, "", { cause: error });
      throw error;
    }
  }

  /** Builds the program into the one stable place of its package, so that firewalls ask once. */
  async #buildProgram(
    build: PreparedBuild,
    cwd: string,
    patterns: readonly string[],
    env: NodeJS.ProcessEnv,
  ): Promise<string> {
    const onStart = (tree: ProcessTree): void => {
      this.#tree = tree;
      if (this.#stopped) tree.kill();
    };
    const listed = await runGo(
      build.go,
      ["list", "-f", "{{.Name}}\t{{.ImportPath}}\t{{.Dir}}", ...build.buildArgs, ...patterns],
      { cwd, env, onStart },
    );
    this.#refuseWhenStopped();
    if (listed.exitCode !== 0) throw explainGoFailure(listed.stderr, cwd);
    const found = listed.stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t"));
    const [name, importPath = "", folder = cwd] = found[0] ?? [];
    if (found.length > 1 || name === undefined) {
      throw new RunProblem(
        `${patterns.join(" ")} names ${found.length} packages. Name the one package to run.`,
      );
    }
    if (name !== "main") {
      throw new RunProblem(
        `${importPath} is package ${name}, not a program. Name a package main, or run its tests with \`maprace test\`.`,
      );
    }
    const binary = stableBinary(cacheFolder(this.#request.env), folder, importPath, build.mode);
    const built = await runGo(build.go, ["build", ...build.buildArgs, "-o", binary, ...patterns], {
      cwd,
      env,
      onStart,
    });
    this.#refuseWhenStopped();
    if (built.exitCode !== 0) throw explainGoFailure(built.stderr, cwd);
    return binary;
  }

  #refuseWhenStopped(): void {
    if (this.#stopped) throw new RunProblem("The run was stopped before the program was built.");
  }

  /** Starts the program, follows its records to the end of all of it, and closes the books. */
  async #watch(
    command: string,
    args: readonly string[],
    cwd: string,
    env: NodeJS.ProcessEnv,
  ): Promise<RunResult> {
    const build = this.#build!;
    const reports =
      build.mode === "go-race"
        ? this.#followRaceLogs(env, build)
        : this.#followStream(path.join(this.#folder, "stream.jsonl"), build.mode);
    const isTest = this.#request.target === "test";
    const stdout =
      isTest || this.#request.stdout === "listener" ? "pipe" : this.#request.stdout === "to-stderr" ? 2 : 1;
    const tree = startProcessTree(command, args, {
      cwd,
      env: { ...env, ...reports.environment },
      stdio: [this.#request.stdin === "inherit" ? 0 : "ignore", stdout, "pipe"],
    });
    this.#tree = tree;
    if (tree.child.pid !== undefined) {
      this.#listener.started();
      reports.start(tree.child.pid);
    }
    if (this.#stopped) tree.kill();
    const tests = new TestOutput();
    const drained = [
      this.#passOn(tree.child.stdout, "stdout", isTest ? tests : undefined),
      this.#passOn(tree.child.stderr, "stderr", undefined),
    ];
    const end = await tree.ended.catch((error: unknown) => {
      throw explainStartFailure(error, command, cwd);
    });
    // Processes that the program left behind would hold its pipes and its ports: a run ends all that it started.
    tree.kill();
    await Promise.all(drained);
    await reports.finish();
    return this.#close(end, isTest ? tests : undefined);
  }

  #followStream(file: string, mode: RunMode): Reports {
    const follower = new LineFollower(file, (line) => this.#takeLine(line));
    return {
      environment: { MAPRACE_STREAM: file, MAPRACE_MODE: mode },
      start: () => follower.start(),
      finish: async () => {
        // A killed program may leave half a line: what it was about to say is lost, and counted.
        if ((await follower.finish()).trim() !== "") this.#damaged++;
      },
    };
  }

  #followRaceLogs(env: NodeJS.ProcessEnv, build: PreparedBuild): Reports {
    const logs = new RaceLogs(this.#folder, (record) => this.#take(record));
    return {
      environment: { GORACE: logs.environment(env.GORACE) },
      // Go's own detector says nothing when all is well; that the build took -race is the proof that it runs.
      start: (pid) => {
        this.#take({ type: "start", mode: "go-race", goVersion: build.goVersion, pid, hooks: 0 });
        logs.start();
      },
      finish: async () => {
        await logs.finish();
        for (const pid of this.#ledger.openProcesses()) {
          this.#take({ type: "end", conflicts: 0, dropped: 0, hooks: 0, pid });
        }
      },
    };
  }

  #takeLine(line: string): void {
    if (line.trim() === "") return;
    const parsed = parseRecordLine(line);
    if (parsed.kind === "record" && isFromProgram(parsed.record)) this.#take(parsed.record);
    else if (parsed.kind !== "unknown") this.#damaged++;
    else
      this.#listener.note(`The program reported a record of unknown kind "${parsed.type}"; it is left out.`);
  }

  #take(record: StreamRecord): void {
    const told = this.#ledger.add(withFramePaths(record, this.#build!.mapPath));
    if (told) this.#listener.record(told);
  }

  async #passOn(
    stream: NodeJS.ReadableStream | null,
    name: "stdout" | "stderr",
    tests: TestOutput | undefined,
  ): Promise<void> {
    if (!stream) return;
    const decoder = new StringDecoder("utf8");
    for await (const chunk of stream) {
      const data = chunk as Buffer;
      await this.#listener.output(name, data);
      const text = decoder.write(data);
      // `go test` prints its binaries' stderr on its own stdout.
      this.#crash.feed(text);
      tests?.feed(text);
    }
  }

  #close(end: ProcessEnd, tests: TestOutput | undefined): RunResult {
    const conflicts = this.#ledger.conflicts();
    if (!this.#ledger.started() && !(this.#stopped && end.signal !== null)) {
      throw this.#explainSilence(end, tests);
    }
    const crash = end.exitCode === 0 ? undefined : this.#crash.crash();
    const death = end.signal ? `signal: ${end.signal}` : crash?.death;
    const last = this.#ledger.end({
      exitCode: end.exitCode,
      damaged: this.#damaged,
      ...(death === undefined ? {} : { death }),
    });
    this.#listener.record(last);
    return { end: last, conflicts };
  }

  /** Why there is no `start` record. A run without one says nothing about the program's maps, ever. */
  #explainSilence(end: ProcessEnd, tests: TestOutput | undefined): RunProblem {
    if (tests && end.exitCode !== 0 && tests.ran === 0) {
      return new RunProblem(
        "The tests could not be built or started: go test says why above. Put it right and run again.",
      );
    }
    if (tests && tests.ran === 0) {
      return new RunProblem(
        "No test ran: the packages named have no test files. Name packages with tests, for example ./...",
      );
    }
    const how = end.signal ? `was ended by ${end.signal}` : `ended with status ${end.exitCode}`;
    return new RunProblem(
      `The program ${how} and the detector never reported from inside it, so nothing is known about its maps. ` +
        "Check that GOFLAGS holds no -race, -overlay or -toolexec of its own, then run again; `go clean -cache` helps when a build was interrupted.",
    );
  }
}

/** Where a program's reports come from while it runs. */
interface Reports {
  readonly environment: NodeJS.ProcessEnv;
  start(pid: number): void;
  finish(): Promise<void>;
}

/** Counts the test binaries that `go test` says it ran. */
class TestOutput {
  ran = 0;
  #partial = "";

  feed(text: string): void {
    const lines = (this.#partial + text).split("\n");
    this.#partial = lines.pop() ?? "";
    for (const line of lines) {
      if (/^(?:ok {2}|FAIL|---)\s/.test(line) && !/\[(?:build|setup) failed\]/.test(line)) this.ran++;
    }
  }
}

/** The one place of a package's instrumented binary: the same for every run of the package in this mode. */
export function stableBinary(cache: string, folder: string, importPath: string, mode: RunMode): string {
  const name = importPath === "command-line-arguments" ? "main" : path.posix.basename(importPath);
  const id = createHash("sha256").update(`${folder}\n${importPath}`).digest("hex").slice(0, 16);
  const place = path.join(cache, "bin", id, mode);
  mkdirSync(place, { recursive: true });
  return path.join(place, process.platform === "win32" ? `${name}.exe` : name);
}

function explainStartFailure(error: unknown, command: string, cwd: string): RunProblem {
  const code = (error as NodeJS.ErrnoException).code;
  const reason =
    code === "ENOENT"
      ? `Check that the folder ${cwd} exists.`
      : code === "EACCES" || code === "ENOEXEC" || code === "UNKNOWN"
        ? "It is not a program of this system: unset GOOS and GOARCH, or build it with `maprace build` and run it where it belongs."
        : `The system says ${code ?? String(error)}.`;
  return new RunProblem(`The program ${command} was built but could not be started. ${reason}`, "", {
    cause: error,
  });
}
