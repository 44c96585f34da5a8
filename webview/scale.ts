/**
 * The time axis: milliseconds of the run to a position between 0 and 1, either to scale or with every
 * recorded moment given room, and the part of it that is in view. Pure numbers; pixels are layout.ts's.
 */

/** A monotone, piecewise linear map from milliseconds to 0…1. */
export interface TimeScale {
  /** At least two, rising in both. */
  readonly knots: readonly { readonly time: number; readonly at: number }[];
  /** True when distances on screen are proportional to time. */
  readonly toScale: boolean;
}

/** The part of the scale in view; `from` < `to`, both within 0…1. */
export interface Viewport {
  readonly from: number;
  readonly to: number;
}

export const wholeView: Viewport = { from: 0, to: 1 };

/** The narrowest view: beyond it positions in a double would jump. */
const narrowest = 1e-6;

/** No clock tells moments apart that lie closer than this. */
export const nanosecond = 1e-6;

/** Room left free at both ends, as a share of the whole. */
const margin = 0.03;

/** Distances proportional to time, from the first to the last moment. */
export function proportionalScale(from: number, to: number): TimeScale {
  const span = to > from ? to - from : 1;
  const padding = span * margin;
  return {
    toScale: true,
    knots: [
      { time: from - padding, at: 0 },
      { time: from + span + padding, at: 1 },
    ],
  };
}

/**
 * Every distinct moment gets room: a gap's width grows with the logarithm of its length, so that two events
 * 200 ns apart and a pause of a second are both readable in one picture.
 */
export function spacedScale(times: readonly number[]): TimeScale {
  const moments = [...new Set(times)].sort((a, b) => a - b);
  const first = moments[0];
  const last = moments.at(-1);
  if (first === undefined || last === undefined || first === last) {
    return proportionalScale((first ?? 0.5) - 0.5, (last ?? 0.5) + 0.5);
  }
  const gaps = moments.slice(1).map((time, i) => time - moments[i]!);
  const typical = Math.max(nanosecond, [...gaps].sort((a, b) => a - b)[Math.floor(gaps.length / 2)]!);
  const weights = gaps.map((gap) => 1 + Math.log10(1 + gap / typical));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const knots = [{ time: first - typical, at: 0 }];
  let reached = 0;
  moments.forEach((time, i) => {
    knots.push({ time, at: margin + (1 - 2 * margin) * (reached / total) });
    reached += weights[i] ?? 0;
  });
  knots.push({ time: last + typical, at: 1 });
  return { knots, toScale: false };
}

/** Where a time lies on the scale; beyond the ends it is held there. */
export function positionOf(scale: TimeScale, time: number): number {
  return interpolate(scale, time, "time", "at");
}

/** The time at a position of the scale. */
export function timeAt(scale: TimeScale, at: number): number {
  return interpolate(scale, at, "at", "time");
}

function interpolate(scale: TimeScale, value: number, from: "time" | "at", to: "time" | "at"): number {
  const { knots } = scale;
  let low = 0;
  let high = knots.length - 1;
  if (value <= knots[low]![from]) return knots[low]![to];
  if (value >= knots[high]![from]) return knots[high]![to];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (knots[middle]![from] <= value) low = middle;
    else high = middle;
  }
  const before = knots[low]!;
  const after = knots[high]!;
  return before[to] + ((value - before[from]) / (after[from] - before[from])) * (after[to] - before[to]);
}

/** The view enlarged `factor` times (below 1: reduced) around a position that stays where it is on screen. */
export function zoom(view: Viewport, factor: number, anchor: number): Viewport {
  const width = Math.min(1, Math.max(narrowest, (view.to - view.from) / factor));
  const share = (anchor - view.from) / (view.to - view.from);
  return within(anchor - share * width, width);
}

/** The view moved by a share of its own width. */
export function pan(view: Viewport, share: number): Viewport {
  const width = view.to - view.from;
  return within(view.from + share * width, width);
}

