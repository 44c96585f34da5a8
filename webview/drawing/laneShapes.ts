/** The shapes of the timeline: one function per kind of thing, from places that layout.ts computed. */
import type { Link, MarkKind } from "../diagram.ts";
import type { Layout, PlacedLink, PlacedMark } from "../layout.ts";
import { formatTime } from "../scale.ts";
import { svg } from "./elements.ts";

/** From a lane's line to the edge of an event's mark: arrows end there, not under the mark. */
const markReach = 7;
const pill = { width: 148, height: 20 };

/** Everything in drawing order: what lies behind first. */
export function drawLayout(layout: Layout, selected: number | null, roomy: boolean): SVGElement[] {
  return [
    definitions(),
    ...drawAxis(layout),
    ...layout.laneY.map((y) => svg("line", { class: "lane", x1: 0, x2: layout.width, y1: y, y2: y })),
    ...drawSpans(layout),
    ...layout.links.map((placed) => drawLink(placed, placed.link.conflict === selected, roomy)),
    ...layout.labels.map((label) =>
      svg(
        "text",
        {
          class: "label",
          x: label.x,
          y: label.y,
          "text-anchor": label.anchor,
          "data-kind": label.mark.kind,
          "aria-hidden": "true",
        },
        label.text,
      ),
    ),
    ...drawMarks(layout, selected, roomy),
    ...(roomy ? layout.links.filter(isConflict).map((placed) => drawPill(placed, layout)) : []),
  ];
}

/** The focusable marks in order of time. */
export function markElements(canvas: SVGElement): SVGElement[] {
  return [...canvas.querySelectorAll<SVGElement>("[data-mark]")].sort(
    (a, b) => Number(a.dataset.at) - Number(b.dataset.at),
  );
}

function isConflict({ link }: { link: Link }): boolean {
  return link.kind === "conflict";
}

