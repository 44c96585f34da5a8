/** One conflict: its headline, the timeline with its choices, the reason, the stacks. Redraws only what changed. */
import type { Frame } from "../../src/protocol.ts";
import type { Diagram } from "../diagram.ts";
import { copyText, type Host } from "../host.ts";
import type { ConflictEntry } from "../model.ts";
import { conflictReport } from "../report.ts";
import { withThousands } from "../scale.ts";
import type { ViewState } from "../viewState.ts";
import { drawOrigin, drawReason, drawSides } from "./detail.ts";
import { button, html, icon, icons } from "./elements.ts";
import { createLanes } from "./lanes.ts";

export interface ConflictPage {
  readonly element: HTMLElement;
  update(entry: ConflictEntry, view: ViewState, diagram: Diagram): void;
}

export interface ConflictPageActions {
  open(frame: Frame): void;
  select(conflict: number): void;
  change(view: Partial<Pick<ViewState, "picture" | "spacing" | "runSpacing">>): void;
  /** Says something for a moment, also to screen readers. */
  announce(text: string): void;
}

export function createConflictPage(host: Host, actions: ConflictPageActions): ConflictPage {
  const shape = html("span", { class: "shape" });
  const pair = html("span", { class: "pair" });
  const type = html("code");
  const count = html("span", { class: "count" });
  const copy = button(
    { class: "action", title: "Copy as a text report, in the shape of go -race" },
    copyReport,
    icon(icons.copy),
    "Copy report",
  );
  const heading = html(
    "div",
    { class: "conflict-head" },
    shape,
    html("h2", {}, pair, " on ", type),
    count,
    copy,
  );
  const pictureChoice = choice(
    "What the timeline shows",
    [
      ["conflict", "This conflict", "The two goroutines of this conflict, with what each did around it"],
      ["run", "Whole run", "Every goroutine and every conflict of the list"],
    ],
    (picture) => actions.change({ picture }),
  );
  const spacingChoice = choice(
    "Time axis",
    [
      ["spaced", "Every moment", "Gives each event room; long pauses are shortened and marked"],
      ["proportional", "To scale", "Distances are proportional to time"],
    ],
    (spacing) => actions.change(inRun ? { runSpacing: spacing } : { spacing }),
  );
  const lanes = createLanes(actions);
  const tools = html("div", { class: "lane-tools" }, pictureChoice.element, spacingChoice.element, legend());
  const body = html("div", { class: "conflict-body" });
  const element = html(
    "section",
    { class: "conflict", "aria-label": "Selected conflict" },
    heading,
    html("div", { class: "timeline-card" }, tools, lanes.element),
    body,
  );
  let current: ConflictEntry | null = null;
  let inRun = false;

  function copyReport(): void {
    if (!current) return;
    const report = conflictReport(current.conflict);
    void copyText(report).then((copied) => {
      if (copied) actions.announce("Copied the report");
      else showReport(report);
    });
  }

  /** Where the clipboard is closed to the page, the text is put where it can be selected. */
  function showReport(report: string): void {
    const text = html("textarea", { class: "report", readonly: true, rows: 16, "aria-label": "Report" });
    text.value = report;
    body.prepend(text);
    text.select();
    actions.announce("The clipboard is not open to this page: the report is selected for you to copy");
  }

  return {
    element,
    update(entry, view, diagram) {
      const { conflict } = entry;
      if (current?.conflict.accesses !== conflict.accesses) {
        const [earlier, later] = entry.functions;
        shape.textContent = entry.shape;
        shape.dataset.shape = entry.shape;
        pair.textContent = later === earlier ? `${later} ⇄ itself` : `${later} ⇄ ${earlier}`;
        type.textContent = entry.mapType;
        body.replaceChildren(
          drawReason(conflict),
          drawSides(conflict, host, actions.open),
          drawOrigin(conflict, host, actions.open),
        );
        element.scrollTop = 0;
      }
      count.textContent = seenText(conflict);
      current = entry;
      inRun = view.picture === "run";
      const spacing = inRun ? view.runSpacing : view.spacing;
      pictureChoice.set(view.picture);
      spacingChoice.set(spacing);
      lanes.update({
        diagram,
        spacing,
        roomy: !inRun,
        selected: conflict.id,
        identity: inRun ? `run ${spacing}` : `conflict ${conflict.id} ${spacing}`,
      });
    },
  };
}

/** How often it was seen, and with `--explore` in how many of the schedules. */
function seenText({ count, explored }: ConflictEntry["conflict"]): string {
  const seen = count > 1 ? `seen ${withThousands(String(count))} times` : "seen once";
  if (!explored) return seen;
  const again =
    explored.replays > 0 ? `, seed ${explored.seed} again ${explored.seenAgain} of ${explored.replays}` : "";
  return `${seen}, in ${explored.seen} of ${explored.runs} schedules${again}`;
}

/** A few exclusive choices beside one another. */
function choice<T extends string>(
  label: string,
  options: readonly (readonly [T, string, string])[],
  choose: (value: T) => void,
): { element: HTMLElement; set(value: T): void } {
  const buttons = options.map(([value, text, title]) => ({
    value,
    element: button({ class: "segment", title }, () => choose(value), text),
  }));
  return {
    element: html(
      "div",
      { class: "segments", role: "group", "aria-label": label },
      ...buttons.map(({ element }) => element),
    ),
    set(current) {
      for (const { value, element } of buttons)
        element.setAttribute("aria-pressed", String(value === current));
    },
  };
}

function legend(): HTMLElement {
  const entries = [
    ["acquire", "acquires"],
    ["release", "releases"],
    ["go", "go"],
    ["order", "ordered"],
    ["conflict", "not ordered"],
  ] as const;
  return html(
    "div",
    { class: "legend", "aria-hidden": "true" },
    ...entries.map(([kind, text]) => html("span", {}, html("i", { "data-kind": kind }), text)),
  );
}
