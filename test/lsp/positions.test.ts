import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseEncoding, type PositionEncoding, textPositions } from "../../src/server/lsp/positions.ts";

const encodings: PositionEncoding[] = ["utf-8", "utf-16", "utf-32"];

describe("textPositions", () => {
  it.each(encodings)("finds any place again, in %s", (encoding) => {
    const piece = fc.constantFrom("a", "\t", "é", "漢", "👍🏽", "\n", "\r\n", "x := m[k]");
    fc.assert(
      fc.property(fc.array(piece), fc.nat(), (pieces, seed) => {
        const text = pieces.join("");
        const positions = textPositions(text, encoding);
        // A place between characters, and not inside a line end.
        const characters = [...text.replace(/\r\n/g, "\u0001")];
        const offset = characters
          .slice(0, seed % (characters.length + 1))
          .join("")
          .replaceAll("\u0001", "\r\n").length;
        expect(positions.offset(positions.at(offset))).toBe(offset);
      }),
    );
  });

  it("takes places past the end of a line or of the text for the end", () => {
    const positions = textPositions("ab\r\ncd", "utf-16");
    expect(positions.offset({ line: 0, character: 99 })).toBe(2);
    expect(positions.offset({ line: 9, character: 0 })).toBe(6);
  });
});

describe("chooseEncoding", () => {
  it("takes the client's first that we know, UTF-16 without a list", () => {
    expect(chooseEncoding(undefined)).toBe("utf-16");
    expect(chooseEncoding(["utf-7", "utf-8", "utf-16"])).toBe("utf-8");
    expect(chooseEncoding([])).toBe("utf-16");
  });
});
