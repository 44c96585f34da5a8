/**
 * Starts a built program (or `go test`) once, follows its records and its output to the end of all its
 * processes, and tells how it ended. A run in which the detector never reported is an error here. What the
 * records add up to, and how often a program is run, is session.ts.
 */
import path from "node:path";
import { StringDecoder } from "node:string_decoder";
import type { RunMode } from "../../protocol.ts";
import { conflictOfCrash, createCrashReader } from "./crashLog.ts";
import { RunProblem } from "./problem.ts";
import { type ProcessEnd, type ProcessTree, startProcessTree } from "./processTree.ts";
import type { Launch } from "./programBuild.ts";
import { RaceLogs } from "./raceLogs.ts";
import { isFromProgram, LineFollower, parseRecordLine, type StreamRecord } from "./recordStream.ts";
import type { RunRequest } from "./runRequest.ts";

/** What is run once, and who is told of it. */
export interface ProgramRun {
  readonly launch: Launch;
  readonly request: Pick<RunRequest, "target" | "stdin" | "stdout">;
  /** An empty folder of this run's own, for its stream. */
  readonly folder: string;
  /** Perturbs the schedule. */
  readonly seed?: number;
  /** Gets the process tree as soon as it exists; the caller ends it when the run is stopped. */
  readonly onStart: (tree: ProcessTree) => void;
  readonly isStopped: () => boolean;
  readonly onRecord: (record: StreamRecord) => void;
  readonly onOutput: (stream: "stdout" | "stderr", data: Buffer) => void | Promise<void>;
  readonly onNote: (sentence: string) => void;
}

/** How one run of a program ended. */
export interface ProgramEnd {
  /** The program's own exit status; 128 + signal number when a signal ended it. */
  readonly exitCode: number;
  /** How it died, where it did: "panic: …", "fatal error: …", "signal: SIGKILL". */
  readonly death?: string;
  /** Records that could not be read. */
  readonly damaged: number;
}

/** Runs the program. Rejects with a {@link RunProblem} when it did not start, or no detector ran in it. */
export async function runProgramOnce(run: ProgramRun): Promise<ProgramEnd> {
  const { launch, request } = run;
  const isTest = request.target === "test";
  let started = false;
  let conflicts = 0;
  const take = (record: StreamRecord): void => {
    if (record.type === "start") started = true;
    if (record.type === "conflict") conflicts++;
    run.onRecord(record);
  };
  const reports =
    launch.build.mode === "go-race"
      ? followRaceLogs(run, take)
      : followStream(path.join(run.folder, "stream.jsonl"), launch.build.mode, take, run.onNote);
  const stdout = isTest || request.stdout === "listener" ? "pipe" : request.stdout === "to-stderr" ? 2 : 1;
  const tree = startProcessTree(launch.command, launch.args, {
    cwd: launch.cwd,
    env: {
      ...launch.env,
      ...(run.seed === undefined ? {} : { MAPRACE_EXPLORE: String(run.seed) }),
      ...reports.environment,
    },
    stdio: [request.stdin === "inherit" ? 0 : "ignore", stdout, "pipe"],
  });
  run.onStart(tree);
  if (tree.child.pid !== undefined) reports.start(tree.child.pid);
  const crash = createCrashReader();
  const tests = new TestOutput();
  const passOn = async (stream: NodeJS.ReadableStream | null, name: "stdout" | "stderr"): Promise<void> => {
    const decoder = new StringDecoder("utf8");
    for await (const chunk of stream ?? []) {
      await run.onOutput(name, chunk as Buffer);
      const text = decoder.write(chunk as Buffer);
      // `go test` prints its binaries' stderr on its own stdout.
      crash.feed(text);
      if (isTest && name === "stdout") tests.feed(text);
    }
  };
  const failedToStart = tree.ended.catch((error: unknown) => {
    throw explainStartFailure(error, launch);
  });
  if (tree.child.pid === undefined) await failedToStart;
  const drained = Promise.all([passOn(tree.child.stdout, "stdout"), passOn(tree.child.stderr, "stderr")]);
  const end = await tree.ended;
  // Processes that the program left behind would hold its pipes and its ports: a run ends all that it started.
  tree.kill();
  await drained;
  const damaged = await reports.finish();
  if (!started && !(run.isStopped() && end.signal !== null)) {
    throw explainSilence(end, isTest ? tests.ran : undefined);
  }
  const died = end.exitCode === 0 ? undefined : crash.crash();
  // A program can die of a concurrent map access before any detector has told it: then the crash is the report.
  const fatal = died && conflicts === 0 ? conflictOfCrash(died, 0) : undefined;
  if (fatal) take({ ...fatal, pid: tree.child.pid ?? 0 });
  const death = end.signal ? `signal: ${end.signal}` : died?.death;
  return { exitCode: end.exitCode, damaged, ...(death === undefined ? {} : { death }) };
}

