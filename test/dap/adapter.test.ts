/** The debug adapter, spoken to as an editor speaks to it: requests in, responses and events out. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Conflict, LaunchConfiguration, RunRecord } from "../../src/protocol.ts";
import { RUN_RECORD_EVENT } from "../../src/protocol.ts";
import { MapraceDebugSession } from "../../src/server/dap/adapter.ts";
import { DebugClient } from "./client.ts";

// The first build on a machine compiles the standard library.
vi.setConfig({ testTimeout: 240_000 });

const PROGRAMS = fileURLToPath(new URL("../run/fixtures/programs", import.meta.url));
const RUNTIME = fileURLToPath(new URL("../../src/runtime", import.meta.url));

let client: DebugClient;
beforeEach(async () => {
  client = new DebugClient(new MapraceDebugSession(RUNTIME));
  const response = await client.request("initialize", { adapterID: "maprace", pathFormat: "path" });
  expect(response.body).toEqual({
    supportsConfigurationDoneRequest: true,
    supportsTerminateRequest: true,
    supportsRestartRequest: true,
  });
  await client.event("initialized");
});
afterEach(async () => {
  await client.request("disconnect");
});

function launch(program: string, more: Partial<LaunchConfiguration> = {}) {
  return client.request("launch", {
    type: "maprace",
    request: "launch",
    program: path.join(PROGRAMS, program),
    ...more,
  });
}

function isConflict(record: RunRecord): record is Conflict {
  return record.type === "conflict";
}

/** What the client was told, in order, without what differs from run to run. */
function story(): string[] {
  return client.transcript.flatMap((message) => {
    const { event, command, success, body } = message as unknown as {
      event?: string;
      command?: string;
      success?: boolean;
      body?: { type?: string; category?: string; output?: string; exitCode?: number };
    };
    if (event === undefined) return [`${command} ${success ? "done" : "failed"}`];
    // Only a build that takes long is told of.
    if (event === "output" && body?.output?.startsWith("Building.")) return [];
    if (event === "output") return [`${body?.category}: ${body?.output?.trim()}`];
    if (event === RUN_RECORD_EVENT) return body?.type === "map" ? [] : [`record ${body?.type}`];
    return [event === "exited" ? `exited ${body?.exitCode}` : event];
  });
}

test("a run from launch to its end", async () => {
  const [launched, configured] = await Promise.all([launch("racy"), client.request("configurationDone")]);
  expect([launched.success, configured.success]).toEqual([true, true]);
  await client.event("terminated");
  const told = story();
  // Output and records come through different channels: their order among each other is not promised.
  expect([...told].sort()).toEqual(
    [
      "initialize done",
      "initialized",
      "configurationDone done",
      "launch done",
      "record start",
      "record conflict",
      "console: Conflict 1: write and previous write of map[string]int",
      "stdout: counted",
      "stderr: on stderr",
      "record end",
      "exited 0",
      "terminated",
    ].sort(),
  );
  expect(told.slice(-3)).toEqual(["record end", "exited 0", "terminated"]);
  expect(told.indexOf("record start")).toBeLessThan(told.indexOf("record conflict"));
});

test("a conflict arrives while the program runs, and leads to its line", async () => {
  await launch("racy", { args: ["wait"] });
  const { body } = await client.event(RUN_RECORD_EVENT, isConflict);
  const file = path.join(PROGRAMS, "racy", "main.go");
  expect((body as Conflict).accesses[1].stack[0]).toMatchObject({ file, function: "main.count" });
  const line = await client.event("output", (output: { source?: object }) => output.source !== undefined);
  expect(line.body).toMatchObject({
    source: { path: file, name: "main.go" },
    line: (body as Conflict).accesses[1].stack[0]!.line,
  });
  expect(client.events("terminated")).toEqual([]);
  expect((await client.request("threads")).body.threads).toHaveLength(1);

  expect((await client.request("terminate")).success).toBe(true);
  expect((await client.event("exited")).body.exitCode).toBe(130);
  await client.event("terminated");
});

