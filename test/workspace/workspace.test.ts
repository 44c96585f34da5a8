import { chmodSync, existsSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { Workspace, type WorkspaceOptions } from "../../src/server/workspace/workspace.ts";
import { addToTree, makeTree } from "./tree.ts";

function open(folders: readonly string[], options: Partial<WorkspaceOptions> = {}): Workspace {
  const workspace = new Workspace({ folders, trusted: false, variables: process.env, ...options });
  onTestFinished(() => workspace.dispose());
  return workspace;
}

/** "path variant: files" of every package, for reading at a glance. */
function outline(workspace: Workspace): string[] {
  return workspace.programs().flatMap(({ source }) =>
    source.packages.map(({ path, variant, files }) => {
      const names = files.map((file) => file.path.slice(file.path.lastIndexOf("/") + 1)).join(" ");
      return `${path}${variant === "" ? "" : ` ${variant}`}: ${names}`;
    }),
  );
}

describe("packages", () => {
  it("are the module's, each file in one of them, tests with their package or beside it", () => {
    const root = makeTree({
      "go.mod": "module example.com/m\n\ngo 1.22\n",
      "main.go": "package main\n",
      "main_test.go": "package main\n",
      "main_ext_test.go": "package main_test\n",
      "main_plan9.go": "package main\n",
      "gen.go": "//go:build ignore\n\npackage main\n",
      "inner/a.go": "package inner\n",
      "testdata/t.go": "package t\n",
      "_off/o.go": "package o\n",
      ".hidden/h.go": "package h\n",
      "vendor/x/x.go": "package x\n",
      "node_modules/n/n.go": "package n\n",
    });
    const workspace = open([root]);
    expect(outline(workspace)).toEqual([
      "example.com/m: main.go main_test.go",
      "example.com/m_test xtest: main_ext_test.go",
      "example.com/m/inner: a.go",
    ]);
    expect(workspace.programs()[0]).toMatchObject({ root, kind: "module" });
    expect(workspace.programs()[0]?.source.packages[0]).toMatchObject({
      goVersion: "1.22",
      inWorkspace: true,
    });
  });

  it("are separate programs for nested modules and for second roots", () => {
    const root = makeTree({
      "one/go.mod": "module one\n",
      "one/a.go": "package a\n",
      "one/nested/go.mod": "module nested\n",
      "one/nested/b.go": "package b\n",
      "two/go.mod": "module two\n",
      "two/c.go": "package c\n",
    });
    const workspace = open([`${root}/one`, `${root}/two`]);
    expect(workspace.programs().map((program) => program.root)).toEqual([
      `${root}/one`,
      `${root}/one/nested`,
      `${root}/two`,
    ]);
    expect(workspace.programOf(`${root}/one/nested/b.go`)?.root).toBe(`${root}/one/nested`);
  });

  it("share one program where a go.work names their modules", () => {
    const root = makeTree({
      "go.work": "go 1.22\nuse (\n\t./a\n\t./b\n)\n",
      "a/go.mod": "module example.com/a\n",
      "a/a.go": 'package a\nimport _ "example.com/b/deep"\n',
      "b/go.mod": "module example.com/b\n",
      "b/deep/d.go": "package deep\n",
      "c/go.mod": "module example.com/c\n",
      "c/c.go": "package c\n",
    });
    const workspace = open([root]);
    expect(workspace.programs().map(({ kind, root: at }) => [kind, at])).toEqual([
      ["work", root],
      ["module", `${root}/c`],
    ]);
    expect(workspace.programs()[0]?.source.dependency("example.com/b/deep")?.dir).toBe(`${root}/b/deep`);
    expect(workspace.programs()[1]?.source.dependency("example.com/b/deep")).toBeNull();
  });

  it("are found when an inner folder of a module is opened", () => {
    const root = makeTree({
      "go.mod": "module example.com/m\n",
      "a.go": "package m\n",
      "inner/b.go": "package inner\n",
    });
    const workspace = open([`${root}/inner`]);
    expect(outline(workspace)).toEqual(["example.com/m/inner: b.go"]);
    expect(workspace.programs()[0]?.source.dependency("example.com/m")?.dir).toBe(root);
  });

  it("are made of each folder where there is no go.mod, with a note", () => {
    const root = makeTree({ "a.go": "package main\n", "b/b.go": "package b\n" });
    const workspace = open([root]);
    const name = root.slice(root.lastIndexOf("/") + 1);
    expect(outline(workspace)).toEqual([`${name}: a.go`, `${name}/b: b.go`]);
    expect(workspace.notes().map((note) => note.message)).toContainEqual(
      expect.stringMatching(/has no go\.mod.*Run `go mod init NAME` there/),
    );
  });

  it("keep a file whose package clause is being typed, and part strangers from the rest", () => {
    const root = makeTree({
      "go.mod": "module m\n",
      "a.go": "package p\n",
      "b.go": "package p\n",
      "broken.go": "packag",
      "other.go": "package q\n",
    });
    expect(outline(open([root]))).toEqual(["m: a.go b.go broken.go", "m#q: other.go"]);
  });

  it("are left out where go.mod says ignore", () => {
    const root = makeTree({
      "go.mod": "module m\nignore ./web\nignore static\n",
      "a.go": "package m\n",
      "web/w.go": "package w\n",
      "inner/web/w.go": "package w\n",
      "inner/static/s.go": "package s\n",
    });
    expect(outline(open([root]))).toEqual(["m: a.go", "m/inner/web: w.go"]);
  });
});

describe("dependencies", () => {
  it("come from the standard library, with its vendored imports mapped", () => {
    const root = makeTree({ "go.mod": "module m\n", "a.go": "package m\n" });
    const source = open([root]).programs()[0]?.source;
    const http = source?.dependency("net/http");
    expect(http?.files.some((file) => file.path.endsWith("/net/http/server.go"))).toBe(true);
    expect(http?.files.some((file) => file.path.endsWith("_test.go"))).toBe(false);
    const mapped = http?.importMap["golang.org/x/net/http/httpguts"] ?? "";
    expect(mapped).toBe("vendor/golang.org/x/net/http/httpguts");
    expect(source?.dependency(mapped)?.name).toBe("httpguts");
  });

  it("come from the module cache in the version that go.mod chooses, capitals escaped", () => {
    const root = makeTree({
      "m/go.mod":
        "module m\n\ngo 1.20\n\nrequire (\n\texample.com/Dep v1.2.0\n\texample.com/Dep/sub v0.1.0\n)\n",
      "m/a.go": "package m\n",
      "cache/example.com/!dep@v1.2.0/go.mod": "module example.com/Dep\n\ngo 1.19\n",
      "cache/example.com/!dep@v1.2.0/d.go": "package dep\n",
      "cache/example.com/!dep@v1.2.0/d_test.go": "package dep\n",
      "cache/example.com/!dep/sub@v0.1.0/s.go": "package sub\n",
    });
    const source = open([`${root}/m`], {
      variables: { ...process.env, GOMODCACHE: `${root}/cache` },
    }).programs()[0]?.source;
    expect(source?.dependency("example.com/Dep")).toMatchObject({
      dir: `${root}/cache/example.com/!dep@v1.2.0`,
      goVersion: "1.19",
      inWorkspace: false,
    });
    expect(source?.dependency("example.com/Dep")?.files).toHaveLength(1);
    expect(source?.dependency("example.com/Dep/sub")?.dir).toBe(`${root}/cache/example.com/!dep/sub@v0.1.0`);
    expect(source?.dependency("example.com/none")).toBeNull();
  });

  it("take the highest version that an older module's dependencies ask for", () => {
    const root = makeTree({
      "m/go.mod": "module m\n\ngo 1.15\n\nrequire (\n\ta.com/a v1.0.0\n\tb.com/b v1.0.0\n)\n",
      "m/a.go": "package m\n",
      "cache/cache/download/a.com/a/@v/v1.0.0.mod": "module a.com/a\nrequire b.com/b v1.3.0\n",
      "cache/cache/download/b.com/b/@v/v1.3.0.mod": "module b.com/b\n",
      "cache/b.com/b@v1.0.0/b.go": "package b\n",
      "cache/b.com/b@v1.3.0/b.go": "package b\n",
    });
    const source = open([`${root}/m`], {
      variables: { ...process.env, GOMODCACHE: `${root}/cache` },
    }).programs()[0]?.source;
    expect(source?.dependency("b.com/b")?.dir).toBe(`${root}/cache/b.com/b@v1.3.0`);
  });

  it("are read again as they were, or not at all", () => {
    const root = makeTree({
      "m/go.mod": "module m\n\ngo 1.20\n\nrequire a.com/a v1.0.0\n\nreplace a.com/a => ../local\n",
      "m/m.go": 'package m\n\nimport _ "a.com/a"\n',
      "local/go.mod": "module a.com/a\n",
      "local/a.go": "package a\n\nvar one = 1\n",
    });
    const source = open([`${root}/m`]).programs()[0]?.source;
    const file = source?.dependency("a.com/a")?.files[0];
    expect(file?.text()).toContain("one = 1");
    expect(file?.text()).toContain("one = 1");
    writeFileSync(`${root}/local/a.go`, "package a\n\nvar two = 2\n");
    utimesSync(`${root}/local/a.go`, 1, 1); // not in the same millisecond
    expect(file?.text()).toBe("");
    rmSync(`${root}/local/a.go`);
    expect(file?.text()).toBe("");
  });

  it("follow replace, and vendor before the module cache", () => {
    const root = makeTree({
      "m/go.mod": "module m\n\ngo 1.20\n\nrequire a.com/a v1.0.0\n\nreplace a.com/a => ../local\n",
      "m/a.go": "package m\n",
      "local/go.mod": "module a.com/a\n",
      "local/inner/i.go": "package inner\n",
      "v/go.mod": "module v\n\ngo 1.20\n\nrequire a.com/a v1.0.0\n",
      "v/v.go": "package v\n",
      "v/vendor/modules.txt": "# a.com/a v1.0.0\n## explicit; go 1.18\na.com/a/inner\n",
      "v/vendor/a.com/a/inner/i.go": "package inner\n",
    });
    const replaced = open([`${root}/m`]).programs()[0]?.source;
    expect(replaced?.dependency("a.com/a/inner")?.dir).toBe(`${root}/local/inner`);
    const vendored = open([`${root}/v`]).programs()[0]?.source;
    expect(vendored?.dependency("a.com/a/inner")).toMatchObject({
      dir: `${root}/v/vendor/a.com/a/inner`,
      goVersion: "1.18",
    });
  });

  it("that are not on this machine are told of", () => {
    const root = makeTree({
      "go.mod": "module m\n\ngo 1.20\n\nrequire a.com/a v1.0.0\n",
      "a.go": "package m\n",
    });
    const workspace = open([root], { variables: { ...process.env, GOMODCACHE: `${root}/none` } });
    expect(workspace.programs()[0]?.source.dependency("a.com/a")).toBeNull();
    expect(workspace.notes().map((note) => note.message)).toContainEqual(
      expect.stringMatching(/^a\.com\/a@v1\.0\.0 is not on this machine.*go mod download/),
    );
  });
});

describe("buffers", () => {
  const files = {
    "go.mod": "module m\n",
    "a.go": "package m\n",
    "b.go": "package m\n",
    "p/p.go": "package p\n",
  };

  it("lie over the disk, and leave everything else the same object", () => {
    const root = makeTree(files);
    const workspace = open([root]);
    const before = workspace.programs()[0]?.source;
    workspace.setBuffer(`${root}/a.go`, "package m\n\nvar x int\n");
    const after = workspace.programs()[0]?.source;
    expect(after).not.toBe(before);
    expect(after?.packages[0]?.files[0]?.text()).toContain("var x");
    expect(after?.packages[0]?.files[1]).toBe(before?.packages[0]?.files[1]);
    expect(after?.packages[1]).toBe(before?.packages[1]);
    workspace.closeBuffer(`${root}/a.go`);
    expect(workspace.programs()[0]?.source.packages[0]?.files[0]).toBe(before?.packages[0]?.files[0]);
    expect(workspace.programs()[0]?.source).toBe(workspace.programs()[0]?.source);
  });

  it("may be of files and folders that are not saved yet", () => {
    const root = makeTree(files);
    const workspace = open([root]);
    workspace.setBuffer(`${root}/new.go`, "package m\n");
    workspace.setBuffer(`${root}/fresh/f.go`, "package fresh\n");
    expect(outline(workspace)).toEqual(["m: a.go b.go new.go", "m/p: p.go", "m/fresh: f.go"]);
  });

  it("can change which build a file belongs to", () => {
    const root = makeTree(files);
    const workspace = open([root]);
    workspace.setBuffer(`${root}/b.go`, "//go:build ignore\n\npackage main\n");
    expect(outline(workspace)[0]).toBe("m: a.go");
    workspace.setBuffer(`${root}/b.go`, "package m\n");
    expect(outline(workspace)[0]).toBe("m: a.go b.go");
  });

  it("include the folder of an open file that ./... passes over", () => {
    const root = makeTree({ ...files, "testdata/t.go": "package t\n" });
    const workspace = open([root]);
    workspace.setBuffer(`${root}/testdata/t.go`, "package t\n");
    expect(outline(workspace)).toContain("m/testdata: t.go");
  });

  it("opened through a symbolic link are the program's own files", () => {
    const root = makeTree({ "real/go.mod": "module m\n", "real/sub/a.go": "package sub\n" });
    symlinkSync(`${root}/real`, `${root}/link`);
    symlinkSync(`${root}/real/sub`, `${root}/real/alias`);
    const byLink = open([`${root}/link`]);
    expect(byLink.programs()[0]?.source.packages[0]?.files[0]?.path).toBe(`${root}/link/sub/a.go`);
    expect(byLink.pathInProgram(`${root}/real/sub/a.go`)).toBe(`${root}/link/sub/a.go`);
    const byReal = open([`${root}/real`]);
    expect(byReal.pathInProgram(`${root}/real/alias/a.go`)).toBe(`${root}/real/sub/a.go`);
    byReal.setBuffer(`${root}/real/alias/a.go`, "package sub // changed\n");
    expect(outline(byReal)).toEqual(["m/sub: a.go"]);
    expect(byReal.programs()[0]?.source.packages[0]?.files[0]?.text()).toContain("changed");
  });
});

describe("changes on disk", () => {
  it("bring files, folders and modules", () => {
    const root = makeTree({ "go.mod": "module m\n", "a.go": "package m\n" });
    const workspace = open([root]);
    expect(outline(workspace)).toEqual(["m: a.go"]);
    addToTree(root, { "b.go": "package m\n", "p/p.go": "package p\n" });
    workspace.filesChanged([`${root}/b.go`, `${root}/p/p.go`]);
    expect(outline(workspace)).toEqual(["m: a.go b.go", "m/p: p.go"]);
    renameSync(`${root}/b.go`, `${root}/c.go`);
    workspace.filesChanged([`${root}/b.go`, `${root}/c.go`]);
    expect(outline(workspace)).toEqual(["m: a.go c.go", "m/p: p.go"]);
    writeFileSync(`${root}/go.mod`, "module renamed\n");
    workspace.filesChanged([`${root}/go.mod`]);
    expect(outline(workspace)).toEqual(["renamed: a.go c.go", "renamed/p: p.go"]);
  });

  it("strip byte-order marks and keep CRLF", () => {
    const root = makeTree({ "go.mod": "module m\r\n", "a.go": "\uFEFFpackage m\r\n" });
    const workspace = open([root]);
    expect(workspace.programs()[0]?.source.packages[0]?.files[0]?.text()).toBe("package m\r\n");
  });
});

describe("processes", () => {
  /** A `go` that leaves a mark when it is started. */
  function makeSpy(root: string): { variables: Record<string, string | undefined>; started: () => boolean } {
    addToTree(root, { "bin/go": `#!/bin/sh\ntouch '${root}/started'\nexit 1\n` });
    chmodSync(`${root}/bin/go`, 0o755);
    return {
      variables: { ...process.env, PATH: `${root}/bin:${process.env.PATH}` },
      started: () => existsSync(`${root}/started`),
    };
  }

  it("are not started in an untrusted workspace, and it says so", async () => {
    const root = makeTree({ "m/go.mod": "module m\n", "m/a.go": "package m\n" });
    const { variables, started } = makeSpy(root);
    const workspace = open([`${root}/m`], { variables });
    workspace.filesChanged([`${root}/m/go.mod`]);
    await workspace.settled();
    expect(outline(workspace)).toEqual(["m: a.go"]);
    expect(started()).toBe(false);
    expect(workspace.notes().map((note) => note.message)).toContainEqual(
      expect.stringContaining("not trusted"),
    );
  });

  it("are started once trust is given; one that fails is told of, and packages are there all the same", async () => {
    const root = makeTree({ "m/go.mod": "module m\n", "m/a.go": "package m\n" });
    const { variables, started } = makeSpy(root);
    const workspace = open([`${root}/m`], { variables });
    workspace.setTrusted(true);
    await workspace.settled();
    expect(started()).toBe(true);
    expect(outline(workspace)).toEqual(["m: a.go"]);
    expect(workspace.notes().map((note) => note.message)).toContainEqual(
      expect.stringMatching(/`go list` failed/),
    );
  });

  it("answer with go list's own choice of files", async () => {
    const root = makeTree({
      "go.mod": "module m\n\ngo 1.22\n",
      "a.go": 'package m\n\nimport _ "os"\n',
      "a_test.go": "package m\n",
      "x_test.go": "package m_test\n",
      "a_windows.go": "package m\n",
    });
    const workspace = open([root], { trusted: true });
    const own = outline(workspace);
    const before = workspace.programs()[0]?.source;
    expect(before?.dependency("os")?.name).toBe("os");
    await workspace.settled();
    expect(outline(workspace)).toEqual(own);
    // An answer that only confirms what was known has nothing analysed again.
    expect(workspace.programs()[0]?.source).toBe(before);
    expect(workspace.notes()).toEqual([]);
  });

  it("that find no Go leave the packages of the workspace", () => {
    const root = makeTree({ "go.mod": "module m\n", "a.go": "package m\n", "empty/.keep": "" });
    const workspace = open([root], {
      variables: { PATH: `${root}/empty`, GOROOT: `${root}/empty` },
      trusted: true,
    });
    expect(outline(workspace)).toEqual(["m: a.go"]);
  });
});
