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
  readonly inWorkspace: boolean;
  readonly importMap: Readonly<Record<string, string>>;
}

/** The files that a build for `target` takes from a folder; tests only where asked for. */
export function chooseFiles(
  files: readonly LoadedFile[],
  target: BuildTarget,
  withTests: boolean,
): LoadedFile[] {
  return files.filter((file) => (withTests || !isTest(file)) && isInBuild(file.name, file.head, target));
}

/** Makes the packages of a folder from the files chosen for the build. */
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
    packages.push({ ...facts, name, variant: "", files: own });
  }
  if (external.length > 0) {
    packages.push({
      ...facts,
      path: `${facts.path}_test`,
      name: `${name}_test`,
      variant: "xtest",
      files: external,
    });
  }
  for (const [stranger, strangerFiles] of strangers) {
    packages.push({
      ...facts,
      path: `${facts.path}#${stranger}`,
      name: stranger,
      variant: "",
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

function isTest(file: LoadedFile): boolean {
  return file.name.endsWith("_test.go");
}
