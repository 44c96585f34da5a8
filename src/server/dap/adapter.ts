/**
 * The debug adapter of type `maprace`: turns the requests of a debug client into runs, and what happens in a
 * run into events. Records reach the client as the custom event RUN_RECORD_EVENT, live. It decides nothing
 * about building, running and Conflicts: that is server/run.
 */
import path from "node:path";
import { StringDecoder } from "node:string_decoder";
import {
  DebugSession,
  Event,
  ExitedEvent,
  InitializedEvent,
  OutputEvent,
  Response,
  TerminatedEvent,
  Thread,
} from "@vscode/debugadapter";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { type Conflict, type LaunchConfiguration, RUN_RECORD_EVENT, type RunRecord } from "../../protocol.ts";
import { RunProblem } from "../run/problem.ts";
import type { RunRequest } from "../run/runRequest.ts";
import { type RunListener, RunSession } from "../run/session.ts";
import { DebuggedRun } from "./debugging.ts";
import { requestOf } from "./launch.ts";

/** How long a program may take to end after it was asked to, before it is ended. */
const GRACE_MILLISECONDS = 5000;

/** Requests that are ours even under Delve: they begin and end the session. */
const OWN_REQUESTS = new Set(["initialize", "launch", "restart", "terminate", "disconnect"]);
/** Requests that an editor may send before it launches, and does not repeat for a restart. */
const CONFIGURATION_REQUESTS = new Set([
  "setBreakpoints",
  "setFunctionBreakpoints",
  "setExceptionBreakpoints",
  "configurationDone",
]);

/** One debug session: at most one run at a time. */
export class MapraceDebugSession extends DebugSession {
  readonly #runtimeSources: string;
  #run: RunSession | undefined;
  /** The run when it stops on conflicts, under Delve. */
  #debugged: DebuggedRun | undefined;
  /** The latest requests of the editor that set breakpoints, and that it is done: a launch or restart needs them. */
  readonly #configured = new Map<string, DebugProtocol.Request>();
  #configuration: LaunchConfiguration | undefined;
  /** A run that is replaced by a restart ends without telling the client that the session is over. */
  #restarting = false;
  #grace: NodeJS.Timeout | undefined;

  /** @param runtimeSources the folder with the Go sources of the detector. */
  constructor(runtimeSources: string) {
    super(true);
    this.#runtimeSources = runtimeSources;
  }

