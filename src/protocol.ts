/**
 * Everything that crosses a process boundary: types and message names only, no code that does work.
 *
 * Lines and columns start at 1 and columns count bytes, as Go's own tools count, unless a field says
 * otherwise. Times are milliseconds since the watched program started. Paths use `/`; the command line
 * makes them relative to the analysed folder where they lie in it, every other boundary keeps them absolute.
 */

/** How much of the evidence for two accesses being parallel was seen in source. */
export type Confidence = "definite" | "likely" | "possible";

/** What an access does to the map, or (`assign`) to the variable that holds it. */
export type AccessKind = "read" | "write" | "iterate" | "len" | "delete" | "clear" | "assign";

/** The rewrites that Maprace knows. */
export type FixKind = "rwmutex" | "sync-map" | "atomic" | "snapshot" | "sharded" | "channel";

/** A place in a source file. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One side of a Finding, as `check --format json` prints it. */
export interface FindingAccess extends Place {
  readonly kind: AccessKind;
  readonly endLine: number;
  readonly endColumn: number;
  readonly function: string;
  /** How the goroutine of this side comes to run, in words: "http handler Login", "go statement at main.go:12". */
  readonly goroutine: string;
  /** The locks held at this access, as source text, read mode marked: "mu", "c.mu (read)". */
  readonly locks: readonly string[];
}

/** A conflicting pair predicted from source, as `check --format json` prints it. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly severity: "error" | "warning" | "information" | "hint";
  readonly confidence: Confidence;
  readonly map: Place & { readonly name: string; readonly type: string };
  /** The flagged access first, then the accesses it conflicts with. */
  readonly accesses: readonly FindingAccess[];
  readonly advice: { readonly kind: FixKind; readonly why: string } | null;
  readonly fixes: readonly FixKind[];
}

/** The one object that `check --format json` prints. */
export interface CheckReport {
  readonly findings: readonly Finding[];
  readonly stats: {
    readonly files: number;
    readonly lines: number;
    readonly packages: number;
    readonly milliseconds: number;
  };
}

