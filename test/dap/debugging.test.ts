/** Runs under Delve: breakpoints, and the program stopped on a conflict with both sides to look at. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Conflict, LaunchConfiguration, RunRecord } from "../../src/protocol.ts";
import { RUN_RECORD_EVENT } from "../../src/protocol.ts";
import { MapraceDebugSession } from "../../src/server/dap/adapter.ts";
import { cacheFolder } from "../../src/server/run/programBuild.ts";
import { DebugClient } from "./client.ts";

// The first time, Delve is downloaded and built.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

const PROGRAMS = fileURLToPath(new URL("../run/fixtures/programs", import.meta.url));
const RUNTIME = fileURLToPath(new URL("../../src/runtime", import.meta.url));
const RACY = path.join(PROGRAMS, "racy", "main.go");
const DELVE = "github.com/go-delve/delve/cmd/dlv@v1.27.2";

let searchPath: string;
beforeAll(() => {
  const folder = path.join(cacheFolder(process.env), "test-delve-1.27.2");
  if (!existsSync(path.join(folder, "dlv")) && !existsSync(path.join(folder, "dlv.exe"))) {
    const env = { ...process.env, GOBIN: folder, GOFLAGS: "-mod=mod" };
    const installed = spawnSync("go", ["install", DELVE], { env, encoding: "utf8" });
    expect(installed.status, installed.stderr).toBe(0);
  }
  searchPath = `${folder}${path.delimiter}${process.env.PATH}`;
});

let client: DebugClient;
beforeEach(async () => {
  client = new DebugClient(new MapraceDebugSession(RUNTIME));
  await client.request("initialize", { adapterID: "maprace", pathFormat: "path" });
  await client.event("initialized");
});
afterEach(async () => {
  await client.request("disconnect");
});

function launch(more: Partial<LaunchConfiguration>) {
  const program = path.join(PROGRAMS, "racy");
  return client.request("launch", { program, env: { PATH: searchPath }, stopOnConflict: true, ...more });
}

function isConflict(record: RunRecord): record is Conflict {
  return record.type === "conflict";
}

async function frames(threadId: number): Promise<DebugProtocol.StackFrame[]> {
  const { body } = await client.request("stackTrace", { threadId, startFrame: 0, levels: 20 });
  return body.stackFrames;
}

test("the program stops on the conflict: the goroutine on its line, the other side beside it", async () => {
  const launched = launch({});
  const configured = client.request("configurationDone");
  expect((await launched).success).toBe(true);
  expect((await configured).success).toBe(true);

  const stopped = await client.event("stopped");
  expect(stopped.body).toMatchObject({ reason: "exception", description: "Paused on map conflict" });
  expect(stopped.body.text).toMatch(
    /^Conflict 1: write of map\[string\]int, not ordered after the write at main\.go:14/,
  );
  const { body: record } = await client.event(RUN_RECORD_EVENT, isConflict);
  const [earlier, later] = (record as Conflict).accesses;
  expect(stopped.body.threadId).toBe(later.goroutine.id);
  const [top] = await frames(stopped.body.threadId);
  expect(top).toMatchObject({ name: "main.count", line: 14, source: { path: RACY } });

  const { threads } = (await client.request("threads")).body as { threads: DebugProtocol.Thread[] };
  const recorded = threads.find((thread) => thread.name.includes("recorded"))!;
  expect(recorded.name).toBe(`Previous write by goroutine ${earlier.goroutine.id} (recorded)`);
  const [other] = await frames(recorded.id);
  expect(other).toMatchObject({ name: "main.count", line: 14, source: { path: RACY } });
  expect((await client.request("scopes", { frameId: other!.id })).body.scopes).toEqual([]);
  expect((await client.request("exceptionInfo", { threadId: stopped.body.threadId })).body.exceptionId).toBe(
    "map conflict",
  );

  expect((await client.request("continue", { threadId: recorded.id })).success).toBe(true);
  await client.event("terminated");
  expect(client.output("stdout")).toBe("counted\n");
  expect(client.events(RUN_RECORD_EVENT).at(-1)!.body).toMatchObject({
    type: "end",
    exitCode: 0,
    conflicts: 1,
  });
});

test("breakpoints of the editor hold, set before the launch or after it", async () => {
  // Between the two writes: the conflict is still to come.
  const line = 20;
  await client.request("setBreakpoints", { source: { path: RACY }, breakpoints: [{ line }] });
  await Promise.all([launch({}), client.request("configurationDone")]);
  const stopped = await client.event("stopped");
  expect(stopped.body.reason).toBe("breakpoint");
  const [top] = await frames(stopped.body.threadId);
  expect(top).toMatchObject({ name: "main.main", line, source: { path: RACY } });
  const later = await client.request("setBreakpoints", { source: { path: RACY }, breakpoints: [] });
  expect(later).toMatchObject({ success: true, body: { breakpoints: [] } });
  await client.request("continue", { threadId: stopped.body.threadId });
  await client.event("stopped", (body: { reason: string }) => body.reason === "exception");
});

test("a session that is ended while it is stopped leaves no process", async () => {
  const pids: number[] = [];
  await Promise.all([launch({ args: ["wait"] }), client.request("configurationDone")]);
  await client.event("stopped");
  pids.push((await client.event("process")).body.systemProcessId);
  await client.request("terminate");
  await client.event("terminated");
  await vi.waitFor(() => {
    const states = pids.map((pid) =>
      spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim(),
    );
    expect(states.every((state) => state === "" || state.startsWith("Z"))).toBe(true);
  });
});

test("what Delve cannot do is told when the run is launched", async () => {
  const none = await launch({ env: { PATH: path.dirname(process.execPath), HOME: "/nowhere", GOBIN: null } });
  expect(none.success).toBe(false);
  const tests = await launch({ target: "test" });
  expect(tests.message).toMatch(/works for programs in the modes maps and vars/);
  const broken = await launch({ program: path.join(PROGRAMS, "broken") });
  expect(broken.message).toMatch(/does not build/);
  expect(client.events("terminated")).toEqual([]);
});
