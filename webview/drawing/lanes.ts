/**
 * The timeline: lanes, marks and lines as SVG, with zoom and pan by wheel, drag and keys, and marks that the
 * keyboard reaches. Geometry is layout.ts's; what is in the picture is diagram.ts's.
 */
import type { Frame } from "../../src/protocol.ts";
import { type Diagram, type Mark, momentsOf } from "../diagram.ts";
import { mediumPlace } from "../frames.ts";
import { type Layout, layoutDiagram, type Metrics, timeUnder } from "../layout.ts";
import {
  formatTime,
  pan,
  proportionalScale,
  spacedScale,
  type TimeScale,
  type Viewport,
  wholeView,
  zoom,
} from "../scale.ts";
import { button, html, icon, icons, svg } from "./elements.ts";
import { drawLayout, markElements } from "./laneShapes.ts";

export interface LanesInput {
  readonly diagram: Diagram;
  readonly spacing: "spaced" | "proportional";
  readonly roomy: boolean;
  readonly selected: number | null;
  /** While this stays the same, zoom and focus are kept. */
  readonly identity: string;
}

export interface LanesActions {
  open(frame: Frame): void;
  select(conflict: number): void;
}

export interface Lanes {
  readonly element: HTMLElement;
  update(input: LanesInput): void;
}

const zoomStep = 1.5;
const panStep = 0.15;

