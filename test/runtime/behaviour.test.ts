/**
 * A program behaves under the detector as it does without: what it can see of itself, how it ends, and what it
 * says when it dies. What cannot be equal is named here, with the reason, and compared too.
 */
import { execFileSync, type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { buildWatched, goCommand, runWatched, scratchFolder } from "./prepare.ts";

const MINUTES = 60_000;
const FIXTURE = path.join(import.meta.dirname, "fixtures/behaviour");
const { folder, remove } = scratchFolder();
const plain = path.join(folder, "plain");
const watched = path.join(folder, "watched");
const stream = path.join(folder, "stream.jsonl");

beforeAll(async () => {
  const built = spawnSync(goCommand(), ["build", "-o", plain, "."], { cwd: FIXTURE, encoding: "utf8" });
  expect(built.stderr).toBe("");
  await buildWatched(FIXTURE, watched, { cacheDir: path.join(folder, "cache") });
}, 5 * MINUTES);
afterAll(remove);

/** Records whose drop is said on stderr in one sentence. */
const DROPPED = /^maprace: MAPRACE_STREAM cannot be written: .*\n/m;

function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): SpawnSyncReturns<string> {
  return spawnSync(program, args, {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, PWD: folder, ...env },
    timeout: 20_000,
  });
}

/** What differs between two runs of the same program too: addresses, numbers of goroutines and processes. */
function settled({ status, signal, stdout, stderr }: SpawnSyncReturns<string>): object {
  const same = (text: string): string =>
    text
      .replaceAll(plain, "PROGRAM")
      .replaceAll(watched, "PROGRAM")
      .replace(/0x[0-9a-f]+\??/g, "0x")
      .replace(/ \+0x$/gm, "")
      .replace(/goroutine \d+/g, "goroutine N");
  // A traceback is compared up to the end of its first goroutine: the runtime's own are where they happen to be.
  // Arguments in frames of the standard library stand there as its functions were inlined, and the hooks in
  // them change that.
  const [head = "", first = ""] = same(stderr).split("\n\n");
  return { status, signal, stdout: same(stdout), stderr: head, traceback: first.replace(/\(.*\)$/gm, "()") };
}

test("it sees the same of itself and ends the same", { timeout: 3 * MINUTES }, () => {
  const names = run(plain, []).stdout.trim().split("\n").sort();
  expect(names.length).toBeGreaterThan(15);
  for (const name of names) {
    if (name === "environment" || name === "no descriptor left") continue;
    const without = run(plain, [name]);
    expect(without.error, name).toBeUndefined();
    rmSync(stream, { force: true });
    const within = run(watched, [name], { MAPRACE_STREAM: stream });
    expect(settled(within), name).toEqual(settled(without));
    const [start] = readFileSync(stream, "utf8").split("\n");
    expect(JSON.parse(start ?? ""), name).toMatchObject({ type: "start" });
  }
});

test("in its environment stand the stream and the mode: programs that it starts need them", () => {
  const env = { MAPRACE_STREAM: stream, MAPRACE_MODE: "maps" };
  const own = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const variables = (program: string, more: NodeJS.ProcessEnv): string[] =>
    run(program, ["environment"], more).stdout.trim().split("\n");
  expect(variables(watched, env)).toEqual([...variables(plain, {}), ...own].sort());
});

test("every allocation is made; a map on the heap is as much larger as the detector's state in it", () => {
  const bytes = (program: string): Map<string, number> =>
    new Map(
      [...run(program, ["allocations", "bytes"]).stdout.matchAll(/^(.*): \d+ objects\n +(\d+) bytes/gm)].map(
        ([, name = "", n]) => [name, Number(n)],
      ),
    );
  const without = bytes(plain);
  const larger = [...bytes(watched)].filter(([name, n]) => n !== without.get(name));
  expect(larger.map(([name]) => name).sort()).toEqual(["json", "map cloned", "map made", "map with room"]);
  for (const [name, n] of larger) {
    const more = n - (without.get(name) ?? 0);
    expect(more, name).toBeGreaterThan(0);
    expect(more, name).toBeLessThanOrEqual(128);
  }
});

test("what it leaves, closes, replaces and starts is in the stream", { timeout: MINUTES }, () => {
  if (process.platform === "win32") return;
  const types = (name: string): string[] =>
    runWatched(watched, [name], stream).records.map((record) => record.type);
  expect(types("closes everything")).toEqual(["start", "conflict", "map", "end"]);
  expect(types("becomes another")).toEqual(["start", "conflict", "start", "conflict", "map", "end"]);
  expect(types("starts itself")).toEqual(["start", "conflict", "start", "end", "map", "end"]);
  expect(types("interrupted")).toEqual(["start"]);
});

test("a stream that cannot be written changes nothing but one sentence", { timeout: MINUTES }, () => {
  const streams = [folder, path.join(folder, "missing", "stream"), "/dev/full"];
  if (process.platform === "linux") streams.push(`unix:${path.join(folder, "nobody")}`);
  if (process.platform !== "win32") {
    const pipe = path.join(folder, "pipe-without-reader");
    execFileSync("mkfifo", [pipe]);
    streams.push(pipe);
  }
  for (const name of streams.filter((file) => file !== "/dev/full" || existsSync(file))) {
    const { status, stdout, stderr } = run(watched, ["racing"], { MAPRACE_STREAM: name });
    expect([status, stdout], name).toEqual([0, "raced\n"]);
    expect(stderr.replace(DROPPED, ""), name).toBe("");
    expect(stderr, name).toMatch(DROPPED);
  }
  if (process.platform === "win32") return;
  // Without a descriptor left, no report can be written.
  const within = run(watched, ["no descriptor left"], { MAPRACE_STREAM: stream });
  expect(within.stderr).toMatch(DROPPED);
  expect(settled({ ...within, stderr: within.stderr.replace(DROPPED, "") })).toEqual(
    settled(run(plain, ["no descriptor left"])),
  );
});

test("a pipe and a socket take the stream, and a name that is relative", { timeout: MINUTES }, async () => {
  if (process.platform === "win32") return;
  const pipe = path.join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  // Open for both, so that it neither waits for the program nor ends with its first record.
  const reading = openSync(pipe, "r+");
  expect(run(watched, ["racing"], { MAPRACE_STREAM: pipe }).stderr).toBe("");
  const kept = Buffer.alloc(64 * 1024);
  expect(kept.toString("utf8", 0, readSync(reading, kept)).match(/"type":"\w+"/g)).toContain('"type":"end"');
  closeSync(reading);

  expect(run(watched, ["racing"], { MAPRACE_STREAM: "relative.jsonl" }).stderr).toBe("");
  expect(readFileSync(path.join(folder, "relative.jsonl"), "utf8").trim().split("\n")).toHaveLength(4);

  if (process.platform !== "linux") return;
  const socket = path.join(folder, "socket");
  let received = "";
  const server = createServer((connection) => {
    connection.setEncoding("utf8").on("data", (data: string) => {
      received += data;
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(socket, resolve);
  });
  const program = spawn(watched, ["racing"], { env: { ...process.env, MAPRACE_STREAM: `unix:${socket}` } });
  const status = await new Promise((resolve) => {
    program.on("exit", resolve);
  });
  expect(status).toBe(0);
  // Connections that were made may still wait to be accepted.
  await vi.waitFor(() => expect(received.trim().split("\n")).toHaveLength(4));
  server.close();
});
