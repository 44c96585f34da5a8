/**
 * Decides in which folder a package is built. `go` only takes folders of the module it stands in; Maprace
 * also takes a folder of any other module, so that a run does not depend on where the terminal stands.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

/** Where to build, and what `go` is told to build there. */
export interface PackageTarget {
  /** The folder in which `go` runs. */
  readonly buildFolder: string;
  /** Package patterns or .go files, as `go` wants them in `buildFolder`. */
  readonly patterns: readonly string[];
  /** What reported paths are made relative to: the current folder, or the other module's root. */
  readonly base: string;
}

/**
 * Where to build `patterns`, which a user standing in `cwd` named: import paths, folders (also ending in
 * `/...`), or .go files. No patterns mean the package in `cwd`.
 */
export function locatePackages(cwd: string, patterns: readonly string[]): PackageTarget {
  const named = patterns.length === 0 ? ["."] : patterns;
  const here = moduleRoot(cwd);
  const places = named.map((pattern) => place(cwd, pattern));
  const first = places[0];
  const inOneModule = here !== undefined && first !== undefined && moduleRoot(first.folder) === here;
  if (first === undefined || inOneModule || places.includes(undefined)) {
    return { buildFolder: cwd, patterns: named.map((name, i) => places[i]?.from(cwd) ?? name), base: cwd };
  }
  const buildFolder = first.folder;
  return {
    buildFolder,
    patterns: places.map((p) => p!.from(buildFolder)),
    base: moduleRoot(buildFolder) ?? buildFolder,
  };
}

interface PatternPlace {
  readonly folder: string;
  readonly from: (folder: string) => string;
}

/** The folder that a pattern names on disk; undefined for import paths. */
function place(cwd: string, pattern: string): PatternPlace | undefined {
  const rest = /(?:^|[\\/])\.\.\.$/.exec(pattern);
  const resolved = path.resolve(cwd, rest ? pattern.slice(0, rest.index) || "." : pattern);
  if (!existsSync(resolved)) return undefined;
  const isFolder = statSync(resolved).isDirectory();
  if (!isFolder && !resolved.endsWith(".go")) return undefined;
  // To Go only a dot or a slash makes a path; people also name a folder plainly, as they do for every other tool.
  if (isFolder && !rest && !isPath(pattern) && !holdsGoFiles(resolved)) return undefined;
  return {
    folder: isFolder ? resolved : path.dirname(resolved),
    from: (folder) => {
      const relative = path.relative(folder, resolved).replaceAll("\\", "/");
      const dotted = relative === "" ? "." : relative.startsWith("..") ? relative : `./${relative}`;
      return rest ? `${dotted}/...` : dotted;
    },
  };
}

function isPath(pattern: string): boolean {
  return path.isAbsolute(pattern) || /^\.{1,2}(?:[\\/]|$)/.test(pattern);
}

function holdsGoFiles(folder: string): boolean {
  return readdirSync(folder).some((name) => name.endsWith(".go"));
}

/** The nearest folder at or above `folder` that holds a go.work or else a go.mod. */
function moduleRoot(folder: string): string | undefined {
  return nearestWith(folder, "go.work") ?? nearestWith(folder, "go.mod");
}

function nearestWith(folder: string, name: string): string | undefined {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    if (existsSync(path.join(at, name))) return at;
    if (path.dirname(at) === at) return undefined;
  }
}
