/** What frames are called and whose they are. */
import { describe, expect, it } from "vitest";
import {
  mediumPlace,
  ownerOf,
  packageOf,
  placeRelativeTo,
  qualifiedName,
  shortName,
  shortType,
  topUserFrame,
} from "../../webview/frames.ts";
import { mainFrame, shopFrame, standardFrame } from "./sampleRun.ts";

describe("names of functions", () => {
  it.each([
    [
      "example.com/shop/session.(*Store).Put",
      "example.com/shop/session",
      "session.(*Store).Put",
      "(*Store).Put",
    ],
    ["main.main.func1", "main", "main.main.func1", "main.func1"],
    ["net/http.(*conn).serve", "net/http", "http.(*conn).serve", "(*conn).serve"],
    ["gopkg.in/yaml.v3.Marshal", "gopkg.in/yaml", "yaml.v3.Marshal", "v3.Marshal"],
    ["example.com/a.F[example.com/b/c.T]", "example.com/a", "a.F[example.com/b/c.T]", "F[example.com/b/c.T]"],
  ])("splits %s", (name, path, qualified, short) => {
    expect(packageOf(name)).toBe(path);
    expect(qualifiedName(name)).toBe(qualified);
    expect(shortName(name)).toBe(short);
  });

  it("leaves paths out of types", () => {
    expect(shortType("map[string]*example.com/shop/session.Session")).toBe("map[string]*session.Session");
    expect(shortType("map[example.com/a-b/k.Key][]main.Value")).toBe("map[k.Key][]Value");
  });
});

describe("whose code a frame is", () => {
  it("knows the standard library by path and place", () => {
    expect(ownerOf(standardFrame("net/http.(*conn).serve", "net/http/server.go", 1))).toBe("standard");
    expect(ownerOf({ function: "runtime.goexit", file: "", line: 0 })).toBe("standard");
  });

  it("does not take a user's package for the standard library's of the same first name", () => {
    expect(ownerOf({ function: "log/shipping.Send", file: "/home/ana/log/shipping/send.go", line: 3 })).toBe(
      "user",
    );
  });

  it("tells dependencies by where they lie", () => {
    expect(
      ownerOf({
        function: "github.com/x/y.F",
        file: "/home/ana/go/pkg/mod/github.com/x/y@v1.0.0/f.go",
        line: 1,
      }),
    ).toBe("dependency");
    expect(ownerOf({ function: "github.com/x/y.F", file: "vendor/github.com/x/y/f.go", line: 1 })).toBe(
      "user",
    );
    expect(ownerOf({ function: "github.com/x/y.F", file: "/p/vendor/github.com/x/y/f.go", line: 1 })).toBe(
      "dependency",
    );
  });

  it("finds the innermost frame of the user's", () => {
    const own = shopFrame("session.(*Store).Put", "session/store.go", 31);
    const reader = standardFrame("encoding/json.Marshal", "encoding/json/encode.go", 160);
    expect(topUserFrame([reader, own, mainFrame("main", 3)])).toBe(own);
    expect(topUserFrame([reader])).toBe(reader);
    expect(topUserFrame([])).toBeUndefined();
  });

  it("names files in open folders by their paths there", () => {
    const [store, dependency] = ["/home/me/shop/a/b/c/store.go", "/home/me/shopping/a/list.go"];
    placeRelativeTo(["/home/me/shop"]);
    expect(mediumPlace({ function: "f", file: store, line: 3 })).toBe("a/b/c/store.go:3");
    expect(mediumPlace({ function: "f", file: dependency, line: 3 })).toBe("shopping/a/list.go:3");
    placeRelativeTo(["c:\\work\\shop", "/home/me/shop/"]);
    expect(mediumPlace({ function: "f", file: "C:/work/shop/main.go", line: 3 })).toBe("shop/main.go:3");
    placeRelativeTo([]);
  });

  it("keeps two folders of an absolute path", () => {
    expect(mediumPlace(shopFrame("session.init", "session/store.go", 14))).toBe("shop/session/store.go:14");
    expect(mediumPlace({ function: "main.main", file: "main.go", line: 3 })).toBe("main.go:3");
  });
});
