/**
 * The workspace: opened folders, open buffers and the programs they make.
 *
 * An answer is there at once, found by reading files alone. In a trusted workspace `go env` and `go list` are
 * asked in the background, and their answer replaces it where they know better. Untrusted, no process is started.
 * What is analysed, when, and for whom is for the callers (`lsp/`, `cli/`).
 */
import type { ProgramSource } from "../core/core.ts";
import { sameHead } from "./fileHead.ts";
import { findGo, findGoCommand, fromGoEnv, type GoEnvironment, type Variables } from "./goEnvironment.ts";
import { type BuildScope, groupFolders, scanFolder } from "./goFolders.ts";
import { askGoEnv, askGoList, type GoListAnswer } from "./goList.ts";
import { makeNotes, type WorkspaceNote } from "./notes.ts";
import { folderOf, isWithin, nameOf, pathKey, realPath, relativeTo, workspacePath } from "./paths.ts";
import { ProgramLoader } from "./programLoader.ts";
import { SourceFiles } from "./sourceFiles.ts";
import { SyntaxCache, type SyntaxCacheOptions } from "./syntaxCache.ts";

/** One program of the workspace. */
export interface WorkspaceProgram {
  /** Stays the same for as long as the program does; the folder it is built from. */
  readonly root: string;
  readonly kind: BuildScope["kind"];
  readonly source: ProgramSource;
}

export interface WorkspaceOptions {
  /** Absolute paths, as the editor or user spells them. */
  readonly folders: readonly string[];
  /** False keeps every process from being started. */
  readonly trusted: boolean;
  readonly variables: Variables;
  /** The `go` command; looked up on PATH where it is not given, or "". */
  readonly go?: string;
  /** Where to keep what parsing found for the next start; not kept where absent. */
  readonly cache?: SyntaxCacheOptions;
  /** Called when programs or notes may have changed without a call from outside: `go list` has answered. */
  readonly onChange?: () => void;
}

/** After the last change on disk, wait this long before `go list` is asked again. */
const ASK_AGAIN_AFTER_MS = 1_000;

/** Keeps the programs of the opened folders up to date. Dispose it to end what it started. */
export class Workspace {
  readonly #options: WorkspaceOptions;
  readonly #cache: SyntaxCache | null;
  readonly #files: SourceFiles;
  /** The programs whose files the cache was told to expect. */
  readonly #expected = new WeakSet<ProgramLoader>();
  readonly #buffers = new Map<string, string>();
  readonly #loaders = new Map<string, ProgramLoader>();
  /** Opened path → the path of the same file in a program, where a symbolic link makes them differ. */
  readonly #aliases = new Map<string, string>();
  #folders: readonly string[];
  #trusted: boolean;
  #go: string | null;
  #environment: GoEnvironment;
  #environmentAsked = false;
  #scanned = false;
  /** Set by a change of go.mod and its like: a module may be there now that was not. */
  #modulesChanged = false;
  #cutOff: readonly string[] = [];
  #failures = new Map<string, string>();
  #notFound = new Map<string, ReadonlyMap<string, string>>();
  #goEnvFailure: string | null = null;
  /** What each build looked like when `go list` was asked about it. */
  #asked = new WeakMap<ProgramLoader, string>();
  #asking: Promise<void> | null = null;
  #askAgain = false;
  #timer: NodeJS.Timeout | null = null;
  #stop = new AbortController();

  constructor(options: WorkspaceOptions) {
    this.#options = options;
    this.#cache = options.cache === undefined ? null : new SyntaxCache(options.cache);
    this.#files = new SourceFiles(this.#cache);
    this.#folders = options.folders.map((folder) => workspacePath(folder));
    this.#trusted = options.trusted;
    this.#go = options.go || findGoCommand(options.variables);
    this.#environment = findGo(options.variables);
  }

