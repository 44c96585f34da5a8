/**
 * What a user should know about how the workspace was read, in sentences that end with what to do.
 *
 * Pure: the workspace hands in what it saw. Where notes are shown (status item, stderr) is for the callers.
 */
import type { BuildScope } from "./goFolders.ts";

/** A sentence, and a next step. */
export interface WorkspaceNote {
  readonly level: "info" | "warning";
  readonly message: string;
}

/** What was seen of one build. */
export interface BuildFacts {
  readonly root: string;
  readonly kind: BuildScope["kind"];
  /** Import paths that `go list` did not find, with its reason. */
  readonly notFound: ReadonlyMap<string, string>;
  /** Modules that go.mod names and that are not on this machine; known without `go list`. */
  readonly missingModules: readonly string[];
  /** What `go list` said when it failed. */
  readonly failure: string | null;
}

/** What was seen of the workspace. */
export interface WorkspaceFacts {
  readonly trusted: boolean;
  readonly hasGoroot: boolean;
  readonly hasGoCommand: boolean;
  /** What `go env` said when it failed. */
  readonly goEnvFailure: string | null;
  readonly builds: readonly BuildFacts[];
  /** Opened folders with more folders in them than can be looked at. */
  readonly cutOff: readonly string[];
  /** Where the cache of parsed files should be, and why it cannot be written; null where it can, or there is none. */
  readonly cacheFailure: { readonly storage: string; readonly reason: string } | null;
}

/** The notes about a workspace; empty when all is well. */
export function makeNotes(facts: WorkspaceFacts): WorkspaceNote[] {
  return [
    ...toolchainNotes(facts),
    ...facts.builds.flatMap(buildNotes),
    ...facts.cutOff.map(cutOffNote),
    ...cacheNotes(facts),
  ];
}

function toolchainNotes(facts: WorkspaceFacts): WorkspaceNote[] {
  if (!facts.hasGoroot) {
    return [
      warning(
        "No Go installation was found, so the standard library is unknown and much stays unseen. " +
          "Install Go from https://go.dev/dl/ and put `go` on PATH, or set GOROOT, then start again.",
      ),
    ];
  }
  if (!facts.trusted) {
    return [
      information(
        "This workspace is not trusted, so no process is started and packages are found by reading go.mod alone. " +
          "Trust the workspace to have `go list` asked and to run programs.",
      ),
    ];
  }
  if (!facts.hasGoCommand) {
    return [
      warning(
        "No `go` command was found on PATH, so packages are found by reading go.mod alone. " +
          "Put `go` on PATH and start again to have `go list` asked.",
      ),
    ];
  }
  return facts.goEnvFailure === null
    ? []
    : [
        warning(
          `\`go env\` failed: ${facts.goEnvFailure}. Packages are found by reading go.mod alone; ` +
            "run `go env` in a terminal to see why.",
        ),
      ];
}

function buildNotes(build: BuildFacts): WorkspaceNote[] {
  const notes: WorkspaceNote[] = [];
  if (build.failure !== null) {
    notes.push(
      warning(
        `\`go list\` failed in ${build.root}: ${build.failure}. Packages are found by reading go.mod alone; ` +
          "run `go list ./...` there to see why.",
      ),
    );
  }
  const unrequired = [...build.notFound].filter(([, reason]) => reason.includes("no required module"));
  const undownloaded = [...build.notFound].filter(([, reason]) => !reason.includes("no required module"));
  if (unrequired.length > 0) {
    notes.push(
      information(
        `${names(unrequired.map(([path]) => path))} is in no module that go.mod requires, so calls into it stay unseen. ` +
          `Run \`go mod tidy\` in ${build.root}.`,
      ),
    );
  }
  const missing = undownloaded.length > 0 ? undownloaded.map(([path]) => path) : build.missingModules;
  if (missing.length > 0) {
    notes.push(
      information(
        `${names(missing)} is not on this machine, so calls into it stay unseen. Run \`go mod download\` in ${build.root}.`,
      ),
    );
  }
  if (build.kind === "loose") {
    notes.push(
      information(
        `${build.root} has no go.mod, so each folder is analysed as a package of its own. ` +
          "Run `go mod init NAME` there to have imports between them and of other modules followed.",
      ),
    );
  }
  return notes;
}

function cutOffNote(root: string): WorkspaceNote {
  return warning(
    `${root} holds too many folders to look at all of them. Open the folder of your module instead.`,
  );
}

function cacheNotes({ cacheFailure }: WorkspaceFacts): WorkspaceNote[] {
  if (cacheFailure === null) return [];
  const { storage, reason } = cacheFailure;
  return [
    information(
      `What is known of your files cannot be kept in ${storage} (${reason}), so every start reads them anew. ` +
        "Free space there or make the folder writable, then start again.",
    ),
  ];
}

/** "a", or "a and 3 more". */
function names(all: readonly string[]): string {
  return all.length === 1 ? `${all[0]}` : `${all[0]} (and ${all.length - 1} more)`;
}

function information(message: string): WorkspaceNote {
  return { level: "info", message };
}

function warning(message: string): WorkspaceNote {
  return { level: "warning", message };
}
