/**
 * What an edit leaves alone: callers of a function that does what it did before are not looked at again, however its
 * text looks now.
 */
import { describe, expect, test } from "vitest";
import { createSummaries } from "../../src/server/core/accesses/summaries.ts";
import { createWorld, renewWorld } from "../../src/server/core/calls/callees.ts";
import { createOutline } from "../../src/server/core/calls/outline.ts";
import { programAfter, programFrom } from "../types/program.ts";

/** Two functions that call each other, so that both are walked more than once, and one that calls them. */
const TEXT = `package p

func fill(m map[string]int, n int) {
	if n > 0 {
		count(m, n-1)
	}
	m["a"] = n
}

func count(m map[string]int, n int) {
	fill(m, n)
	m["b"]++
}

func Both(m map[string]int) {
	go fill(m, 2)
	count(m, 2)
}
`;

/** What is outdated, by name, after `change` of the text, and whether the first access is at the same place still. */
async function after(change: (text: string) => string) {
  const path = "/p/p.go";
  const before = await programFrom({ [path]: TEXT });
  const outline = createOutline();
  const world = createWorld(outline);
  const summaries = createSummaries(world);
  renewWorld(world, outline.update(before));
  for (const one of outline.unread()) renewWorld(world, outline.read(one));
  const fns = () =>
    world.packages()[0]!.files.flatMap(({ decls }) =>
      decls.flatMap((decl) => {
        const fn = decl.kind === "FuncDecl" ? world.packages()[0]!.info(decl).objectOf(decl.name) : null;
        return fn?.kind === "func" ? (world.fnOf(fn) ?? []) : [];
      }),
    );
  const own = () => summaries.summaryOf(fns()[0]!).accesses.find(({ fn }) => fn === fns()[0])!.node;
  for (const fn of fns()) summaries.summaryOf(fn);
  const place = own();
  const text = change(TEXT);
  expect(text).not.toBe(TEXT);
  const { outdated } = renewWorld(world, outline.update(programAfter(before, { [path]: text })));
  const file = world.packages()[0]!.files[0]!;
  const start = file.startOf(fns()[0]!.decl);
  return {
    outdated: [...outdated].flatMap(({ functions }) => functions.map(({ name }) => name)),
    isSamePlace: own() === place,
    textAtPlace: file.text.slice(start + own().pos, start + own().end),
  };
}

describe("nothing is outdated by", () => {
  test.each<[string, (text: string) => string]>([
    ["a statement before all others", (t) => t.replace("\tif n", "\tk := 1 // one\n\t_ = k\n\tif n")],
    ["a statement between two", (t) => t.replace("\tm[", "\tprintln(n)\n\tm[")],
    ["a statement after all others", (t) => t.replace("= n\n}", "= n\n\tprintln(n)\n}")],
    ["a condition around what goes before", (t) => t.replace("n > 0", "n > 0 && n < 100")],
    ["another value that is written", (t) => t.replace("= n\n}", "= n + 1\n}")],
  ])("%s", async (_, change) => {
    expect(await after(change)).toMatchObject({ outdated: [], isSamePlace: true });
  });
});

test("a place follows its text", async () => {
  expect((await after((t) => t.replace("\tif n", "\tprintln(n)\n\tif n"))).textAtPlace).toMatch(/^m\["a"\]/);
});

test("who calls a function that writes elsewhere is outdated", async () => {
  const { outdated } = await after((t) => t.replace("\tm[", '\tm["c"] = 2\n\tm['));
  expect(outdated).toEqual(expect.arrayContaining(["p.fill", "p.count", "p.Both"]));
});
