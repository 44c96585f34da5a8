import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { run } from "../../src/cli/check.ts";
import type { CheckReport } from "../../src/protocol.ts";
import { makeTree } from "../workspace/tree.ts";
import { makeAssets } from "./assets.ts";

const incidents = fileURLToPath(new URL("../incidents", import.meta.url));

const RACY = `package main

var seen = map[string]int{}

func main() {
	go func() {
		/* é */ seen["a"] = 1
	}()
	_ = seen["b"]
}
`;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Runs `maprace check` and gives back what it printed. */
async function check(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  vi.restoreAllMocks();
  const out = vi.spyOn(console, "log").mockImplementation(() => {});
  const err = vi.spyOn(console, "error").mockImplementation(() => {});
  const status = await run(argv, makeAssets());
  const text = (spy: typeof out): string => spy.mock.calls.map((words) => words.join(" ")).join("\n");
  return { status, out: text(out), err: text(err) };
}

describe("check --format json", () => {
  it("prints findings with bytes for columns, paths relative to the folder, and statistics", async () => {
    const root = makeTree({
      "go.mod": "module m\n\ngo 1.22\n",
      "cmd/main.go": RACY,
      "lib/a.go": "package lib\n",
    });
    const { status, out } = await check(root, "--format", "json");
    expect(status).toBe(1);
    const report = JSON.parse(out) as CheckReport;
    const finding = report.findings.find((one) => one.accesses[0]?.line === 7);
    expect(finding).toMatchObject({
      code: "unsynchronized-map",
      severity: "warning",
      confidence: "definite",
      map: {
        name: expect.stringContaining("seen"),
        type: "map[string]int",
        file: "cmd/main.go",
        line: 3,
        column: 5,
      },
      accesses: [
        { kind: "write", file: "cmd/main.go", line: 7, column: 12, endLine: 7, endColumn: 21, locks: [] },
        { kind: "read", file: "cmd/main.go", line: 9 },
      ],
    });
    expect(report.stats).toMatchObject({ files: 2, lines: 11, packages: 2 });
    expect(report.stats.milliseconds).toBeGreaterThan(0);
  });

  it("tells the type of a map that a sync.Map holds, which no declaration tells", async () => {
    const main = `package main

import "sync"

var users sync.Map

func visit() {
	v, _ := users.LoadOrStore("a", map[string]int{})
	v.(map[string]int)["x"]++
}

func main() {
	go visit()
	go visit()
}
`;
    const { out } = await check(
      makeTree({ "go.mod": "module m\n\ngo 1.22\n", "main.go": main }),
      "--format",
      "json",
    );
    const { findings } = JSON.parse(out) as CheckReport;
    expect(findings.map(({ map }) => [map.name, map.type, map.line])).toEqual([
      ["users[…]", "map[string]int", 5],
    ]);
  });

  it("reports on the files that it is given", async () => {
    const root = makeTree({ "go.mod": "module m\n", "main.go": RACY, "b.go": "package main\n" });
    const one = await check(`${root}/main.go`, "--format", "json");
    expect(one.status).toBe(1);
    const other = await check(`${root}/b.go`, "--format", "json");
    expect([other.status, JSON.parse(other.out).findings]).toEqual([0, []]);
  });

  it("leaves out what is less sure than asked for", async () => {
    const root = makeTree({
      "go.mod": "module m\n",
      "main.go": RACY.replace("go func", "func").replace("package main", "package p"),
    });
    const { status } = await check(root, "--format", "json", "--min-confidence", "definite");
    expect(status).toBe(0);
  });
});

describe("check --format sarif", () => {
  it("prints one run with rules, results and related places", async () => {
    const root = makeTree({ "go.mod": "module m\n", "a b/main.go": RACY });
    const { status, out } = await check(root, "--format", "sarif");
    expect(status).toBe(1);
    const log = JSON.parse(out);
    expect(log.version).toBe("2.1.0");
    const [sarifRun] = log.runs;
    expect(sarifRun.columnKind).toBe("utf16CodeUnits");
    const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(sarifRun.tool.driver).toMatchObject({ name: "Maprace", version: manifest.version });
    const result = sarifRun.results.find(
      (one: { locations: { physicalLocation: { region: { startLine: number } } }[] }) =>
        one.locations[0]?.physicalLocation.region.startLine === 7,
    );
    expect(sarifRun.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
    expect(result.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: "a%20b/main.go", uriBaseId: "SRCROOT" },
      region: { startLine: 7, startColumn: 11, endLine: 7, endColumn: 20 },
    });
    expect(result.relatedLocations[0].physicalLocation.region.startLine).toBe(9);
  });
});

describe("check", () => {
  it("prints the line, the other side and the sum for people", async () => {
    const root = makeTree({ "go.mod": "module m\n", "main.go": RACY });
    const { status, out } = await check(root);
    expect(status).toBe(1);
    expect(out).toContain("main.go:7:12: warning:");
    expect(out).toContain('     7 | \t\t/* é */ seen["a"] = 1\n       | \t\t        ^^^^^^^^^');
    expect(out).toContain("main.go:9:6: read in");
  });

  it("analyses what it can beside a file that does not parse", async () => {
    const root = makeTree({
      "go.mod": "module m\n",
      "main.go": RACY,
      "broken.go": "package main\nfunc ( {{ nope",
    });
    const { status, err } = await check(root);
    expect(status).toBe(1);
    expect(err).toMatch(/broken\.go:2:\d+ does not parse.*Mend the syntax there/);
  });

  it("analyses a folder without go.mod and says so", async () => {
    const root = makeTree({ "main.go": RACY });
    const { status, err } = await check(root);
    expect(status).toBe(1);
    expect(err).toContain("has no go.mod");
  });

  it.each([
    [["/no/such/folder"], "does not exist"],
    [["--format", "xml"], "--format is one of text, json, sarif"],
    [["--min-confidence", "sure"], "--min-confidence is one of"],
    [["--wrong"], "Unknown option"],
  ])("refuses %j", async (argv, message) => {
    await expect(check(...argv)).rejects.toThrow(message);
  });

  it("refuses a folder without Go files", async () => {
    await expect(check(makeTree({ "readme.md": "hello" }))).rejects.toThrow("there are no Go files");
  });
});

describe("check on the incidents", () => {
  const names = [
    "session-cache",
    "config-reload",
    "log-statistics",
    "payment-state",
    "config-watcher",
    "local-replica",
  ];

  it.each(names)("flags %s", async (name) => {
    const { status } = await check(`${incidents}/${name}/racy`, "--format", "json");
    expect(status).toBe(1);
  });

  it.each(names)("is silent on the repaired %s", async (name) => {
    const { out, status } = await check(`${incidents}/${name}/fixed`, "--format", "json");
    expect(JSON.parse(out).findings).toEqual([]);
    expect(status).toBe(0);
  });
});
