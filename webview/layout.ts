/**
 * Where everything of the timeline lies, in pixels: pure geometry from a diagram, a scale, a view and a width.
 * Decides which labels have room. Knows nothing of the DOM; drawing/ only places what this computes.
 */
import type { Diagram, Link, Mark, Span } from "./diagram.ts";
import {
  formatDuration,
  positionOf,
  type Tick,
  type TimeScale,
  ticksOf,
  timeAt,
  type Viewport,
} from "./scale.ts";

/** How much room lanes and text take. */
export interface Metrics {
  readonly width: number;
  /** A lane without strips. */
  readonly laneHeight: number;
  /** One row of strips (locks held, nothing released) below a lane; 0 leaves them out. */
  readonly stripHeight: number;
  /** Free room between two lanes. */
  readonly laneGap: number;
  readonly axisHeight: number;
  /** Average width of a character of a label. */
  readonly characterWidth: number;
  /** Height of one row of labels; 0 leaves them out. */
  readonly labelHeight: number;
}

export interface PlacedMark {
  readonly mark: Mark;
  readonly x: number;
  readonly y: number;
}

export interface PlacedLabel {
  readonly mark: Mark;
  readonly text: string;
  readonly x: number;
  readonly y: number;
  /** The text's end that lies at x. */
  readonly anchor: "start" | "middle" | "end";
}

export interface PlacedSpan {
  readonly span: Span;
  readonly x: number;
  readonly width: number;
  readonly y: number;
  /** Empty when the text has no room in the strip or beside it. */
  readonly label: string;
  readonly labelX: number;
  /** The text's end that lies at labelX. */
  readonly labelAnchor: "start" | "end";
}

export interface PlacedLink {
  readonly link: Link;
  readonly from: { readonly x: number; readonly y: number };
  readonly to: { readonly x: number; readonly y: number };
  /** Where its words go: on the line, in the free room between the two lanes. */
  readonly words: { readonly x: number; readonly y: number };
}

/** A stretch of the axis that is much shorter on screen than in time; it is marked as such. */
export interface PlacedGap {
  readonly x: number;
  readonly width: number;
  readonly label: string;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The line of each lane. */
  readonly laneY: readonly number[];
  readonly marks: readonly PlacedMark[];
  readonly labels: readonly PlacedLabel[];
  readonly spans: readonly PlacedSpan[];
  readonly links: readonly PlacedLink[];
  readonly ticks: readonly (Tick & { readonly x: number })[];
  readonly gaps: readonly PlacedGap[];
}

/** Pixels between two tick labels. */
const tickRoom = 110;
/** Half the size of the mark of an access; labels keep clear of it. */
const accessRadius = 10;
/** A gap is marked when it is drawn at under this share of its true width. */
const gapShare = 0.34;

/** Lays a diagram out. Lane 0 is at the top, below the axis. */
export function layoutDiagram(diagram: Diagram, scale: TimeScale, view: Viewport, metrics: Metrics): Layout {
  const { width } = metrics;
  const xOf = (time: number) => ((positionOf(scale, time) - view.from) / (view.to - view.from)) * width;
  const rows = stripRows(diagram, metrics);
  const tops = laneTops(diagram, rows, metrics);
  const laneY = diagram.lanes.map((_, lane) => tops[lane]! + metrics.laneHeight / 2);
  const marks = diagram.marks.map((mark) => ({ mark, x: xOf(mark.at), y: laneY[mark.lane]! }));
  const links = diagram.links.map((link) => {
    const from = { x: xOf(link.fromAt), y: laneY[link.fromLane]! };
    const to = { x: xOf(link.toAt), y: laneY[link.toLane]! };
    return {
      link,
      from,
      to,
      words: pointAt(from, to, tops[Math.max(link.fromLane, link.toLane)]! - metrics.laneGap / 2),
    };
  });
  const visible = marks.filter((placed) => placed.x >= -accessRadius && placed.x <= width + accessRadius);
  const strips = diagram.spans
    .filter((span) => rows.has(span))
    .map((span) => placeSpan(span, rows.get(span)!, xOf, tops, metrics))
    .filter((strip) => strip.width > 0);
  return {
    width,
    height: tops[diagram.lanes.length]! - (diagram.lanes.length > 0 ? metrics.laneGap : 0),
    laneY,
    marks: visible,
    labels: metrics.labelHeight > 0 ? placeLabels(visible, metrics) : [],
    spans: labelStrips(strips, metrics),
    links: links.filter(({ from, to }) => Math.max(from.x, to.x) >= 0 && Math.min(from.x, to.x) <= width),
    ticks: ticksOf(scale, view, width / tickRoom).map((tick) => ({ ...tick, x: tick.share * width })),
    gaps: placeGaps(scale, xOf, metrics),
  };
}

