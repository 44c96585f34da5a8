/**
 * What the reader has chosen: kept by the editor across hiding and reloading the panel, so a choice is never lost
 * to a tab switch. Decides what a kept value may be; anything else falls back to the default.
 */
import type { ListOrder } from "./model.ts";

export type Spacing = "spaced" | "proportional";

export interface ViewState {
  readonly selected: number | null;
  readonly filter: string;
  readonly order: ListOrder;
  readonly page: "conflicts" | "maps";
  /** What the timeline shows: the two goroutines of the selected conflict, or all of the run's. */
  readonly picture: "conflict" | "run";
  /** Every moment readable, or distances proportional to time: one choice for each picture. */
  readonly spacing: Spacing;
  readonly runSpacing: Spacing;
  /** Scroll position of the list in pixels. */
  readonly scroll: number;
}

export const initialView: ViewState = {
  selected: null,
  filter: "",
  order: "first",
  page: "conflicts",
  picture: "conflict",
  spacing: "spaced",
  runSpacing: "proportional",
  scroll: 0,
};

/** The view in a value that an earlier version of the page may have kept. */
export function restoreView(kept: unknown): ViewState {
  if (typeof kept !== "object" || kept === null) return initialView;
  const value = kept as Partial<Record<keyof ViewState, unknown>>;
  return {
    selected: typeof value.selected === "number" ? value.selected : null,
    filter: typeof value.filter === "string" ? value.filter : "",
    order: value.order === "newest" || value.order === "count" ? value.order : "first",
    page: value.page === "maps" ? "maps" : "conflicts",
    picture: value.picture === "run" ? "run" : "conflict",
    spacing: value.spacing === "proportional" ? "proportional" : "spaced",
    runSpacing: value.runSpacing === "spaced" ? "spaced" : "proportional",
    scroll: typeof value.scroll === "number" && value.scroll > 0 ? value.scroll : 0,
  };
}
