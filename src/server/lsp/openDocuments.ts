/** The Go files that are open in the editor, in their current version. */
import type { TextDocumentContentChangeEvent } from "vscode-languageserver";
import { type PositionEncoding, textPositions } from "./positions.ts";
import { uriToPath } from "./uris.ts";

/** One open file. */
export interface OpenDocument {
  /** As the editor spells it. */
  readonly uri: string;
  readonly path: string;
  readonly version: number;
  readonly text: string;
}

export class OpenDocuments {
  readonly #documents = new Map<string, OpenDocument>();

  /** Takes an opened file in; null for what is no Go file on disk (other languages, other schemes). */
  open(uri: string, languageId: string, version: number, text: string): OpenDocument | null {
    const path = uriToPath(uri);
    if (path === null || languageId !== "go") {
      return null;
    }
    const document = { uri, path, version, text };
    this.#documents.set(uri, document);
    return document;
  }

  /** Applies the changes of one notification, each to the result of the one before. */
  change(
    uri: string,
    version: number,
    changes: readonly TextDocumentContentChangeEvent[],
    encoding: PositionEncoding,
  ): OpenDocument | null {
    const document = this.#documents.get(uri);
    if (document === undefined) {
      return null;
    }
    let text = document.text;
    for (const change of changes) {
      if ("range" in change) {
        const positions = textPositions(text, encoding);
        const start = positions.offset(change.range.start);
        const end = positions.offset(change.range.end);
        text = text.slice(0, start) + change.text + text.slice(end);
      } else {
        text = change.text;
      }
    }
    const changed = { ...document, version, text };
    this.#documents.set(uri, changed);
    return changed;
  }

  close(uri: string): OpenDocument | null {
    const document = this.#documents.get(uri) ?? null;
    this.#documents.delete(uri);
    return document;
  }

  get(uri: string): OpenDocument | null {
    return this.#documents.get(uri) ?? null;
  }

  all(): readonly OpenDocument[] {
    return [...this.#documents.values()];
  }
}
