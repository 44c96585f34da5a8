/**
 * Makes the {@link ProgramSource} of one build: the workspace's packages, and its dependencies when asked.
 *
 * Each answer is a snapshot. What did not change between two snapshots is the same object in both. Where `go
 * list` has answered, it decides files and folders; what it has not heard of is found by reading go.mod,
 * folders and constraints here.
 */
import { existsSync, readdirSync } from "node:fs";
import type { PackageSource, ProgramSource } from "../core/core.ts";
import { isInBuild, nameMatches } from "./buildConstraints.ts";
import type { GoEnvironment } from "./goEnvironment.ts";
import type { BuildScope } from "./goFolders.ts";
import type { GoListAnswer } from "./goList.ts";
import { goRelease, type ModuleGraph, makeModuleGraph, type PackagePlace } from "./moduleGraph.ts";
import { chooseFiles, Dependency, keepUnchanged, makePackages } from "./packageFiles.ts";
import { isWithin, pathKey } from "./paths.ts";
import type { LoadedFile, SourceFiles } from "./sourceFiles.ts";

const NO_IMPORT_MAP: Readonly<Record<string, string>> = {};
/** The version of the language where go.mod names none (Go modules reference, "go directive"). */
const WITHOUT_GO_LINE = "1.16";

/** The packages of one build, kept up to date. */
export class ProgramLoader {
  readonly scope: BuildScope;
  readonly environment: GoEnvironment;
  readonly #files: SourceFiles;
  readonly #graph: ModuleGraph;
  readonly #packages = new Map<string, PackageSource[]>();
  readonly #dependencies = new Map<string, Dependency | null>();
  readonly #stale: Set<string>;
  #answer: GoListAnswer | null = null;
  #standardImports: Readonly<Record<string, string>> | null = null;
  #source: ProgramSource | null = null;

  /** `before` is the loader of the same build when it had other folders: what it knows is kept. */
  constructor(scope: BuildScope, environment: GoEnvironment, files: SourceFiles, before?: ProgramLoader) {
    this.scope = scope;
    this.environment = environment;
    this.#files = files;
    this.#graph = makeModuleGraph(scope.build, environment);
    this.#stale = new Set(scope.folders.keys());
    if (before !== undefined) {
      this.#answer = before.#answer;
      for (const [dir, packages] of before.#packages) {
        if (scope.folders.has(dir)) {
          this.#packages.set(dir, packages);
        }
      }
      for (const [path, found] of before.#dependencies) {
        if (found !== null) {
          this.#dependencies.set(path, found);
        }
      }
    }
  }