/** One frame of a Go stack, innermost first in a stack. `file` is absolute or relative to the analysed folder. */
export interface Frame {
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

/** One of the last things a goroutine did before a conflict. */
export interface GoroutineEvent {
  /** `acquire` and `release` are synchronisation; `start` and `end` are the goroutine's own life. */
  readonly kind: "start" | "end" | "acquire" | "release" | "go" | "access";
  /** Milliseconds since the program started. */
  readonly when: number;
  /** In words, for people: "lock mu", "send on channel", "map write". */
  readonly what: string;
  /** Tells objects apart within one run ("sync-12"); the same id on both sides is the same object. */
  readonly object?: string;
  readonly frame?: Frame;
}

/** One side of a Conflict. */
export interface ConflictAccess {
  readonly kind: AccessKind;
  readonly goroutine: {
    readonly id: number;
    /** The stack of the `go` statement that made the goroutine; empty for the main goroutine. */
    readonly created: readonly Frame[];
  };
  readonly stack: readonly Frame[];
  readonly when: number;
  readonly recent: readonly GoroutineEvent[];
  /** The key, only with `--show-keys`; otherwise a salted hash that tells equal from different. */
  readonly key?: string;
}

/** A conflicting pair observed in a run; one per pair of places, `count` says how often. */
export interface Conflict {
  readonly type: "conflict";
  readonly id: number;
  readonly map: { readonly type: string; readonly created: readonly Frame[]; readonly id?: string };
  /** The earlier access first. */
  readonly accesses: readonly [ConflictAccess, ConflictAccess];
  readonly count: number;
  /** How often exploring schedules (`--explore N`) saw it; on the last record of the Conflict only. */
  readonly explored?: {
    readonly runs: number;
    /** In how many of the runs it was seen. */
    readonly seen: number;
    /** The first seed that showed it. */
    readonly seed: number;
    /** How often that seed was run again, and in how many of these it was seen again. */
    readonly replays: number;
    readonly seenAgain: number;
  };
}

/** What was counted for one map of a run: the measured mix behind Advice. */
export interface MapMix {
  readonly type: "map";
  readonly id: string;
  readonly map: { readonly type: string; readonly created: readonly Frame[] };
  readonly reads: number;
  readonly writes: number;
  readonly iterations: number;
  readonly deletes: number;
  readonly goroutines: number;
  /** Estimated distinct keys. */
  readonly keys: number;
}

/** The first record of every run: proof that the detector runs in the program. */
export interface RunStart {
  readonly type: "start";
  readonly mode: RunMode;
  readonly goVersion: string;
  readonly pid: number;
  /** Hook functions that the detector answers. */
  readonly hooks: number;
}

/** The last record of every run. */
export interface RunEnd {
  readonly type: "end";
  /** The program's own exit status; 128 + signal number when it was killed. */
  readonly exitCode: number;
  readonly conflicts: number;
  /** Everything the detector had to drop; 0 means that it saw everything. */
  readonly dropped: number;
  readonly hooks: number;
  /** True when the stream ended before the program said that it was ending. */
  readonly truncated?: boolean;
  /** How the program died, where it did: "panic: …", "fatal error: concurrent map writes", "signal: killed". */
  readonly death?: string;
}

/** One line of `run --format json`. */
export type RunRecord = RunStart | Conflict | MapMix | RunEnd;

/** `maps` watches map operations, `vars` adds variables and `len`, `go-race` is Go's own detector. */
export type RunMode = "maps" | "vars" | "go-race";

/** The exit status of `run` and `test` when there are Conflicts. */
export const CONFLICT_EXIT_CODE = 66;

/** The launch configuration of debug type `maprace`. */
export interface LaunchConfiguration {
  readonly program: string;
  /** Runs the package's program, or its tests. */
  readonly target?: "program" | "test";
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | null>>;
  readonly cwd?: string;
  readonly buildFlags?: readonly string[];
  readonly mode?: RunMode;
  readonly stopOnConflict?: boolean;
  /** The `go` command; found on PATH when absent. */
  readonly go?: string;
  /** Unsaved editor buffers that are part of the run: absolute path to text. */
  readonly unsaved?: Readonly<Record<string, string>>;
}

/** Debug type, language-server names and commands: the names that both sides must spell alike. */
export const DEBUG_TYPE = "maprace";
/** Custom debug-adapter event; its body is a {@link RunRecord}. */
export const RUN_RECORD_EVENT = "maprace.record";

/** What the timeline is told by its host. */
export type ToTimeline =
  /** `folders`: absolute paths of the folders that are open in the editor. */
  | { readonly type: "reset"; readonly title: string; readonly folders?: readonly string[] }
  | { readonly type: "records"; readonly records: readonly RunRecord[] }
  | { readonly type: "status"; readonly text: string; readonly running: boolean }
  | { readonly type: "select"; readonly conflict: number };

/** What the timeline asks of its host. */
export type FromTimeline =
  | { readonly type: "ready" }
  | { readonly type: "open"; readonly frame: Frame }
  | { readonly type: "stop" }
  | { readonly type: "restart" };

/** What the user chose for the language server. */
export interface ServerSettings {
  readonly enable: boolean;
  readonly minimumConfidence: Confidence;
  /** The `go` command that the user named, used in trusted workspaces only; empty means the one on PATH. */
  readonly go: string;
}

/** What the client tells the language server when it starts it. */
export interface ServerOptions {
  /** False: no child process may be started. */
  readonly trusted: boolean;
  readonly settings: ServerSettings;
  /** Where the help pages of the diagnostic codes are, as a URI that a page's name is appended to. */
  readonly helpBase?: string;
  /** A folder that the server may keep things in from one start to the next. */
  readonly storage?: string;
}

/** Client to server: `{ trusted: boolean }`, when the user begins to trust the workspace. */
export const TRUST_NOTIFICATION = "maprace/trust";
/** Server to client: a {@link ServerStatus}. */
export const STATUS_NOTIFICATION = "maprace/status";

/** How the language server is, in a sentence with a next step; an empty message when all is well. */
export interface ServerStatus {
  readonly level: "ok" | "info" | "warning";
  readonly message: string;
}

/** The editor command behind the code lenses; its one argument is a {@link RunRequest}. */
export const RUN_COMMAND = "maprace.run";

/** What a code lens asks to be run. */
export interface RunRequest {
  /** Folder of the package, absolute. */
  readonly program: string;
  readonly target: "program" | "test";
  /** Runs this test alone. */
  readonly testName?: string;
}
