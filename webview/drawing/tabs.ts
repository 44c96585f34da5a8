/** The choice between the pages of a run, as tabs with counts; arrow keys move between them. */
import { withThousands } from "../scale.ts";
import type { ViewState } from "../viewState.ts";
import { button, html } from "./elements.ts";

type Page = ViewState["page"];

export interface Tabs {
  readonly element: HTMLElement;
  update(current: Page, counts: Readonly<Record<Page, number>>): void;
}

const names: Readonly<Record<Page, string>> = { conflicts: "Conflicts", maps: "Maps" };

export function createTabs(pages: readonly Page[], choose: (page: Page) => void): Tabs {
  const element = html("div", { class: "tabs", role: "tablist", "aria-label": "Pages of the run" });
  const tabs = pages.map((page) => {
    const count = html("span", { class: "tab-count" });
    const tab = button({ class: "tab", role: "tab" }, () => choose(page), names[page], count);
    element.append(tab);
    return { page, tab, count };
  });
  element.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const current = tabs.findIndex(({ tab }) => tab === document.activeElement);
    const next = tabs[(current + step + tabs.length) % tabs.length];
    if (step === 0 || current < 0 || !next) return;
    event.preventDefault();
    choose(next.page);
    next.tab.focus();
  });
  return {
    element,
    update(current, counts) {
      for (const { page, tab, count } of tabs) {
        count.textContent = withThousands(String(counts[page]));
        tab.setAttribute("aria-selected", String(page === current));
        tab.tabIndex = page === current ? 0 : -1;
      }
    },
  };
}
