/**
 * Random edits of real files: after each session of edits the answers must be those of a fresh start.
 *
 * One program lives through all sessions, so what leaks from edit to edit shows. The files are packages of the
 * standard library, edited in memory: insertions, deletions, truncations, moved and doubled pieces, odd characters.
 */
import { deepStrictEqual } from "node:assert";
import fc from "fast-check";
import { packFile } from "../../src/server/core/syntax/packed.ts";
import { parseFile } from "../../src/server/core/syntax/parse.ts";
import type { GoParser } from "../../src/server/core/syntax/parser.ts";
import { createProgram, updateProgram } from "../../src/server/core/types/program.ts";
import type { FileSource, PackageSource, Program, ProgramSource } from "../../src/server/core/types/types.ts";
import { dumpFacts, dumpFile } from "./dump.ts";
import { standardPackage } from "./program.ts";

/** One edit, in shares of the text's length, so that it fits any text. */
export interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
  /** Takes what is inserted from the text itself, from here on, as far as `remove` goes. */
  readonly from: number | null;
  readonly truncate: boolean;
}

/** A session: a file of the packages, by number, and what is done to it. */
export interface Session {
  readonly file: number;
  readonly edits: readonly Edit[];
}

const PIECES = [
  ..."{}()[]`\"'\n\t;,.:=*&<>-+!~|\\/0xé😀\uFEFF\u0000\u2028\uD800\r",
  "/*",
  "*/",
  "//",
  ":=",
  "...",
  "<-",
  "\nfunc f() {\n",
  "\nfunc (r *T[K, V]) m",
  "\ntype T[P ~[]E, E any] = ",
  "\nvar (",
  "\nconst ( A = iota; B )\n",
  '\nimport . "fmt"\n',
  "package q",
  "for range 10 {",
  "switch x := y.(type) {",
  "case nil:",
  "select {",
  "go func() { m[k]++ }()",
  "new(1)",
  "make(",
  "goto L; L:",
  "interface{ ~int | string }",
  "return",
  "else",
  "map[string]",
  "chan<- chan",
  "if v, ok := <-c; ok {",
];

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.oneof({ weight: 4, arbitrary: fc.nat(4) }, { weight: 2, arbitrary: fc.nat(60) }, fc.nat(2000)),
  insert: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom("", ...PIECES) },
    fc.string({ maxLength: 8 }),
    fc.string({ unit: "binary", maxLength: 4 }),
  ),
  from: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 6 }),
  truncate: fc.nat(60).map((n) => n === 0),
});

/** Sessions of `length` edits. */
export function sessions(length: number): fc.Arbitrary<Session> {
  return fc.record({
    file: fc.nat(10_000),
    edits: fc.array(edit, { minLength: length, maxLength: length }),
  });
}

function apply(text: string, { at, remove, insert, from, truncate }: Edit): string {
  const i = Math.floor(at * text.length);
  if (truncate) return text.slice(0, i) + insert;
  const j = from === null ? 0 : Math.floor(from * text.length);
  const moved = from === null ? insert : text.slice(j, j + remove);
  return text.slice(0, i) + moved + text.slice(i + (from === null ? remove : 0));
}

/** A program that lives through sessions of edits. */
export class EditedProgram {
  private readonly go: GoParser;
  private readonly packages: readonly PackageSource[];
  private readonly files: readonly { readonly pkg: PackageSource; readonly file: FileSource }[];
  private readonly packs = new Map<string, Uint8Array>();
  private readonly dependencies = new Map<string, PackageSource | null>();
  private program: Program;
  private versions = 0;

  /** `paths` are packages of the standard library. */
  constructor(go: GoParser, paths: readonly string[]) {
    this.go = go;
    this.packages = paths.map((path) => ({ ...standardPackage(path)!, inWorkspace: true }));
    this.files = this.packages.flatMap((pkg) => pkg.files.map((file) => ({ pkg, file })));
    this.program = createProgram(go, this.sourceOf(this.packages));
  }

  /** Edits, asks for all facts about the file after each edit, and compares with a fresh start at the end. */
  run({ file: number, edits }: Session): void {
    const { pkg, file } = this.files[number % this.files.length]!;
    let text = file.text();
    for (const one of edits) {
      text = apply(text, one);
      this.show(pkg, file, text);
    }
    const source = this.sourceWith(pkg, file, text, "fresh");
    const edited = this.program.packages.find((p) => p.path === pkg.path)!;
    const fresh = createProgram(this.go, source).packages.find((p) => p.path === pkg.path)!;
    const read = edited.files.find((f) => f.path === file.path)!;
    const again = parseFile(this.go, file.path, text);
    deepStrictEqual(dumpFile(read), dumpFile(again));
    deepStrictEqual(read.errors, again.errors);
    deepStrictEqual(dumpFacts(edited), dumpFacts(fresh));
    this.show(pkg, file, file.text());
  }

  /** Gives the file this text, and asks for everything about it. */
  private show(pkg: PackageSource, file: FileSource, text: string): void {
    this.program = updateProgram(this.program, this.sourceWith(pkg, file, text, `edit ${this.versions++}`));
    const now = this.program.packages.find((p) => p.path === pkg.path)!;
    for (const decl of now.files.find((f) => f.path === file.path)!.decls) now.info(decl);
  }

  private sourceWith(pkg: PackageSource, file: FileSource, text: string, version: string): ProgramSource {
    const edited: FileSource = { path: file.path, version, text: () => text };
    const files = pkg.files.map((f) => (f === file ? edited : f));
    return this.sourceOf(this.packages.map((p) => (p === pkg ? { ...pkg, files } : p)));
  }

  private sourceOf(packages: readonly PackageSource[]): ProgramSource {
    return { packages, dependency: (path) => this.dependency(path) };
  }

  /** Dependencies are packed once: every fresh start reads them. */
  private dependency(path: string): PackageSource | null {
    const known = this.dependencies.get(path);
    if (known !== undefined) return known;
    const found = standardPackage(path);
    const packed = (file: FileSource, text: string): Uint8Array => {
      const before = this.packs.get(file.path) ?? packFile(this.go, text, false);
      this.packs.set(file.path, before);
      return before;
    };
    const source =
      found === null
        ? null
        : {
            ...found,
            files: found.files.map((f) => ({ ...f, packed: (text: string) => () => packed(f, text) })),
          };
    this.dependencies.set(path, source);
    return source;
  }
}