/** Where a program's reports come from while it runs. */
export interface Reports {
  /** What the program needs in its environment to report here. */
  readonly environment: NodeJS.ProcessEnv;
  start(pid: number): void;
  /** Reads what is left. @returns how many records could not be read. */
  finish(): Promise<number>;
}

/**
 * Follows the stream of an instrumented program.
 * @param file where the program is told to write; need not exist yet.
 */
export function followStream(
  file: string,
  mode: RunMode,
  take: (record: StreamRecord) => void,
  onNote: (sentence: string) => void,
): Reports {
  let damaged = 0;
  const follower = new LineFollower(file, (line) => {
    const parsed = parseRecordLine(line);
    if (parsed.kind === "unknown") {
      onNote(`The program reported a record of unknown kind "${parsed.type}"; it is left out.`);
    } else if (parsed.kind === "record" && isFromProgram(parsed.record)) {
      take(parsed.record);
    } else {
      damaged++;
    }
  });
  return {
    environment: { MAPRACE_STREAM: file, MAPRACE_MODE: mode },
    start: () => follower.start(),
    finish: async () => {
      // A killed program may leave half a line: what it was about to say is lost, and counted.
      if ((await follower.finish()) !== "") damaged++;
      return damaged;
    },
  };
}

function followRaceLogs(run: ProgramRun, take: (record: StreamRecord) => void): Reports {
  const pids = new Set<number>();
  const logs = new RaceLogs(run.folder, (record) => {
    // Go's own detector says nothing when all is well; that the build took -race is the proof that it runs.
    if (!pids.has(record.pid)) begin(record.pid);
    take(record);
  });
  const begin = (pid: number): void => {
    pids.add(pid);
    take({ type: "start", mode: "go-race", goVersion: run.launch.build.goVersion, pid, hooks: 0 });
  };
  return {
    environment: { GORACE: logs.environment(run.launch.env.GORACE) },
    start: (pid) => {
      begin(pid);
      logs.start();
    },
    finish: async () => {
      await logs.finish();
      for (const pid of pids) take({ type: "end", conflicts: 0, dropped: 0, hooks: 0, pid });
      return 0;
    },
  };
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

/** Why there is no `start` record. A run without one says nothing about the program's maps, ever. */
function explainSilence(end: ProcessEnd, testsRan: number | undefined): RunProblem {
  if (testsRan === 0) {
    return new RunProblem(
      end.exitCode === 0
        ? "No test ran: the packages named have no test files. Name packages with tests, for example ./..."
        : "The tests could not be built or started: go test says why above. Put it right and run again.",
    );
  }
  const how = end.signal ? `was ended by ${end.signal}` : `ended with status ${end.exitCode}`;
  return new RunProblem(
    `The program ${how} and the detector never reported from inside it, so nothing is known about its maps. ` +
      "Check that no -race, -overlay or -toolexec of your own is in GOFLAGS and that the disk has room for temporary files, then run again.",
  );
}

function explainStartFailure(error: unknown, launch: Launch): RunProblem {
  const code = (error as NodeJS.ErrnoException).code;
  const reason =
    code === "ENOENT"
      ? `Check that the folder ${launch.cwd} exists.`
      : code === "EACCES" || code === "ENOEXEC" || code === "UNKNOWN"
        ? "It is not a program of this system: unset GOOS and GOARCH, or build it with `maprace build` and run it where it belongs."
        : `The system says ${code ?? String(error)}.`;
  return new RunProblem(`The program ${launch.command} was built but could not be started. ${reason}`, "", {
    cause: error,
  });
}
