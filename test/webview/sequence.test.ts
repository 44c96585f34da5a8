/** Moments of one tick keep their order, and recorded times are left alone. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Conflict, GoroutineEvent } from "../../src/protocol.ts";
import { sequenceOf } from "../../webview/sequence.ts";
import { sampleConflicts } from "./sampleRun.ts";

const ticks = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 12 }).map((times) => times.sort());

function events(times: readonly number[]): GoroutineEvent[] {
  return times.map((when) => ({ kind: "release", when, what: "send" }));
}

it("puts each side in its own order, and the later access behind the earlier", () => {
  fc.assert(
    fc.property(
      ticks,
      ticks,
      fc.integer({ min: 0, max: 5 }),
      fc.integer({ min: 0, max: 5 }),
      (one, other, a, b) => {
        const [earlier, later] = sampleConflicts[0]!.accesses;
        const conflict: Conflict = {
          ...sampleConflicts[0]!,
          accesses: [
            { ...earlier, when: Math.min(a, b), recent: events(one) },
            { ...later, when: Math.max(a, b), recent: events(other) },
          ],
        };
        const { accesses, at } = sequenceOf(conflict);
        expect(accesses[1]).toBeGreaterThan(accesses[0]);
        conflict.accesses.forEach(({ recent, when }, side) => {
          recent.forEach((event, i) => {
            expect(at(event)).toBeCloseTo(event.when, 4);
            if (i > 0) expect(at(event)).toBeGreaterThan(at(recent[i - 1]!));
            if (event.when <= when) expect(at(event)).toBeLessThan(accesses[side]!);
            else expect(at(event)).toBeGreaterThan(accesses[side]!);
          });
        });
      },
    ),
  );
});

it("moves nothing by more than a clock can show", () => {
  for (const conflict of sampleConflicts) {
    const { accesses } = sequenceOf(conflict);
    accesses.forEach((at, side) => {
      expect(at).toBeCloseTo(conflict.accesses[side]!.when, 5);
    });
  }
});
