/**
 * The order in which the moments of a conflict are drawn. A detector's clock may tick only every few
 * microseconds, so many moments carry one time; what is known of their order (each goroutine's own sequence, and
 * which access came first) is kept by moving them apart by less than any clock shows.
 */
import type { Conflict, GoroutineEvent } from "../src/protocol.ts";
import { nanosecond } from "./scale.ts";

/** Where moments are drawn, in milliseconds; never told to the reader, who is told the recorded time. */
export interface Sequence {
  /** The earlier access and the later one. */
  readonly accesses: readonly [number, number];
  at(event: GoroutineEvent): number;
}

/** The drawn moments of a conflict: each side's in its own order, the later access after the earlier. */
export function sequenceOf(conflict: Conflict): Sequence {
  const moments = new Map<GoroutineEvent, number>();
  const [earlier, later] = conflict.accesses;
  const first = place(earlier.recent, earlier.when, Number.NEGATIVE_INFINITY, moments);
  const second = place(later.recent, later.when, first + nanosecond, moments);
  return { accesses: [first, second], at: (event) => moments.get(event) ?? event.when };
}

/** Places one side's events around its access, which lies behind all that has its time; returns the access's moment. */
function place(
  events: readonly GoroutineEvent[],
  when: number,
  notBefore: number,
  moments: Map<GoroutineEvent, number>,
): number {
  let reached = Number.NEGATIVE_INFINITY;
  const next = (time: number): number => {
    reached = Math.max(time, reached + nanosecond);
    return reached;
  };
  const ordered = [...events].sort((a, b) => a.when - b.when);
  const behind = ordered.findIndex((event) => event.when > when);
  const before = behind < 0 ? ordered : ordered.slice(0, behind);
  for (const event of before) moments.set(event, next(event.when));
  const access = next(Math.max(when, notBefore));
  for (const event of ordered.slice(before.length)) moments.set(event, next(event.when));
  return access;
}
