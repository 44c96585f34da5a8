/**
 * The declarations with bodies of a program's workspace, in order, and how they differ from the version before.
 *
 * Only files that changed are read again. What a declaration consists of is `functions.ts`; what follows from a
 * change is for those who ask.
 */
import { docOf } from "../locks/contracts.ts";
import type { Decl, SourceFile } from "../syntax/ast.ts";
import type { Package, Program, Var } from "../types/types.ts";
import { declFacts } from "./declFacts.ts";
import type { DeclFacts, Fn } from "./functions.ts";

/** A declaration as it was in one version. */
export interface Body {
  readonly facts: DeclFacts;
  readonly decl: Decl;
  readonly functions: readonly Fn[];
  readonly holders: DeclFacts["holders"];
  /** Fields and package-level variables that are assigned in any way, or whose address is taken. */
  readonly assigned: readonly Var[];
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
  /** Takes over the next version of the program. Packages that are new, or have new types, are left unread. */
  update(program: Program): OutlineChange;
  /** Paths of the packages that are still to be read. */
  unread(): readonly string[];
  /** Finds out what reading a package takes, declaration by declaration, until `isEnough`; true at its end. */
  prepare(path: string, isEnough: () => boolean): boolean;
  /** Reads a package. */
  read(path: string): OutlineChange;
  /** The packages that are read, and their files. */
  packages(): readonly Package[];
  files(): readonly SourceFile[];
  /** Sorts declarations as they stand in the program. */
  readonly inOrder: (a: DeclFacts, b: DeclFacts) => number;
}

/** An outline of nothing yet. */
export function createOutline(): Outline {
  const packages = new Map<string, PackageOutline>();
  let unread = new Map<string, Package>();
  /** The package that is being prepared, and its declarations that are not yet. */
  let preparing: { readonly path: string; readonly left: Iterator<DeclFacts> } | null = null;
  /** Where each declaration stands: its file's number and its own within the file. */
  const places = new Map<DeclFacts, { file: FileOutline; at: number }>();
  const numbers = new Map<FileOutline, number>();
  /** Where each package stands in the program. */
  let order = new Map<string, number>();

  const readFile = (
    pkg: Package,
    file: SourceFile,
    before: FileOutline | null,
    change: Changes,
  ): FileOutline => {
    if (before?.file === file) return before;
    const bodies = [...factsIn(pkg, file)].map(bodyOf);
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
    for (const { facts, decl, doc } of bodies) {
      const was = old.get(facts);
      if (!was || moved) change.come.push(facts);
      if (was && (was.decl !== decl || was.doc !== doc)) change.changed.push(was);
    }
    return after;
  };

  const readPackage = (pkg: Package, before: PackageOutline | null, change: Changes): void => {
    const old = new Map(before?.files.map((file) => [file.file.path, file]));
    const list = pkg.files;
    const files = list.map((file) => {
      const known = old.get(file.path) ?? null;
      old.delete(file.path);
      return readFile(pkg, file, known, change);
    });
    for (const file of old.values()) change.gone.push(...file.bodies);
    for (const file of before?.files ?? []) numbers.delete(file);
    for (const [i, file] of files.entries()) numbers.set(file, i);
    packages.set(pkg.path, { pkg, list, files });
  };
  const forget = (path: string, change: Changes): void => {
    const before = packages.get(path);
    if (!before) return;
    change.reshaped = true;
    change.gone.push(...before.files.flatMap((file) => file.bodies));
    for (const file of before.files) numbers.delete(file);
    packages.delete(path);
  };
  const inProgram = (): PackageOutline[] =>
    [...packages.values()].sort((a, b) => order.get(a.pkg.path)! - order.get(b.pkg.path)!);

  return {
    update(program) {
      const change: Changes = { gone: [], come: [], changed: [], reshaped: false };
      order = new Map(program.packages.map((pkg, i) => [pkg.path, i]));
      unread = new Map();
      preparing = null;
      for (const path of [...packages.keys()]) if (!order.has(path)) forget(path, change);
      for (const pkg of program.packages) {
        const before = packages.get(pkg.path);
        if (before?.pkg === pkg) {
          if (before.list !== pkg.files) readPackage(pkg, before, change);
        } else {
          forget(pkg.path, change);
          unread.set(pkg.path, pkg);
        }
      }
      for (const { facts } of change.gone) places.delete(facts);
      return change;
    },
    unread: () => [...unread.keys()],
    prepare(path, isEnough) {
      const pkg = unread.get(path);
      if (!pkg) return true;
      if (preparing?.path !== path) preparing = { path, left: factsInAll(pkg) };
      while (!preparing.left.next().done) if (isEnough()) return false;
      return true;
    },
    read(path) {
      const change: Changes = { gone: [], come: [], changed: [], reshaped: true };
      const pkg = unread.get(path);
      unread.delete(path);
      if (pkg) readPackage(pkg, null, change);
      return change;
    },
    packages: () => inProgram().map(({ pkg }) => pkg),
    files: () => inProgram().flatMap(({ list }) => list),
    inOrder(a, b) {
      const x = places.get(a);
      const y = places.get(b);
      if (!x || !y) return 0;
      if (x.file === y.file) return x.at - y.at;
      const [p, q] = [a.site.pkg.path, b.site.pkg.path];
      return p === q ? numbers.get(x.file)! - numbers.get(y.file)! : order.get(p)! - order.get(q)!;
    },
  };
}

interface Changes {
  readonly gone: Body[];
  readonly come: DeclFacts[];
  readonly changed: Body[];
  reshaped: boolean;
}

/** The facts about a file's declarations with bodies, each found when it is asked for. */
function* factsIn(pkg: Package, file: SourceFile): Generator<DeclFacts> {
  for (const decl of file.decls)
    if (decl.kind === "FuncDecl" || decl.kind === "VarDecl") yield declFacts(pkg, decl);
}

function* factsInAll(pkg: Package): Generator<DeclFacts> {
  for (const file of pkg.files) yield* factsIn(pkg, file);
}

function bodyOf(facts: DeclFacts): Body {
  const { decl, functions, holders } = facts;
  const assigned = [...facts.assigned].filter(({ role }) => role === "field" || role === "package");
  return { facts, decl, functions, holders, assigned, doc: functions[0] ? docOf(functions[0]) : "" };
}

/** True for the paths of the standard library: the first part of any other path has a dot. */
export function isStandard(path: string): boolean {
  return !/^[^/]*\./.test(path);
}

/** True for files that only tests use. */
export function isTest(file: SourceFile): boolean {
  return file.path.endsWith("_test.go");
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
