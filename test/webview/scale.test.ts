/** The time axis: monotone both ways, views that stay within it, ticks and words for times. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatDuration,
  formatTime,
  pan,
  positionOf,
  proportionalScale,
  smallestGap,
  spacedScale,
  ticksOf,
  timeAt,
  wholeView,
  zoom,
} from "../../webview/scale.ts";

const moments = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 });

describe("scales", () => {
  it("keep the order of moments and lead back to them", () => {
    fc.assert(
      fc.property(moments, (times) => {
        for (const scale of [spacedScale(times), proportionalScale(Math.min(...times), Math.max(...times))]) {
          const sorted = [...times].sort((a, b) => a - b);
          const positions = sorted.map((time) => positionOf(scale, time));
          positions.forEach((at, i) => {
            expect(at).toBeGreaterThanOrEqual(0);
            expect(at).toBeLessThanOrEqual(1);
            if (i > 0) expect(at).toBeGreaterThanOrEqual(positions[i - 1]!);
            expect(timeAt(scale, at)).toBeCloseTo(sorted[i]!, 3);
          });
        }
      }),
    );
  });

  it("give moments 200 ns apart room beside a pause of two seconds", () => {
    const scale = spacedScale([10, 10.0002, 10.3, 2010]);
    expect(positionOf(scale, 10.0002) - positionOf(scale, 10)).toBeGreaterThan(0.1);
    expect(positionOf(scale, 2010) - positionOf(scale, 10.3)).toBeLessThan(0.75);
  });

  it("draw one moment in the middle", () => {
    expect(positionOf(spacedScale([5, 5]), 5)).toBeCloseTo(0.5);
  });
});

describe("views", () => {
  it("stay within the whole, and zooming keeps the anchor where it is", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.double({ min: 0.1, max: 10, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
          {
            maxLength: 30,
          },
        ),
        (steps) => {
          let view = wholeView;
          for (const [factor, anchor] of steps) {
            view = pan(zoom(view, factor, anchor), factor - 5);
            expect(view.from).toBeGreaterThanOrEqual(0);
            expect(view.to).toBeLessThanOrEqual(1 + 1e-12);
            expect(view.to).toBeGreaterThan(view.from);
          }
        },
      ),
    );
    const zoomed = zoom(wholeView, 4, 0.25);
    expect((0.25 - zoomed.from) / (zoomed.to - zoomed.from)).toBeCloseTo(0.25);
    expect(zoom(zoomed, 0.01, 0.3)).toEqual(wholeView);
  });
});

describe("ticks", () => {
  it("are round numbers on a proportional axis", () => {
    const ticks = ticksOf(proportionalScale(0, 1000), wholeView, 6);
    expect(ticks.map((tick) => tick.label)).toEqual([
      "0 ms",
      "200 ms",
      "400 ms",
      "600 ms",
      "800 ms",
      "1,000 ms",
    ]);
  });

  it("show as many digits as their step needs", () => {
    const scale = proportionalScale(12.4, 12.402);
    expect(ticksOf(scale, wholeView, 5).map((tick) => tick.label)).toContain("12.4005 ms");
  });

  it("stand on recorded moments of a spaced axis, apart from one another and told apart", () => {
    const ticks = ticksOf(spacedScale([640.1051, 640.1122, 640.1533, 640.3087]), wholeView, 4);
    const labels = ticks.map((tick) => tick.label);
    expect(new Set(labels).size).toBe(labels.length);
    ticks.slice(1).forEach((tick, i) => {
      expect(tick.share - ticks[i]!.share).toBeGreaterThanOrEqual(0.25);
    });
  });
});

describe("words for times", () => {
  it.each([
    [0.5, undefined, "0.500 ms"],
    [12.4021, undefined, "12.402 ms"],
    [12.4021, 0.0002, "12.4021 ms"],
    [1204.31, undefined, "1,204.3 ms"],
    [123456, undefined, "123,456 ms"],
  ])("%d ms", (time, apart, text) => {
    expect(formatTime(time, apart)).toBe(text);
  });

  it.each([
    [0.0002, "200 ns"],
    [0.4855, "486 µs"],
    [1.5, "1.5 ms"],
    [2010, "2.01 s"],
  ])("a length of %d ms", (length, text) => {
    expect(formatDuration(length)).toBe(text);
  });

  it("finds the smallest gap between different moments", () => {
    expect(smallestGap([5, 1, 3.5, 5])).toBe(1.5);
    expect(smallestGap([5, 5])).toBe(Number.POSITIVE_INFINITY);
  });
});