  /** The program as it is now: the same object until something changes. */
  source(): ProgramSource {
    for (const dir of this.#stale) {
      const before = this.#packages.get(dir) ?? [];
      const after = keepUnchanged(before, this.#loadFolder(dir));
      this.#packages.set(dir, after);
      if (after.length !== before.length || after.some((found, i) => found !== before[i])) {
        this.#source = null;
      }
    }
    this.#stale.clear();
    this.#source ??= {
      packages: [...this.#packages.values()].flat(),
      dependency: (path) => this.#dependency(path),
    };
    return this.#source;
  }

  /** True where a folder of Go files is one of this program's own. */
  owns(dir: string): boolean {
    return this.scope.folders.has(dir);
  }

  /** Has a folder read again; its files may have changed, come or gone. */
  folderChanged(dir: string): void {
    if (this.owns(dir)) {
      this.#stale.add(dir);
      return;
    }
    for (const [path, found] of this.#dependencies) {
      // Packages of a replaced module or of a neighbouring root can be edited too.
      if (found !== null && pathKey(found.dir) === pathKey(dir)) {
        this.#dependencies.delete(path);
        this.#source = null;
      }
    }
  }

  /** Takes what `go list` said, or null to do without it. */
  adopt(answer: GoListAnswer | null): void {
    if (answer === null && this.#answer === null) {
      return;
    }
    this.#answer = answer;
    for (const dir of this.scope.folders.keys()) {
      this.#stale.add(dir);
    }
    // Most answers only confirm what was found without them: then nothing is to be analysed again.
    for (const [path, before] of this.#dependencies) {
      const after = this.#loadDependency(path, before);
      if (after !== before) {
        this.#dependencies.set(path, after);
        this.#source = null;
      }
    }
  }

  /** The state of every folder, by {@link pathKey}: the question that an answer of `go list` belongs to. */
  choiceKeys(): ReadonlyMap<string, string> {
    return new Map(
      [...this.scope.folders.keys()].map((dir) => [pathKey(dir), choiceKeyOf(this.#files.inFolder(dir))]),
    );
  }

  /** What an answer of `go list` depends on besides go.mod: the files of the workspace and their heads. */
  importKey(): string {
    return [...this.scope.folders.keys()]
      .flatMap((dir) => this.#files.inFolder(dir).map((file) => `${file.path}\t${JSON.stringify(file.head)}`))
      .join("\n");
  }

  /** Modules that were asked for and are not on this machine, as "path@version". */
  missingModules(): readonly string[] {
    return this.#graph.missing();
  }

  #loadFolder(dir: string): PackageSource[] {
    const files = this.#files.inFolder(dir);
    const path = this.scope.folders.get(dir) ?? dir;
    const listed = this.#answer?.folders.get(pathKey(dir));
    const chosen =
      listed !== undefined && listed.choiceKey === choiceKeyOf(files)
        ? files.filter((file) => listed.files.has(file.name))
        : chooseFiles(files, this.environment.target);
    return makePackages(
      {
        dir,
        path,
        goVersion: this.#goVersionOf(dir),
        importMap: this.#importMapFor(dir),
      },
      chosen,
    );
  }

  #goVersionOf(dir: string): string {
    let best: { dir: string; go: string } | null = null;
    for (const main of this.scope.build.mains) {
      if (isWithin(dir, main.dir) && (best === null || main.dir.length > best.dir.length)) {
        best = { dir: main.dir, go: main.file.go };
      }
    }
    if (best === null) {
      return goRelease(this.environment);
    }
    return best.go === "" ? WITHOUT_GO_LINE : best.go;
  }

  #dependency(path: string): Dependency | null {
    let found = this.#dependencies.get(path);
    if (found === undefined) {
      found = this.#loadDependency(path, null);
      this.#dependencies.set(path, found);
    }
    return found;
  }

  /** `before` is returned where it is still right. */
  #loadDependency(path: string, before: Dependency | null): Dependency | null {
    const listed = this.#answer?.dependencies.get(path);
    const place: PackagePlace | null = listed ?? this.#graph.find(path);
    if (place === null) {
      return null;
    }
    const { target } = this.environment;
    const candidates = this.#files.inFolder(place.dir, (name) =>
      listed === undefined ? !name.endsWith("_test.go") && nameMatches(name, target) : listed.files.has(name),
    );
    const after = new Dependency(
      {
        dir: place.dir,
        path,
        goVersion: place.standard ? goRelease(this.environment) : place.goVersion,
        importMap: this.#importMapFor(place.dir),
      },
      candidates,
      (file) => listed !== undefined || isInBuild(file.name, file.head, target),
    );
    return before?.isSame(after) === true ? before : after;
  }

  /** The standard library calls its own copies of `golang.org/x/…` by names that start with `vendor/`. */
  #importMapFor(dir: string): Readonly<Record<string, string>> {
    const { goroot } = this.environment;
    if (goroot === null || !isWithin(dir, `${goroot}/src`)) {
      return NO_IMPORT_MAP;
    }
    this.#standardImports ??= vendoredImports(`${goroot}/src`);
    return this.#standardImports;
  }
}

/** Names, package clauses and constraints: all that decides which files a build takes. */
function choiceKeyOf(files: readonly LoadedFile[]): string {
  return files
    .map(({ name, head }) =>
      [name, head.packageName, head.goBuild, head.plusBuild.join("\n"), head.imports.includes("C")].join(
        "\t",
      ),
    )
    .join("\n");
}

function vendoredImports(src: string): Readonly<Record<string, string>> {
  const map: Record<string, string> = {};
  const queue = [""];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const dir = `${src}/vendor${path === "" ? "" : `/${path}`}`;
    for (const entry of existsSync(dir) ? readdirSync(dir, { withFileTypes: true }) : []) {
      if (entry.isDirectory()) {
        queue.push(path === "" ? entry.name : `${path}/${entry.name}`);
      } else if (entry.name.endsWith(".go")) {
        map[path] = `vendor/${path}`;
      }
    }
  }
  return map;
}
