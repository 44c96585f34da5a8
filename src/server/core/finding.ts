/**
 * What core says about a map: the Finding, its two sides, and the edits of a Fix.
 *
 * Shapes only. Places are UTF-16 offsets in the file's text as it was analysed; turning them into lines,
 * columns and relative paths is for whoever prints or publishes them.
 */
import type { Var } from "./types/types.ts";

/** The codes of the rules; one file in `rules/` each. */
export type Code =
  | "unsynchronized-map"
  | "inconsistent-lock"
  | "write-under-read-lock"
  | "map-variable-race"
  | "leaked-guarded-map"
  | "check-then-act"
  | "sync-map-nil-value"
  | "sync-map-growth"
  | "sync-map-misfit"
  | "nil-map-write"
  | "recover-cannot-catch"
  | "unused-ignore";

/**
 * How much of the evidence for two accesses being parallel was seen in source: `definite` both sides are seen
 * to run in parallel, `likely` the code says that it is meant for concurrent use, `possible` it would race if
 * callers that are not in sight are concurrent.
 */
export type Confidence = "definite" | "likely" | "possible";

/** What an access does to the map, or (`assign`) to the variable that holds it. */
export type AccessKind = "read" | "write" | "iterate" | "len" | "delete" | "clear" | "assign";

/** The rewrites that end a Finding. */
export type FixKind = "rwmutex" | "sync-map" | "atomic" | "snapshot" | "sharded" | "channel";

/** A range of a file, in UTF-16 offsets; `path` as the workspace spells it. */
export interface FilePlace {
  readonly path: string;
  readonly pos: number;
  readonly end: number;
}

/** One side of a Finding. */
export interface CoreAccess extends FilePlace {
  readonly kind: AccessKind;
  /** The function that the access stands in, as Go's stacks spell it: "main.Login", "(*Store).Get", "main.Login.func1". */
  readonly function: string;
  /** How the goroutine of this side comes to run, in words: "http handler Login", "go statement at main.go:12". */
  readonly goroutine: string;
  /** The locks held at this access, as source text, read mode marked: "mu", "c.mu (read)". */
  readonly locks: readonly string[];
  /** True for `m[k]++` and the like, which read and write in one go. */
  readonly counter: boolean;
}

/** The map that a Finding is about, at its declaration. */
export interface CoreMap extends FilePlace {
  /** As a reader would spell it: "sessions", "Store.items", "routes". */
  readonly name: string;
  /** As Go spells it, packages by their name: "map[string]*Session". */
  readonly type: string;
  /**
   * The package-level variable, field or local that holds the map; compare by `origin`. Null where a Finding is
   * about no map at all (a suppression comment).
   */
  readonly variable: Var | null;
  /** 0 for the map in the variable itself, 1 for the maps that are its elements, and so on. */
  readonly depth: number;
}

/** What to do about a Finding, and why. */
export interface Advice {
  readonly kind: FixKind;
  readonly why: string;
}

/** A conflicting pair predicted from source, or a mistake with a map that needs no second side. */
export interface CoreFinding {
  readonly code: Code;
  /** One sentence: the map, both places, both goroutines, the missing lock. */
  readonly message: string;
  readonly severity: "error" | "warning" | "information" | "hint";
  readonly confidence: Confidence;
  readonly map: CoreMap;
  /** The flagged access first, then those it conflicts with, the best evidence first. */
  readonly accesses: readonly [CoreAccess, ...CoreAccess[]];
  /** Why nothing orders the sides, for hover: which goroutines, which locks. */
  readonly reasoning: string;
  /** What fits how the map is used, whether or not that Fix can be made; null where there is no choice. */
  readonly advice: Advice | null;
}

/** The edits of one file; they do not overlap and refer to the text as it was analysed. */
export interface FileEdit {
  readonly path: string;
  readonly edits: readonly TextReplacement[];
}
export interface TextReplacement {
  readonly pos: number;
  readonly end: number;
  readonly text: string;
}
/** A Fix that cannot be made: a sentence that says why. */
export interface Refusal {
  readonly refused: string;
}
