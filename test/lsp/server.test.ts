import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { CodeAction, CodeLens, Hover, TextDocumentEdit } from "vscode-languageserver-protocol/node";
import { pathToUri } from "../../src/server/lsp/uris.ts";
import { addToTree, makeTree } from "../workspace/tree.ts";
import { startClient } from "./client.ts";
import { createScriptedCore } from "./scriptedCore.ts";

const untrusted = { trusted: false, settings: { enable: true, minimumConfidence: "likely", go: "" } };

function range(line: number, start: number, end: number) {
  return { start: { line, character: start }, end: { line, character: end } };
}

describe("diagnostics", () => {
  it("stand right after an emoji on the same line, in UTF-16 by default", async () => {
    const root = makeTree({ "go.mod": "module m\n", "a.go": "package m\n/* 👍 */ racy\n// other\n" });
    const client = await startClient({ folders: [root], initializationOptions: untrusted });
    expect(client.initialized.capabilities.positionEncoding).toBe("utf-16");
    const uri = pathToUri(`${root}/a.go`);
    const [found] = await client.diagnostics(uri);
    expect(found).toMatchObject({
      range: range(1, 9, 13),
      severity: 2,
      code: "unsynchronized-map",
      source: "maprace",
      message: "racy is written without a lock",
    });
    expect(found?.relatedInformation?.[0]?.location).toEqual({ uri, range: range(2, 3, 8) });
  });

  it.each([
    ["utf-8", 11],
    ["utf-32", 8],
  ])("count in %s where the client prefers it", async (encoding, start) => {
    const root = makeTree({ "go.mod": "module m\n", "a.go": "package m\n/* 👍 */ racy\n" });
    const client = await startClient({
      folders: [root],
      initializationOptions: untrusted,
      positionEncodings: [encoding, "utf-16"],
    });
    expect(client.initialized.capabilities.positionEncoding).toBe(encoding);
    const [found] = await client.diagnostics(pathToUri(`${root}/a.go`));
    expect(found?.range).toEqual(range(1, start, start + 4));
  });

  it("stand on the right line of a file with CRLF", async () => {
    const root = makeTree({ "go.mod": "module m\n", "a.go": "package m\r\n\r\n  racy\r\n" });
    const client = await startClient({ folders: [root], initializationOptions: untrusted });
    const [found] = await client.diagnostics(pathToUri(`${root}/a.go`));
    expect(found?.range).toEqual(range(2, 2, 6));
  });

  it("reach the second of two roots, each with a module of the same name", async () => {
    const root = makeTree({
      "one/go.mod": "module m\n",
      "one/a.go": "package m\n",
      "two/go.mod": "module m\n",
      "two/a.go": "package m\n// racy\n",
    });
    const client = await startClient({
      folders: [`${root}/one`, `${root}/two`],
      initializationOptions: untrusted,
    });
    expect(await client.diagnostics(pathToUri(`${root}/two/a.go`))).toHaveLength(1);
    expect(client.published.some(({ uri }) => uri === pathToUri(`${root}/one/a.go`))).toBe(false);
  });

  it("name files as the editor does in a folder reached by a symbolic link", async () => {
    const root = makeTree({ "real/go.mod": "module m\n", "real/a.go": "package m\n// racy\n" });
    symlinkSync(`${root}/real`, `${root}/link`);
    const client = await startClient({ folders: [`${root}/link`], initializationOptions: untrusted });
    expect(await client.diagnostics(pathToUri(`${root}/link/a.go`))).toHaveLength(1);
    const byRealName = pathToUri(`${root}/real/a.go`);
    await client.open(byRealName, "package m\n// racy racy\n");
    expect(await client.diagnostics(byRealName, (one) => one.version === 1)).toHaveLength(2);
  });

  it("follow edits, carry the version, and end when the reason does", async () => {
    const root = makeTree({ "go.mod": "module m\n", "a.go": "package m\n" });
    const client = await startClient({ folders: [root], initializationOptions: untrusted });
    const uri = pathToUri(`${root}/a.go`);
    await client.open(uri, "package m\n// 👍 rac\n");
    expect(await client.diagnostics(uri, (one) => one.version === 1)).toEqual([]);
    await client.connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version: 2 },
      contentChanges: [
        { range: range(1, 9, 9), text: "y" },
        { range: range(0, 0, 0), text: "\n" },
      ],
    });
    const [found] = await client.diagnostics(uri, (one) => one.version === 2);
    expect(found?.range).toEqual(range(2, 6, 10));
    await client.change(uri, 3, "package m\n");
    expect(await client.diagnostics(uri, (one) => one.version === 3)).toEqual([]);
  });

  it("are never published for a version that is no longer current", async () => {
    const root = makeTree({ "go.mod": "module m\n", "a.go": "package m\n" });
    const uri = pathToUri(`${root}/a.go`);
    let during: (() => void) | null = null;
    const client = await startClient({
      folders: [root],
      initializationOptions: untrusted,
      createCore: async () => createScriptedCore(() => during?.()),
    });
    await client.open(uri, "package m\n");
    await client.diagnostics(uri, (one) => one.version === 1);
    // While version 2 is analysed, version 3 arrives: 2 must not be answered any more.
    during = () => {
      during = null;
      void client.change(uri, 3, "package m\n// racy racy\n");
    };
    await client.change(uri, 2, "package m\n// racy\n");
    expect(await client.diagnostics(uri, (one) => one.version === 3)).toHaveLength(2);
    expect(client.published.filter((one) => one.version === 2)).toEqual([]);
  });

  it("reach files that are not open, after the open one", async () => {
    const root = makeTree({
      "go.mod": "module m\n",
      "a.go": "package m\n",
      "b.go": "package m\n// racy\n",
    });
    const client = await startClient({ folders: [root], initializationOptions: untrusted });
    const closed = pathToUri(`${root}/b.go`);
    expect((await client.diagnostics(closed))[0]?.relatedInformation).toHaveLength(1);
    await client.open(pathToUri(`${root}/a.go`), "package m\n// other\n");
    const [found] = await client.diagnostics(
      closed,
      (one) => one.diagnostics[0]?.relatedInformation?.length === 2,
    );
    expect(found?.relatedInformation?.[0]?.location.uri).toBe(pathToUri(`${root}/a.go`));
  });

  it("heed the settings, and come back with them", async () => {
    const root = makeTree({ "go.mod": "module m\n", "a.go": "package m\n// racy\n" });
    const client = await startClient({ folders: [root], initializationOptions: untrusted });
    const uri = pathToUri(`${root}/a.go`);
    const configure = (maprace: object) =>
      client.connection.sendNotification("workspace/didChangeConfiguration", { settings: { maprace } });
    expect(await client.diagnostics(uri)).toHaveLength(1);
    await configure({ minimumConfidence: "definite" });
    expect(await client.diagnostics(uri, (one) => one.diagnostics.length === 0)).toEqual([]);
    await configure({ minimumConfidence: "possible" });
    expect(await client.diagnostics(uri, (one) => one.diagnostics.length === 1)).toHaveLength(1);
    await configure({ enable: false });
    expect(await client.diagnostics(uri, (one) => one.diagnostics.length === 0)).toEqual([]);
  });

  it("link to the help page of their code where the client has one", async () => {
    const root = makeTree({ "go.mod": "module m\n", "a.go": "package m\n// racy\n" });
    const client = await startClient({
      folders: [root],
      initializationOptions: { ...untrusted, helpBase: "file:///ext/media/help/" },
    });
    const [found] = await client.diagnostics(pathToUri(`${root}/a.go`));
    expect(found?.codeDescription?.href).toBe("file:///ext/media/help/unsynchronized-map.md");
  });
});