  /** The programs as they are now. A program whose files did not change has the same `source` object as before. */
  programs(): WorkspaceProgram[] {
    this.#scan();
    return [...this.#loaders.values()].map((loader) => this.#programFrom(loader));
  }

  /** The program that a file belongs to, or null where no build takes it from the opened folders. */
  programOf(path: string): WorkspaceProgram | null {
    this.#scan();
    const loader = this.#loaderOf(folderOf(this.pathInProgram(path)));
    return loader === null ? null : this.#programFrom(loader);
  }

  #programFrom(loader: ProgramLoader): WorkspaceProgram {
    const source = loader.source();
    if (this.#cache !== null && !this.#expected.has(loader)) {
      this.#expected.add(loader);
      this.#cache.expect(source.packages.flatMap((one) => one.files.map((file) => file.path)));
    }
    return { root: loader.scope.root, kind: loader.scope.kind, source };
  }

  /** What the user should know about how the folders were read. */
  notes(): WorkspaceNote[] {
    this.#scan();
    return makeNotes({
      trusted: this.#trusted,
      hasGoroot: this.#environment.goroot !== null,
      hasGoCommand: this.#go !== null,
      goEnvFailure: this.#goEnvFailure,
      builds: [...this.#loaders.values()].map((loader) => ({
        root: loader.scope.root,
        kind: loader.scope.kind,
        notFound: this.#notFound.get(loader.scope.root) ?? new Map(),
        missingModules: loader.missingModules(),
        failure: this.#failures.get(loader.scope.root) ?? null,
      })),
      cutOff: this.#cutOff,
      cacheFailure:
        this.#cache === null || this.#cache.failure === null
          ? null
          : { storage: this.#cache.storage, reason: this.#cache.failure },
    });
  }

  /** Replaces the opened folders. */
  setFolders(folders: readonly string[]): void {
    this.#folders = folders.map((folder) => workspacePath(folder));
    this.#scanned = false;
    this.#askSoon(0);
  }

  /** Trust given or taken back. Taken back, running calls of `go` are ended. */
  setTrusted(trusted: boolean): void {
    if (trusted === this.#trusted) {
      return;
    }
    this.#trusted = trusted;
    if (trusted) {
      this.#askSoon(0);
    } else {
      this.#stop.abort();
      this.#stop = new AbortController();
    }
  }

  /** Has another `go` command asked from now on; "" for the one on PATH. */
  setGo(go: string): void {
    const next = go || findGoCommand(this.#options.variables);
    if (next !== this.#go) {
      this.#go = next;
      this.#environmentAsked = false;
      this.#asked = new WeakMap();
      this.#askSoon(0);
    }
  }

  /** Opens a buffer or gives it new text. */
  setBuffer(path: string, text: string): void {
    const known = this.#buffers.has(pathKey(path));
    this.#buffers.set(pathKey(path), path);
    const inProgram = this.pathInProgram(path);
    const before = known ? this.#files.load(inProgram) : null;
    const after = this.#files.setBuffer(inProgram, text);
    if (before === null || !sameHead(before.head, after.head)) {
      this.#includeFolder(folderOf(inProgram));
    }
    this.#folderChanged(folderOf(inProgram));
  }

  /** Closes a buffer: the file on disk counts again. */
  closeBuffer(path: string): void {
    const inProgram = this.pathInProgram(path);
    this.#buffers.delete(pathKey(path));
    this.#files.closeBuffer(inProgram);
    this.#aliases.delete(pathKey(path));
    this.#folderChanged(folderOf(inProgram));
  }

  /** Files were made, changed or deleted on disk. */
  filesChanged(paths: readonly string[]): void {
    let shapeChanged = false;
    for (const path of paths) {
      const name = nameOf(path);
      const dir = folderOf(path);
      if (name.endsWith(".go")) {
        shapeChanged ||= this.#loaderOf(dir) === null && this.#folders.some((root) => isWithin(path, root));
        this.#folderChanged(dir);
      } else {
        shapeChanged ||= /^(go\.(mod|sum|work)|modules\.txt)$/.test(name);
      }
    }
    if (shapeChanged) {
      this.foldersChanged();
    }
    // A build's list stays good until modules, files or imports change; saving a body is none of these.
    if (shapeChanged || this.#listIsOutdated()) {
      this.#askSoon(ASK_AGAIN_AFTER_MS);
    }
  }

  /** Folders came, went or were renamed, or modules changed: everything is looked for anew. */
  foldersChanged(): void {
    this.#scanned = false;
    this.#modulesChanged = true;
    this.#asked = new WeakMap();
    this.#askSoon(ASK_AGAIN_AFTER_MS);
  }

  /** The path that a program knows an opened file by. */
  pathInProgram(path: string): string {
    const known = this.#aliases.get(pathKey(path));
    if (known !== undefined) {
      return known;
    }
    const found = this.#findAlias(path);
    this.#aliases.set(pathKey(path), found);
    return found;
  }

  /** Waits until `go` has said what it has to say; at once where it is not asked. */
  async settled(): Promise<void> {
    this.#scan();
    if (this.#asking === null) {
      this.#askSoon(0);
    }
    while (this.#timer !== null || this.#asking !== null) {
      await (this.#asking ?? new Promise((resolve) => setTimeout(resolve, 5)));
    }
  }

  dispose(): void {
    this.#stop.abort();
    this.#cache?.dispose();
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
  }

  /** Finds folders and modules anew. Programs that stayed as they were are kept. */
  #scan(): void {
    if (this.#scanned) {
      return;
    }
    this.#scanned = true;
    const before = new Map(this.#loaders);
    this.#loaders.clear();
    this.#aliases.clear();
    const cutOff: string[] = [];
    for (const root of this.#folders) {
      const scan = scanFolder(root);
      if (scan.cutOff) {
        cutOff.push(root);
      }
      this.#addScopes(groupFolders(root, scan.folders, this.#environment.gowork), before);
    }
    this.#cutOff = cutOff;
    this.#modulesChanged = false;
    for (const path of this.#buffers.values()) {
      this.#includeFolder(folderOf(this.pathInProgram(path)));
    }
  }

  /** Takes builds in; a folder that a build already has stays with it. */
  #addScopes(scopes: readonly BuildScope[], before: ReadonlyMap<string, ProgramLoader>): void {
    for (const scope of scopes) {
      const key = `${scope.kind} ${pathKey(scope.root)}`;
      const old = this.#loaders.get(key);
      const folders = new Map([...(old?.scope.folders ?? []), ...scope.folders]);
      const kept = old ?? before.get(key);
      const merged = { ...scope, folders };
      if (kept === undefined || kept.environment !== this.#environment || !sameBuild(kept.scope, merged)) {
        this.#loaders.set(key, new ProgramLoader(merged, this.#environment, this.#files));
      } else if (sameFolders(kept.scope, merged) && !this.#modulesChanged) {
        this.#loaders.set(key, kept);
      } else {
        this.#loaders.set(key, new ProgramLoader(merged, this.#environment, this.#files, kept));
      }
    }
  }

  /** Takes in the folder of an open file that no opened folder shows: ignored by `./...`, or outside of them. */
  #includeFolder(dir: string): void {
    if (!this.#scanned || this.#loaderOf(dir) !== null || this.#isDependencyFolder(dir)) {
      return;
    }
    const root = this.#folders.find((folder) => isWithin(dir, folder)) ?? dir;
    this.#addScopes(groupFolders(root, [dir], this.#environment.gowork), new Map());
  }

  /** A file of the standard library or of the module cache that is only looked at is not ours to judge. */
  #isDependencyFolder(dir: string): boolean {
    const { goroot, modcache } = this.#environment;
    return (goroot !== null && isWithin(dir, goroot)) || isWithin(dir, modcache);
  }

  #loaderOf(dir: string): ProgramLoader | null {
    for (const loader of this.#loaders.values()) {
      if (loader.owns(dir)) {
        return loader;
      }
    }
    return null;
  }

  #folderChanged(dir: string): void {
    for (const loader of this.#loaders.values()) {
      loader.folderChanged(dir);
    }
  }

  /** A file opened through a symbolic link, or with the drive letter in the other case, is the one we know. */
  #findAlias(path: string): string {
    this.#scan();
    const dir = folderOf(path);
    if (this.#loaderOf(dir) !== null) {
      return path;
    }
    for (const candidate of [
      pathKey(dir),
      dir.slice(0, 1).toUpperCase() + dir.slice(1),
      this.#respelled(dir),
    ]) {
      if (candidate !== null && this.#loaderOf(candidate) !== null) {
        return `${candidate}/${nameOf(path)}`;
      }
    }
    return path;
  }

  /** A folder named by way of the opened folder that it really lies in. */
  #respelled(dir: string): string | null {
    const real = realPath(dir);
    for (const root of this.#folders) {
      const realRoot = realPath(root);
      if (isWithin(real, realRoot)) {
        const inner = relativeTo(real, realRoot);
        return inner === "" ? root : `${root}/${inner}`;
      }
    }
    return null;
  }

  #listIsOutdated(): boolean {
    return [...this.#loaders.values()].some((loader) => this.#asked.get(loader) !== loader.importKey());
  }

  #askSoon(delay: number): void {
    if (!this.#trusted || this.#go === null) {
      return;
    }
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#asking === null) {
        this.#asking = this.#ask().finally(() => {
          this.#asking = null;
        });
      } else {
        this.#askAgain = true;
      }
    }, delay);
  }

  /** Asks `go` about every build, one after the other: the editor must not wait for a busy machine. */
  async #ask(): Promise<void> {
    const go = this.#go;
    do {
      this.#askAgain = false;
      const { signal } = this.#stop;
      if (go === null) {
        return;
      }
      await this.#askEnvironment(go, signal);
      this.#scan();
      for (const loader of [...this.#loaders.values()]) {
        if (
          !signal.aborted &&
          loader.scope.kind !== "loose" &&
          this.#asked.get(loader) !== loader.importKey()
        ) {
          await this.#askAbout(loader, go, signal);
        }
      }
    } while (this.#askAgain);
    this.#options.onChange?.();
  }

  async #askEnvironment(go: string, signal: AbortSignal): Promise<void> {
    const dir = this.#folders[0];
    if (this.#environmentAsked || dir === undefined) {
      return;
    }
    try {
      const environment = fromGoEnv(await askGoEnv(go, dir, this.#options.variables, signal));
      this.#environmentAsked = true;
      this.#goEnvFailure = null;
      if (JSON.stringify(comparable(environment)) !== JSON.stringify(comparable(this.#environment))) {
        this.#environment = environment;
        this.#scanned = false;
      }
    } catch (error) {
      if (!signal.aborted) {
        this.#goEnvFailure = messageOf(error);
      }
    }
  }

  async #askAbout(loader: ProgramLoader, go: string, signal: AbortSignal): Promise<void> {
    const { root } = loader.scope;
    let answer: GoListAnswer;
    this.#asked.set(loader, loader.importKey());
    try {
      answer = await askGoList(go, loader.scope, loader.choiceKeys(), this.#options.variables, signal);
    } catch (error) {
      if (!signal.aborted) {
        this.#failures.set(root, messageOf(error));
      }
      loader.adopt(null);
      return;
    }
    this.#failures.delete(root);
    this.#notFound.set(root, answer.notFound);
    loader.adopt(answer);
  }
}

/** True where two scopes build from the same modules. */
function sameBuild(a: BuildScope, b: BuildScope): boolean {
  return JSON.stringify(a.build) === JSON.stringify(b.build);
}

function sameFolders(a: BuildScope, b: BuildScope): boolean {
  return (
    a.folders.size === b.folders.size && [...a.folders].every(([dir, path]) => b.folders.get(dir) === path)
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function comparable(environment: GoEnvironment) {
  return { ...environment, target: { ...environment.target, tags: [...environment.target.tags].sort() } };
}
