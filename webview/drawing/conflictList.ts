/**
 * The list of conflicts: search, order, and rows that exist only while they can be seen, so that ten thousand
 * conflicts cost no more than twenty. Focus stays on the list; the active row is told by aria-activedescendant.
 */
import { scrollToRow, visibleRows } from "../layout.ts";
import { type ConflictEntry, type ListOrder, listConflicts, type Run } from "../model.ts";
import { formatTime, withThousands } from "../scale.ts";
import type { ViewState } from "../viewState.ts";
import { button, html, icon, icons } from "./elements.ts";

const rowHeight = 58;

export interface ConflictList {
  readonly element: HTMLElement;
  update(run: Run, view: ViewState): void;
  /** Scrolls so that the selected row can be seen. */
  reveal(): void;
}

export interface ListActions {
  select(conflict: number): void;
  /** Enter or a double click on a row. */
  open(conflict: number): void;
  change(view: Partial<Pick<ViewState, "filter" | "order" | "scroll">>): void;
}

export function createConflictList(actions: ListActions): ConflictList {
  const search = html("input", {
    type: "search",
    placeholder: "Filter",
    "aria-label": "Filter conflicts by function, file or map type",
    title: "Functions, files, map types; every word must match",
    spellcheck: "false",
  });
  const order = html(
    "select",
    { "aria-label": "Order of conflicts" },
    html("option", { value: "first" }, "First seen"),
    html("option", { value: "newest" }, "Newest first"),
    html("option", { value: "count" }, "Most frequent"),
  );
  const rows = html("div", { class: "rows", role: "presentation" });
  const box = html(
    "div",
    { class: "listbox", role: "listbox", tabindex: 0, "aria-label": "Conflicts" },
    rows,
  );
  const empty = html("div", { class: "list-empty" });
  const tally = html("div", { class: "tally", role: "status" });
  const element = html(
    "section",
    { class: "list", "aria-label": "Conflicts" },
    html(
      "div",
      { class: "list-tools" },
      html("label", { class: "search" }, icon(icons.search), search),
      order,
    ),
    tally,
    empty,
    box,
  );

  let entries: readonly ConflictEntry[] = [];
  let selected: number | null = null;
  let inputs: readonly unknown[] = [];
  const existing = new Map<number, { row: HTMLElement; entry: ConflictEntry }>();

  search.addEventListener("input", () => actions.change({ filter: search.value }));
  order.addEventListener("change", () => actions.change({ order: order.value as ListOrder }));
  box.addEventListener("scroll", () => {
    drawRows();
    actions.change({ scroll: box.scrollTop });
  });
  new ResizeObserver(drawRows).observe(box);
  rows.addEventListener("mousedown", (event) => withRow(event, actions.select));
  rows.addEventListener("dblclick", (event) => withRow(event, actions.open));
  box.addEventListener("keydown", onKey);
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && entries.length > 0) {
      event.preventDefault();
      box.focus();
      if (selectedIndex() < 0) actions.select(entries[0]!.conflict.id);
    }
    if (event.key === "Escape" && search.value !== "") {
      event.preventDefault();
      actions.change({ filter: "" });
    }
  });

  function withRow(event: Event, act: (conflict: number) => void): void {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-conflict]") : null;
    if (row) act(Number(row.dataset.conflict));
  }

  function selectedIndex(): number {
    return entries.findIndex((entry) => entry.conflict.id === selected);
  }

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || entries.length === 0) return;
    const index = selectedIndex();
    const page = Math.max(1, Math.floor(box.clientHeight / rowHeight) - 1);
    const last = entries.length - 1;
    const targets: Record<string, number> = {
      ArrowDown: Math.min(last, index + 1),
      ArrowUp: Math.max(0, index - 1),
      PageDown: Math.min(last, index + page),
      PageUp: Math.max(0, index - page),
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target !== undefined) {
      event.preventDefault();
      // Known here at once: the next key may come before the next frame.
      selected = entries[target]!.conflict.id;
      actions.select(selected);
      reveal();
    } else if (event.key === "Enter" && index >= 0) {
      event.preventDefault();
      actions.open(entries[index]!.conflict.id);
    } else if (event.key === "/") {
      event.preventDefault();
      search.focus();
    }
  }

  function reveal(): void {
    const index = selectedIndex();
    if (index < 0) return;
    box.scrollTop = scrollToRow(index, box.scrollTop, box.clientHeight, rowHeight);
    drawRows();
  }

  function drawRows(): void {
    const { first, end } = visibleRows(box.scrollTop, box.clientHeight, rowHeight, entries.length);
    rows.style.height = `${entries.length * rowHeight}px`;
    const wanted = new Set<number>();
    const active = selectedIndex();
    // The active row must exist for aria-activedescendant to name it, seen or not.
    const indexes = active >= 0 && (active < first || active >= end) ? [active] : [];
    for (let i = first; i < end; i++) indexes.push(i);
    for (const index of indexes) {
      const entry = entries[index]!;
      const { id } = entry.conflict;
      wanted.add(id);
      let kept = existing.get(id);
      if (!kept || kept.entry !== entry) {
        const row = drawRow(entry);
        if (kept) kept.row.replaceWith(row);
        else rows.append(row);
        kept = { row, entry };
        existing.set(id, kept);
      }
      kept.row.style.transform = `translateY(${index * rowHeight}px)`;
      kept.row.setAttribute("aria-posinset", String(index + 1));
      kept.row.setAttribute("aria-setsize", String(entries.length));
      kept.row.setAttribute("aria-selected", String(id === selected));
    }
    for (const [id, { row }] of existing) {
      if (wanted.has(id)) continue;
      row.remove();
      existing.delete(id);
    }
    if (active >= 0) box.setAttribute("aria-activedescendant", rowId(entries[active]!.conflict.id));
    else box.removeAttribute("aria-activedescendant");
  }

  return {
    element,
    reveal,
    update(run, view) {
      const restoring = inputs.length === 0 && run.conflicts.length > 0;
      const unchanged =
        inputs[0] === run.conflicts &&
        inputs[1] === view.filter &&
        inputs[2] === view.order &&
        selected === view.selected;
      if (unchanged) return;
      selected = view.selected;
      if (inputs[0] !== run.conflicts || inputs[1] !== view.filter || inputs[2] !== view.order) {
        const before = entries;
        entries = listConflicts(run, view.filter, view.order);
        keepPlace(before, view);
      }
      if (run.conflicts.length > 0) inputs = [run.conflicts, view.filter, view.order];
      if (search.value !== view.filter) search.value = view.filter;
      order.value = view.order;
      const filtered = view.filter.trim() !== "";
      tally.textContent = filtered
        ? `${withThousands(String(entries.length))} of ${withThousands(String(run.conflicts.length))}`
        : "";
      tally.hidden = !filtered;
      drawEmpty(filtered && entries.length === 0 && run.conflicts.length > 0, view.filter);
      drawRows();
      if (restoring && view.scroll > 0) box.scrollTop = view.scroll;
    },
  };

  /** New rows above must not push what the reader looks at away. */
  function keepPlace(before: readonly ConflictEntry[], view: ViewState): void {
    const added = entries.length - before.length;
    if (view.order !== "newest" || inputs[2] !== "newest" || inputs[1] !== view.filter) return;
    if (added > 0 && box.scrollTop > 0) {
      rows.style.height = `${entries.length * rowHeight}px`;
      box.scrollTop += added * rowHeight;
    }
  }

  function drawEmpty(show: boolean, filter: string): void {
    empty.hidden = !show;
    box.hidden = show;
    if (!show) return;
    empty.replaceChildren(
      html("p", {}, `No conflict has “${filter.trim()}” in its map type, functions or files.`),
      button({ class: "action" }, () => actions.change({ filter: "" }), "Clear the filter"),
    );
  }
}

function rowId(conflict: number): string {
  return `conflict-${conflict}`;
}

function drawRow(entry: ConflictEntry): HTMLElement {
  const { conflict, functions, shape } = entry;
  const [earlier, later] = functions;
  const count = conflict.count > 1 ? `×${withThousands(String(conflict.count))}` : "";
  const made = entry.madeAt ? `made at ${entry.madeAt}` : "";
  return html(
    "div",
    {
      class: "row",
      role: "option",
      id: rowId(conflict.id),
      "data-conflict": conflict.id,
      "data-shape": shape,
      title: `${later} ⇄ ${earlier}\n${conflict.map.type}${made ? `, ${made}` : ""}`,
    },
    html(
      "div",
      { class: "row-top" },
      html("span", { class: "shape" }, shape),
      html("span", { class: "type" }, entry.mapType),
      html(
        "span",
        { class: "count", "aria-label": count ? `seen ${conflict.count} times` : undefined },
        count,
      ),
    ),
    html(
      "div",
      { class: "row-bottom" },
      html("span", { class: "pair" }, later === earlier ? `${later} ⇄ itself` : `${later} ⇄ ${earlier}`),
      html("span", { class: "when" }, entry.when > 0 ? formatTime(entry.when) : ""),
    ),
  );
}