describe("changes outside of the editor", () => {
  it("reach the diagnostics: files that come, change and go", async () => {
    const root = makeTree({ "go.mod": "module m\n", "a.go": "package m\n" });
    const client = await startClient({ folders: [root], initializationOptions: untrusted });
    const file = `${root}/inner/b.go`;
    addToTree(root, { "inner/b.go": "package inner\n// racy\n" });
    await client.changedOnDisk(file);
    expect(await client.diagnostics(pathToUri(file))).toHaveLength(1);
    addToTree(root, { "inner/b.go": "package inner\n// racy, racy again\n" });
    await client.changedOnDisk(file);
    expect(await client.diagnostics(pathToUri(file), (one) => one.diagnostics.length !== 1)).toHaveLength(2);
    rmSync(file);
    await client.changedOnDisk(file);
    expect(await client.diagnostics(pathToUri(file), (one) => one.diagnostics.length === 0)).toEqual([]);
  });

  it("include folders that are deleted in the editor", async () => {
    const root = makeTree({
      "go.mod": "module m\n",
      "a.go": "package m\n",
      "old/b.go": "package old\n// racy\n",
    });
    const client = await startClient({ folders: [root], initializationOptions: untrusted });
    const uri = pathToUri(`${root}/old/b.go`);
    expect(await client.diagnostics(uri)).toHaveLength(1);
    rmSync(`${root}/old`, { recursive: true });
    await client.connection.sendNotification("workspace/didDeleteFiles", {
      files: [{ uri: pathToUri(`${root}/old`) }],
    });
    expect(await client.diagnostics(uri, (one) => one.diagnostics.length === 0)).toEqual([]);
  });

  it("include folders that are opened and closed", async () => {
    const root = makeTree({
      "one/go.mod": "module one\n",
      "one/a.go": "package one\n// racy\n",
      "two/go.mod": "module two\n",
      "two/b.go": "package two\n// racy\n",
    });
    const client = await startClient({ folders: [`${root}/one`], initializationOptions: untrusted });
    const [one, two] = [pathToUri(`${root}/one/a.go`), pathToUri(`${root}/two/b.go`)];
    expect(await client.diagnostics(one)).toHaveLength(1);
    await client.setFolders([`${root}/two`]);
    expect(await client.diagnostics(two)).toHaveLength(1);
    expect(await client.diagnostics(one, (last) => last.diagnostics.length === 0)).toEqual([]);
  });
});

