/** A file that is read from what was packed of it is the file that parsing gives. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "../../src/server/core/syntax/bytes.ts";
import { packFile } from "../../src/server/core/syntax/packed.ts";
import { parseFile } from "../../src/server/core/syntax/parse.ts";
import { dumpFile } from "./dump.ts";
import { testParser } from "./parser.ts";
import { goroot } from "./program.ts";

describe("numbers in bytes", () => {
  it("come back, whatever 32 bits they are, with blocks between them", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer(), fc.nat(300))), fc.uint8Array(), (numbers, block) => {
        const out = new ByteWriter(0);
        for (const n of numbers) out.number(n);
        out.block(block);
        const input = new ByteReader(out.bytes());
        expect(numbers.map(() => input.number())).toEqual(numbers);
        expect([...input.block()]).toEqual([...block]);
        expect(input.isAtEnd).toBe(true);
      }),
    );
  });
});

describe("a packed file", () => {
  const files = ["net/http", "go/types", "sync", "fmt"].flatMap((dir) =>
    readdirSync(`${goroot()}/src/${dir}`)
      .filter((name) => name.endsWith(".go"))
      .slice(0, 12)
      .map((name) => readFileSync(`${goroot()}/src/${dir}/${name}`, "utf8")),
  );

  it("is read as its text is, with and without bodies", async () => {
    const go = await testParser();
    for (const text of files) {
      const parsed = parseFile(go, "/p/a.go", text);
      const tree = dumpFile(parsed);
      for (const bodies of [true, false]) {
        const read = parseFile(go, "/p/a.go", text, { packed: () => packFile(go, text, bodies) });
        expect(dumpFile(read)).toEqual(tree);
        expect(read.errors).toEqual(parsed.errors);
      }
    }
  }, 60_000);

  it("is read as its text is where that is broken", async () => {
    const go = await testParser();
    const broken = fc.record({
      text: fc.constantFrom(...files.filter((f) => f.length < 20_000)),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat(80),
      insert: fc.oneof(
        fc.constantFrom("{", "}", "(", "`", '"', "/*", "😀", "func"),
        fc.string({ unit: "binary" }),
      ),
    });
    fc.assert(
      fc.property(broken, ({ text, at, remove, insert }) => {
        const i = Math.floor(at * text.length);
        const typed = text.slice(0, i) + insert + text.slice(i + remove);
        const parsed = parseFile(go, "/p/a.go", typed);
        const read = parseFile(go, "/p/a.go", typed, { packed: () => packFile(go, typed, true) });
        expect(dumpFile(read)).toEqual(dumpFile(parsed));
        expect(read.errors).toEqual(parsed.errors);
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  it("is asked for again when many others were, and parsed where it is lost by then", async () => {
    const go = await testParser();
    const text = files.reduce((a, b) => (b.length > a.length ? b : a));
    const tree = dumpFile(parseFile(go, "/p/a.go", text));
    for (const isKept of [true, false]) {
      let asked = 0;
      const find = (): Uint8Array | null => (asked++ === 0 || isKept ? packFile(go, text, true) : null);
      const read = parseFile(go, "/p/a.go", text, { packed: find });
      for (let i = 0; i < 100; i++)
        parseFile(go, "/p/b.go", "package p", { packed: () => packFile(go, "package p", true) });
      expect(asked).toBe(1);
      expect(dumpFile(read)).toEqual(tree);
      expect(asked).toBeGreaterThan(1);
    }
  });

  it("of another text is not used", async () => {
    const go = await testParser();
    const packed = packFile(go, "package p\n\nvar a = 1\n", true);
    const file = parseFile(go, "/p/a.go", "package p\n\nvar longer = 1\n", { packed: () => packed });
    expect(dumpFile(file)).toEqual(dumpFile(parseFile(go, "/p/a.go", "package p\n\nvar longer = 1\n")));
  });
});
