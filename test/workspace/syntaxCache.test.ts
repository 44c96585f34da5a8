/** What parsing found is kept on disk, read again, mended when damaged, and never grows beyond its bound. */
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createPacker, type ParserModules } from "../../src/server/core/core.ts";
import { createProgram } from "../../src/server/core/types/program.ts";
import type { ProgramSource } from "../../src/server/core/types/types.ts";
import { SyntaxCache, type SyntaxCacheOptions } from "../../src/server/workspace/syntaxCache.ts";
import {
  keyOf,
  readEntry,
  removeOldest,
  removeOtherVersions,
} from "../../src/server/workspace/syntaxEntries.ts";
import { Workspace } from "../../src/server/workspace/workspace.ts";
import { dumpFacts } from "../types/dump.ts";
import { testParser, testWasm } from "../types/parser.ts";
import { makeTree } from "./tree.ts";

const modules: ParserModules = { treeSitterWasm: testWasm().runtime, goWasm: testWasm().go };
const worker = join("node_modules/.cache/maprace/test-syntaxWorker.mjs");

beforeAll(async () => {
  await build({
    entryPoints: ["src/server/workspace/syntaxWorker.ts"],
    outfile: worker,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
  });
});

const A = "package p\n\nfunc F() int {\n\tx := 1\n\treturn x\n}\n";

function options(storage: string): SyntaxCacheOptions {
  return { storage, version: "1.2.3", modules, worker: join(process.cwd(), worker) };
}

function open(storage: string, more: Partial<SyntaxCacheOptions> = {}): SyntaxCache {
  const cache = new SyntaxCache({ ...options(storage), ...more });
  onTestFinished(() => cache.dispose());
  return cache;
}

/** The entry of a text, once the worker has made it. */
async function made(storage: string, text: string): Promise<number[]> {
  for (let i = 0; i < 500; i++) {
    const [folder] = existsSync(storage) ? readdirSync(storage) : [];
    const found = folder === undefined ? null : readEntry(join(storage, folder), keyOf(text));
    if (found !== null) return [...found.packed];
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error("The entry was not made.");
}

/** The file of the only entry. */
function onlyEntry(storage: string): string {
  const folder = readdirSync(storage)[0]!;
  return join(storage, folder, readdirSync(join(storage, folder))[0]!);
}

describe("the cache", () => {
  it("has files packed that were expected or asked for, bodies with the expected ones", async () => {
    const root = makeTree({ "storage/.keep": "", "own.go": A, "other.go": A.replace("F", "G") });
    const storage = join(root, "storage/kept");
    const packer = await createPacker(modules);
    const cache = open(storage);
    cache.expect([`${root}/own.go`]);
    expect(cache.reader(`${root}/other.go`, A.replace("F", "G"))()).toBeNull();
    expect(await made(storage, A)).toEqual([...packer.pack(A, true)]);
    const other = await made(storage, A.replace("F", "G"));
    expect(other).toEqual([...packer.pack(A.replace("F", "G"), false)]);
    expect(cache.failure).toBeNull();
  }, 30_000);

  it("removes a damaged entry and makes it anew", async () => {
    const root = makeTree({ "a.go": A });
    const storage = join(root, "kept");
    open(storage).reader(`${root}/a.go`, A)();
    const whole = await made(storage, A);
    const entry = onlyEntry(storage);
    const bytes = readFileSync(entry);
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 3]! ^= 0x10;
    for (const damaged of [flipped, bytes.subarray(0, bytes.length - 1), Buffer.alloc(0), Buffer.from("x")]) {
      writeFileSync(entry, damaged);
      expect(open(storage).reader(`${root}/a.go`, A)()).toBeNull();
      expect(await made(storage, A)).toEqual(whole);
    }
  }, 30_000);

  it("does not read what another version wrote", async () => {
    const root = makeTree({ "a.go": A });
    const storage = join(root, "kept");
    open(storage).reader(`${root}/a.go`, A)();
    await made(storage, A);
    expect(open(storage, { version: "1.2.4" }).reader("/not/on/disk.go", A)()).toBeNull();
  }, 30_000);

  it("says why it cannot write, and asks no more", async () => {
    const root = makeTree({ file: "", "a.go": A });
    const cache = open(join(root, "file"));
    expect(cache.reader(`${root}/a.go`, A)()).toBeNull();
    await expect.poll(() => cache.failure, { timeout: 10_000 }).toMatch(/ENOTDIR|EEXIST/);
    expect(cache.reader(`${root}/a.go`, A)()).toBeNull();
  }, 30_000);
});

describe("the folder of the cache", () => {
  it("loses the entries used longest ago when it is too large, and what other versions left", () => {
    const root = makeTree({
      "syntax-000000000000/a": "x".repeat(40),
      "syntax-000000000000/b": "x".repeat(40),
      "syntax-000000000000/c": "x".repeat(40),
      "syntax-111111111111/old": "",
      "syntax-222222222222/new": "",
      "else/old": "",
    });
    const folder = join(root, "syntax-000000000000");
    for (const [i, name] of ["b", "a", "c"].entries()) utimesSync(join(folder, name), i + 1, i + 1);
    removeOldest(folder, 120);
    expect(readdirSync(folder)).toEqual(["a", "b", "c"]);
    removeOldest(folder, 110);
    expect(readdirSync(folder)).toEqual(["a", "c"]);
    for (const name of ["syntax-111111111111", "else"]) utimesSync(join(root, name), 1, 1);
    removeOtherVersions(folder);
    expect(readdirSync(root)).toEqual(["else", "syntax-000000000000", "syntax-222222222222"]);
  });
});

describe("a workspace with a cache", () => {
  it("knows the same as one without, edited buffers included", async () => {
    const root = makeTree({
      "m/go.mod": "module example.com/m\n\ngo 1.24\n",
      "m/a.go": `\uFEFF${A.replaceAll("\n", "\r\n")}`,
      "m/b.go": 'package p\n\nimport "strings"\n\nvar B = strings.ToUpper("😀") + string(rune(F()))\n',
      "m/b_test.go": 'package p_test\n\nimport "example.com/m"\n\nvar T = p.B\n',
    });
    const parser = await testParser();
    const factsOf = (source: ProgramSource | undefined): string[][] =>
      source === undefined ? [] : createProgram(parser, source).packages.map(dumpFacts);
    const workspace = (cached: boolean): Workspace => {
      const opened = new Workspace({
        folders: [join(root, "m")],
        trusted: false,
        variables: process.env,
        ...(cached ? { cache: options(join(root, "kept")) } : {}),
      });
      onTestFinished(() => opened.dispose());
      return opened;
    };
    const without = factsOf(workspace(false).programs()[0]?.source);
    expect(without.flat().length).toBeGreaterThan(20);
    expect(factsOf(workspace(true).programs()[0]?.source)).toEqual(without);
    await made(join(root, "kept"), A.replaceAll("\n", "\r\n"));
    const warm = workspace(true);
    expect(factsOf(warm.programs()[0]?.source)).toEqual(without);
    const typed = "package p\n\nvar B = F() + 1\n";
    warm.setBuffer(join(root, "m/b.go"), typed);
    const fresh = workspace(false);
    fresh.setBuffer(join(root, "m/b.go"), typed);
    expect(factsOf(warm.programs()[0]?.source)).toEqual(factsOf(fresh.programs()[0]?.source));
  }, 60_000);
});