it("serves a client that can do nothing that is optional", async () => {
  const root = makeTree({ "go.mod": "module m\n", "a.go": "package m\n// racy\n" });
  const client = await startClient({ folders: [root], initializationOptions: untrusted, bare: true });
  const uri = pathToUri(`${root}/a.go`);
  expect(await client.diagnostics(uri)).toHaveLength(1);
  expect(client.statuses.at(-1)?.message).toContain("not trusted");
  await client.open(uri, "package m\n// racy\n");
  const actions = (await client.connection.sendRequest("textDocument/codeAction", {
    textDocument: { uri },
    range: range(1, 4, 4),
    context: { diagnostics: [] },
  })) as CodeAction[];
  expect(actions.map(({ title, edit }) => [title, edit !== undefined])).toEqual([
    ["Guard racy with a sync.RWMutex", true],
  ]);
});

describe("code actions", () => {
  async function actionsFor(resolvesEdits: boolean) {
    const root = makeTree({ "go.mod": "module m\n", "a.go": "package m\n" });
    const client = await startClient({ folders: [root], initializationOptions: untrusted, resolvesEdits });
    const uri = pathToUri(`${root}/a.go`);
    await client.open(uri, "package m\n// 👍 racy\n");
    const ask = (only?: string[]) =>
      client.connection.sendRequest("textDocument/codeAction", {
        textDocument: { uri },
        range: range(1, 8, 8),
        context: { diagnostics: [], ...(only === undefined ? {} : { only }) },
      }) as Promise<CodeAction[]>;
    return { client, uri, ask };
  }

  it("put the advised rewrite first, and resolve to an edit of the current version", async () => {
    const { client, uri, ask } = await actionsFor(true);
    const actions = await ask();
    expect(actions.map(({ title, isPreferred }) => [title, isPreferred])).toEqual([
      ["Make racy a sync.Map", true],
      ["Guard racy with a sync.RWMutex", undefined],
    ]);
    expect(actions[1]?.edit).toBeUndefined();
    const resolved = (await client.connection.sendRequest("codeAction/resolve", actions[1])) as CodeAction;
    const [edit] = (resolved.edit?.documentChanges ?? []) as TextDocumentEdit[];
    expect(edit).toEqual({
      textDocument: { uri, version: 1 },
      edits: [{ range: range(1, 6, 10), newText: "safe" }],
    });
    await client.change(uri, 2, "package m\n// 👍 safe\n");
    expect(await client.diagnostics(uri, (one) => one.version === 2)).toEqual([]);
  });

  it("say why a rewrite cannot be made, and refuse once the file has changed", async () => {
    const { client, uri, ask } = await actionsFor(true);
    const actions = await ask();
    await expect(client.connection.sendRequest("codeAction/resolve", actions[0])).rejects.toThrow(
      "It cannot be a sync.Map.",
    );
    await client.change(uri, 2, "package m\n\n// racy\n");
    await expect(client.connection.sendRequest("codeAction/resolve", actions[1])).rejects.toThrow(
      /has changed/,
    );
  });

  it("are not offered for other kinds of action", async () => {
    const { ask } = await actionsFor(true);
    expect(await ask(["refactor"])).toEqual([]);
    expect(await ask(["quickfix"])).toHaveLength(2);
  });
});