/** The row below its lane of each strip. Locks and stretches without order do not share one: their words need room. */
function stripRows(diagram: Diagram, { stripHeight }: Metrics): Map<Span, number> {
  const rows = new Map<Span, number>();
  if (stripHeight === 0) return rows;
  for (const span of diagram.spans) {
    const others = [...rows].filter(
      ([other]) =>
        other.lane === span.lane && (isUnordered(other) !== isUnordered(span) || overlap(other, span)),
    );
    let row = 0;
    while (others.some(([, taken]) => taken === row)) row++;
    rows.set(span, row);
  }
  return rows;
}

function isUnordered({ kind }: Span): boolean {
  return kind === "unordered";
}

function overlap(one: Span, other: Span): boolean {
  const startsBefore = (a: Span, b: Span) => b.to === undefined || a.from < b.to;
  return startsBefore(one, other) && startsBefore(other, one);
}

/** The top of each lane, and one more: where the next would begin. */
function laneTops(diagram: Diagram, rows: ReadonlyMap<Span, number>, metrics: Metrics): readonly number[] {
  const tops = [metrics.axisHeight];
  diagram.lanes.forEach((_, lane) => {
    const ofLane = diagram.spans.filter((span) => span.lane === lane && rows.has(span));
    const strips = ofLane.reduce((most, span) => Math.max(most, rows.get(span)! + 1), 0);
    tops.push(tops[lane]! + metrics.laneHeight + strips * metrics.stripHeight + metrics.laneGap);
  });
  return tops;
}

/** The point of a line at a height, as near to it as the line comes. */
function pointAt(
  from: { readonly x: number; readonly y: number },
  to: { readonly x: number; readonly y: number },
  y: number,
): { readonly x: number; readonly y: number } {
  if (from.y === to.y) return { x: (from.x + to.x) / 2, y };
  const share = Math.max(0, Math.min(1, (y - from.y) / (to.y - from.y)));
  return { x: from.x + share * (to.x - from.x), y };
}

function placeSpan(
  span: Span,
  row: number,
  xOf: (time: number) => number,
  tops: readonly number[],
  { width, laneHeight, stripHeight }: Metrics,
): Strip {
  const x = Math.max(0, xOf(span.from));
  const end = Math.min(width, span.to === undefined ? width : xOf(span.to));
  return { span, x, width: Math.max(0, end - x), y: tops[span.lane]! + laneHeight + row * stripHeight };
}

type Strip = Pick<PlacedSpan, "span" | "x" | "width" | "y">;

/** Each strip's words inside it if they fit, else before it, else behind it, else nowhere: never over another strip. */
function labelStrips(strips: readonly Strip[], { width, characterWidth }: Metrics): readonly PlacedSpan[] {
  const placed: PlacedSpan[] = [];
  const taken = strips.map(({ x, width, y }) => ({ x, end: x + width, y }));
  for (const strip of strips) {
    const text = strip.span.label;
    const long = text.length * characterWidth;
    const end = strip.x + strip.width;
    const isFree = (from: number, to: number) =>
      from >= 0 &&
      to <= width &&
      taken.every((other) => other.y !== strip.y || other.end <= from || to <= other.x);
    if (long + 12 <= strip.width) {
      placed.push({ ...strip, label: text, labelX: strip.x + 6, labelAnchor: "start" });
    } else if (isFree(strip.x - 6 - long, strip.x)) {
      taken.push({ x: strip.x - 6 - long, end: strip.x, y: strip.y });
      placed.push({ ...strip, label: text, labelX: strip.x - 6, labelAnchor: "end" });
    } else if (isFree(end, end + 6 + long)) {
      taken.push({ x: end, end: end + 6 + long, y: strip.y });
      placed.push({ ...strip, label: text, labelX: end + 6, labelAnchor: "start" });
    } else {
      placed.push({ ...strip, label: "", labelX: strip.x, labelAnchor: "start" });
    }
  }
  return placed;
}

