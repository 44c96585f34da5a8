import { describe, expect, it } from "vitest";
import { compareVersions, parseModFile, parseVendorModules } from "../../src/server/workspace/goMod.ts";

describe("parseModFile", () => {
  it("reads lines and blocks, comments and quotes", () => {
    const mod = parseModFile(`module "example.com/m" // the module
go 1.22.1
toolchain go1.23.0
require example.com/a v1.2.3 // indirect
require (
	example.com/b/v2 v2.0.0-20240101000000-abcdefabcdef
	// example.com/c v1.0.0
)
replace example.com/a => ../a
replace (
	example.com/b/v2 v2.0.0 => example.com/fork v1.0.0
)
exclude example.com/x v1.0.0
retract [v1.0.0, v1.1.0]
ignore (
	./node
	static
)
`);
    expect(mod.module).toBe("example.com/m");
    expect(mod.go).toBe("1.22.1");
    expect(mod.require).toEqual([
      { path: "example.com/a", version: "v1.2.3" },
      { path: "example.com/b/v2", version: "v2.0.0-20240101000000-abcdefabcdef" },
    ]);
    expect(mod.replace).toEqual([
      { from: { path: "example.com/a", version: "" }, to: { path: "../a", version: "" } },
      {
        from: { path: "example.com/b/v2", version: "v2.0.0" },
        to: { path: "example.com/fork", version: "v1.0.0" },
      },
    ]);
    expect(mod.ignore).toEqual(["./node", "static"]);
  });

  it("reads go.work, with CRLF", () => {
    expect(parseModFile("go 1.21\r\nuse (\r\n\t./a\r\n\t./b\r\n)\r\nuse ./c\r\n").use).toEqual([
      "./a",
      "./b",
      "./c",
    ]);
  });

  it("passes over what is half typed", () => {
    expect(parseModFile("module\nrequire\nreplace x =>\nrequire (\n a v1.0.0\n").require).toEqual([
      { path: "a", version: "v1.0.0" },
    ]);
  });
});

describe("parseVendorModules", () => {
  it("lists packages and go versions by module", () => {
    const modules = parseVendorModules(
      "# a.com/x v1.0.0\n## explicit; go 1.20\na.com/x\na.com/x/y\n# b.com/z v2.0.0\nb.com/z\n",
    );
    expect(modules.get("a.com/x")).toEqual({ packages: ["a.com/x", "a.com/x/y"], go: "1.20" });
    expect(modules.get("b.com/z")).toEqual({ packages: ["b.com/z"], go: "" });
  });
});

describe("compareVersions", () => {
  it("orders as semantic versions do", () => {
    const ordered = [
      "v0.0.0-20200101000000-aaaaaaaaaaaa",
      "v0.0.1",
      "v1.0.0-alpha",
      "v1.0.0-alpha.1",
      "v1.0.0-alpha.beta",
      "v1.0.0-rc.2",
      "v1.0.0-rc.10",
      "v1.0.0",
      "v1.2.0",
      "v1.10.0",
      "v2.0.0+incompatible",
    ];
    expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered);
  });
});
