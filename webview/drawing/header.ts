/** The top of the page: which run this is, how it goes or ended, what was counted, and the buttons that act on it. */
import { phaseOf, type Run } from "../model.ts";
import { counted, withThousands } from "../scale.ts";
import { button, html, icon, icons } from "./elements.ts";

export interface Header {
  readonly element: HTMLElement;
  update(run: Run): void;
}

/** The header; without actions (an exported page) it has no buttons. */
export function createHeader(actions: { stop(): void; restart(): void } | null): Header {
  const title = html("h1");
  const state = html("span", { class: "state", role: "status" });
  const facts = html("span", { class: "facts" });
  const stop = button(
    { class: "action stop", title: "Stop the program" },
    () => actions?.stop(),
    icon(icons.stop),
    "Stop",
  );
  const restart = button(
    { class: "action", title: "Build and run again" },
    () => actions?.restart(),
    icon(icons.restart),
    "Restart",
  );
  const notes = html("div", { class: "notes" });
  const buttons = actions ? html("span", { class: "actions" }, stop, restart) : null;
  const element = html(
    "header",
    { class: "run" },
    html("div", { class: "bar" }, title, state, facts, buttons),
    notes,
  );
  let shown = "";
  return {
    element,
    update(run) {
      const running = isRunning(run);
      const { text, tone } = stateOf(run);
      const factTexts = factsOf(run);
      const noteTexts = notesOf(run);
      const key = JSON.stringify([run.title, text, tone, factTexts, noteTexts, running]);
      if (key === shown) return;
      shown = key;
      title.textContent = run.title || "Maprace";
      // A live region speaks on every change of its text, so it is written only when it says something else.
      if (state.textContent !== text) state.textContent = text;
      state.dataset.tone = tone;
      facts.replaceChildren(...factTexts.map((fact) => html("span", { "data-tone": fact.tone }, fact.text)));
      notes.replaceChildren(
        ...noteTexts.map((note) => html("p", { class: "note" }, icon(icons.warning), html("span", {}, note))),
      );
      stop.hidden = !running;
      restart.hidden = running || phaseOf(run) === "none";
    },
  };
}

function isRunning(run: Run): boolean {
  const phase = phaseOf(run);
  return phase === "preparing" || phase === "watching";
}

/** The state in a few words, and the colour that it is said in. */
function stateOf(run: Run): { text: string; tone: "idle" | "busy" | "good" | "bad" } {
  const said = run.status?.text ?? "";
  switch (phaseOf(run)) {
    case "none":
      return { text: "No run yet", tone: "idle" };
    case "preparing":
      return { text: said || "Building…", tone: "busy" };
    case "watching":
      return { text: said || "Running", tone: "busy" };
    case "unproven":
      return { text: run.end ? endText(run.end) : said || "Not started", tone: "bad" };
    case "ended":
      if (!run.end) return { text: said || "Ended", tone: "idle" };
      return { text: endText(run.end), tone: toneOfEnd(run, run.end) };
  }
}

/** An exit status of 0 is no praise for a run that had conflicts. */
function toneOfEnd(run: Run, end: NonNullable<Run["end"]>): "idle" | "good" | "bad" {
  if (end.exitCode !== 0 || end.death) return "bad";
  return run.conflicts.length > 0 ? "idle" : "good";
}

function endText(end: NonNullable<Run["end"]>): string {
  return end.death ? `Died: ${end.death}` : `Exited with code ${end.exitCode}`;
}

interface Fact {
  readonly text: string;
  readonly tone?: "bad";
}

function factsOf(run: Run): Fact[] {
  const facts: Fact[] = [];
  if (run.conflicts.length > 0) {
    facts.push({ text: counted(run.conflicts.length, "conflict"), tone: "bad" });
    facts.push({ text: counted(goroutineCount(run), "goroutine") });
  }
  if (run.maps.size > 0) facts.push({ text: counted(run.maps.size, "map") });
  if (run.start) {
    facts.push({ text: `mode ${run.start.mode}` });
    facts.push({
      text: run.start.goVersion.startsWith("go") ? run.start.goVersion : `go${run.start.goVersion}`,
    });
  }
  return facts;
}

function goroutineCount(run: Run): number {
  return new Set(
    run.conflicts.flatMap((entry) => entry.conflict.accesses.map((access) => access.goroutine.id)),
  ).size;
}

/** What qualifies everything below, in sentences. */
function notesOf(run: Run): string[] {
  const notes: string[] = [];
  if (!run.end) return notes;
  if (run.end.dropped > 0) {
    notes.push(
      `The detector had to drop ${withThousands(String(run.end.dropped))} observations, so there may be conflicts that are not listed. A shorter run, or one with fewer goroutines, drops less.`,
    );
  }
  if (run.end.truncated) {
    notes.push("The program ended before it could say so; what it reported until then is all here.");
  }
  return notes;
}
