/** Compares what a detector reported of a run with what the oracle says; every disagreement is a sentence. */
import { type Access, accessesOf, type Event, isOrdered, type Rules, VARIABLES } from "./oracle.ts";
import { ACCESS, type Program } from "./program.ts";

/** A reported pair of places of a program. */
export type Pair = readonly [number, number];

/** What a comparison found. */
export interface Verdict {
  readonly disagreements: readonly string[];
  /** Maps that have a conflict, and maps on which either verdict is right. */
  readonly racy: number;
  readonly clean: number;
  readonly either: number;
  /** Racy maps that Go's detector is silent about: it reports nothing when the earlier stack is lost. */
  readonly missed: number;
}

/** Compares all that one detector reported of one run of a program. */
export function compare(
  program: Program,
  events: readonly Event[],
  reported: readonly Pair[],
  rules: Rules,
): Verdict {
  const disagreements: string[] = [];
  const promised = accessesOf(program, events, { rules, incidental: false });
  const all = accessesOf(program, events, { rules, incidental: true });
  const keys = new Set(reported.map(([a, b]) => keyOf(a, b)));

  const possible = new Set<string>();
  for (const [a, b] of conflicts(promised, rules)) possible.add(keyOf(a.place, b.place));
  for (const [a, b] of reported) {
    if (!possible.has(keyOf(a, b))) {
      disagreements.push(`${rules} reports places ${a} and ${b}, which are ordered or do not conflict`);
    }
  }

  const counts = { racy: 0, clean: 0, either: 0, missed: 0 };
  for (const map of program.maps.flatMap((_, o) => (rules === "maps" ? [o] : [o, o + VARIABLES]))) {
    const seen = all.filter((access) => access.map === map && isSeen(access, rules));
    if (seen.length === 0) continue;
    const missed = unreported(seen, reported, keys, rules);
    if (missed !== undefined) {
      const [first, second] = missed.map(({ place, goroutine }) => `place ${place} (goroutine ${goroutine})`);
      if (rules === "go-race") counts.missed++;
      else disagreements.push(`map ${map} is not reported: ${first} and ${second} are not ordered`);
    }
    const may = promised.filter((access) => access.map === map && isSeen(access, rules));
    if (conflicts(seen, rules).next().done === false) counts.racy++;
    else if (conflicts(may, rules).next().done === true) counts.clean++;
    else counts.either++;
  }
  return { disagreements, ...counts };
}

/** A pair of accesses of one map that should have been reported, and nothing was that answers for it. */
function unreported(
  seen: readonly Access[],
  reported: readonly Pair[],
  keys: ReadonlySet<string>,
  rules: Rules,
): [Access, Access] | undefined {
  const told = (place: number): number => reported.filter((pair) => pair.includes(place)).length;
  const pairs = rules !== "go-race" ? mustBeReported(seen) : mustBeReportedByGo(seen);
  return pairs.find(([first, second]) => {
    // Of what a write races with so much is told; a read that is not is not told again in its epoch.
    const writes = seen.filter(({ writes, goroutine }) => writes && goroutine === first.goroutine);
    if (rules !== "go-race" && first.writes && writes.some(({ place }) => told(place) >= MOST_TOLD))
      return false;
    return !seen.some((a) =>
      seen.some((b) => answers(a, b, first, second, rules) && keys.has(keyOf(a.place, b.place))),
    );
  });
}

/** What the detector tells of one write: the write before it and eight reads (mrMostReported). */
const MOST_TOLD = 9;

function keyOf(a: number, b: number): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

/** Mode maps sees neither len nor variables; Go's own detector has no hook where a map is cloned. */
function isSeen({ map, how }: Access, rules: Rules): boolean {
  if (rules === "maps") return map < VARIABLES && how !== ACCESS.len;
  return rules === "vars" || how !== ACCESS.clone;
}

/** Every pair of accesses of one map that nothing orders, one of them a write. */
function* conflicts(accesses: readonly Access[], rules: Rules): Generator<[Access, Access]> {
  for (const [i, second] of accesses.entries()) {
    for (const first of accesses.slice(0, i)) {
      if (first.map !== second.map || !(first.writes || second.writes)) continue;
      if (isSeen(first, rules) && isSeen(second, rules) && !isOrdered(first, second)) yield [first, second];
    }
  }
}

/**
 * The pairs of which FastTrack promises a report: an access and the write before it, a write and some read
 * since. An access in an epoch in which its goroutine has accessed the map already is not told again, so
 * that a report between the two goroutines answers for it.
 */
function mustBeReported(accesses: readonly Access[]): [Access, Access][] {
  const pairs: [Access, Access][] = [];
  let write: Access | undefined;
  let reads: Access[] = [];
  for (const access of accesses) {
    if (write !== undefined && !isOrdered(write, access)) pairs.push([write, access]);
    if (!access.writes) {
      reads.push(access);
      continue;
    }
    const racing = reads.find((read) => !isOrdered(read, access));
    if (racing !== undefined) pairs.push([racing, access]);
    write = access;
    reads = [];
  }
  return pairs;
}

/** Go's detector keeps four accesses of a word: of two that follow one another it cannot lose the first. */
function mustBeReportedByGo(accesses: readonly Access[]): [Access, Access][] {
  const pairs: [Access, Access][] = [];
  for (const [i, second] of accesses.entries()) {
    const first = accesses[i - 1];
    if (first && (first.writes || second.writes) && !isOrdered(first, second)) pairs.push([first, second]);
  }
  return pairs;
}

/** Whether a report of a and b is one of what must be reported. */
function answers(a: Access, b: Access, first: Access, second: Access, rules: Rules): boolean {
  if (rules === "go-race") return true;
  if (b.goroutine !== second.goroutine) return false;
  // Of several reads that race with one write, some are told.
  return first.writes ? a.goroutine === first.goroutine : a.goroutine !== b.goroutine;
}
