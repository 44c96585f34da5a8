/** Where things lie: lanes, marks in time order, labels that do not cover one another, rows that can be seen. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conflictDiagram, laneLimit, momentsOf, runDiagram } from "../../webview/diagram.ts";
import { histogram, layoutDiagram, type Metrics, scrollToRow, visibleRows } from "../../webview/layout.ts";
import { applyRecords, emptyRun, listConflicts } from "../../webview/model.ts";
import { proportionalScale, spacedScale, wholeView, zoom } from "../../webview/scale.ts";
import { manyConflicts, sampleConflicts, sampleRun } from "./sampleRun.ts";

const metrics: Metrics = {
  width: 800,
  axisHeight: 26,
  laneHeight: 64,
  stripHeight: 18,
  laneGap: 28,
  labelHeight: 15,
  characterWidth: 6.3,
};

function layoutOf(index: number, width = 800) {
  const diagram = conflictDiagram(sampleConflicts[index]!);
  return layoutDiagram(diagram, spacedScale(momentsOf(diagram)), wholeView, { ...metrics, width });
}

describe("the picture of one conflict", () => {
  it("puts the later access on the upper lane and joins both", () => {
    const { laneY, links, marks } = layoutOf(0);
    const conflict = links.find(({ link }) => link.kind === "conflict")!;
    expect(conflict.to.y).toBe(laneY[0]);
    expect(conflict.from.y).toBe(laneY[1]);
    expect(conflict.to.x).toBeGreaterThan(conflict.from.x);
    expect(conflict.words.y).toBeGreaterThan(laneY[0]!);
    expect(conflict.words.y).toBeLessThan(laneY[1]!);
    expect(marks.filter(({ mark }) => mark.conflict === 1)).toHaveLength(2);
  });

  it("draws the order that exists and the strips that show why it does not help", () => {
    const diagram = conflictDiagram(sampleConflicts[0]!);
    expect(diagram.links.filter((link) => link.kind === "order")).toMatchObject([
      { fromLane: 0, fromAt: 11.563, toLane: 1, toAt: 11.6402 },
    ]);
    expect(diagram.spans.map(({ lane, kind, label }) => [lane, kind, label])).toEqual([
      [1, "lock", "holds audit"],
      [0, "lock", "holds audit"],
      [0, "lock", "holds mu"],
      [1, "unordered", "does not reach goroutine 37"],
      [0, "unordered", "takes nothing from goroutine 41"],
    ]);
  });

  it("gives strips that overlap in time rows of their own", () => {
    for (const index of sampleConflicts.keys()) {
      const { spans } = layoutOf(index);
      for (const one of spans) {
        for (const other of spans) {
          if (one === other || one.y !== other.y) continue;
          const apart = one.x + one.width <= other.x + 1e-6 || other.x + other.width <= one.x + 1e-6;
          expect(apart).toBe(true);
        }
      }
    }
  });

  it("writes a strip's words into it or beside it, never over another strip", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: sampleConflicts.length - 1 }),
        fc.integer({ min: 200, max: 2000 }),
        (index, width) => {
          const { spans } = layoutOf(index, width);
          for (const one of spans.filter(({ label }) => label !== "")) {
            const long = one.label.length * metrics.characterWidth;
            const from = one.labelAnchor === "end" ? one.labelX - long : one.labelX;
            expect(from).toBeGreaterThanOrEqual(0);
            expect(from + long).toBeLessThanOrEqual(width);
            for (const other of spans) {
              if (other === one || other.y !== one.y) continue;
              expect(from + long <= other.x + 1e-6 || other.x + other.width <= from + 1e-6).toBe(true);
            }
          }
        },
      ),
    );
  });

  it("never lets two labels of a row cover one another, at any width", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: sampleConflicts.length - 1 }),
        fc.integer({ min: 200, max: 2000 }),
        (index, width) => {
          const { labels } = layoutOf(index, width);
          for (const one of labels) {
            const half = (one.text.length * metrics.characterWidth) / 2;
            expect(one.x - half).toBeGreaterThanOrEqual(-1e-6);
            expect(one.x + half).toBeLessThanOrEqual(width + 1e-6);
            for (const other of labels) {
              if (one === other || one.y !== other.y) continue;
              const otherHalf = (other.text.length * metrics.characterWidth) / 2;
              expect(Math.abs(one.x - other.x)).toBeGreaterThanOrEqual(half + otherHalf);
            }
          }
        },
      ),
    );
  });

  it("labels both accesses before anything else", () => {
    const texts = layoutOf(3, 420).labels.map((label) => label.text);
    expect(texts.slice(0, 2)).toEqual(["delete · (*Cache).evict", "write · (*Cache).refresh"]);
  });

  it("marks a pause that is drawn shorter than it was", () => {
    expect(layoutOf(2).gaps.map((gap) => gap.label)).toEqual(["2 s"]);
    const diagram = conflictDiagram(sampleConflicts[2]!);
    const toScale = layoutDiagram(diagram, proportionalScale(3, 2233), wholeView, metrics);
    expect(toScale.gaps).toEqual([]);
  });

  it("leaves out what a zoomed view does not show", () => {
    const diagram = conflictDiagram(sampleConflicts[0]!);
    const scale = spacedScale(momentsOf(diagram));
    const zoomed = layoutDiagram(diagram, scale, zoom(wholeView, 8, 1), metrics);
    expect(zoomed.marks.length).toBeLessThan(diagram.marks.length);
    expect(zoomed.marks.length).toBeGreaterThan(0);
    for (const { x } of zoomed.marks) expect(x).toBeLessThanOrEqual(metrics.width + 10);
  });
});

describe("the picture of the run", () => {
  const run = applyRecords(emptyRun("shop"), sampleRun);

  it("has one lane for each goroutine and one line for each conflict", () => {
    const diagram = runDiagram(run, listConflicts(run, "", "first"));
    expect(diagram.lanes.map((lane) => lane.goroutine)).toEqual([41, 37, 22, 24, 19, 20, 52, 18]);
    expect(diagram.links).toHaveLength(5);
    expect(diagram.omitted).toBe("");
  });

  it("stops at what a screen can hold, and says so", () => {
    const busy = applyRecords(run, manyConflicts(5000, 500));
    const diagram = runDiagram(busy, listConflicts(busy, "", "first"));
    expect(diagram.lanes.length).toBeLessThanOrEqual(laneLimit);
    expect(diagram.omitted).toMatch(/^\d+ of 5005 conflicts are drawn, on \d+ goroutines/);
  });
});

describe("rows of a list", () => {
  it("are those in sight and a few more", () => {
    expect(visibleRows(0, 580, 58, 5000)).toEqual({ first: 0, end: 16 });
    expect(visibleRows(58 * 1000, 580, 58, 5000)).toEqual({ first: 994, end: 1016 });
    expect(visibleRows(58 * 5000, 580, 58, 12)).toEqual({ first: 12, end: 12 });
    expect(visibleRows(0, 580, 58, 0)).toEqual({ first: 0, end: 0 });
  });

  it("are scrolled to as little as needed", () => {
    expect(scrollToRow(3, 0, 580, 58)).toBe(0);
    expect(scrollToRow(12, 0, 580, 58)).toBe(174);
    expect(scrollToRow(2, 580, 580, 58)).toBe(116);
  });
});

it("counts every moment into a bin, the last one too", () => {
  const counts = histogram([0, 1, 5, 10], 10, 5);
  expect(counts).toEqual([2, 0, 1, 0, 1]);
  expect(histogram([0, 0], 0, 3)).toEqual([2, 0, 0]);
});
