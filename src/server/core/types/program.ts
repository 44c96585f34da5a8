/**
 * A program: the packages of a workspace and, on demand, their dependencies; made once and updated as files
 * change. An update keeps everything that the change cannot touch: files, declarations, objects, and the facts
 * about every function whose text is the same.
 */
import type { SourceFile } from "../syntax/ast.ts";
import type { GoParser } from "../syntax/parser.ts";
import { PackageState, type World } from "./packages.ts";
import { RecentFacts } from "./recentFacts.ts";
import type { Package, PackageSource, Program, ProgramSource } from "./types.ts";

/** What stays from one version of a program to the next. */
interface Tables extends World {
  source: ProgramSource;
  /** Every package that was asked for, by path; null for those that are not to be had. */
  readonly states: Map<string, PackageState | null>;
  /** Who asked for packages that are not to be had. */
  readonly missedBy: Map<string, Set<PackageState>>;
}

/** Reads a program; nothing is parsed before somebody asks. */
export function createProgram(go: GoParser, source: ProgramSource): Program {
  const tables = openTables(go, source);
  for (const p of source.packages) tables.states.set(p.path, new PackageState(tables, p, new Map()));
  return new ProgramState(tables);
}

/** The program in a new version. `previous` hands its packages over and must not be asked any more. */
export function updateProgram(previous: Program, source: ProgramSource): Program {
  if (!(previous instanceof ProgramState))
    throw new Error("Only a program made by createProgram can be updated.");
  update(previous.tables, source);
  return new ProgramState(previous.tables);
}

function openTables(go: GoParser, source: ProgramSource): Tables {
  let serial = 1;
  const tables: Tables = {
    go,
    source,
    states: new Map(),
    missedBy: new Map(),
    nextSerial: () => serial++,
    recent: new RecentFacts(),
    find: (path, from) => find(tables, from.source.importMap[path] ?? path, from),
  };
  return tables;
}

function find(tables: Tables, path: string, from: PackageState | null): PackageState | null {
  let state = tables.states.get(path);
  if (state === undefined) {
    const source = tables.source.dependency(path);
    state = source === null ? null : new PackageState(tables, source, new Map());
    tables.states.set(path, state);
  }
  if (from === null || state === from) return state;
  if (state !== null) state.users.add(from);
  else {
    const missed = tables.missedBy.get(path);
    if (missed === undefined) tables.missedBy.set(path, new Set([from]));
    else missed.add(from);
  }
  return state;
}

function update(tables: Tables, source: ProgramSource): void {
  tables.source = source;
  const wanted = new Map(source.packages.map((p) => [p.path, p]));
  const reset: PackageState[] = []; // packages whose objects are no longer theirs
  for (const [path, state] of tables.states) {
    const next = wanted.get(path) ?? source.dependency(path);
    wanted.delete(path);
    if (state === null) {
      if (next === null) continue;
      tables.states.delete(path);
      reset.push(...(tables.missedBy.get(path) ?? []));
      tables.missedBy.delete(path);
      if (source.packages.includes(next)) wanted.set(path, next);
    } else if (next === null) {
      tables.states.delete(path);
      forget(tables, state);
      reset.push(...state.users);
    } else if (next !== state.source && !sameVersions(next, state.source)) {
      if (sameShape(next, state.source) && state.takeOver(next)) continue;
      replace(tables, state, next);
      reset.push(...state.users);
    }
  }
  for (const [path, p] of wanted) tables.states.set(path, new PackageState(tables, p, new Map()));
  // Whoever speaks of an object that is gone starts anew, from the files as they were read.
  const done = new Set<PackageState>();
  for (let state = reset.pop(); state !== undefined; state = reset.pop()) {
    if (done.has(state)) continue;
    done.add(state);
    if (tables.states.get(state.path) === state) replace(tables, state, state.source);
    reset.push(...state.users);
  }
}

/** Starts a package anew, from the files as they were read. */
function replace(tables: Tables, old: PackageState, source: PackageSource): void {
  tables.states.set(old.path, new PackageState(tables, source, old.readBefore()));
  forget(tables, old);
}

/** Nobody may keep a package alive that is no longer part of the program. */
function forget(tables: Tables, old: PackageState): void {
  for (const state of tables.states.values()) state?.users.delete(old);
  for (const missed of tables.missedBy.values()) missed.delete(old);
}

/** True where two versions of a package differ in the text of files at most. */
function sameShape(a: PackageSource, b: PackageSource): boolean {
  return (
    a.name === b.name &&
    a.variant === b.variant &&
    a.inWorkspace === b.inWorkspace &&
    a.goVersion === b.goVersion &&
    a.files.length === b.files.length &&
    a.files.every((f, i) => f.path === b.files[i]!.path) &&
    JSON.stringify(a.importMap) === JSON.stringify(b.importMap)
  );
}

function sameVersions(a: PackageSource, b: PackageSource): boolean {
  return sameShape(a, b) && a.files.every((f, i) => f.version === b.files[i]!.version);
}

/** A class because it is one end of an update. */
class ProgramState implements Program {
  readonly tables: Tables;
  private list: readonly Package[] | null = null;
  /** Which package a file belongs to, filled when somebody asks. */
  private readonly owners = new Map<SourceFile, Package>();

  constructor(tables: Tables) {
    this.tables = tables;
  }

  get packages(): readonly Package[] {
    this.list ??= this.tables.source.packages.map((p) => this.tables.states.get(p.path)!);
    return this.list;
  }

  find(path: string, from: Package): Package | null {
    const target = from instanceof PackageState ? (from.source.importMap[path] ?? path) : path;
    return find(this.tables, target, null);
  }

  packageOf(file: SourceFile): Package | null {
    const known = this.owners.get(file);
    if (known !== undefined) return known;
    for (const state of this.tables.states.values()) {
      // Dependencies that nobody has read own no file that anybody could ask about.
      if (state !== null && (state.isRead || state.inWorkspace))
        for (const f of state.files) this.owners.set(f, state);
    }
    return this.owners.get(file) ?? null;
  }
}
