/** What stands between the go command and its tools, beside what it does to a compilation (test/runtime/dependencies.test.ts). */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { RUNTIME_SOURCES } from "../runtime/prepare.ts";

let folder: string;
let program: string;
const env = { PATH: process.env.PATH, HOME: process.env.HOME };

/** A tool that counts how often it is started, and says what it is told to. */
function putTool(name: string, says: string): string {
  const tool = path.join(folder, "tools", name);
  writeFileSync(tool, `#!/bin/sh\necho started >> ${path.join(folder, "starts")}\necho "${says} $*"\n`);
  chmodSync(tool, 0o755);
  return tool;
}

function ask(words: string[], more: NodeJS.ProcessEnv = {}): { said: string; starts: number } {
  const asked = spawnSync(program, words, { encoding: "utf8", env: { ...env, ...more } });
  const starts = readFileSync(path.join(folder, "starts"), "utf8").split("\n").length - 1;
  return { said: asked.stdout + asked.stderr, starts };
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "maprace-test-"));
  mkdirSync(path.join(folder, "tools"));
  program = path.join(folder, "program/maprace-toolexec");
  const built = spawnSync("go", ["build", "-o", program, "."], {
    cwd: path.join(RUNTIME_SOURCES, "toolexec"),
    env: { ...process.env, GOFLAGS: "", GOWORK: "off" },
    encoding: "utf8",
  });
  expect(built.stderr).toBe("");
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  rmSync(path.join(folder, "program/versions"), { recursive: true, force: true });
  writeFileSync(path.join(folder, "starts"), "");
});

test("a tool is asked for its version once", () => {
  const compile = putTool("compile", "compile version one");
  const answer = { said: "compile version one -V=full\n", starts: 1 };
  expect([ask([compile, "-V=full"]), ask([compile, "-V=full"])]).toEqual([answer, answer]);
});

test("and again when it, or a variable of Go's, is another", () => {
  const link = putTool("link", "link version one");
  ask([link, "-V=full"]);
  expect(ask([link, "-V=full"], { GOEXPERIMENT: "synctest" }).starts).toBe(2);
  putTool("link", "link version two!");
  expect(ask([link, "-V=full"])).toEqual({ said: "link version two! -V=full\n", starts: 3 });
});

test("a tool of the user's, or behind one of the user's, is always asked", () => {
  const vet = putTool("myvet", "vet version");
  ask([vet, "-V=full"]);
  expect(ask([vet, "-V=full"]).starts).toBe(2);
  const users = putTool("users", "mine");
  const asm = putTool("asm", "asm version");
  ask(["1", users, asm, "-V=full"]);
  expect(ask(["1", users, asm, "-V=full"])).toEqual({ said: `mine ${asm} -V=full\n`, starts: 4 });
});

test("what a tool prints when it fails is not kept", () => {
  const cgo = putTool("cgo", "broken");
  writeFileSync(cgo, `${readFileSync(cgo, "utf8")}exit 3\n`);
  ask([cgo, "-V=full"]);
  // Asked by us, and then in our place.
  expect(ask([cgo, "-V=full"])).toEqual({ said: "broken -V=full\n", starts: 4 });
});

test("a C compiler is found on PATH, as the go command names it", () => {
  putTool("some-cc", "some compiler");
  const found = ask(["some-cc", "-###"], { PATH: `${path.join(folder, "tools")}:${env.PATH}` });
  expect(found).toEqual({ said: "some compiler -###\n", starts: 1 });
  expect(ask(["no-such-cc", "-###"]).said).toMatch(/^maprace: .*no-such-cc.*not found/);
});