  protected override dispatchRequest(request: DebugProtocol.Request): void {
    if (CONFIGURATION_REQUESTS.has(request.command)) {
      this.#configured.set(`${request.command} ${request.arguments?.source?.path ?? ""}`, request);
    }
    if (this.#debugged && !OWN_REQUESTS.has(request.command)) void this.#passOn(this.#debugged, request);
    else super.dispatchRequest(request);
  }

  protected override initializeRequest(response: DebugProtocol.InitializeResponse): void {
    response.body = {
      supportsConfigurationDoneRequest: true,
      supportsTerminateRequest: true,
      supportsRestartRequest: true,
    };
    this.sendResponse(response);
    this.sendEvent(new InitializedEvent());
  }

  protected override launchRequest(
    response: DebugProtocol.LaunchResponse,
    args: DebugProtocol.LaunchRequestArguments,
  ): void {
    void this.#launch(response, args);
  }

  protected override restartRequest(
    response: DebugProtocol.RestartResponse,
    args: DebugProtocol.RestartArguments,
  ): void {
    void this.#restart(response, args);
  }

  protected override terminateRequest(response: DebugProtocol.TerminateResponse): void {
    if (this.#debugged) {
      void this.#debugged.end();
    } else if (this.#grace) {
      this.#run?.kill();
    } else {
      this.#run?.interrupt();
      this.#grace = setTimeout(() => this.#run?.kill(), GRACE_MILLISECONDS);
    }
    this.sendResponse(response);
  }

  protected override disconnectRequest(response: DebugProtocol.DisconnectResponse): void {
    void this.#endRun().then(() => {
      this.sendResponse(response);
      this.shutdown();
    });
  }

  protected override setBreakPointsRequest(
    response: DebugProtocol.SetBreakpointsResponse,
    args: DebugProtocol.SetBreakpointsArguments,
  ): void {
    response.body = {
      breakpoints: (args.breakpoints ?? []).map((breakpoint) => ({
        verified: false,
        line: breakpoint.line,
        message: 'This run does not stop at breakpoints: set "stopOnConflict" to debug it with Delve.',
      })),
    };
    this.sendResponse(response);
  }

  protected override threadsRequest(response: DebugProtocol.ThreadsResponse): void {
    response.body = { threads: this.#run ? [new Thread(1, "program")] : [] };
    this.sendResponse(response);
  }

  async #launch(response: DebugProtocol.Response, args: object): Promise<void> {
    let request: RunRequest;
    try {
      this.#configuration = args as LaunchConfiguration;
      request = requestOf(this.#configuration, this.#runtimeSources);
    } catch (error) {
      this.#fail(response, error);
      return;
    }
    if (this.#configuration.stopOnConflict) {
      await this.#debug(response, request);
      return;
    }
    let answered = false;
    const answer = (): void => {
      if (!answered) this.sendResponse(response);
      answered = true;
    };
    const run = new RunSession(request, this.#listener(answer));
    this.#run = run;
    try {
      const { end } = await run.finished;
      answer();
      this.#over(end.exitCode);
    } catch (error) {
      if (answered) {
        this.#console(`${explain(error)}\n`, "important");
        this.#over(undefined);
      } else {
        // The client ends a session whose launch failed by itself.
        this.#fail(response, error);
      }
    } finally {
      if (this.#run === run) this.#run = undefined;
    }
  }

  /** Launches under Delve, which then answers most of what the editor asks. */
  async #debug(response: DebugProtocol.Response, request: RunRequest): Promise<void> {
    const { record, note } = this.#listener(() => {});
    const run = new DebuggedRun(request, {
      record,
      note,
      sendEvent: (event) => {
        // A restart ends one program, not the session.
        if (!this.#restarting || (event.event !== "terminated" && event.event !== "exited"))
          this.sendEvent(event);
      },
    });
    this.#debugged = run;
    const configured = [...this.#configured.values()];
    try {
      await run.launch();
      this.sendResponse(response);
    } catch (error) {
      this.#debugged = undefined;
      await run.end();
      this.#fail(response, error);
      return;
    }
    // Breakpoints that were set before are set now; the editor has its answer and learns the rest from events.
    for (const { command, arguments: args } of configured) {
      const { body } = await run.handle(command, args ?? {});
      for (const breakpoint of body?.breakpoints ?? []) {
        this.sendEvent(new Event("breakpoint", { reason: "new", breakpoint }));
      }
    }
  }

  async #passOn(run: DebuggedRun, request: DebugProtocol.Request): Promise<void> {
    const answer = await run.handle(request.command, request.arguments ?? {});
    this.sendResponse(Object.assign(new Response(request), answer));
  }

  async #restart(
    response: DebugProtocol.RestartResponse,
    args: DebugProtocol.RestartArguments,
  ): Promise<void> {
    const configuration = (args?.arguments as LaunchConfiguration | undefined) ?? this.#configuration;
    this.#restarting = true;
    await this.#endRun();
    this.#restarting = false;
    await this.#launch(response, configuration ?? {});
  }

  /** Ends the run, if there is one, and waits until all of it is gone. */
  async #endRun(): Promise<void> {
    await this.#debugged?.end();
    this.#debugged = undefined;
    const run = this.#run;
    if (!run) return;
    run.kill();
    // Why it could not run is told by #launch, which waits for the same promise.
    await run.finished.catch(() => {});
  }

  #over(exitCode: number | undefined): void {
    clearTimeout(this.#grace);
    this.#grace = undefined;
    if (this.#restarting) return;
    if (exitCode !== undefined) this.sendEvent(new ExitedEvent(exitCode));
    this.sendEvent(new TerminatedEvent());
  }

  #listener(onStart: () => void): RunListener {
    const decoders = { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
    const reported = new Set<number>();
    return {
      started: onStart,
      record: (record: RunRecord) => {
        this.sendEvent(new Event(RUN_RECORD_EVENT, record));
        if (record.type === "conflict" && !reported.has(record.id)) {
          reported.add(record.id);
          this.#tellConflict(record);
        }
      },
      output: (stream, data) => {
        const text = decoders[stream].write(data);
        if (text !== "") this.sendEvent(new OutputEvent(text, stream));
      },
      note: (sentence) => this.#console(`${sentence}\n`, "console"),
      progress: (sentence) => this.#console(`${sentence}\n`, "console"),
    };
  }

  /** One line in the debug console, which leads to the later access. */
  #tellConflict(conflict: Conflict): void {
    const [earlier, later] = conflict.accesses;
    const top = later.stack[0];
    const event: DebugProtocol.OutputEvent = new OutputEvent(
      `Conflict ${conflict.id}: ${later.kind} and previous ${earlier.kind} of ${conflict.map.type}\n`,
      "console",
    );
    if (top) {
      event.body.source = { name: path.basename(top.file), path: top.file };
      event.body.line = top.line;
    }
    this.sendEvent(event);
  }

  #console(text: string, category: "console" | "important"): void {
    this.sendEvent(new OutputEvent(text, category));
  }

  #fail(response: DebugProtocol.Response, error: unknown): void {
    if (error instanceof RunProblem && error.details !== "")
      this.sendEvent(new OutputEvent(`${error.details}\n`, "stderr"));
    this.sendErrorResponse(response, {
      id: 1,
      format: "{_message}",
      variables: { _message: explain(error) },
      showUser: true,
    });
  }
}

function explain(error: unknown): string {
  if (error instanceof RunProblem) return error.message;
  // A defect of ours: the stack is what a report of it needs.
  return `Maprace failed while running the program. Please report this: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
