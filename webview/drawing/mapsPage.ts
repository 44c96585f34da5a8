/** The maps of a run: how each was used, as counted, and the rewrite that the counts speak for. */
import type { Frame, MapMix } from "../../src/protocol.ts";
import { adviseFromMix } from "../advice.ts";
import { mediumPlace, ownerOf, shortType, topUserFrame } from "../frames.ts";
import type { Host } from "../host.ts";
import type { Run } from "../model.ts";
import { counted } from "../scale.ts";
import { button, html } from "./elements.ts";

/** More maps than this are not read by anybody; those with conflicts and the busiest are kept. */
const limit = 200;

export interface MapsPage {
  readonly element: HTMLElement;
  update(run: Run): void;
}

/** The page; `show` filters the conflicts to one map. */
export function createMapsPage(
  host: Host,
  open: (frame: Frame) => void,
  show: (mapType: string) => void,
): MapsPage {
  const element = html("section", { class: "maps", "aria-label": "Maps of the run" });
  let drawn: readonly unknown[] = [];
  return {
    element,
    update(run) {
      if (drawn[0] === run.maps && drawn[1] === run.conflicts) return;
      drawn = [run.maps, run.conflicts];
      if (run.maps.size === 0) {
        element.replaceChildren(
          html(
            "p",
            { class: "absent" },
            "How each map was used is counted while the program runs and shown when it ends.",
          ),
        );
        return;
      }
      const conflictsOf = countConflicts(run);
      // Those with conflicts first, then the program's own, then by how much they were used.
      const sorted = [...run.maps.values()].sort(
        (a, b) =>
          (conflictsOf.get(b.id) ?? 0) - (conflictsOf.get(a.id) ?? 0) ||
          Number(isOwn(b)) - Number(isOwn(a)) ||
          total(b) - total(a),
      );
      const cards = sorted
        .slice(0, limit)
        .map((mix) => drawMap(mix, conflictsOf.get(mix.id) ?? 0, host, open, show));
      const rest = sorted.length - cards.length;
      element.replaceChildren(
        ...cards,
        ...(rest > 0
          ? [
              html(
                "p",
                { class: "absent" },
                `${rest} more maps without conflicts and with fewer operations are not listed.`,
              ),
            ]
          : []),
      );
    },
  };
}

function countConflicts(run: Run): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { conflict } of run.conflicts) {
    const { id } = conflict.map;
    if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** True when the user's own code made the map itself, and did not call a library that did. */
function isOwn(mix: MapMix): boolean {
  const [made] = mix.map.created;
  return made !== undefined && ownerOf(made) === "user";
}

function total(mix: MapMix): number {
  return mix.reads + mix.writes + mix.deletes + mix.iterations;
}

function drawMap(
  mix: MapMix,
  conflicts: number,
  host: Host,
  open: (frame: Frame) => void,
  show: (mapType: string) => void,
): HTMLElement {
  const made = topUserFrame(mix.map.created);
  const advice = conflicts > 0 ? adviseFromMix(mix) : null;
  const type = shortType(mix.map.type);
  return html(
    "article",
    { class: "map-card" },
    html(
      "div",
      { class: "map-head" },
      html("h3", {}, html("code", {}, type)),
      made
        ? button(
            { class: "frame place", title: host.openHint(made) },
            () => open(made),
            `made at ${mediumPlace(made)}`,
          )
        : html("span", { class: "absent" }, "where it was made is not known"),
      conflicts > 0 &&
        button(
          { class: "chip bad", title: "Show these conflicts" },
          () => show(type),
          counted(conflicts, "conflict"),
        ),
    ),
    drawMix(mix),
    html(
      "p",
      { class: "map-facts" },
      `${counted(mix.goroutines, "goroutine")} · about ${counted(mix.keys, "key")}`,
    ),
    advice && html("p", { class: "advice" }, html("strong", {}, `Fits: ${advice.title}. `), advice.why),
  );
}

function drawMix(mix: MapMix): HTMLElement {
  const parts = [
    { kind: "read", count: mix.reads, noun: "read" },
    { kind: "iterate", count: mix.iterations, noun: "iteration" },
    { kind: "write", count: mix.writes, noun: "write" },
    { kind: "delete", count: mix.deletes, noun: "delete" },
  ].filter((part) => part.count > 0);
  const bar = html("div", { class: "mix-bar", "aria-hidden": "true" });
  for (const part of parts) {
    const piece = html("span", { "data-kind": part.kind });
    piece.style.flexGrow = String(part.count);
    bar.append(piece);
  }
  return html(
    "div",
    { class: "mix" },
    bar,
    html(
      "div",
      { class: "mix-legend" },
      ...parts.map((part) =>
        html(
          "span",
          { "data-kind": part.kind },
          html("i", { "aria-hidden": "true" }),
          counted(part.count, part.noun),
        ),
      ),
    ),
  );
}