function definitions(): SVGElement {
  return svg(
    "defs",
    {},
    svg(
      "marker",
      {
        id: "arrow",
        viewBox: "0 0 8 8",
        refX: 7,
        refY: 4,
        markerWidth: 7,
        markerHeight: 7,
        orient: "auto-start-reverse",
      },
      svg("path", { class: "arrow-head", d: "M0 .6 7.4 4 0 7.4z" }),
    ),
    svg(
      "pattern",
      { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("rect", { class: "hatch-line", width: 2, height: 6 }),
    ),
  );
}

function drawAxis(layout: Layout): SVGElement[] {
  const gaps = layout.gaps.flatMap((gap) => [
    svg("rect", {
      class: "gap",
      x: gap.x + 1,
      y: 26,
      width: Math.max(0, gap.width - 2),
      height: layout.height - 26,
    }),
    svg(
      "text",
      { class: "gap-label", x: gap.x + gap.width / 2, y: 39, "text-anchor": "middle" },
      `⋯ ${gap.label} ⋯`,
    ),
  ]);
  const ticks = layout.ticks.flatMap((tick) => [
    svg("line", { class: "grid", x1: tick.x, x2: tick.x, y1: 20, y2: layout.height }),
    svg(
      "text",
      { class: "tick", x: clampText(tick.x, tick.label, layout.width), y: 14, "text-anchor": "middle" },
      tick.label,
    ),
  ]);
  return [...gaps, ...ticks];
}

function clampText(x: number, text: string, width: number): number {
  const half = text.length * 3.4;
  return Math.max(half, Math.min(width - half, x));
}

function drawSpans(layout: Layout): SVGElement[] {
  return layout.spans.flatMap(({ span, x, width, y, label, labelX, labelAnchor }) => {
    const title = svg("title", {}, span.label);
    return [
      svg("rect", { class: "span", "data-kind": span.kind, x, y, width, height: 14, rx: 3 }, title),
      label !== "" &&
        svg(
          "text",
          { class: "span-label", "data-kind": span.kind, x: labelX, y: y + 10.5, "text-anchor": labelAnchor },
          label,
        ),
    ].filter((element) => element instanceof SVGElement);
  });
}

function drawLink({ link, from, to }: PlacedLink, selected: boolean, roomy: boolean): SVGElement {
  if (link.kind === "order") {
    const down = to.y > from.y ? 1 : -1;
    const start = from.y + down * markReach;
    const end = to.y - down * (markReach + 2);
    const middle = (start + end) / 2;
    return svg(
      "path",
      {
        class: "link order",
        d: `M${from.x} ${start}C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${end}`,
        "marker-end": "url(#arrow)",
      },
      svg("title", {}, link.label),
    );
  }
  const sameLane = from.y === to.y;
  const path = sameLane
    ? `M${from.x} ${from.y}Q${(from.x + to.x) / 2} ${from.y - 28} ${to.x} ${to.y}`
    : `M${from.x} ${from.y}L${to.x} ${to.y}`;
  return svg("path", {
    class: "link conflict",
    d: path,
    "data-link": roomy ? undefined : link.conflict,
    "data-selected": String(selected || roomy),
  });
}

function drawPill({ link, words }: PlacedLink, layout: Layout): SVGElement {
  const x = Math.max(pill.width / 2 + 2, Math.min(layout.width - pill.width / 2 - 2, words.x));
  const { y } = words;
  return svg(
    "g",
    { class: "pill", "aria-hidden": "true" },
    svg("rect", {
      x: x - pill.width / 2,
      y: y - pill.height / 2,
      width: pill.width,
      height: pill.height,
      rx: 10,
    }),
    svg("text", { x, y: y + 4, "text-anchor": "middle" }, link.label),
  );
}

function drawMarks(layout: Layout, selected: number | null, roomy: boolean): SVGElement[] {
  const indexed = layout.marks.map((placed, index) => ({ placed, index }));
  // Accesses last, so that no small mark lies over them; the selected conflict's above all others.
  const rank = ({ mark }: PlacedMark) =>
    mark.conflict === undefined ? 0 : mark.conflict === selected ? 2 : 1;
  return indexed
    .sort((a, b) => rank(a.placed) - rank(b.placed))
    .map(({ placed, index }) => drawMark(placed, index, selected, roomy));
}

function drawMark(
  { mark, x, y }: PlacedMark,
  index: number,
  selected: number | null,
  roomy: boolean,
): SVGElement {
  const isAccess = mark.conflict !== undefined;
  const group = svg("g", {
    class: isAccess ? "mark access" : "mark event",
    "data-kind": mark.kind,
    "data-mark": index,
    "data-at": mark.at,
    "data-selected": String(isAccess && mark.conflict === selected),
    role: "button",
    tabindex: -1,
    "aria-label": `${mark.label}, ${formatTime(mark.when)}`,
    transform: `translate(${x} ${y})`,
  });
  // A hit area larger than the mark: small marks are hard to point at.
  group.append(svg("circle", { class: "hit", r: isAccess ? 12 : 9 }));
  if (!isAccess) group.append(eventShape(mark.kind));
  else if (roomy) {
    group.append(svg("circle", { class: "halo", r: 14 }), svg("circle", { class: "disc", r: 10 }));
    group.append(svg("text", { y: 4, "text-anchor": "middle", "aria-hidden": "true" }, mark.letter));
  } else {
    group.append(svg("circle", { class: "disc", r: mark.conflict === selected ? 6.5 : 4 }));
  }
  return group;
}

/** Acquire points into the lane, release out of it; the rest are told apart by outline too, not by colour alone. */
function eventShape(kind: MarkKind): SVGElement {
  const paths: Partial<Record<MarkKind, string>> = {
    acquire: "M-5 -6.5H5L0 3.5z",
    release: "M-5 4H5L0 -6z",
    go: "M0 -6 6 0 0 6 -6 0z",
    start: "M-1.5 -7H1.5V7H-1.5zM1.5 -7 7 -3.5 1.5 0z",
    end: "M-5 -5H5V5H-5z",
  };
  const path = paths[kind];
  return path ? svg("path", { class: "shape", d: path }) : svg("circle", { class: "shape", r: 3 });
}
