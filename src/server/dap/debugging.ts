/**
 * A run under Delve: builds the program for debugging, hands requests of the editor through to Delve, and stops
 * the program on a conflict, with the goroutine on its line and the other side's recorded stack as a second
 * thread. Decides nothing about conflicts themselves: they come from the program's stream as in every run.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Event, ExitedEvent, TerminatedEvent } from "@vscode/debugadapter";
import type { DebugProtocol } from "@vscode/debugprotocol";
import type { Conflict, RunRecord } from "../../protocol.ts";
import { withFramePaths } from "../run/framePaths.ts";
import { createLedger } from "../run/ledger.ts";
import { RunProblem } from "../run/problem.ts";
import { buildLaunch } from "../run/programBuild.ts";
import { followStream, type Reports } from "../run/programRun.ts";
import type { RunRequest } from "../run/runRequest.ts";
import { type Delve, findDelve, startDelve } from "./delve.ts";

/** The detector's function that has just written a record when it is entered, on the goroutine that did it. */
const RECORD_WRITTEN = "runtime.mrCloseStream";
/** Is on the stack then when the record is a new conflict. */
const CONFLICT_WRITER = "runtime.mrWriteConflict";
/** Frames between the detector and the user's line. */
const RUNTIME_FRAME = /^(?:runtime|internal\/runtime\/\w+|reflect|maps)\./;
/** Thread and frame ids of the recorded side: far above what Delve gives goroutines and frames. */
const RECORDED = 1_000_000_000;
/** How many frames are looked at to find the user's line. */
const LOOKED_AT_FRAMES = 50;
/** How long a conflict's record may take from the program's stream to us. */
const RECORD_MILLISECONDS = 2000;
/** How long Delve may take to end the program and itself. */
const END_MILLISECONDS = 3000;

/** What a debugged run tells. */
export interface DebuggingHost {
  readonly sendEvent: (event: DebugProtocol.Event) => void;
  readonly record: (record: RunRecord) => void;
  readonly note: (sentence: string) => void;
}

type Answer = Pick<DebugProtocol.Response, "success" | "message" | "body">;

/** One program under Delve, from its build to its end. */
export class DebuggedRun {
  readonly #request: RunRequest;
  readonly #host: DebuggingHost;
  readonly #folder = mkdtempSync(path.join(tmpdir(), "maprace-"));
  readonly #ledger = createLedger();
  readonly #ready: Promise<void>;
  #isReady: () => void = () => {};
  #delve: Delve | undefined;
  #reports: Reports | undefined;
  #conflictBreakpoint: number | undefined;
  /** The conflict that the program is stopped on. */
  #stoppedOn: Conflict | undefined;
  readonly #shown = new Set<number>();
  /** How many frames of the runtime are on top of the user's line there; the editor is not shown them. */
  #hiddenFrames = 0;
  #exitCode = 0;
  #launched = false;
  #over = false;

