/**
 * Analyses folders and files for a subcommand: the workspace on disk through core, once.
 *
 * Which Findings are shown, and how, is the subcommand's own (`check.ts`, `fix.ts`).
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { type CoreFinding, createCore, type ParserModules, type Snapshot } from "../server/core/core.ts";
import { cacheFolder } from "../server/run/programBuild.ts";
import { folderOf, isWithin, relativeTo, workspacePath } from "../server/workspace/paths.ts";
import type { SyntaxCacheOptions } from "../server/workspace/syntaxCache.ts";
import { Workspace } from "../server/workspace/workspace.ts";
import { productVersion } from "./productVersion.ts";
import { type TextPlaces, textPlaces } from "./textPlaces.ts";
import { UsageError } from "./usage.ts";

/** A Finding with the snapshot that found it, which knows its texts and Fixes. */
export interface FoundIn {
  readonly finding: CoreFinding;
  readonly snapshot: Snapshot;
}

/** What one look at the targets gave. */
export interface Analysis {
  /** The folder that paths are shown relative to. */
  readonly base: string;
  /** Findings whose accesses touch the targets, by file and position. */
  readonly found: readonly FoundIn[];
  /** Sentences about what stayed unseen, each with a next step. */
  readonly notes: readonly string[];
  readonly stats: { readonly files: number; readonly lines: number; readonly packages: number };
  /** The path as it is shown: relative to `base` where it lies in it. */
  shownPath(path: string): string;
  /** Lines and columns of a file that was analysed or that a Finding names. */
  places(path: string, snapshot: Snapshot): TextPlaces;
}

/** The parser's modules, from the folder that the bundles lie in. */
export function readParserModules(assets: string): ParserModules {
  return {
    treeSitterWasm: readFileSync(`${assets}/web-tree-sitter.wasm`),
    goWasm: readFileSync(`${assets}/tree-sitter-go.wasm`),
  };
}

/** Where the workspace keeps what parsing found: in `storage`, or where this user's programs keep such things. */
export function syntaxCache(
  modules: ParserModules,
  assets: string,
  storage: string | null = null,
): SyntaxCacheOptions {
  return {
    storage: storage ?? cacheFolder(process.env),
    version: productVersion(assets),
    modules,
    worker: `${assets}/syntaxWorker.js`,
  };
}

/** Analyses folders and files. Throws {@link UsageError} where a target does not exist or holds no Go file. */
export async function analyse(targets: readonly string[], assets: string): Promise<Analysis> {
  const { folders, files } = sortTargets(targets);
  const base = folders[0] ?? workspacePath(".");
  const modules = readParserModules(assets);
  const workspace = new Workspace({
    folders: outermost([...folders, ...files.map(folderOf)]),
    trusted: true,
    variables: process.env,
    cache: syntaxCache(modules, assets),
  });
  try {
    await workspace.settled();
    return await analyseWorkspace(workspace, base, folders, files, modules);
  } finally {
    workspace.dispose();
  }
}

async function analyseWorkspace(
  workspace: Workspace,
  base: string,
  folders: readonly string[],
  files: readonly string[],
  modules: ParserModules,
): Promise<Analysis> {
  const found: FoundIn[] = [];
  const stats = { files: 0, lines: 0, packages: 0 };
  const snapshots: Snapshot[] = [];
  const inTargets = (path: string): boolean =>
    files.includes(path) || folders.some((folder) => isWithin(path, folder));
  const programs = workspace.programs();
  for (const { source } of programs) {
    const core = await createCore(modules);
    const snapshot = core.update(source);
    snapshots.push(snapshot);
    for (const finding of snapshot.findings()) {
      if (finding.accesses.some((access) => inTargets(access.path))) {
        found.push({ finding, snapshot });
      }
    }
    stats.packages += source.packages.length;
    for (const file of source.packages.flatMap((one) => one.files)) {
      stats.files++;
      stats.lines += countLines(snapshot.text(file.path) ?? file.text());
    }
  }
  if (stats.files === 0) {
    throw new UsageError(`there are no Go files in ${[...folders, ...files].join(", ")}`);
  }
  const notes = workspace.notes().map((note) => note.message);
  for (const file of files) {
    if (
      !programs.some(({ source }) => source.packages.some((one) => one.files.some((f) => f.path === file)))
    ) {
      notes.push(
        `${file} is not part of the build on this machine, so it was not analysed. Set GOOS, GOARCH or GOFLAGS=-tags=… to what its build constraint asks for.`,
      );
    }
  }
  const known = new Map<string, TextPlaces>();
  const analysis: Analysis = {
    base,
    found,
    notes,
    stats,
    shownPath: (path) => (isWithin(path, base) ? relativeTo(path, base) : path),
    places(path, snapshot) {
      let places = known.get(path);
      if (places === undefined) {
        places = textPlaces(snapshot.text(path) ?? (existsSync(path) ? readFileSync(path, "utf8") : ""));
        known.set(path, places);
      }
      return places;
    },
  };
  notes.push(...snapshots.flatMap((snapshot) => faultNotes(snapshot, analysis)));
  return analysis;
}

/** One sentence for each file that does not parse, at its first fault. */
function faultNotes(snapshot: Snapshot, analysis: Analysis): string[] {
  const first = new Map<string, number>();
  for (const { path, pos } of snapshot.faults()) {
    first.set(path, Math.min(pos, first.get(path) ?? pos));
  }
  return [...first].map(([path, pos]) => {
    const { line, column } = analysis.places(path, snapshot).at(pos);
    return (
      `${analysis.shownPath(path)}:${line}:${column} does not parse, so that declaration was not analysed; ` +
      "everything else was. Mend the syntax there (go vet names the error)."
    );
  });
}

function sortTargets(targets: readonly string[]): { folders: string[]; files: string[] } {
  const folders: string[] = [];
  const files: string[] = [];
  for (const target of targets.length === 0 ? ["."] : targets) {
    // `./...` is what Go's own tools are given for a folder and everything beneath it.
    const path = workspacePath(target.replace(/(^|[/\\])\.\.\.$/, "") || ".");
    if (!existsSync(path)) {
      throw new UsageError(`${target} does not exist`);
    }
    if (statSync(path).isDirectory()) {
      folders.push(path);
    } else if (path.endsWith(".go")) {
      files.push(path);
    } else {
      throw new UsageError(`${target} is neither a folder nor a Go file`);
    }
  }
  return { folders, files };
}

function outermost(folders: readonly string[]): string[] {
  return [...new Set(folders)].filter(
    (folder) => !folders.some((other) => other !== folder && isWithin(folder, other)),
  );
}

function countLines(text: string): number {
  let lines = text === "" || text.endsWith("\n") ? 0 : 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    lines++;
  }
  return lines;
}