function within(from: number, width: number): Viewport {
  const start = Math.min(1 - width, Math.max(0, from));
  return { from: start, to: start + width };
}

/** A labelled place on the axis; `share` is 0…1 of the view. */
export interface Tick {
  readonly time: number;
  readonly share: number;
  readonly label: string;
}

/** Ticks for a view that has room for about `room` labels. */
export function ticksOf(scale: TimeScale, view: Viewport, room: number): readonly Tick[] {
  return scale.toScale ? roundTicks(scale, view, room) : knotTicks(scale, view, room);
}

function shareOf(scale: TimeScale, view: Viewport, time: number): number {
  return (positionOf(scale, time) - view.from) / (view.to - view.from);
}

function roundTicks(scale: TimeScale, view: Viewport, room: number): readonly Tick[] {
  const from = timeAt(scale, view.from);
  const to = timeAt(scale, view.to);
  const rough = (to - from) / Math.max(1, room);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((candidate) => candidate >= rough)!;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks: Tick[] = [];
  for (let n = Math.ceil(from / step); n * step <= to; n++) {
    const time = n * step;
    if (time < 0) continue;
    ticks.push({
      time,
      share: shareOf(scale, view, time),
      label: `${withThousands(time.toFixed(digits))} ms`,
    });
  }
  return ticks;
}

function knotTicks(scale: TimeScale, view: Viewport, room: number): readonly Tick[] {
  const apart = 1 / Math.max(1, room);
  const chosen: { time: number; share: number }[] = [];
  for (const knot of scale.knots.slice(1, -1)) {
    const share = (knot.at - view.from) / (view.to - view.from);
    if (share < 0 || share > 1 || share - (chosen.at(-1)?.share ?? Number.NEGATIVE_INFINITY) < apart)
      continue;
    chosen.push({ time: knot.time, share });
  }
  const closest = smallestGap(chosen.map(({ time }) => time));
  // Moments that only a sequence tells apart have one time and need it said once.
  const told = closest < 100 * nanosecond ? Number.POSITIVE_INFINITY : closest;
  return chosen
    .map((tick) => ({ ...tick, label: formatTime(tick.time, told) }))
    .filter((tick, i, all) => tick.label !== all[i - 1]?.label);
}

/** The smallest distance between two different moments; infinite when there are none. */
export function smallestGap(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted.slice(1).reduce((smallest, time, i) => {
    const gap = time - sorted[i]!;
    return gap > 0 && gap < smallest ? gap : smallest;
  }, Number.POSITIVE_INFINITY);
}

/**
 * A moment since the program's start: "12.402 ms", "1,204.3 ms"; with as many digits as it takes to tell moments
 * apart that lie `apart` milliseconds from one another.
 */
export function formatTime(milliseconds: number, apart = Number.POSITIVE_INFINITY): string {
  const usual = milliseconds < 100 ? 3 : milliseconds < 10000 ? 1 : 0;
  const needed = apart > 0 && apart < 1 ? Math.min(6, Math.ceil(-Math.log10(apart))) : 0;
  const digits = Math.max(usual, needed);
  return `${withThousands(milliseconds.toFixed(digits))} ms`;
}

/** A length of time in the unit that suits it: "210 ns", "4.2 µs", "1.5 ms", "2.01 s". */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 0.001) return `${Math.round(milliseconds * 1e6)} ns`;
  if (milliseconds < 1) return `${significant(milliseconds * 1e3)} µs`;
  if (milliseconds < 1000) return `${significant(milliseconds)} ms`;
  return `${significant(milliseconds / 1e3)} s`;
}

function significant(value: number): string {
  return value >= 100 ? withThousands(value.toFixed(0)) : String(Number(value.toPrecision(3)));
}

/** Digits in groups of three: "1,204.3". */
export function withThousands(digits: string): string {
  const [whole = "", fraction] = digits.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** "1 conflict", "3,911 conflicts". */
export function counted(count: number, noun: string): string {
  return `${withThousands(String(count))} ${noun}${count === 1 ? "" : "s"}`;
}