describe("hover and code lenses", () => {
  it("show the reasoning over an access", async () => {
    const root = makeTree({ "go.mod": "module m\n", "a.go": "package m\n" });
    const client = await startClient({ folders: [root], initializationOptions: untrusted });
    const uri = pathToUri(`${root}/a.go`);
    await client.open(uri, "package m\n// 👍 racy\n");
    const hover = (await client.connection.sendRequest("textDocument/hover", {
      textDocument: { uri },
      position: { line: 1, character: 7 },
    })) as Hover;
    expect(hover).toEqual({
      contents: { kind: "markdown", value: "Nothing orders the two." },
      range: range(1, 6, 10),
    });
  });

  it("stand over main and over tests, not over what only looks like them", async () => {
    const root = makeTree({ "go.mod": "module m\n", "a.go": "package main\n" });
    const client = await startClient({ folders: [root], initializationOptions: untrusted });
    const lenses = async (name: string, text: string) => {
      const uri = pathToUri(`${root}/${name}`);
      await client.open(uri, text);
      const found = (await client.connection.sendRequest("textDocument/codeLens", {
        textDocument: { uri },
      })) as CodeLens[];
      return found.map((lens) => [
        lens.range.start.line,
        lens.command?.command,
        lens.command?.arguments?.[0],
      ]);
    };
    expect(await lenses("a.go", "package main\n/*\nfunc main() {}\n*/\nfunc main() {}\n")).toEqual([
      [4, "maprace.run", { program: root, target: "program" }],
    ]);
    expect(
      await lenses(
        "a_test.go",
        "package main\nfunc TestOne(t *testing.T) {}\nfunc Testing(t *testing.T) {}\nfunc TestÄ(t *testing.T) {}\nvar s = `\nfunc TestNo(t *testing.T) {}\n`\n",
      ),
    ).toEqual([
      [1, "maprace.run", { program: root, target: "test", testName: "TestOne" }],
      [3, "maprace.run", { program: root, target: "test", testName: "TestÄ" }],
    ]);
  });
});

it("explains diagnostics that come late", async () => {
  const root = makeTree({ "go.mod": "module m\n", "a.go": "package m\n" });
  const now = performance.now.bind(performance);
  let skipped = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now() + skipped);
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  const client = await startClient({
    folders: [root],
    initializationOptions: untrusted,
    createCore: async () =>
      createScriptedCore(() => {
        skipped += 7_000;
      }),
  });
  await client.open(pathToUri(`${root}/a.go`), "package m\n");
  await expect.poll(() => client.statuses.at(-1)?.message).toMatch(/took 7 s.*Open the folder/);
});

describe("trust", () => {
  it("keeps every process from being started until it is given", async () => {
    const root = makeTree({ "m/go.mod": "module m\n", "m/a.go": "package m\n// racy\n" });
    addToTree(root, { "bin/go": `#!/bin/sh\necho "$@" >> '${root}/started'\nexit 1\n` });
    chmodSync(`${root}/bin/go`, 0o755);
    const client = await startClient({
      folders: [`${root}/m`],
      initializationOptions: untrusted,
      variables: { ...process.env, PATH: `${root}/bin:${process.env.PATH}` },
    });
    const uri = pathToUri(`${root}/m/a.go`);
    expect(await client.diagnostics(uri)).toHaveLength(1);
    await client.open(uri, "package m\n// racy racy\n");
    expect(await client.diagnostics(uri, (one) => one.version === 1)).toHaveLength(2);
    expect(existsSync(`${root}/started`)).toBe(false);
    expect(client.statuses.at(-1)).toMatchObject({
      level: "info",
      message: expect.stringContaining("not trusted"),
    });

    await client.connection.sendNotification("maprace/trust", { trusted: true });
    await expect.poll(() => client.statuses.at(-1)?.message).toContain("`go list` failed");
    expect(readFileSync(`${root}/started`, "utf8")).toContain("list -e -deps");
  });
});
