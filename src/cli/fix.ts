/**
 * `maprace fix`: makes one Fix for the map that is used at a line, and shows it as a diff or writes it.
 *
 * Exit status: 0 the Fix was made, 1 there is nothing to fix there or the Fix is refused, 2 could not run.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { FileEdit, FixKind } from "../server/core/core.ts";
import { folderOf, workspacePath } from "../server/workspace/paths.ts";
import { type Analysis, analyse, type FoundIn } from "./analysis.ts";
import { unifiedDiff } from "./unifiedDiff.ts";
import { UsageError } from "./usage.ts";

const KINDS: readonly FixKind[] = ["rwmutex", "sync-map", "atomic", "snapshot", "sharded", "channel"];

/** Runs `maprace fix` with the words after the subcommand; returns the exit status. */
export async function run(argv: string[], assets: string): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      kind: { type: "string" },
      at: { type: "string" },
      diff: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
    },
  });
  const kind = KINDS.find((k) => k === values.kind);
  if (kind === undefined) throw new UsageError(`--kind is one of ${KINDS.join(", ")}`);
  const at = /^(.+):(\d+)$/.exec(values.at ?? "");
  if (at === null) throw new UsageError("--at names the line of an access or of the map, as FILE:LINE");
  if (positionals.length > 1) throw new UsageError("name one folder, the module to look at");
  const [folder] = positionals;
  // `check` prints paths relative to the folder that it looked at, so these come first.
  const inFolder = folder === undefined ? null : workspacePath(join(folder, at[1]!));
  const file = inFolder !== null && existsSync(inFolder) ? inFolder : workspacePath(at[1]!);
  const line = Number(at[2]);
  const analysis = await analyse([folder ?? folderOf(file)], assets);
  const here = findingsAt(analysis, file, line);
  if (here.length === 0) {
    console.error(
      `maprace: nothing was found at ${values.at}; maprace check lists the lines of every finding.`,
    );
    return 1;
  }
  const refusals: string[] = [];
  for (const { finding, snapshot } of here) {
    const fix = snapshot.fix(finding, kind);
    if ("refused" in fix) {
      refusals.push(`${fix.refused}${alternatives(snapshot.fixes(finding))}`);
      continue;
    }
    for (const edit of fix) {
      const text = snapshot.text(edit.path) ?? "";
      if (values.diff || !values.write)
        process.stdout.write(unifiedDiff(analysis.shownPath(edit.path), text, edit.edits));
      if (values.write) writeEdit(edit, text);
    }
    if (values.write) {
      console.error(
        `maprace: ${finding.map.name}: ${fix.map((e) => analysis.shownPath(e.path)).join(", ")} rewritten.`,
      );
    }
    return 0;
  }
  for (const refusal of new Set(refusals)) console.error(`maprace: ${refusal}`);
  return 1;
}

/** Findings one of whose accesses, or whose map's declaration, stands in the line. */
function findingsAt(analysis: Analysis, file: string, line: number): FoundIn[] {
  return analysis.found.filter(({ finding, snapshot }) =>
    [...finding.accesses, finding.map].some(
      (place) => place.path === file && analysis.places(place.path, snapshot).at(place.pos).line === line,
    ),
  );
}

function alternatives(kinds: readonly FixKind[]): string {
  return kinds.length === 0 ? "" : ` What can be made here: ${kinds.map((k) => `--kind ${k}`).join(", ")}.`;
}

/** Writes the edited text, unless the file is no longer what was analysed. */
function writeEdit(edit: FileEdit, analysed: string): void {
  const onDisk = readFileSync(edit.path, "utf8");
  const mark = onDisk.startsWith("\uFEFF") ? "\uFEFF" : "";
  if (onDisk.slice(mark.length) !== analysed) {
    throw new UsageError(`${edit.path} was changed meanwhile; run maprace fix again`);
  }
  let text = analysed;
  for (const { pos, end, text: inserted } of [...edit.edits].reverse()) {
    text = text.slice(0, pos) + inserted + text.slice(end);
  }
  writeFileSync(edit.path, mark + text);
}
