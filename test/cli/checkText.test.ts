import { describe, expect, it } from "vitest";
import type { Analysis, FoundIn } from "../../src/cli/analysis.ts";
import { formatText } from "../../src/cli/checkText.ts";
import { textPlaces } from "../../src/cli/textPlaces.ts";
import type { CheckReport, Finding, FindingAccess } from "../../src/protocol.ts";

const TEXT = 'package p\n\nfunc f() {\n\t/* 👍 */ m["é"] = 1 // write\n}\n\nfunc g() int { return m["a"] }\n';

function access(part: Partial<FindingAccess>): FindingAccess {
  return {
    kind: "write",
    file: "a.go",
    line: 4,
    column: 13,
    endLine: 4,
    endColumn: 20,
    function: "p.f",
    goroutine: "go statement at a.go:9",
    locks: [],
    ...part,
  };
}

function format(findings: readonly Partial<Finding>[], colour = false): string {
  const full = findings.map(
    (part): Finding => ({
      code: "unsynchronized-map",
      message: "m is written while another goroutine may read it.",
      severity: "warning",
      confidence: "likely",
      map: { name: "m", type: "map[string]int", file: "a.go", line: 1, column: 1 },
      accesses: [access({})],
      advice: null,
      fixes: [],
      ...part,
    }),
  );
  const report: CheckReport = {
    findings: full,
    stats: { files: 1, lines: 1234, packages: 1, milliseconds: 12 },
  };
  // Texts are all that the formatter asks of snapshot and analysis.
  const shown = full.map((one) => ({
    snapshot: null,
    finding: { accesses: one.accesses.map(() => ({ path: `${process.cwd()}/a.go` })) },
  })) as unknown as FoundIn[];
  const analysis = { places: () => textPlaces(TEXT), base: process.cwd() } as unknown as Analysis;
  return formatText(report, shown, analysis, colour);
}

describe("formatText", () => {
  it("shows line, caret, other side, advice, fix and sum", () => {
    const read = access({
      kind: "read",
      line: 7,
      column: 23,
      endLine: 7,
      endColumn: 29,
      function: "p.g",
      locks: ["mu (read)"],
    });
    const text = format([
      {
        accesses: [access({}), read],
        advice: { kind: "rwmutex", why: "reads prevail" },
        fixes: ["sync-map", "rwmutex"],
      },
    ]);
    expect(text).toBe(
      `a.go:4:13: warning: m is written while another goroutine may read it. [unsynchronized-map, likely]
     4 | \t/* 👍 */ m["é"] = 1 // write
       | \t         ^^^^^^
  a.go:7:23: read in p.g, go statement at a.go:9; holding mu (read)
     7 | func g() int { return m["a"] }
       |                       ^^^^^^
  advice: rwmutex: reads prevail
  fix:    maprace fix --kind rwmutex --at a.go:4 --diff .

1 finding: 1 likely (1 package, 1 file, 1,234 lines, 12 ms).`,
    );
  });

  it("says that nothing was found, and how much was looked at", () => {
    expect(format([])).toBe("No unsynchronised map access found (1 package, 1 file, 1,234 lines, 12 ms).");
  });

  it("counts by confidence, and counts sides past the third", () => {
    const text = format([
      { accesses: [access({}), ...Array(5).fill(access({ line: 7 }))], confidence: "definite" },
      {},
    ]);
    expect(text).toContain("  and 2 more\n");
    expect(text).toContain("2 findings: 1 definite, 1 likely");
  });

  it("says in one line that an access meets itself", () => {
    const self = access({ goroutine: "http handler main.count (registered at main.go:9)" });
    expect(format([{ accesses: [self, self] }])).toBe(
      `a.go:4:13: warning: m is written while another goroutine may read it. [unsynchronized-map, likely]
     4 | \t/* 👍 */ m["é"] = 1 // write
       | \t         ^^^^^^
  with itself: another run of http handler main.count (registered at main.go:9); no lock held

1 finding: 1 likely (1 package, 1 file, 1,234 lines, 12 ms).`,
    );
  });

  it("names another caller where anybody may call", () => {
    const self = access({ goroutine: "a caller of p.F", locks: ["mu (read)"] });
    expect(format([{ accesses: [self, self] }])).toContain(
      "  with itself: another caller of p.F; holding mu (read)\n",
    );
  });

  it("colours only where asked to", () => {
    expect(format([{}])).not.toContain("\u001b");
    expect(format([{}], true)).toContain("\u001b[1ma.go:4:13\u001b[0m");
  });
});

describe("textPlaces", () => {
  it("counts lines and bytes from 1", () => {
    const places = textPlaces(TEXT);
    expect(places.at(TEXT.indexOf("m["))).toEqual({ line: 4, column: 13, column16: 11 });
    expect(places.at(0)).toEqual({ line: 1, column: 1, column16: 1 });
    expect(textPlaces("a\r\nb").line(1)).toBe("a");
    expect(textPlaces("a\r\nb").at(3)).toMatchObject({ line: 2, column: 1 });
  });
});