/** Labels by importance; each takes the first free place above or below its mark, or none. */
function placeLabels(marks: readonly PlacedMark[], metrics: Metrics): readonly PlacedLabel[] {
  const taken: { x: number; end: number; y: number }[] = [];
  const labels: PlacedLabel[] = [];
  const offsets = [-1, 1].map((side) => side * (accessRadius + metrics.labelHeight * 0.75));
  const byImportance = [...marks].sort((a, b) => importance(a.mark) - importance(b.mark) || a.x - b.x);
  for (const placed of byImportance) {
    const textWidth = placed.mark.label.length * metrics.characterWidth;
    const x = Math.min(metrics.width - textWidth / 2, Math.max(textWidth / 2, placed.x));
    // A label pushed further than its mark's own size from it would seem to belong to a neighbour.
    if (Math.abs(x - placed.x) > textWidth / 2 || textWidth > metrics.width) continue;
    // Access labels lie above their lane; the smaller ones alternate towards where there is room.
    const choices = placed.mark.conflict === undefined ? [...offsets].reverse() : offsets;
    for (const offset of choices) {
      const box = { x: x - textWidth / 2 - 4, end: x + textWidth / 2 + 4, y: placed.y + offset };
      if (taken.some((other) => other.y === box.y && other.x < box.end && box.x < other.end)) continue;
      taken.push(box);
      labels.push({ mark: placed.mark, text: placed.mark.label, x, y: box.y, anchor: "middle" });
      break;
    }
  }
  return labels;
}

function importance(mark: Mark): number {
  if (mark.conflict !== undefined) return 0;
  return mark.kind === "touch" ? 2 : 1;
}

function placeGaps(scale: TimeScale, xOf: (time: number) => number, metrics: Metrics): readonly PlacedGap[] {
  if (scale.toScale) return [];
  const first = scale.knots[1]!.time;
  const last = scale.knots.at(-2)!.time;
  const shareOfSpan = (duration: number) => duration / (last - first);
  const gaps: PlacedGap[] = [];
  for (let i = 1; i + 2 < scale.knots.length; i++) {
    const from = scale.knots[i]!;
    const to = scale.knots[i + 1]!;
    if (to.at - from.at > gapShare * shareOfSpan(to.time - from.time)) continue;
    const x = xOf(from.time);
    const end = xOf(to.time);
    const label = formatDuration(to.time - from.time);
    if (end < 0 || x > metrics.width || end - x < (label.length + 4) * metrics.characterWidth) continue;
    gaps.push({ x, width: end - x, label });
  }
  return gaps;
}

/** The time under a pixel of the drawing. */
export function timeUnder(x: number, width: number, scale: TimeScale, view: Viewport): number {
  return timeAt(scale, view.from + (x / width) * (view.to - view.from));
}

/** The rows of a list of equal rows that must exist for a scroll position, with some to spare on both sides. */
export function visibleRows(
  scrollTop: number,
  height: number,
  rowHeight: number,
  count: number,
): { readonly first: number; readonly end: number } {
  const spare = 6;
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + spare);
  return { first: Math.min(first, end), end };
}

/** The scroll position that shows a row whole while moving as little as possible. */
export function scrollToRow(row: number, scrollTop: number, height: number, rowHeight: number): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  return top + rowHeight > scrollTop + height ? top + rowHeight - height : scrollTop;
}

/** How many of the moments fall into each of `bins` equal parts of 0…`end`. */
export function histogram(moments: readonly number[], end: number, bins: number): readonly number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const moment of moments) {
    const bin = end > 0 ? Math.min(bins - 1, Math.floor((moment / end) * bins)) : 0;
    counts[bin] = counts[bin]! + 1;
  }
  return counts;
}
