/**
 * Sorts the Go files of one folder into packages: the package with its own tests, its external tests, and
 * strangers (files whose package clause names another package).
 *
 * Every file that belongs to the build lands in exactly one package, so nothing is analysed twice.
 */
import type { PackageSource } from "../core/core.ts";
import { type BuildTarget, isInBuild } from "./buildConstraints.ts";
import { pathKey } from "./paths.ts";
import type { LoadedFile } from "./sourceFiles.ts";

/** What a folder's packages have in common. */
export interface FolderFacts {
  readonly dir: string;
  readonly path: string;
  readonly goVersion: string;
  readonly importMap: Readonly<Record<string, string>>;
}

/** The files that a build for `target` takes from a folder. */
export function chooseFiles(files: readonly LoadedFile[], target: BuildTarget): LoadedFile[] {
  return files.filter((file) => isInBuild(file.name, file.head, target));
}

/**
 * A package that is only imported. Most imports are only ever named, so its files are chosen when somebody looks
 * at them. `candidates` are files of the folder that may belong to it; `isChosen` says of each whether it does.
 */
export class Dependency implements PackageSource {
  readonly path: string;
  readonly dir: string;
  readonly goVersion: string;
  readonly importMap: Readonly<Record<string, string>>;
  readonly variant = "";
  readonly inWorkspace = false;
  readonly #candidates: readonly LoadedFile[];
  readonly #isChosen: (file: LoadedFile) => boolean;
  #name: string | null = null;
  #files: readonly LoadedFile[] | null = null;

  constructor(
    facts: FolderFacts,
    candidates: readonly LoadedFile[],
    isChosen: (file: LoadedFile) => boolean,
  ) {
    this.path = facts.path;
    this.dir = facts.dir;
    this.goVersion = facts.goVersion;
    this.importMap = facts.importMap;
    this.#candidates = candidates;
    this.#isChosen = isChosen;
  }

  get name(): string {
    this.#name ??=
      this.#candidates.find((file) => this.#isChosen(file) && file.head.packageName !== "")?.head
        .packageName ?? "";
    return this.#name;
  }

  get files(): readonly LoadedFile[] {
    this.#files ??= this.#candidates.filter(
      (file) => this.#isChosen(file) && file.head.packageName === this.name,
    );
    return this.#files;
  }

  /** True where the other is the same package with the same files, as far as either was looked at. */
  isSame(other: Dependency): boolean {
    return (
      this.path === other.path &&
      pathKey(this.dir) === pathKey(other.dir) &&
      this.goVersion === other.goVersion &&
      this.importMap === other.importMap &&
      (this.#files === null ||
        (this.#files.length === other.files.length &&
          this.#files.every((file, i) => file === other.files[i])))
    );
  }
}

/** Makes the packages of a folder of the workspace from the files chosen for the build. */
export function makePackages(facts: FolderFacts, files: readonly LoadedFile[]): PackageSource[] {
  const name = packageName(files);
  const own: LoadedFile[] = [];
  const external: LoadedFile[] = [];
  const strangers = new Map<string, LoadedFile[]>();
  for (const file of files) {
    const said = file.head.packageName;
    if (isTest(file) && said === `${name}_test`) {
      external.push(file);
    } else if (said === name || said === "") {
      // A package clause that is being typed must not throw its file out of the package.
      own.push(file);
    } else {
      strangers.set(said, [...(strangers.get(said) ?? []), file]);
    }
  }
  const packages: PackageSource[] = [];
  if (own.length > 0) {
    packages.push({ ...facts, name, variant: "", inWorkspace: true, files: own });
  }
  if (external.length > 0) {
    packages.push({
      ...facts,
      path: `${facts.path}_test`,
      name: `${name}_test`,
      variant: "xtest",
      inWorkspace: true,
      files: external,
    });
  }
  for (const [stranger, strangerFiles] of strangers) {
    packages.push({
      ...facts,
      path: `${facts.path}#${stranger}`,
      name: stranger,
      variant: "",
      inWorkspace: true,
      files: strangerFiles,
    });
  }
  return packages;
}

/** The old packages where nothing about them changed, the new ones otherwise. */
export function keepUnchanged(
  before: readonly PackageSource[],
  after: readonly PackageSource[],
): PackageSource[] {
  return after.map((next) => before.find((old) => samePackage(old, next)) ?? next);
}

function samePackage(a: PackageSource, b: PackageSource): boolean {
  return (
    a.path === b.path &&
    a.name === b.name &&
    a.variant === b.variant &&
    pathKey(a.dir) === pathKey(b.dir) &&
    a.goVersion === b.goVersion &&
    a.importMap === b.importMap &&
    a.files.length === b.files.length &&
    a.files.every((file, i) => file === b.files[i])
  );
}

/** The name that most files of the folder give; files that are not tests count first. */
function packageName(files: readonly LoadedFile[]): string {
  const votes = new Map<string, number>();
  for (const file of files) {
    const said = isTest(file) ? file.head.packageName.replace(/_test$/, "") : file.head.packageName;
    if (said !== "") {
      votes.set(said, (votes.get(said) ?? 0) + (isTest(file) ? 1 : 1000));
    }
  }
  return [...votes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "";
}

function isTest({ name }: { readonly name: string }): boolean {
  return name.endsWith("_test.go");
}