  constructor(request: RunRequest, host: DebuggingHost) {
    this.#request = request;
    this.#host = host;
    this.#ready = new Promise((resolve) => {
      this.#isReady = resolve;
    });
  }

  /** Builds and launches. Settles when Delve has the program; rejects with a {@link RunProblem} when it cannot. */
  async launch(): Promise<void> {
    const request = this.#request;
    if (request.target === "test" || request.mode === "go-race") {
      throw new RunProblem(
        'Stopping on a conflict works for programs in the modes maps and vars. Take "stopOnConflict" out of the launch configuration to run this without stopping.',
      );
    }
    const dlv = findDelve(request.env);
    // Without optimisations, lines and variables are what the source says; vars has compiler flags of its own.
    const readable = request.mode === "maps" ? ["-gcflags=./...=-N -l"] : [];
    const launch = await buildLaunch(
      { ...request, buildFlags: [...readable, ...request.buildFlags] },
      { onStart: () => {}, isStopped: () => this.#over },
    );
    this.#ledger.beginRun();
    this.#reports = followStream(
      path.join(this.#folder, "stream.jsonl"),
      launch.build.mode,
      (record) => {
        const told = this.#ledger.add(withFramePaths(record, launch.build.mapPath));
        if (told) this.#host.record(told);
      },
      (sentence) => this.#host.note(sentence),
    );
    this.#reports.start(0);
    this.#delve = await startDelve(
      dlv,
      { cwd: launch.cwd, env: { ...launch.env, ...this.#reports.environment } },
      (event) => this.#onEvent(event),
      () => void this.#finish(),
    );
    await this.#ask("initialize", {
      adapterID: "maprace",
      pathFormat: "path",
      linesStartAt1: true,
      columnsStartAt1: true,
    });
    const launched = await this.#ask("launch", {
      mode: "exec",
      program: launch.command,
      args: launch.args,
      cwd: launch.cwd,
      outputMode: "remote",
      hideSystemGoroutines: true,
    });
    this.#launched = launched.success;
    if (!launched.success) {
      throw new RunProblem(
        `Delve could not start the program: ${launched.message ?? "it does not say why"}. Try \`dlv exec ${launch.command}\` in a terminal.`,
      );
    }
  }

  /** Answers a request of the editor, through Delve or out of what is recorded. */
  async handle(command: string, args: object): Promise<Answer> {
    await this.#ready;
    const { threadId, frameId } = args as { threadId?: number; frameId?: number };
    switch (command) {
      case "setFunctionBreakpoints": {
        const own = (args as DebugProtocol.SetFunctionBreakpointsArguments).breakpoints;
        return this.#setFunctionBreakpoints(own);
      }
      case "threads": {
        const answer = await this.#ask(command, args);
        if (!this.#stoppedOn || !answer.success) return answer;
        const earlier = this.#stoppedOn.accesses[0];
        const name = `Previous ${earlier.kind} by goroutine ${earlier.goroutine.id} (recorded)`;
        return { ...answer, body: { threads: [...answer.body.threads, { id: RECORDED, name }] } };
      }
      case "stackTrace":
        if (threadId === RECORDED) return this.#recordedStack();
        return threadId === this.#stoppedOn?.accesses[1].goroutine.id
          ? this.#userStack(args)
          : this.#ask(command, args);
      case "scopes":
        return frameId !== undefined && frameId >= RECORDED
          ? { success: true, body: { scopes: [] } }
          : this.#ask(command, args);
      case "exceptionInfo":
        return this.#stoppedOn
          ? {
              success: true,
              body: { exceptionId: "map conflict", description: this.#summary(), breakMode: "always" },
            }
          : this.#ask(command, args);
      case "continue":
      case "next":
      case "stepIn":
      case "stepOut": {
        const thread = threadId === RECORDED ? this.#stoppedOn?.accesses[1].goroutine.id : threadId;
        this.#stoppedOn = undefined;
        return this.#ask(command, { ...args, threadId: thread });
      }
      default:
        return this.#ask(command, args);
    }
  }

  /** Ends the program, Delve and everything of the run. */
  async end(): Promise<void> {
    // Delve ends the program it holds; killing Delve first could leave the program behind.
    const asked = this.#ask("disconnect", { terminateDebuggee: true });
    await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, END_MILLISECONDS))]);
    await this.#finish();
  }

  async #ask(command: string, args: object): Promise<Answer> {
    if (!this.#delve) return { success: false, message: "Delve is not running." };
    const { success, message, body } = await this.#delve.connection.request(command, args);
    return { success, ...(message === undefined ? {} : { message }), body };
  }

  async #setFunctionBreakpoints(own: readonly DebugProtocol.FunctionBreakpoint[]): Promise<Answer> {
    const answer = await this.#ask("setFunctionBreakpoints", {
      breakpoints: [{ name: RECORD_WRITTEN }, ...own],
    });
    const [ours, ...theirs] = (answer.body?.breakpoints ?? []) as DebugProtocol.Breakpoint[];
    this.#conflictBreakpoint = ours?.id;
    if (ours && !ours.verified) {
      this.#host.note(
        `Delve cannot stop on conflicts (${ours.message ?? "it does not say why"}); they are shown all the same.`,
      );
    }
    return { ...answer, body: { breakpoints: theirs } };
  }

  #onEvent(event: DebugProtocol.Event): void {
    switch (event.event) {
      case "initialized":
        void this.#setFunctionBreakpoints([]).then(() => this.#isReady());
        return;
      case "stopped":
        this.#onStopped(event as DebugProtocol.StoppedEvent);
        return;
      case "exited":
        this.#exitCode = event.body.exitCode;
        return;
      case "terminated":
        void this.#finish();
        return;
    }
    this.#host.sendEvent(new Event(event.event, event.body));
  }

  #onStopped(event: DebugProtocol.StoppedEvent): void {
    if (this.#isOurs(event)) void this.#stopOnConflict(event);
    else this.#host.sendEvent(new Event("stopped", event.body));
  }

  #isOurs({ body }: DebugProtocol.StoppedEvent): boolean {
    return (
      this.#conflictBreakpoint !== undefined &&
      (body.hitBreakpointIds ?? []).includes(this.#conflictBreakpoint)
    );
  }

  /** The program has written a record: goes on at once unless it is a conflict, which the editor is told of. */
  async #stopOnConflict({ body: { threadId } }: DebugProtocol.StoppedEvent): Promise<void> {
    const trace = await this.#ask("stackTrace", { threadId, startFrame: 0, levels: LOOKED_AT_FRAMES });
    const names: string[] = (trace.body?.stackFrames ?? []).map(
      (frame: DebugProtocol.StackFrame) => frame.name,
    );
    const conflict = names.includes(CONFLICT_WRITER) ? await this.#conflictOn(threadId ?? 0) : undefined;
    if (!conflict) {
      await this.#ask("continue", { threadId });
      return;
    }
    this.#stoppedOn = conflict;
    this.#hiddenFrames = Math.max(
      names.findIndex((name) => !RUNTIME_FRAME.test(name)),
      0,
    );
    this.#host.sendEvent(
      new Event("stopped", {
        reason: "exception",
        description: "Paused on map conflict",
        text: this.#summary(),
        threadId,
        allThreadsStopped: true,
      }),
    );
  }

  /** The stack of the goroutine that is stopped on a conflict, from the user's line on. */
  async #userStack(args: { startFrame?: number }): Promise<Answer> {
    const hidden = this.#hiddenFrames;
    const answer = await this.#ask("stackTrace", { ...args, startFrame: (args.startFrame ?? 0) + hidden });
    if (!answer.success) return answer;
    return { ...answer, body: { ...answer.body, totalFrames: answer.body.totalFrames - hidden } };
  }

  /** The conflict that a goroutine is in and that the editor has not been stopped on. */
  async #conflictOn(threadId: number): Promise<Conflict | undefined> {
    const giveUp = Date.now() + RECORD_MILLISECONDS;
    for (;;) {
      const conflict = this.#ledger
        .conflicts()
        .find(({ id, accesses }) => !this.#shown.has(id) && accesses[1].goroutine.id === threadId);
      if (conflict) {
        this.#shown.add(conflict.id);
        return conflict;
      }
      if (Date.now() > giveUp) return undefined;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #summary(): string {
    const conflict = this.#stoppedOn;
    if (!conflict) return "";
    const [earlier, later] = conflict.accesses;
    const top = earlier.stack[0];
    const place = top ? ` at ${path.basename(top.file)}:${top.line}` : "";
    return `Conflict ${conflict.id}: ${later.kind} of ${conflict.map.type}, not ordered after the ${earlier.kind}${place} by goroutine ${earlier.goroutine.id}`;
  }

  #recordedStack(): Answer {
    const stack = this.#stoppedOn?.accesses[0].stack ?? [];
    const stackFrames = stack.map((frame, index) => ({
      id: RECORDED + index,
      name: frame.function,
      source: { name: path.basename(frame.file), path: frame.file },
      line: frame.line,
      column: 0,
    }));
    return { success: true, body: { stackFrames, totalFrames: stackFrames.length } };
  }

  /** Closes the books and cleans up, once. */
  async #finish(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#isReady();
    this.#delve?.connection.close();
    this.#delve?.tree.kill();
    const damaged = (await this.#reports?.finish()) ?? 0;
    rmSync(this.#folder, { recursive: true, force: true });
    // Why a launch failed is told by whoever asked for it.
    if (!this.#launched) return;
    this.#host.record(this.#ledger.end([{ exitCode: this.#exitCode, damaged }]));
    this.#host.sendEvent(new ExitedEvent(this.#exitCode));
    this.#host.sendEvent(new TerminatedEvent());
  }
}
