/** When conflicts appeared over the whole run: a strip of bars; a click or the arrow keys select a conflict there. */
import { histogram } from "../layout.ts";
import { type ConflictEntry, conflictById, lastMoment, type Run } from "../model.ts";
import { formatTime } from "../scale.ts";
import { html, svg } from "./elements.ts";

const bins = 120;
const height = 26;

export interface Minimap {
  readonly element: HTMLElement;
  /** Draws the run's conflicts; hides itself where there is nothing that a map would add, or on other pages. */
  update(run: Run, selected: number | null, visible: boolean): void;
}

/** The strip; `select` gets the conflict nearest in time to where the reader points. */
export function createMinimap(select: (conflict: number) => void): Minimap {
  const canvas = svg("svg", {
    viewBox: `0 0 ${bins} ${height}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  const cursor = html("div", { class: "minimap-cursor" });
  const end = html("span", { class: "minimap-end" });
  const strip = html(
    "div",
    {
      class: "minimap-strip",
      role: "slider",
      tabindex: 0,
      "aria-label": "Conflicts over the run",
      "aria-valuemin": 0,
    },
    canvas,
    cursor,
  );
  const element = html(
    "div",
    { class: "minimap" },
    html("span", { class: "minimap-title" }, "Conflicts over the run"),
    strip,
    end,
  );
  let entries: readonly ConflictEntry[] = [];
  let latest = 0;
  let current: number | null = null;
  let drawn: Run["conflicts"] | null = null;

  strip.addEventListener("pointerdown", (event) => {
    const box = strip.getBoundingClientRect();
    selectNearest(((event.clientX - box.left) / box.width) * latest);
  });
  strip.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0 || entries.length === 0) return;
    event.preventDefault();
    const index = entries.findIndex((entry) => entry.conflict.id === current);
    const next = entries[Math.max(0, Math.min(entries.length - 1, index + step))]!;
    select(next.conflict.id);
  });

  function selectNearest(time: number): void {
    const nearest = entries.reduce<ConflictEntry | null>(
      (best, entry) => (!best || Math.abs(entry.when - time) < Math.abs(best.when - time) ? entry : best),
      null,
    );
    if (nearest) select(nearest.conflict.id);
  }

  return {
    element,
    update(run, selected, visible) {
      current = selected;
      if (drawn !== run.conflicts) {
        drawn = run.conflicts;
        latest = lastMoment(run);
        entries = [...run.conflicts].sort((a, b) => a.when - b.when);
        draw();
      }
      // One conflict needs no map, and a log without times has none to draw.
      element.hidden = !visible || run.conflicts.length < 2 || latest === 0;
      const entry = conflictById(run, selected);
      cursor.hidden = !entry;
      if (entry && latest > 0) {
        cursor.style.left = `${(entry.when / latest) * 100}%`;
        strip.setAttribute("aria-valuenow", String(Math.round(entry.when)));
        strip.setAttribute("aria-valuetext", `conflict ${entry.conflict.id} at ${formatTime(entry.when)}`);
      }
    },
  };

  function draw(): void {
    end.textContent = formatTime(latest);
    strip.setAttribute("aria-valuemax", String(Math.round(latest)));
    const counts = histogram(
      entries.map((entry) => entry.when),
      latest,
      bins,
    );
    const most = Math.max(...counts);
    canvas.replaceChildren(
      ...counts.flatMap((count, bin) => {
        if (count === 0) return [];
        const tall = 5 + (height - 7) * (Math.log1p(count) / Math.log1p(most));
        return [svg("rect", { x: bin, y: height - tall, width: 0.85, height: tall })];
      }),
    );
  }
}