export function createLanes(actions: LanesActions): Lanes {
  const labels = html("div", { class: "lane-labels" });
  const canvas = svg("svg", { class: "canvas", role: "group", "aria-label": "Timeline" });
  const tooltip = html("div", { class: "tooltip", role: "presentation" });
  tooltip.hidden = true;
  const surface = html("div", { class: "surface" }, canvas, tooltip);
  const controls = html(
    "div",
    { class: "zoom", role: "group", "aria-label": "Zoom" },
    button(
      { class: "tool", title: "Zoom in (+)", "aria-label": "Zoom in" },
      () => zoomBy(zoomStep),
      icon(icons.zoomIn),
    ),
    button(
      { class: "tool", title: "Zoom out (−)", "aria-label": "Zoom out" },
      () => zoomBy(1 / zoomStep),
      icon(icons.zoomOut),
    ),
    button(
      { class: "tool", title: "Show all (0)", "aria-label": "Show all" },
      () => show(wholeView),
      icon(icons.fit),
    ),
  );
  const omitted = html("p", { class: "omitted" });
  const element = html(
    "div",
    { class: "lanes" },
    html("div", { class: "lanes-scroll" }, labels, surface),
    controls,
    omitted,
  );

  let input: LanesInput | null = null;
  let scale: TimeScale = proportionalScale(0, 1);
  let view: Viewport = wholeView;
  let layout: Layout | null = null;
  let focused = 0;
  let drag: { x: number; view: Viewport; moved: boolean } | null = null;

  new ResizeObserver(draw).observe(surface);
  surface.addEventListener("wheel", onWheel, { passive: false });
  surface.addEventListener("pointerdown", (event) => {
    if (event.button === 0) drag = { x: event.clientX, view, moved: false };
  });
  surface.addEventListener("pointermove", onPointerMove);
  surface.addEventListener("pointerup", endDrag);
  surface.addEventListener("pointercancel", endDrag);
  surface.addEventListener("pointerleave", () => hideTooltip());
  canvas.addEventListener("click", onClick);
  canvas.addEventListener("keydown", onKey);
  canvas.addEventListener("focusin", (event) => describe(event.target));

  function metrics(): Metrics {
    const roomy = input?.roomy ?? true;
    return {
      width: Math.max(200, surface.clientWidth),
      axisHeight: 26,
      laneHeight: roomy ? 64 : 42,
      stripHeight: roomy ? 18 : 0,
      laneGap: roomy ? 28 : 0,
      labelHeight: roomy ? 15 : 0,
      characterWidth: 6.3,
    };
  }

  function draw(): void {
    if (!input || surface.clientWidth === 0) return;
    const hadFocus = canvas.contains(document.activeElement);
    layout = layoutDiagram(input.diagram, scale, view, metrics());
    canvas.setAttribute("viewBox", `0 0 ${layout.width} ${layout.height}`);
    canvas.style.height = `${layout.height}px`;
    canvas.replaceChildren(...drawLayout(layout, input.selected, input.roomy));
    canvas.dataset.panned = String(view.to - view.from < 1);
    const marks = markElements(canvas);
    focused = Math.min(focused, Math.max(0, marks.length - 1));
    marks[focused]?.setAttribute("tabindex", "0");
    if (hadFocus) marks[focused]?.focus();
    drawLabels(layout, input.diagram);
    omitted.textContent = input.diagram.omitted;
    omitted.hidden = input.diagram.omitted === "";
  }

  function drawLabels(placed: Layout, diagram: Diagram): void {
    labels.style.height = `${placed.height}px`;
    labels.replaceChildren(
      ...diagram.lanes.map((lane, index) => {
        const { createdAt } = lane;
        const origin = createdAt
          ? button(
              { class: "lane-origin", title: `Created at ${mediumPlace(createdAt)}` },
              () => actions.open(createdAt),
              lane.origin,
            )
          : html("span", { class: "lane-origin" }, lane.origin);
        const label = html("div", { class: "lane-label" }, html("strong", {}, lane.name), origin);
        label.style.top = `${placed.laneY[index]! - 17}px`;
        return label;
      }),
    );
  }

  function show(next: Viewport): void {
    view = next;
    draw();
  }

  function zoomBy(factor: number): void {
    show(zoom(view, factor, (view.from + view.to) / 2));
  }

  function positionUnder(clientX: number): number {
    const box = surface.getBoundingClientRect();
    return view.from + ((clientX - box.left) / box.width) * (view.to - view.from);
  }

  /** The wheel alone scrolls the page as everywhere; with Ctrl (or a pinch) it zooms, sideways it pans. */
  function onWheel(event: WheelEvent): void {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      show(zoom(view, Math.exp(-event.deltaY / 200), positionUnder(event.clientX)));
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
      event.preventDefault();
      show(pan(view, (event.deltaX || event.deltaY) / surface.clientWidth));
    }
  }

  function onPointerMove(event: PointerEvent): void {
    if (drag) {
      const distance = event.clientX - drag.x;
      if (Math.abs(distance) > 3 && !drag.moved) {
        drag.moved = true;
        surface.setPointerCapture(event.pointerId);
        surface.dataset.dragging = "true";
      }
      if (drag.moved) show(pan(drag.view, -distance / surface.clientWidth));
      return;
    }
    describe(event.target);
  }

  function endDrag(): void {
    delete surface.dataset.dragging;
    // The click that ends a drag comes after this; it must not select what lies under it.
    const ended = drag;
    setTimeout(() => {
      if (drag === ended) drag = null;
    });
  }

  function onClick(event: MouseEvent): void {
    if (drag?.moved) return;
    const mark = markOf(event.target);
    if (mark) activate(mark);
    const link = event.target instanceof Element ? event.target.closest<SVGElement>("[data-link]") : null;
    if (link?.dataset.link) actions.select(Number(link.dataset.link));
  }

  function activate(mark: Mark): void {
    if (mark.conflict !== undefined && mark.conflict !== input?.selected) actions.select(mark.conflict);
    else if (mark.frame) actions.open(mark.frame);
  }

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const marks = markElements(canvas);
    const moves: Record<string, () => void> = {
      ArrowRight: () => (event.shiftKey ? show(pan(view, panStep)) : focusMark(focused + 1)),
      ArrowLeft: () => (event.shiftKey ? show(pan(view, -panStep)) : focusMark(focused - 1)),
      Home: () => focusMark(0),
      End: () => focusMark(marks.length - 1),
      "+": () => zoomBy(zoomStep),
      "=": () => zoomBy(zoomStep),
      "-": () => zoomBy(1 / zoomStep),
      "0": () => show(wholeView),
      Enter: () => activateFocused(),
      " ": () => activateFocused(),
      Escape: () => hideTooltip(),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  }

  function activateFocused(): void {
    const mark = markOf(document.activeElement);
    if (mark) activate(mark);
  }

  function focusMark(index: number): void {
    const marks = markElements(canvas);
    if (marks.length === 0) return;
    marks[focused]?.setAttribute("tabindex", "-1");
    focused = Math.max(0, Math.min(marks.length - 1, index));
    marks[focused]!.setAttribute("tabindex", "0");
    marks[focused]!.focus();
  }

  function markOf(target: EventTarget | null): Mark | undefined {
    const element = target instanceof Element ? target.closest<SVGElement>("[data-mark]") : null;
    return element ? layout?.marks[Number(element.dataset.mark)]?.mark : undefined;
  }

  function describe(target: EventTarget | null): void {
    const element = target instanceof Element ? target.closest<SVGElement>("[data-mark]") : null;
    const placed = element ? layout?.marks[Number(element.dataset.mark)] : undefined;
    if (!placed) {
      hideTooltip();
      return;
    }
    const { mark } = placed;
    tooltip.replaceChildren(
      html("strong", {}, mark.label),
      html("span", {}, formatTime(mark.when)),
      html("span", { class: "place" }, mark.frame ? mediumPlace(mark.frame) : ""),
    );
    tooltip.hidden = false;
    const half = tooltip.offsetWidth / 2;
    const left = Math.max(half + 4, Math.min(surface.clientWidth - half - 4, placed.x));
    tooltip.style.left = `${left}px`;
    tooltip.style.top = `${placed.y + 16}px`;
  }

  function hideTooltip(): void {
    tooltip.hidden = true;
  }

  return {
    element,
    update(next) {
      const previous = input;
      if (
        previous?.diagram === next.diagram &&
        previous.spacing === next.spacing &&
        previous.selected === next.selected
      ) {
        return;
      }
      input = next;
      if (previous?.identity !== next.identity) {
        view = wholeView;
        focused = 0;
        hideTooltip();
      }
      const moments = momentsOf(next.diagram);
      scale =
        next.spacing === "spaced"
          ? spacedScale(moments)
          : proportionalScale(next.roomy ? Math.min(...moments) : 0, Math.max(...moments));
      canvas.setAttribute(
        "aria-label",
        `Timeline of ${next.diagram.lanes.length} goroutines, ${formatTime(timeUnder(0, 1, scale, wholeView))} to ${formatTime(timeUnder(1, 1, scale, wholeView))}. Arrow keys move between marks, plus and minus zoom, Shift and arrows pan.`,
      );
      draw();
    },
  };
}
