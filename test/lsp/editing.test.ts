/** Editing with the real core: a racy program in the places that are easy to get wrong, and a fix that ends it. */
import { mkdirSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { CodeAction, Diagnostic, TextDocumentEdit } from "vscode-languageserver-protocol/node";
import { createCore } from "../../src/server/core/core.ts";
import { textPositions } from "../../src/server/lsp/positions.ts";
import { pathToUri } from "../../src/server/lsp/uris.ts";
import { addToTree, makeTree } from "../workspace/tree.ts";
import { startClient } from "./client.ts";
import { parserModules } from "./parserModules.ts";

const RACY = `package main

import "net/http"

var visits = map[string]int{}

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		/* 👍🏽 */ visits[r.URL.Path] = len(r.Method)
	})
	http.HandleFunc("/read", func(w http.ResponseWriter, r *http.Request) {
		n := visits[r.URL.Path]
		w.WriteHeader(200 + n)
	})
	_ = http.ListenAndServe("localhost:0", nil)
}
`;
const GO_MOD = "module m\n\ngo 1.22\n";
const untrusted = { trusted: false, settings: { enable: true, minimumConfidence: "likely", go: "" } };
const modules = parserModules();

const editor = (folders: readonly string[]) =>
  startClient({ folders, initializationOptions: untrusted, createCore: () => createCore(modules) });

/** The text that a diagnostic underlines. */
function underlined(text: string, diagnostic: Diagnostic): string {
  const positions = textPositions(text, "utf-16");
  return text.slice(positions.offset(diagnostic.range.start), positions.offset(diagnostic.range.end));
}

function onWrite(diagnostics: readonly Diagnostic[], text: string): Diagnostic | undefined {
  return diagnostics.find((one) => {
    const line = text.split(/\r?\n/)[one.range.start.line] ?? "";
    return (
      one.code === "unsynchronized-map" &&
      line.includes("👍🏽") &&
      underlined(text, one).startsWith("visits[")
    );
  });
}

describe("an unsynchronised map", () => {
  it.each([
    ["right after an emoji on the same line", RACY],
    ["in a file with CRLF", RACY.replaceAll("\n", "\r\n")],
  ])("is flagged %s", async (_, text) => {
    const root = makeTree({ "go.mod": GO_MOD, "main.go": text });
    const client = await editor([root]);
    const uri = pathToUri(`${root}/main.go`);
    await client.open(uri, text);
    const found = onWrite(await client.diagnostics(uri, (one) => one.version === 1), text);
    expect(found).toBeDefined();
    expect(
      found?.relatedInformation?.some((other) =>
        underlined(text, { ...other.location, message: "" }).startsWith("visits["),
      ),
    ).toBe(true);
  });

  it("is flagged in the second of two roots", async () => {
    const root = makeTree({
      "one/go.mod": GO_MOD,
      "one/main.go": "package main\n\nfunc main() {}\n",
      "two/go.mod": GO_MOD,
      "two/main.go": RACY,
    });
    const client = await editor([`${root}/one`, `${root}/two`]);
    expect(onWrite(await client.diagnostics(pathToUri(`${root}/two/main.go`)), RACY)).toBeDefined();
  });

  it("is flagged in a folder reached by a symbolic link, by the name that the editor uses", async () => {
    const root = makeTree({ "real/go.mod": GO_MOD, "real/main.go": RACY });
    mkdirSync(`${root}/opened`);
    symlinkSync(`${root}/real`, `${root}/opened/link`);
    const client = await editor([`${root}/opened/link`]);
    const uri = pathToUri(`${root}/opened/link/main.go`);
    const found = onWrite(await client.diagnostics(uri), RACY);
    expect(found?.relatedInformation?.[0]?.location.uri).toBe(uri);
  });

  it("is flagged without a go.mod, and beside a file that does not parse", async () => {
    const root = makeTree({ "main.go": RACY, "broken.go": "package main\n\nfunc broken( {{{ \n" });
    const client = await editor([root]);
    expect(onWrite(await client.diagnostics(pathToUri(`${root}/main.go`)), RACY)).toBeDefined();
    expect(client.statuses.at(-1)?.message).toContain("no go.mod");
  });

  it("explains itself on hover, and ends with the fix", async () => {
    const text = RACY.replace("/* 👍🏽 */ ", "");
    const root = makeTree({ "go.mod": GO_MOD, "main.go": text });
    const client = await editor([root]);
    const uri = pathToUri(`${root}/main.go`);
    await client.open(uri, text);
    const [found] = await client.diagnostics(uri, (one) => one.version === 1);
    const hover = await client.connection.sendRequest("textDocument/hover", {
      textDocument: { uri },
      position: found?.range.start,
    });
    expect(JSON.stringify(hover)).toContain("visits");

    const actions = (await client.connection.sendRequest("textDocument/codeAction", {
      textDocument: { uri },
      range: found?.range,
      context: { diagnostics: [found] },
    })) as CodeAction[];
    expect(actions.length).toBeGreaterThan(0);
    expect(actions[0]?.isPreferred).toBe(true);
    const resolved = (await client.connection.sendRequest("codeAction/resolve", actions[0])) as CodeAction;
    const [edit] = (resolved.edit?.documentChanges ?? []) as TextDocumentEdit[];
    expect(edit?.textDocument).toEqual({ uri, version: 1 });
    await client.change(uri, 2, applyEdit(text, edit));
    expect(await client.diagnostics(uri, (one) => one.version === 2)).toEqual([]);
  });

  it("ends everywhere when another file of the package takes the goroutine away", async () => {
    const root = makeTree({
      "go.mod": GO_MOD,
      "state.go": "package main\n\nvar seen = map[string]int{}\n\nfunc count(k string) { seen[k]++ }\n",
    });
    const uri = pathToUri(`${root}/main.go`);
    addToTree(root, { "main.go": 'package main\n\nfunc main() {\n\tgo count("a")\n\tcount("b")\n}\n' });
    const client = await editor([root]);
    const state = pathToUri(`${root}/state.go`);
    expect((await client.diagnostics(state)).length).toBeGreaterThan(0);
    await client.open(uri, 'package main\n\nfunc main() {\n\tcount("b")\n}\n');
    expect(await client.diagnostics(state, (one) => one.diagnostics.length === 0)).toEqual([]);
  });
});

function applyEdit(text: string, edit: TextDocumentEdit | undefined): string {
  const positions = textPositions(text, "utf-16");
  const changes = (edit?.edits ?? [])
    .map((one) => ("newText" in one ? one : { ...one, newText: "" }))
    .map(({ range, newText }) => ({
      start: positions.offset(range.start),
      end: positions.offset(range.end),
      newText,
    }))
    .sort((a, b) => b.start - a.start);
  return changes.reduce(
    (result, { start, end, newText }) => result.slice(0, start) + newText + result.slice(end),
    text,
  );
}
