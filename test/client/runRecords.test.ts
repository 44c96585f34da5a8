/** What the client keeps of a run and says about it. */
import { describe, expect, test } from "vitest";
import { addRecord, conflictCount, describeRun } from "../../src/client/runRecords.ts";
import type { Conflict, RunEnd, RunRecord, RunStart } from "../../src/protocol.ts";

const start: RunStart = { type: "start", mode: "maps", goVersion: "go1.26.8", pid: 7, hooks: 27 };
const end: RunEnd = { type: "end", exitCode: 0, conflicts: 1, dropped: 0, hooks: 27 };

function conflict(id: number, count = 1): Conflict {
  const access = {
    kind: "write",
    goroutine: { id: 1, created: [] },
    stack: [],
    when: 0,
    recent: [],
  } as const;
  return {
    type: "conflict",
    id,
    map: { type: "map[string]int", created: [] },
    accesses: [access, access],
    count,
  };
}

function recordsOf(...news: RunRecord[]): RunRecord[] {
  const records: RunRecord[] = [];
  for (const record of news) addRecord(records, record);
  return records;
}

describe("records of a run", () => {
  test("a conflict that is told again replaces what was known of it", () => {
    expect(recordsOf(start, conflict(1), conflict(2), conflict(1, 9))).toEqual([
      start,
      conflict(1, 9),
      conflict(2),
    ]);
  });

  test("a second start begins afresh, because the program was restarted", () => {
    expect(recordsOf(start, conflict(1), end, start)).toEqual([start]);
  });

  test("conflicts are counted once each", () => {
    expect(conflictCount(recordsOf(start, conflict(1), conflict(1, 2), conflict(2)))).toBe(2);
  });
});

describe("the sentence about a run", () => {
  test("tells building from running", () => {
    expect(describeRun([], true)).toBe("Building…");
    expect(describeRun([start], true)).toBe("Running, no conflicts so far");
    expect(describeRun([start, conflict(1)], true)).toBe("Running, 1 conflict so far");
  });

  test("tells how the program ended", () => {
    expect(describeRun([start, conflict(1), end], false)).toBe("1 conflict (exit status 0)");
    expect(describeRun([start, { ...end, death: "signal: killed" }], false)).toBe(
      "No conflicts (signal: killed)",
    );
  });

  test("never hides what was not seen", () => {
    const text = describeRun([start, { ...end, dropped: 3, truncated: true }], false);
    expect(text).toContain("3 events were dropped");
    expect(text).toContain("the end of the recording is missing");
    expect(describeRun([], false)).toBe("Ended before it could be watched");
  });
});
