/**
 * One run from request to result: has the program built, started (several times when schedules are explored),
 * and keeps its Conflicts; owns every process and temporary folder of the run and ends them. How a build is
 * made is programBuild.ts, how a program is followed is programRun.ts, what the records mean together is
 * ledger.ts; showing them is left to the command line and the debug adapter.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Conflict, RunEnd, RunRecord } from "../../protocol.ts";
import { explore } from "./explore.ts";
import { withFramePaths } from "./framePaths.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import type { ProcessTree } from "./processTree.ts";
import { buildLaunch, type Launch } from "./programBuild.ts";
import { type ProgramEnd, runProgramOnce } from "./programRun.ts";
import type { RunRequest } from "./runRequest.ts";

/** Is told what happens, as it happens. */
export interface RunListener {
  /** The build is done and the program runs. */
  started(): void;
  /** A record with absolute paths. A later Conflict with the same id replaces the earlier: its count grew. */
  record(record: RunRecord): void;
  /** A piece of the program's output. The next piece waits for the promise: a slow terminal slows the program. */
  output(stream: "stdout" | "stderr", data: Buffer): void | Promise<void>;
  /** A sentence for the user about the run itself: what had to be done differently. */
  note(sentence: string): void;
  /** A sentence for whoever is waiting and wonders why. */
  progress(sentence: string): void;
}

/** How a run ended. */
export interface RunResult {
  readonly end: RunEnd;
  readonly conflicts: readonly Conflict[];
}

const LONG_BUILD_MILLISECONDS = 3000;
const LONG_BUILD =
  "Building. The first build in a mode compiles the standard library with the detector in it, which takes a while; later ones do not.";

/** Temporary folders of runs that are still under way: an exit of ours in the middle removes them. */
const temporaryFolders = new Set<string>();
process.on("exit", () => {
  for (const folder of temporaryFolders) rmSync(folder, { recursive: true, force: true });
});

/** A run under way. */
export class RunSession {
  /**
   * Settles when everything of the run has ended; rejects with a RunProblem when it could not take place.
   */
  readonly finished: Promise<RunResult>;
  readonly #request: RunRequest;
  readonly #listener: RunListener;
  readonly #ledger: Ledger = createLedger();
  readonly #folder: string;
  #tree: ProcessTree | undefined;
  #stopped = false;
  #runs = 0;

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
    const waiting = setTimeout(() => this.#listener.progress(LONG_BUILD), LONG_BUILD_MILLISECONDS);
    const launch = await buildLaunch(this.#request, {
      onStart: (tree) => this.#own(tree),
      isStopped: () => this.#stopped,
    }).finally(() => clearTimeout(waiting));
    for (const note of launch.build.notes) this.#listener.note(note);
    const exploration = this.#request.explore;
    const ends = exploration
      ? await explore(exploration, {
          ledger: this.#ledger,
          isStopped: () => this.#stopped,
          run: (seed) => this.#once(launch, seed),
          onConflict: (conflict) => this.#listener.record(conflict),
          onNote: (sentence) => this.#listener.note(sentence),
        })
      : [await this.#once(launch, undefined)];
    const end = this.#ledger.end(ends);
    this.#listener.record(end);
    return { end, conflicts: this.#ledger.conflicts() };
  }

  async #once(launch: Launch, seed: number | undefined): Promise<ProgramEnd> {
    const folder = path.join(this.#folder, `run-${++this.#runs}`);
    mkdirSync(folder);
    this.#ledger.beginRun();
    return runProgramOnce({
      launch,
      request: this.#request,
      folder,
      ...(seed === undefined ? {} : { seed }),
      onStart: (tree) => {
        this.#own(tree);
        if (tree.child.pid !== undefined) this.#listener.started();
      },
      isStopped: () => this.#stopped,
      onRecord: (record) => {
        const told = this.#ledger.add(withFramePaths(record, launch.build.mapPath));
        if (told) this.#listener.record(told);
      },
      onOutput: (stream, data) => this.#listener.output(stream, data),
      onNote: (sentence) => this.#listener.note(sentence),
    });
  }

  /** Takes over a new tree of processes; one that was started while the run was being stopped ends at once. */
  #own(tree: ProcessTree): void {
    this.#tree = tree;
    if (this.#stopped) tree.kill();
  }
}
