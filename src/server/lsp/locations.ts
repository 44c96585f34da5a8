/** Where places of a program are for the client: URIs as it spells them, positions in the agreed encoding. */
import type { Location } from "vscode-languageserver";
import type { FilePlace, Snapshot } from "../core/core.ts";
import type { LanguageWorkspace } from "./languageWorkspace.ts";
import type { OpenDocument, OpenDocuments } from "./openDocuments.ts";
import { type PositionEncoding, type TextPositions, textPositions } from "./positions.ts";
import { pathToUri } from "./uris.ts";

/** Converts places of one snapshot. Make a new one for each: it keeps the lines of its texts. */
export interface Locator {
  /** Null where the text is not part of the snapshot. */
  location(place: FilePlace): Location | null;
  positions(path: string): TextPositions | null;
  uri(path: string): string;
  /** The open document of a program's file, or null. */
  document(path: string): OpenDocument | null;
}

export function makeLocator(
  snapshot: Snapshot,
  workspace: LanguageWorkspace,
  documents: OpenDocuments,
  encoding: PositionEncoding,
): Locator {
  const open = new Map(documents.all().map((document) => [workspace.pathInProgram(document.path), document]));
  const known = new Map<string, TextPositions | null>();

  function positions(path: string): TextPositions | null {
    let found = known.get(path);
    if (found === undefined) {
      const text = snapshot.text(path);
      found = text === null ? null : textPositions(text, encoding);
      known.set(path, found);
    }
    return found;
  }
  const uri = (path: string): string => open.get(path)?.uri ?? pathToUri(path);

  return {
    positions,
    uri,
    document: (path) => open.get(path) ?? null,
    location({ path, pos, end }) {
      const range = positions(path)?.range(pos, end);
      return range === undefined ? null : { uri: uri(path), range };
    },
  };
}
