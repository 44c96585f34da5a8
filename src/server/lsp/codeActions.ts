/**
 * Quick fixes: which rewrites a Finding offers, and the edit of the one that was chosen.
 *
 * The list is cheap; an edit is computed when the client resolves an action, from the text as it is then.
 */
import {
  type CodeAction,
  CodeActionKind,
  ErrorCodes,
  LSPErrorCodes,
  type Range,
  ResponseError,
  type TextEdit,
  type WorkspaceEdit,
} from "vscode-languageserver";
import type { CoreFinding, FileEdit, FixKind, Snapshot } from "../core/core.ts";
import { type DiagnosticContext, toDiagnostic } from "./diagnostics.ts";
import { fixTitle } from "./fixTitles.ts";
import type { Locator } from "./locations.ts";

/** What an unresolved action remembers. */
export interface ActionData {
  readonly uri: string;
  readonly version: number | null;
  readonly code: string;
  readonly pos: number;
  readonly kind: FixKind;
}

/** The actions for the Findings whose flagged access touches a range; the advised rewrite first and preferred. */
export function offerActions(
  target: {
    readonly path: string;
    readonly uri: string;
    readonly version: number | null;
    readonly range: Range;
  },
  findings: readonly CoreFinding[],
  snapshot: Snapshot,
  locator: Locator,
  context: DiagnosticContext,
): CodeAction[] {
  const positions = locator.positions(target.path);
  if (positions === null) {
    return [];
  }
  const start = positions.offset(target.range.start);
  const end = positions.offset(target.range.end);
  const actions: CodeAction[] = [];
  for (const finding of findings) {
    const [flagged] = finding.accesses;
    if (flagged.end < start || flagged.pos > end) {
      continue;
    }
    const diagnostic = toDiagnostic(finding, context);
    const advised = snapshot.advice(finding)?.kind;
    const kinds = [...snapshot.fixes(finding)].sort((a, b) => Number(b === advised) - Number(a === advised));
    for (const kind of kinds) {
      const data: ActionData = {
        uri: target.uri,
        version: target.version,
        code: finding.code,
        pos: flagged.pos,
        kind,
      };
      actions.push({
        title: fixTitle(kind, finding.map.name),
        kind: CodeActionKind.QuickFix,
        ...(diagnostic === null ? {} : { diagnostics: [diagnostic] }),
        ...(kind === advised ? { isPreferred: true } : {}),
        data,
      });
    }
  }
  return actions;
}

/** The edit of an action, in the current snapshot. Throws a {@link ResponseError} that says why there is none. */
export function resolveEdit(
  data: ActionData,
  path: string,
  snapshot: Snapshot,
  locator: Locator,
): WorkspaceEdit {
  const version = locator.document(path)?.version ?? null;
  const finding = findingAt(snapshot, path, data.code, data.pos);
  if (version !== data.version || finding === undefined) {
    throw new ResponseError(
      LSPErrorCodes.ContentModified,
      "The file has changed since this fix was offered. Ask for the quick fixes again.",
    );
  }
  const edits = snapshot.fix(finding, data.kind);
  if ("refused" in edits) {
    throw new ResponseError(ErrorCodes.InvalidRequest, edits.refused);
  }
  return toWorkspaceEdit(edits, locator);
}

/** The actions with their edits, for clients that do not resolve them; those that cannot be made are left out. */
export function withEdits(
  actions: readonly CodeAction[],
  path: string,
  snapshot: Snapshot,
  locator: Locator,
): CodeAction[] {
  return actions.flatMap((action) => {
    const { code, pos, kind } = action.data as ActionData;
    const finding = findingAt(snapshot, path, code, pos);
    const edits = finding === undefined ? null : snapshot.fix(finding, kind);
    return edits === null || "refused" in edits ? [] : [{ ...action, edit: toWorkspaceEdit(edits, locator) }];
  });
}

function findingAt(snapshot: Snapshot, path: string, code: string, pos: number): CoreFinding | undefined {
  return snapshot.foundIn(path).find((one) => one.code === code && one.accesses[0].pos === pos);
}

function toWorkspaceEdit(edits: readonly FileEdit[], locator: Locator): WorkspaceEdit {
  return {
    documentChanges: edits.map((file) => {
      const positions = locator.positions(file.path);
      if (positions === null) {
        throw new ResponseError(
          ErrorCodes.InternalError,
          `The text of ${file.path} is not at hand, so it cannot be edited.`,
        );
      }
      return {
        textDocument: {
          uri: locator.uri(file.path),
          version: locator.document(file.path)?.version ?? null,
        },
        edits: file.edits.map(
          (edit): TextEdit => ({ range: positions.range(edit.pos, edit.end), newText: edit.text }),
        ),
      };
    }),
  };
}
