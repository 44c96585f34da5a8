import fc from "fast-check";
import { expect, it } from "vitest";
import { pathToUri, uriToPath } from "../../src/server/lsp/uris.ts";

it.each([
  ["file:///home/u/a.go", "/home/u/a.go"],
  ["file:///c%3A/x%20y/%C3%A9%23.go", "c:/x y/é#.go"],
  ["file:///C:/x/a.go", "C:/x/a.go"],
  ["file://server/share/a.go", "//server/share/a.go"],
  ["file://localhost/a.go", "/a.go"],
])("%s is the path %s", (uri, path) => {
  expect(uriToPath(uri)).toBe(path);
});

it("gives other schemes no path", () => {
  expect(uriToPath("untitled:Untitled-1")).toBeNull();
  expect(uriToPath("git:/a.go?ref")).toBeNull();
});

it("spells URIs as VS Code does", () => {
  expect(pathToUri("c:/x y/(a)#.go")).toBe("file:///c%3A/x%20y/%28a%29%23.go");
  expect(pathToUri("//server/share/a.go")).toBe("file://server/share/a.go");
});

it("goes from any path to a URI and back", () => {
  const segment = fc
    .string({ unit: "grapheme", minLength: 1 })
    .filter((part) => !/[/\ud800-\udfff]/.test(part));
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1 }), (segments) => {
      const path = `/r/${segments.join("/")}`;
      expect(uriToPath(pathToUri(path))).toBe(path);
    }),
  );
});
