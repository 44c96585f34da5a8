/**
 * Asks the `go` command about packages: `go env` and `go list`, in the background, without touching anything.
 *
 * Nothing is downloaded (GOPROXY=off, GOTOOLCHAIN=local) and no go.mod is changed (-mod=readonly, or -mod=vendor
 * where there is a vendor folder). Called for trusted workspaces only; that is for `workspace.ts` to see to.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import type { Variables } from "./goEnvironment.ts";
import type { BuildScope } from "./goFolders.ts";
import type { PackagePlace } from "./moduleGraph.ts";
import { isWithin, pathKey, relativeTo, toSlash } from "./paths.ts";

/** Longer than any honest `go list` takes; a hung one must not hold its answer back for ever. */
const TIMEOUT_MS = 120_000;
const MOST_OUTPUT = 512 * 1024 * 1024;

/** The Go files that `go list` counts in, by name. */
export interface ListedPackage extends PackagePlace {
  readonly files: ReadonlySet<string>;
}
/** A folder of the workspace with the state of it that the answer is about. */
export interface ListedFolder {
  readonly choiceKey: string;
  readonly files: ReadonlySet<string>;
}
/** What `go list` said about one build. */
export interface GoListAnswer {
  /** By {@link pathKey} of the folder. */
  readonly folders: ReadonlyMap<string, ListedFolder>;
  /** By import path. */
  readonly dependencies: ReadonlyMap<string, ListedPackage>;
  /** Import paths of packages that could not be found, each with the reason that Go gives. */
  readonly notFound: ReadonlyMap<string, string>;
}

/** A call of `go` that failed; the message is Go's own first words. */
export class GoCommandError extends Error {
  override readonly name = "GoCommandError";
}

/** Asks `go env -json`. Throws {@link GoCommandError}. */
export async function askGoEnv(
  go: string,
  dir: string,
  variables: Variables,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const output = await runGo(go, ["env", "-json"], dir, variables, signal);
  return JSON.parse(output) as Record<string, string>;
}

/** Asks `go list` about the packages of a build. Throws {@link GoCommandError}. */
export async function askGoList(
  go: string,
  scope: BuildScope,
  choiceKeys: ReadonlyMap<string, string>,
  variables: Variables,
  signal: AbortSignal,
): Promise<GoListAnswer> {
  const vendored = existsSync(`${scope.root}/vendor/modules.txt`);
  const output = await runGo(
    go,
    [
      "list",
      "-e",
      "-deps",
      "-test",
      `-mod=${vendored ? "vendor" : "readonly"}`,
      "-json=Dir,ImportPath,Name,Standard,DepOnly,ForTest,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,Module,Error",
      ...patterns(scope),
    ],
    scope.root,
    scope.kind === "work" ? variables : { ...variables, GOWORK: "off" },
    signal,
  );
  return readAnswer(output, choiceKeys);
}

/** `./...` of each folder that holds all the others; the opened folder may be an inner one of its module. */
function patterns(scope: BuildScope): string[] {
  const outermost: string[] = [];
  for (const dir of [...scope.folders.keys()].sort()) {
    if (!outermost.some((outer) => isWithin(dir, outer))) {
      outermost.push(dir);
    }
  }
  return outermost.map((dir) => (dir === scope.root ? "./..." : `./${relativeTo(dir, scope.root)}/...`));
}

function runGo(
  go: string,
  args: readonly string[],
  dir: string,
  variables: Variables,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      go,
      args,
      {
        cwd: dir,
        // PWD keeps the folder as it is spelled: Go would print where a symbolic link leads instead.
        env: { ...variables, PWD: dir, GOTOOLCHAIN: "local", GOPROXY: "off" },
        maxBuffer: MOST_OUTPUT,
        timeout: TIMEOUT_MS,
        signal,
        windowsHide: true,
      },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout);
        } else {
          reject(new GoCommandError(firstWords(stderr) || error.message, { cause: error }));
        }
      },
    );
  });
}

/** What Go says first: a line, and the next one too where the first only introduces it. */
function firstWords(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.replace(/^go: /, "").trim())
    .filter((line) => line !== "" && !line.startsWith("warning:"));
  const count = lines[0]?.endsWith(":") === true ? 2 : 1;
  return lines.slice(0, count).join(" ");
}

interface ListedJson {
  readonly Dir?: string;
  readonly ImportPath: string;
  readonly Standard?: boolean;
  readonly DepOnly?: boolean;
  readonly ForTest?: string;
  readonly GoFiles?: readonly string[];
  readonly CgoFiles?: readonly string[];
  readonly TestGoFiles?: readonly string[];
  readonly XTestGoFiles?: readonly string[];
  readonly Module?: { readonly GoVersion?: string };
  readonly Error?: { readonly Err?: string };
}

function readAnswer(output: string, choiceKeys: ReadonlyMap<string, string>): GoListAnswer {
  const folders = new Map<string, ListedFolder>();
  const dependencies = new Map<string, ListedPackage>();
  const notFound = new Map<string, string>();
  for (const listed of jsonObjects(output) as ListedJson[]) {
    // Test binaries and packages recompiled for tests hold the same files once more.
    if (listed.ForTest !== undefined || listed.ImportPath.endsWith(".test")) {
      continue;
    }
    if (listed.Dir === undefined) {
      notFound.set(listed.ImportPath, listed.Error?.Err ?? "not found");
      continue;
    }
    const dir = toSlash(listed.Dir);
    const build = [...(listed.GoFiles ?? []), ...(listed.CgoFiles ?? [])].filter(
      (file) => !file.includes("/"),
    );
    const goVersion = listed.Module?.GoVersion ?? "";
    dependencies.set(listed.ImportPath, {
      dir,
      goVersion,
      standard: listed.Standard ?? false,
      files: new Set(build),
    });
    const choiceKey = choiceKeys.get(pathKey(dir));
    if (choiceKey !== undefined && listed.DepOnly !== true) {
      const all = [...build, ...(listed.TestGoFiles ?? []), ...(listed.XTestGoFiles ?? [])];
      folders.set(pathKey(dir), { choiceKey, files: new Set(all) });
    }
  }
  return { folders, dependencies, notFound };
}

/** `go list -json` prints one object after the other; each ends with a `}` at the start of a line. */
function jsonObjects(output: string): unknown[] {
  const objects: unknown[] = [];
  let start = 0;
  for (;;) {
    const end = output.indexOf("\n}", start);
    if (end < 0) {
      return objects;
    }
    objects.push(JSON.parse(output.slice(start, end + 2)));
    start = end + 2;
  }
}
