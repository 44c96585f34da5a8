/** The two text algorithms behind every Fix: gofmt's columns, and the edits between two texts. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineReplacements } from "../../src/server/core/fixes/difference.ts";
import { alignAround } from "../../src/server/core/fixes/layout.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

function goFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".go"))
    .map((entry) => join(entry.parentPath, entry.name));
}

function everyLine(text: string): Set<number> {
  return new Set(text.split("\n").keys());
}

describe("columns", () => {
  it("are left as gofmt lays them out", () => {
    for (const folder of ["test/incidents", "src/runtime"]) {
      for (const file of goFiles(join(REPOSITORY, folder))) {
        const text = readFileSync(file, "utf8");
        expect(alignAround(text, everyLine(text)), file).toBe(text);
      }
    }
  });

  it("follow a longer name, up to the next line that has no such column", () => {
    const before =
      "type T struct {\n\ta int // one\n\t// two\n\tb string\n\tlonger map[string]int // three\n}\n";
    const after =
      "type T struct {\n\ta int // one\n\t// two\n\tb      string\n\tlonger map[string]int // three\n}\n";
    expect(alignAround(before, new Set([4]))).toBe(after);
  });

  it("count characters, not bytes, and keep carriage returns", () => {
    const before = 'var (\r\n\té = "ü" // a\r\n\tlong = 2 // b\r\n)\r\n';
    const after = 'var (\r\n\té    = "ü" // a\r\n\tlong = 2   // b\r\n)\r\n';
    expect(alignAround(before, new Set([2]))).toBe(after);
  });

  it("do not reach into raw strings and comments of several lines", () => {
    const text =
      "var s = `\n\ta int // one\n\tlonger int // two\n`\n/*\n\tx := 1 // one\n\tyy := 2 // two\n*/\n";
    expect(alignAround(text, everyLine(text))).toBe(text);
  });
});

describe("replacements", () => {
  const texts = fc.array(fc.constantFrom("a\n", "b\n", "\tc\r\n", "d", "\n")).map((lines) => lines.join(""));

  it("turn the one text into the other, in order and without overlap", () => {
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        let out = "";
        let at = 0;
        for (const { pos, end, text } of lineReplacements(before, after)) {
          expect(pos).toBeGreaterThanOrEqual(at);
          out += before.slice(at, pos) + text;
          at = end;
        }
        expect(out + before.slice(at)).toBe(after);
      }),
    );
  });

  it("leave equal lines alone", () => {
    expect(lineReplacements("a\nb\nc\n", "a\nx\nb\nc\n")).toEqual([{ pos: 2, end: 2, text: "x\n" }]);
  });
});
