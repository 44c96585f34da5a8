/** What a measured mix speaks for. */
import { expect, it } from "vitest";
import type { MapMix } from "../../src/protocol.ts";
import { adviseFromMix } from "../../webview/advice.ts";

const mix: MapMix = {
  type: "map",
  id: "map-1",
  map: { type: "map[string]int", created: [] },
  reads: 0,
  writes: 0,
  iterations: 0,
  deletes: 0,
  goroutines: 8,
  keys: 100,
};

it.each<[string, Partial<MapMix>, string | undefined]>([
  ["read almost only", { reads: 100000, writes: 40 }, "snapshot"],
  ["iterated and written", { reads: 1000, iterations: 50, writes: 500 }, "rwmutex"],
  ["written once a key, read often", { reads: 10000, writes: 150 }, "sync-map"],
  ["counted in", { reads: 0, writes: 40000, keys: 5 }, "atomic"],
  ["written by a crowd", { reads: 5000, writes: 4000, goroutines: 60, keys: 3000 }, "sharded"],
  ["written by a few", { reads: 5000, writes: 4000, goroutines: 4, keys: 3000 }, "rwmutex"],
  ["touched by one goroutine", { reads: 5000, writes: 4000, goroutines: 1 }, undefined],
  ["only read", { reads: 5000 }, undefined],
])("a map %s", (_, counts, kind) => {
  expect(adviseFromMix({ ...mix, ...counts })?.kind).toBe(kind);
});

it("gives its numbers", () => {
  expect(adviseFromMix({ ...mix, reads: 9_800, writes: 200 })?.why).toContain(
    "2 % of 10,000 operations change the map",
  );
});
