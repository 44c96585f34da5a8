/**
 * The timeline page: takes the host's messages, keeps the run and the reader's choices, and has each part of the
 * page drawn at most once per frame. What is shown is decided in model.ts, diagram.ts and ordering.ts.
 */
import "./timeline.css";
import type { Frame, RunRecord, ToTimeline } from "../src/protocol.ts";
import { conflictDiagram, type Diagram, runDiagram } from "./diagram.ts";
import { createConflictList } from "./drawing/conflictList.ts";
import { createConflictPage } from "./drawing/conflictPage.ts";
import { html } from "./drawing/elements.ts";
import { drawEmptyState } from "./drawing/emptyState.ts";
import { createHeader } from "./drawing/header.ts";
import { createMapsPage } from "./drawing/mapsPage.ts";
import { createMinimap } from "./drawing/minimap.ts";
import { createTabs } from "./drawing/tabs.ts";
import { placeRelativeTo, topUserFrame } from "./frames.ts";
import { connectHost } from "./host.ts";
import {
  applyRecords,
  conflictById,
  emptyRun,
  firstToShow,
  listConflicts,
  phaseOf,
  type Run,
} from "./model.ts";
import { restoreView, type ViewState } from "./viewState.ts";

/** A picture of a thousand conflicts takes a frame or two to draw, so a running program redraws it this rarely. */
const runPictureEvery = 250;

const host = connectHost();
let run: Run = emptyRun("");
let view: ViewState = restoreView(host.restore());
let arrived: RunRecord[] = [];
let scheduled = false;
let picture: { of: readonly unknown[]; diagram: Diagram; drawnAt: number } | null = null;

const announcer = html("div", { class: "announcer", role: "status" });
const header = createHeader(host.standalone ? null : { stop: host.stop, restart: host.restart });
const minimap = createMinimap(select);
const tabs = createTabs(["conflicts", "maps"], (page) => change({ page }));
const list = createConflictList({ select, open: openConflict, change });
const conflictPage = createConflictPage(host, { open, select, change, announce });
const mapsPage = createMapsPage(host, open, (mapType) => change({ page: "conflicts", filter: mapType }));
const emptyPage = html("main", { class: "page" });
const conflictsPage = html("main", { class: "page split" }, list.element, conflictPage.element);
const mapsMain = html("main", { class: "page" }, mapsPage.element);

document
  .getElementById("timeline")!
  .replaceChildren(
    header.element,
    tabs.element,
    minimap.element,
    emptyPage,
    conflictsPage,
    mapsMain,
    announcer,
  );
host.listen(receive);
schedule();

function receive(message: ToTimeline): void {
  switch (message.type) {
    case "reset":
      // A replay of the same run (the panel was hidden) must find the reader's choices where they were.
      run = emptyRun(message.title);
      placeRelativeTo(message.folders ?? []);
      arrived = [];
      break;
    case "records":
      for (const record of message.records) arrived.push(record);
      break;
    case "status":
      run = { ...run, status: { text: message.text, running: message.running } };
      break;
    case "select":
      view = { ...view, page: "conflicts", filter: "", selected: message.conflict };
      host.keep(view);
      break;
  }
  schedule();
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    draw();
  });
}

function change(part: Partial<ViewState>): void {
  view = { ...view, ...part };
  host.keep(view);
  schedule();
}

function select(conflict: number): void {
  if (conflict === view.selected) return;
  change({ selected: conflict });
  // After the list has drawn its new state.
  requestAnimationFrame(() => list.reveal());
}

function open(frame: Frame): void {
  void host.open(frame).then((said) => {
    if (said) announce(said);
  });
}

/** Enter in the list goes to where the map is touched: the top frame of the user's code on the later side. */
function openConflict(conflict: number): void {
  select(conflict);
  const entry = conflictById(run, conflict);
  const frame = entry && topUserFrame(entry.conflict.accesses[1].stack);
  if (frame) open(frame);
}

let silence: ReturnType<typeof setTimeout> | undefined;

function announce(text: string): void {
  announcer.textContent = text;
  announcer.dataset.shown = "true";
  clearTimeout(silence);
  silence = setTimeout(() => {
    delete announcer.dataset.shown;
  }, 2500);
}

function draw(): void {
  if (arrived.length > 0) {
    run = applyRecords(run, arrived);
    arrived = [];
  }
  const hasConflicts = run.conflicts.length > 0;
  const selected = conflictById(run, view.selected) ?? firstToShow(run);
  const shown: ViewState = { ...view, selected: selected?.conflict.id ?? null };
  const hasMaps = run.maps.size > 0;
  document.body.dataset.phase = phaseOf(run);
  header.update(run);
  tabs.element.hidden = !hasMaps;
  tabs.update(view.page, { conflicts: run.conflicts.length, maps: run.maps.size });
  const page = hasMaps && view.page === "maps" ? mapsMain : hasConflicts ? conflictsPage : emptyPage;
  for (const candidate of [emptyPage, conflictsPage, mapsMain]) candidate.hidden = candidate !== page;
  minimap.update(run, shown.selected, page === conflictsPage);
  if (page === emptyPage) emptyPage.replaceChildren(drawEmptyState(run));
  if (page === mapsMain) mapsPage.update(run);
  if (page === conflictsPage && selected) {
    list.update(run, shown);
    conflictPage.update(selected, shown, diagramFor(shown));
  }
}

/** The diagram of what is chosen; the same object while nothing in it changed, so that it is not drawn again. */
function diagramFor(shown: ViewState): Diagram {
  const selected = conflictById(run, shown.selected)!;
  const { accesses } = selected.conflict;
  const now = performance.now();
  const of =
    shown.picture === "conflict" ? ["conflict", accesses] : ["run", shown.filter, shown.order, run.conflicts];
  const sameChoice =
    picture?.of.length === of.length && picture.of.slice(0, 3).every((part, i) => part === of[i]);
  if (picture && sameChoice && picture.of[3] === of[3]) return picture.diagram;
  if (picture && sameChoice && now - picture.drawnAt < runPictureEvery) {
    setTimeout(schedule, runPictureEvery);
    return picture.diagram;
  }
  const diagram =
    shown.picture === "conflict"
      ? conflictDiagram(selected.conflict)
      : runDiagram(run, listConflicts(run, shown.filter, shown.order));
  picture = { of, diagram, drawnAt: now };
  return diagram;
}
