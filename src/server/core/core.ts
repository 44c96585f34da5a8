/**
 * The façade of the language core: text in, Findings, Fixes and Advice out.
 *
 * Everything outside `core/` talks to this file alone. Core reads no file and knows no clock: the workspace
 * hands it sources, and the same sources give the same answers.
 */
import type { CoreFinding, FileEdit, FixKind, Refusal } from "./finding.ts";
import type { ProgramSource } from "./types/types.ts";

export type {
  AccessKind,
  Advice,
  Code,
  Confidence,
  CoreAccess,
  CoreFinding,
  CoreMap,
  FileEdit,
  FilePlace,
  FixKind,
  Refusal,
  TextReplacement,
} from "./finding.ts";
export type { FileSource, PackageSource, ProgramSource } from "./types/types.ts";

/** The parser's two WebAssembly modules, as bytes. */
export interface ParserModules {
  readonly treeSitterWasm: Uint8Array;
  readonly goWasm: Uint8Array;
}

/** The language core. Keeps what it knows of unchanged sources from one update to the next. */
export interface Core {
  /** Takes over the current sources. Unchanged packages and files are recognised by object identity. */
  update(source: ProgramSource): Snapshot;
  dispose(): void;
}

/** Answers about one version of the sources; computed on first use and kept. */
export interface Snapshot {
  /** All Findings of the program, by file and position. */
  findings(): readonly CoreFinding[];
  /** The Findings whose flagged access is in this file. */
  findingsIn(path: string): readonly CoreFinding[];
  /** The text of a workspace file as it was analysed, or null for other files. */
  text(path: string): string | null;
  /** What is known about the map at an offset of a file, with the reasoning of its Findings. */
  hover(path: string, offset: number): Hover | null;
  /** The Fixes that can be made for a Finding of this snapshot. */
  fixes(finding: CoreFinding): readonly FixKind[];
  /** The edits of one Fix, in this snapshot's text. */
  fix(finding: CoreFinding, kind: FixKind): readonly FileEdit[] | Refusal;
}

/** Markdown about a range of a file, in UTF-16 offsets. */
export interface Hover {
  readonly pos: number;
  readonly end: number;
  readonly markdown: string;
}