test("a program that ignores the request to end is ended by the second one", async () => {
  await launch("parent");
  await client.event("output", (output: { output: string }) => output.output.includes("pid"));
  await client.request("terminate");
  await client.request("terminate");
  expect((await client.event("exited")).body.exitCode).toBe(137);
});

test("a restart runs the program again in the same session", async () => {
  await launch("racy", { args: ["wait"] });
  await client.event(RUN_RECORD_EVENT, isConflict);
  const restarted = await client.request("restart", {
    arguments: { program: path.join(PROGRAMS, "exit3"), args: ["again"] },
  });
  expect(restarted.success).toBe(true);
  expect((await client.event("exited")).body.exitCode).toBe(3);
  await client.event("terminated");
  expect(client.output("stdout")).toContain("[again]");
  expect(client.events("terminated")).toHaveLength(1);
  const kinds = client.events(RUN_RECORD_EVENT).map((event) => event.body.type);
  expect(kinds.filter((kind) => kind === "start")).toHaveLength(2);
});

test("tests, environment, folder and unsaved text are taken from the configuration", async () => {
  await launch("tested", { target: "test", args: ["-run", "TestClean", "-v"] });
  await client.event("terminated");
  expect(client.output("stdout")).toMatch(/--- PASS: TestClean/);
  expect(client.output("stdout")).not.toMatch(/TestRacy/);
});

test("variables are set and taken out, and the editor's own do not reach the program", async () => {
  const file = path.join(PROGRAMS, "exit3", "main.go");
  vi.stubEnv("ELECTRON_RUN_AS_NODE", "1");
  await launch("exit3", {
    env: { GREETING: "hello", HOME_TOWN: null },
    unsaved: {
      [file]:
        'package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nfunc main() {\n\t_, own := os.LookupEnv("ELECTRON_RUN_AS_NODE")\n\tdir, _ := os.Getwd()\n\tfmt.Println(os.Getenv("GREETING"), own, dir)\n}\n',
    },
  });
  vi.unstubAllEnvs();
  await client.event("terminated");
  expect(client.output("stdout")).toBe(`hello false ${path.join(PROGRAMS, "exit3")}\n`);
});

test("a build that fails fails the launch, with the compiler's words in the console", async () => {
  const response = await launch("broken");
  expect(response.success).toBe(false);
  expect(response.message).toBe("The program does not build. Correct the errors and run again.");
  expect(response.body.error.showUser).toBe(true);
  expect(client.output("stderr")).toMatch(/main\.go:5:2: undefined: missing/);
});

test.each([
  [{ program: "" }, /names no program/],
  [{ program: "cmd/server" }, /not an absolute path.*\$\{workspaceFolder\}\/cmd\/server/],
  [{ program: path.join(PROGRAMS, "nowhere") }, /There is no .*nowhere/],
  [{ program: PROGRAMS, target: "benchmark" }, /no target "benchmark"/],
  [{ program: PROGRAMS, mode: "all" }, /no mode "all"/],
  [{ program: PROGRAMS, args: "-v" }, /"args".*list of strings/],
  [{ program: PROGRAMS, env: { PATH: null } }, /go command was not found on PATH/],
])("a launch that makes no sense says so: %j", async (configuration, message) => {
  const response = await client.request("launch", configuration);
  expect(response.success).toBe(false);
  expect(response.message).toMatch(message);
});

test("breakpoints are answered, with the reason why they do not hold", async () => {
  const { body } = await client.request("setBreakpoints", {
    source: { path: path.join(PROGRAMS, "racy", "main.go") },
    breakpoints: [{ line: 14 }],
  });
  expect(body.breakpoints).toEqual([
    { verified: false, line: 14, message: expect.stringMatching(/does not stop/) },
  ]);
});
