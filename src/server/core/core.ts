/**
 * The façade of the language core: text in, Findings, Fixes and Advice out.
 *
 * Everything outside `core/` talks to this file alone. Core reads no file and knows no clock: the workspace
 * hands it sources, and the same sources give the same answers.
 */
import { adviceAmong } from "./advice/advice.ts";
import type { Advice, Code, CoreFinding, FileEdit, FilePlace, FixKind, Refusal } from "./finding.ts";
import { fixKinds, makeFix } from "./fixes/fixes.ts";
import { type Checker, createChecker } from "./rules/checker.ts";
import { RULES } from "./rules/rules.ts";
import type { SourceFile } from "./syntax/ast.ts";
import { detached } from "./syntax/cursor.ts";
import { PACKED_FORMAT, packFile } from "./syntax/packed.ts";
import { createParser } from "./syntax/parser.ts";
import { createProgram, updateProgram } from "./types/program.ts";
import type { Program, ProgramSource } from "./types/types.ts";

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

export { detached, PACKED_FORMAT };

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
  /**
   * Goes on with the analysis until `isEnough` or all is known, with one file and what it needs first. Returns true
   * when all is known.
   */
  advance(path: string | null, isEnough: () => boolean): boolean;
  /** The Findings found so far whose flagged access is in this file. */
  foundIn(path: string): readonly CoreFinding[];
  /** All Findings found so far, by file and position. */
  found(): readonly CoreFinding[];
  /** The text of a workspace file as it was analysed, or null for other files. */
  text(path: string): string | null;
  /** Places of workspace files that did not parse; what stands there was not looked at. */
  faults(): readonly FilePlace[];
  /** What is known about the map at an offset of a file, with the reasoning of its Findings. */
  hover(path: string, offset: number): Hover | null;
  /** What to do about a Finding of this snapshot: one of its Fixes, where it has any. */
  advice(finding: CoreFinding): Advice | null;
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

/** What a code means, for people. */
export interface RuleHelp {
  readonly title: string;
  /** Markdown: what is wrong, a wrong and a right program, what the rule does not see. */
  readonly markdown: string;
}

/** Makes the core. Rejects where the parser's modules cannot be loaded. */
export async function createCore(modules: ParserModules): Promise<Core> {
  const parser = await createParser({ runtime: modules.treeSitterWasm, go: modules.goWasm });
  let program: Program | null = null;
  const checker = createChecker();
  return {
    update(source) {
      program = program === null ? createProgram(parser, source) : updateProgram(program, source);
      return createSnapshot(program, source, checker);
    },
    dispose() {
      program = null;
    },
  };
}

/** Makes what {@link FileSource.packed} hands in. */
export interface Packer {
  /** What parsing finds in a text, in few bytes; with `bodies`, in the bodies of its functions as well. */
  pack(text: string, bodies: boolean): Uint8Array;
}

/** Makes a packer. Rejects where the parser's modules cannot be loaded. */
export async function createPacker(modules: ParserModules): Promise<Packer> {
  const parser = await createParser({ runtime: modules.treeSitterWasm, go: modules.goWasm });
  return { pack: (text, bodies) => packFile(parser, text, bodies) };
}

/** The help of a code. */
export function ruleHelp(code: Code): RuleHelp {
  const rule = RULES.get(code);
  return rule ? { title: rule.title, markdown: rule.help } : { title: code, markdown: "" };
}

function createSnapshot(program: Program, source: ProgramSource, checker: Checker): Snapshot {
  let known: readonly CoreFinding[] | null = null;
  let isTaken = false;
  let isAll = false;
  const kinds = new Map<string, readonly FixKind[]>();
  const advance = (path: string | null, isEnough: () => boolean): boolean => {
    if (isAll) return true;
    if (!isTaken) checker.update(program);
    isTaken = true;
    known = null;
    const pkg = source.packages.find(({ files }) => files.some((file) => file.path === path));
    isAll = checker.advance(path !== null && pkg ? { package: pkg.path, path } : null, isEnough);
    return isAll;
  };
  const found = (): readonly CoreFinding[] => {
    known ??= isTaken ? checker.found() : [];
    return known;
  };
  const findings = (): readonly CoreFinding[] => {
    advance(null, () => false);
    return found();
  };
  const fixes = (finding: CoreFinding): readonly FixKind[] => {
    // Several Findings share one map, and asking walks its package.
    const map = `${finding.map.path}:${finding.map.pos}:${finding.map.depth} ${finding.code}`;
    const known = kinds.get(map) ?? fixKinds(program, finding);
    kinds.set(map, known);
    return known;
  };
  const advice = (finding: CoreFinding): Advice | null => {
    const fitting = finding.advice;
    if (fitting === null) return null;
    return adviceAmong(fitting, fixes(finding), () => {
      const made = makeFix(program, finding, fitting.kind);
      return "refused" in made ? made.refused : "";
    });
  };
  return {
    findings,
    advance,
    found,
    foundIn: (path) => found().filter((finding) => finding.accesses[0].path === path),
    text(path) {
      for (const { files } of source.packages)
        for (const file of files) if (file.path === path) return file.text();
      return null;
    },
    faults: () =>
      filesOf(program).flatMap((f) => f.errors.map(({ pos, end }) => ({ path: f.path, pos, end }))),
    hover: (path, offset) => hoverAt(found(), advice, path, offset),
    advice,
    fixes,
    fix: (finding, kind) => makeFix(program, finding, kind),
  };
}

/** All files, each once: a file may be part of two packages. */
function filesOf(program: Program): SourceFile[] {
  const files = new Map<string, SourceFile>();
  for (const pkg of program.packages) for (const file of pkg.files) files.set(file.path, file);
  return [...files.values()];
}

function hoverAt(
  findings: readonly CoreFinding[],
  adviceOn: Snapshot["advice"],
  path: string,
  offset: number,
): Hover | null {
  for (const finding of findings) {
    const at = finding.accesses.find((a) => a.path === path && a.pos <= offset && offset <= a.end);
    if (!at) continue;
    const parts = [
      `**Maprace** \`${finding.code}\` (${finding.confidence})`,
      finding.message,
      finding.reasoning,
    ];
    const advice = adviceOn(finding);
    if (advice !== null) parts.push(`Advice: \`${advice.kind}\`: ${advice.why}.`);
    return { pos: at.pos, end: at.end, markdown: parts.filter((part) => part !== "").join("\n\n") };
  }
  return null;
}
