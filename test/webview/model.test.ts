/** Records become a run: conflicts once each, counts, order, filter, phases. */
import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../src/protocol.ts";
import {
  applyRecords,
  conflictById,
  emptyRun,
  firstToShow,
  listConflicts,
  phaseOf,
  type Run,
} from "../../webview/model.ts";
import { manyConflicts, sampleConflicts, sampleRun, standardFrame } from "./sampleRun.ts";

const run = applyRecords(emptyRun("shop"), sampleRun);
const start = sampleRun[0]!;

function ids(of: Run, filter: string, order: "first" | "newest" | "count" = "first"): number[] {
  return listConflicts(of, filter, order).map((entry) => entry.conflict.id);
}

describe("applying records", () => {
  it("describes each conflict by its user frames", () => {
    const entry = conflictById(run, 1);
    expect(entry).toMatchObject({
      shape: "read/write",
      mapType: "map[string]*session.Session",
      madeAt: "store.go:14",
      functions: ["(*Handler).current", "(*Store).Put"],
      when: 12.4021,
      own: true,
    });
    expect(conflictById(run, 2)?.shape).toBe("write/write");
    expect(conflictById(run, 3)?.shape).toBe("iterate/write");
  });

  it("takes a repeated conflict as a new count and keeps the stacks that came first", () => {
    const [first] = sampleConflicts;
    const again = {
      ...first!,
      count: 143,
      accesses: [first!.accesses[1], first!.accesses[0]],
    } as typeof first;
    const later = applyRecords(run, [again!]);
    expect(later.conflicts).toHaveLength(run.conflicts.length);
    expect(conflictById(later, 1)?.conflict.count).toBe(143);
    expect(conflictById(later, 1)?.conflict.accesses).toBe(conflictById(run, 1)?.conflict.accesses);
    expect(conflictById(run, 1)?.conflict.count).toBe(142);
  });

  it("begins anew when the program is started again", () => {
    const again = applyRecords(run, [start, sampleConflicts[1]!]);
    expect(ids(again, "")).toEqual([2]);
    expect(again.end).toBeNull();
    expect(again.maps.size).toBe(0);
  });

  it("gives the same run however the records are cut into batches", () => {
    const inPieces = sampleRun.reduce<Run>((so, record) => applyRecords(so, [record]), emptyRun("shop"));
    expect(inPieces).toEqual(run);
  });

  it("shows a conflict of the user's own code before one inside a library", () => {
    const inside = standardFrame("net/http.(*Transport).roundTrip", "net/http/transport.go", 570);
    const [conflict] = sampleConflicts;
    const library = {
      ...conflict!,
      id: 90,
      accesses: conflict!.accesses.map((access) => ({ ...access, stack: [inside] })),
    } as unknown as RunRecord;
    const mixed = applyRecords(emptyRun(""), [start, library, conflict!]);
    expect(firstToShow(mixed)?.conflict.id).toBe(1);
    expect(firstToShow(applyRecords(emptyRun(""), [start, library]))?.conflict.id).toBe(90);
  });
});

describe("the list", () => {
  it("orders by arrival, newest or count", () => {
    expect(ids(run, "")).toEqual([1, 2, 3, 4, 5]);
    expect(ids(run, "", "newest")).toEqual([5, 4, 3, 2, 1]);
    expect(ids(run, "", "count")).toEqual([2, 1, 4, 5, 3]);
  });

  it("filters by every word, in types, functions, files, goroutines and kinds", () => {
    expect(ids(run, "Session")).toEqual([1, 5]);
    expect(ids(run, "store.go put")).toEqual([1]);
    expect(ids(run, "delete")).toEqual([4, 5]);
    expect(ids(run, "goroutine 41")).toEqual([1, 3, 5]);
    expect(ids(run, "  ")).toHaveLength(5);
    expect(ids(run, "nowhere")).toEqual([]);
  });

  it("holds thousands", () => {
    const many = applyRecords(run, manyConflicts(5000, 200));
    expect(many.conflicts).toHaveLength(5005);
    expect(conflictById(many, 5099)?.conflict.id).toBe(5099);
  });
});

describe("the phase of a run", () => {
  const status = (text: string, running: boolean) => ({ text, running });
  const end = sampleRun.at(-1)!;
  it.each<[string, Run]>([
    ["none", emptyRun("")],
    ["none", { ...emptyRun(""), status: status("Go was not found", false) }],
    ["preparing", { ...emptyRun(""), status: status("Building", true) }],
    ["watching", { ...applyRecords(emptyRun(""), [start]), status: status("", true) }],
    ["ended", { ...applyRecords(emptyRun(""), [start]), status: status("Stopped", false) }],
    ["ended", applyRecords(emptyRun(""), [start, end])],
    ["unproven", applyRecords(emptyRun(""), [end])],
  ])("is %s", (phase, of) => {
    expect(phaseOf(of)).toBe(phase);
  });
});
