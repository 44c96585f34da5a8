/** What stands in place of conflicts while there are none: what is happening, and what to do next. */
import { phaseOf, type Run } from "../model.ts";
import { withThousands } from "../scale.ts";
import { html } from "./elements.ts";

/** The words for a run without conflicts. */
function wordsFor(run: Run): { title: string; steps: readonly string[] } {
  switch (phaseOf(run)) {
    case "none":
      return {
        title: "Watch a program's maps while it runs",
        steps: [
          run.status?.text || "Nothing has been run yet.",
          "Open a Go file with func main or a test and choose “Run with Race Detection” above it, or run “Maprace: Run with Race Detection” from the Command Palette.",
          "Conflicting reads and writes of a map appear here while the program runs.",
        ],
      };
    case "preparing":
      return {
        title: "Building the program on the watched map",
        steps: [
          "The first build on a machine also builds the standard library; later ones take as long as go build.",
        ],
      };
    case "watching":
      return {
        title: "Watching every map. No conflict so far.",
        steps: [
          "A conflict is reported when two goroutines touch one map with nothing that orders them, even if they never meet.",
          "So use the parts that share maps: send requests, reload the configuration, let the timers fire.",
        ],
      };
    case "unproven":
      return {
        title: "The detector did not run",
        steps: [
          "The run ended without the record that proves that the detector was in the program, so its silence means nothing.",
          "Read the program's output for an error of the build, then run again; a GOFLAGS or -overlay of your own may keep the detector out.",
        ],
      };
    case "ended":
      return {
        title: run.end?.dropped ? "No conflict among what was seen" : "No conflict in this run",
        steps: [
          `Every map operation that the detector saw${run.start ? `, through ${withThousands(String(run.start.hooks))} hooks in the Go runtime,` : ""} was ordered. Code that did not run was not judged.`,
          "Run the tests with detection, use more of the program, or explore other schedules with maprace run --explore 20.",
          run.start?.mode === "maps" ? "Mode vars also watches the variables that hold maps, and len." : "",
        ].filter(Boolean),
      };
  }
}

/** Draws the words for the run as it is. */
export function drawEmptyState(run: Run): HTMLElement {
  const { title, steps } = wordsFor(run);
  return html(
    "div",
    { class: "empty", "data-phase": phaseOf(run) },
    html("div", { class: "empty-lanes", "aria-hidden": "true" }, html("i"), html("i"), html("i")),
    html("h2", {}, title),
    ...steps.map((step) => html("p", {}, step)),
  );
}
