/** Everything about one conflict as text: the reason, both stacks side by side, where goroutines and map came from. */
import type { Conflict, ConflictAccess, Frame, GoroutineEvent } from "../../src/protocol.ts";
import { accessLetter, markKind } from "../diagram.ts";
import { mediumPlace, ownerOf, qualifiedName, shortType, topUserFrame } from "../frames.ts";
import type { Host } from "../host.ts";
import { goroutineName, hasTimes } from "../model.ts";
import { explainOrdering, withoutPlumbing } from "../ordering.ts";
import { accessTitle } from "../report.ts";
import { counted, formatDuration, formatTime, smallestGap } from "../scale.ts";
import { button, html } from "./elements.ts";

/** Frames are buttons; this is what they do. */
export type OpenFrame = (frame: Frame) => void;

/** The sentence that names the conflict, and why nothing orders its accesses. */
export function drawReason(conflict: Conflict): HTMLElement {
  const ordering = explainOrdering(conflict);
  const [earlier, later] = withoutPlumbing(conflict).accesses;
  const events = earlier.recent.length + later.recent.length;
  const distance = later.when - earlier.when;
  const apart = distance > 0 ? `, ${formatDuration(distance)} apart` : "";
  return html(
    "section",
    { class: "reason", "aria-label": "Why nothing orders the two accesses" },
    html("h3", {}, `Why nothing orders them${apart}`),
    html("ul", {}, ...ordering.sentences.map((sentence) => html("li", {}, sentence))),
    events > 0 &&
      html(
        "p",
        { class: "basis" },
        `Read from the last ${counted(events, "event")} that the detector kept of the two goroutines.`,
      ),
  );
}

/** Both sides, the later access first, as `-race` prints them. */
export function drawSides(conflict: Conflict, host: Host, open: OpenFrame): HTMLElement {
  const [earlier, later] = conflict.accesses;
  const timed = hasTimes(conflict);
  return html(
    "div",
    { class: "sides" },
    drawSide(later, accessTitle(conflict, 1), host, open, timed && drawEvents(conflict, 1, host, open)),
    drawSide(earlier, accessTitle(conflict, 0), host, open, timed && drawEvents(conflict, 0, host, open)),
  );
}

/** Where the map was made; a sentence when the run did not record it. */
export function drawOrigin(conflict: Conflict, host: Host, open: OpenFrame): HTMLElement {
  const { created, type } = conflict.map;
  return html(
    "section",
    { class: "origin", "aria-label": "Where the map was made" },
    html("h3", {}, "Map ", html("code", {}, shortType(type)), created.length > 0 ? " made at" : ""),
    created.length > 0
      ? drawStack(created, host, open)
      : html("p", { class: "absent" }, "Where it was made was not recorded."),
  );
}

function drawSide(
  access: ConflictAccess,
  title: string,
  host: Host,
  open: OpenFrame,
  events: HTMLElement | false | null,
): HTMLElement {
  const { created, id } = access.goroutine;
  return html(
    "section",
    { class: "side", "data-kind": markKind(access.kind), "aria-label": title },
    html(
      "h3",
      {},
      html("span", { class: "badge", "aria-hidden": "true" }, accessLetter(access.kind)),
      html("span", {}, title),
    ),
    access.key !== undefined && html("p", { class: "key" }, "Key ", html("code", {}, access.key)),
    drawStack(access.stack, host, open, topUserFrame(access.stack)),
    html("h4", {}, id === 1 && created.length === 0 ? "Main goroutine" : `Goroutine ${id} created at`),
    created.length > 0
      ? drawStack(created, host, open)
      : html(
          "p",
          { class: "absent" },
          id === 1 ? "It runs main.main from the start of the program." : "Not recorded.",
        ),
    events,
  );
}

function drawStack(stack: readonly Frame[], host: Host, open: OpenFrame, top?: Frame): HTMLElement {
  if (stack.length === 0) return html("p", { class: "absent" }, "No stack was recorded.");
  return html(
    "ol",
    { class: "stack" },
    ...stack.map((frame) => html("li", {}, drawFrame(frame, frame === top, host, open))),
  );
}

function drawFrame(frame: Frame, top: boolean, host: Host, open: OpenFrame): HTMLElement {
  return button(
    { class: "frame", "data-owner": ownerOf(frame), "data-top": top, title: host.openHint(frame) },
    () => open(frame),
    html("span", { class: "function" }, qualifiedName(frame.function)),
    html("span", { class: "place" }, mediumPlace(frame)),
  );
}

/** What one side did around its access; null when nothing of it was recorded. */
function drawEvents(conflict: Conflict, side: 0 | 1, host: Host, open: OpenFrame): HTMLElement | null {
  const access = conflict.accesses[side];
  const shown = withoutPlumbing(conflict).accesses[side].recent;
  if (access.recent.length === 0) return null;
  const hidden = access.recent.length - shown.length;
  const apart = smallestGap(shown.map(({ when }) => when));
  const rows = shown.map((event) => drawEvent(event, access, apart, host, open));
  return html(
    "details",
    { class: "events", open: true },
    html("summary", {}, `What ${goroutineName(access)} did around it`),
    html("ol", {}, ...rows),
    hidden > 0 &&
      html("p", { class: "absent" }, `${counted(hidden, "step")} inside the standard library not listed.`),
  );
}

function drawEvent(
  event: GoroutineEvent,
  access: ConflictAccess,
  apart: number,
  host: Host,
  open: OpenFrame,
): HTMLElement {
  const { frame } = event;
  const isAccess = event.kind === "access" && event.when === access.when;
  const text = html("span", { class: "what" }, event.what);
  const body = frame
    ? button(
        { class: "frame", "data-owner": ownerOf(frame), title: host.openHint(frame) },
        () => open(frame),
        text,
      )
    : text;
  return html(
    "li",
    { "data-kind": event.kind, "data-this": isAccess },
    html("span", { class: "time" }, formatTime(event.when, apart)),
    html("span", { class: "mark", "data-kind": event.kind, "aria-hidden": "true" }),
    body,
    frame && html("span", { class: "place" }, mediumPlace(frame)),
  );
}
