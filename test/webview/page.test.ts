/** The exported page: one file, nothing outside it, and data that stays data. */
import { expect, it } from "vitest";
import type { Conflict } from "../../src/protocol.ts";
import { renderTimelinePage } from "../../webview/page.ts";
import { initialView, restoreView } from "../../webview/viewState.ts";
import { sampleConflicts, sampleRun } from "./sampleRun.ts";

const script = `console.log("</script><!-- it's $& the script")`;
const style = "body { color: red }";

it("carries script, style and records in one file that loads nothing else", () => {
  const page = renderTimelinePage({ title: "shop", records: sampleRun, script, style });
  expect(page).toContain("<title>shop · Maprace</title>");
  expect(page).toContain(style);
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/\b(?:src|href)=/);
  const data = /<script type="application\/json" id="maprace-records">(.*?)<\/script>/s.exec(page)![1]!;
  expect(JSON.parse(data)).toEqual({ title: "shop", records: sampleRun });
});

it("lets no text of a program end its element or become markup", () => {
  const evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)><!--";
  const conflict: Conflict = { ...sampleConflicts[0]!, map: { type: evil, created: [] } };
  const page = renderTimelinePage({ title: evil, records: [conflict], script, style });
  expect(page).not.toContain("<script>alert");
  expect(page).not.toContain("<img");
  expect(page.match(/<\/script>/g)).toHaveLength(2);
  expect(page).not.toContain("<!--");
});

it("takes a kept view only for what it understands", () => {
  expect(restoreView(undefined)).toEqual(initialView);
  expect(restoreView("selected")).toEqual(initialView);
  expect(restoreView({ selected: 7, order: "newest", scroll: -3, page: "elsewhere" })).toEqual({
    ...initialView,
    selected: 7,
    order: "newest",
  });
  expect(restoreView({ ...initialView, picture: "run", filter: "put" })).toEqual({
    ...initialView,
    picture: "run",
    filter: "put",
  });
});
