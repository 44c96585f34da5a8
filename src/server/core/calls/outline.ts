/**
 * The declarations with bodies of a program's workspace, in order, and how they differ from the version before.
 *
 * Only files that changed are read again. What a declaration consists of is `functions.ts`; what follows from a
 * change is for those who ask.
 */
import { docOf } from "../locks/contracts.ts";
import type { SourceFile } from "../syntax/ast.ts";
import type { Info, Package, Program } from "../types/types.ts";
import { type DeclFacts, declFacts, type Fn } from "./functions.ts";

/** A declaration as it was in one version. */
export interface Body {
  readonly facts: DeclFacts;
  readonly info: Info;
  readonly functions: readonly Fn[];
  readonly stores: DeclFacts["stores"];
  readonly assigned: DeclFacts["assigned"];
  /** The comment above: what it promises about locks is believed. */
  readonly doc: string;
}

/** One file as part of one package. */
interface FileOutline {
  readonly file: SourceFile;
  readonly bodies: readonly Body[];
}

/** One package's files. */
interface PackageOutline {
  readonly pkg: Package;
  readonly list: readonly SourceFile[];
  readonly files: readonly FileOutline[];
}

/** What the newest version brought. */
export interface OutlineChange {
  /** Declarations that are no more. */
  readonly gone: readonly Body[];
  /** Declarations that are new, or stand in another order than before. */
  readonly come: readonly DeclFacts[];
  /** Functions with another body or comment than before, as they were. */
  readonly changed: readonly Body[];
  /** True where packages came, went or have new types: types, methods and variables are others than before. */
  readonly reshaped: boolean;
}

/** The workspace's declarations; follows the program from version to version. */
export interface Outline {
  /** Takes over the next version of the program. */
  update(program: Program): OutlineChange;
  /** All functions and literals, in order. */
  functions(): Fn[];
  /** Sorts declarations as they stand in the program. */
  readonly inOrder: (a: DeclFacts, b: DeclFacts) => number;
}

/** An outline of nothing yet. */
export function createOutline(): Outline {
  let packages = new Map<string, PackageOutline>();
  /** Where each declaration stands: its file's number and its own within the file. */
  const places = new Map<DeclFacts, { file: FileOutline; at: number }>();
  const numbers = new Map<FileOutline, number>();

  const readFile = (
    pkg: Package,
    file: SourceFile,
    before: FileOutline | null,
    change: Changes,
  ): FileOutline => {
    if (before?.file === file) return before;
    const bodies = file.decls.flatMap((decl) =>
      decl.kind === "FuncDecl" || decl.kind === "VarDecl" ? [bodyOf(declFacts(pkg, decl))] : [],
    );
    const after = { file, bodies };
    for (const [at, { facts }] of bodies.entries()) places.set(facts, { file: after, at });
    const old = new Map(before?.bodies.map((body) => [body.facts, body]));
    const stayed = bodies.filter(({ facts }) => old.has(facts));
    const now = new Set(bodies.map(({ facts }) => facts));
    const left = [...old.values()].filter(({ facts }) => now.has(facts));
    change.gone.push(...[...old.values()].filter(({ facts }) => !now.has(facts)));
    const moved =
      left.some(({ facts }, i) => facts !== stayed[i]!.facts) ||
      (before !== null && isGenerated(before.file) !== isGenerated(file));
    for (const { facts, info, doc } of bodies) {
      const was = old.get(facts);
      if (!was || moved) change.come.push(facts);
      if (was && (was.info !== info || was.doc !== doc)) change.changed.push(was);
    }
    return after;
  };

  const readPackage = (pkg: Package, before: PackageOutline | undefined, change: Changes): PackageOutline => {
    const list = pkg.files;
    if (before?.pkg === pkg && before.list === list) return before;
    const same = before?.pkg === pkg ? before : null;
    if (before && !same) change.gone.push(...before.files.flatMap((file) => file.bodies));
    const old = new Map(same?.files.map((file) => [file.file.path, file]));
    const files = list.map((file) => {
      const known = old.get(file.path) ?? null;
      old.delete(file.path);
      return readFile(pkg, file, known, change);
    });
    for (const file of old.values()) change.gone.push(...file.bodies);
    if (!same) change.reshaped = true;
    return { pkg, list, files };
  };

  return {
    update(program) {
      const change: Changes = { gone: [], come: [], changed: [], reshaped: false };
      const next = new Map<string, PackageOutline>();
      for (const pkg of program.packages) {
        next.set(pkg.path, readPackage(pkg, packages.get(pkg.path), change));
        packages.delete(pkg.path);
      }
      if (packages.size > 0) change.reshaped = true;
      for (const old of packages.values()) change.gone.push(...old.files.flatMap((file) => file.bodies));
      for (const { facts } of change.gone) places.delete(facts);
      packages = next;
      numbers.clear();
      for (const { files } of packages.values()) for (const file of files) numbers.set(file, numbers.size);
      return change;
    },
    functions: () =>
      [...packages.values()].flatMap(({ files }) =>
        files.flatMap(({ bodies }) => bodies.flatMap(({ facts }) => facts.functions)),
      ),
    inOrder(a, b) {
      const x = places.get(a);
      const y = places.get(b);
      if (!x || !y) return 0;
      return x.file === y.file ? x.at - y.at : (numbers.get(x.file) ?? 0) - (numbers.get(y.file) ?? 0);
    },
  };
}

interface Changes {
  readonly gone: Body[];
  readonly come: DeclFacts[];
  readonly changed: Body[];
  reshaped: boolean;
}

function bodyOf(facts: DeclFacts): Body {
  const { info, functions, stores, assigned } = facts;
  return { facts, info, functions, stores, assigned, doc: functions[0] ? docOf(functions[0]) : "" };
}

const generatedFiles = new WeakMap<SourceFile, boolean>();

/** True for files that say that a tool wrote them. */
export function isGenerated(file: SourceFile): boolean {
  let generated = generatedFiles.get(file);
  if (generated === undefined) {
    generated = /^\/\/ Code generated .* DO NOT EDIT\.$/m.test(file.text.slice(0, 2_000));
    generatedFiles.set(file, generated);
  }
  return generated;
}
