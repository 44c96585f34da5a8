/** Normalisation of what the grammar reads differently from Go, and faults that stay where they are. */
import { describe, expect, it } from "vitest";
import type { Node, SourceFile } from "../../src/server/core/syntax/ast.ts";
import { parseFile } from "../../src/server/core/syntax/parse.ts";
import { createParser } from "../../src/server/core/syntax/parser.ts";
import { dumpFile } from "./dump.ts";
import { testParser, testWasm } from "./parser.ts";
import { programFrom } from "./program.ts";
import { walk } from "./walk.ts";

async function parse(text: string): Promise<SourceFile> {
  return parseFile(await testParser(), "/p/a.go", text);
}

/** The kinds of the nodes whose text is one of these. */
function kindsOf(file: SourceFile, ...texts: readonly string[]): string[] {
  const out: string[] = [];
  for (const decl of file.decls) {
    const start = file.startOf(decl);
    walk(decl, (n: Node) => {
      const text = file.text.slice(start + n.pos, start + n.end);
      if (texts.includes(text) && !/Stmt$/.test(n.kind)) out.push(`${n.kind} ${text}`);
    });
  }
  return out.sort();
}

describe("constructs that the grammar reads differently", () => {
  it("reads conversions, instantiations and calls alike", async () => {
    const file = await parse(
      "package p\n\nvar _ = f[int](x)\nvar _ = a[b](c)\nvar _ = T[K, V](x)\nvar _ = []byte(s)\n",
    );
    expect(file.errors).toEqual([]);
    expect(
      kindsOf(file, "f[int](x)", "a[b](c)", "T[K, V](x)", "[]byte(s)", "f[int]", "a[b]", "T[K, V]"),
    ).toEqual([
      "CallExpr T[K, V](x)",
      "CallExpr []byte(s)",
      "CallExpr a[b](c)",
      "CallExpr f[int](x)",
      "IndexExpr T[K, V]",
      "IndexExpr a[b]",
      "IndexExpr f[int]",
    ]);
  });

  it("reads *T(x) as what T(x) points to", async () => {
    const file = await parse("package p\n\nvar _ = *(*[8]byte)(x)\nvar _ = *T(x)\n");
    expect(kindsOf(file, "*(*[8]byte)(x)", "(*[8]byte)(x)", "*T(x)", "T(x)")).toEqual([
      "CallExpr (*[8]byte)(x)",
      "CallExpr T(x)",
      "StarExpr *(*[8]byte)(x)",
      "StarExpr *T(x)",
    ]);
  });

  it("reads new(expr) of Go 1.26", async () => {
    const file = await parse('package p\n\nvar a, b = new(x + 1), new("s")\nvar c = new([]int)\n');
    expect(file.errors).toEqual([]);
    expect(kindsOf(file, "new", "x + 1", "[]int")).toEqual([
      "ArrayType []int",
      "BinaryExpr x + 1",
      "Ident new",
      "Ident new",
      "Ident new",
    ]);
  });

  it("reads literals and conversions in new(…), and types", async () => {
    const values = [
      "[]int{1}",
      "func() int { return 1 }",
      "map[string]struct{ n int }{}",
      '[]byte("x")',
      "(int)(3)",
      "*p + 1",
      "<-c",
    ];
    const types = ["[]int", "func(int) (string, error)", "map[string]struct{ n int }", "<-chan int", "**T"];
    for (const operand of [...values, ...types]) {
      const file = await parse(`package p\n\nfunc f() {\n\tx := new(${operand})\n\ty()\n}\n`);
      expect([operand, file.errors]).toEqual([operand, []]);
      expect(kindsOf(file, `new(${operand})`, "new", "y")).toEqual([
        `CallExpr new(${operand})`,
        "Ident new",
        "Ident y",
      ]);
    }
  });

  it("takes no block after a block for the body of a literal", async () => {
    const file = await parse(
      "package p\n\nfunc f() {\n\tif a != b.C {\n\t\tg()\n\t}\n\n\t{\n\t\th()\n\t}\n\t// }\n\t{\n\t}\n}\n",
    );
    expect(file.errors).toEqual([]);
    expect(kindsOf(file, "a != b.C", "b.C")).toEqual(["BinaryExpr a != b.C", "SelectorExpr b.C"]);
  });

  it("reads calls of a function named make", async () => {
    const file = await parse("package p\n\nvar a, b, c = &X{make(n - 1)}, make([]int, 3), make(chan<- T)\n");
    expect(file.errors).toEqual([]);
    expect(kindsOf(file, "n - 1", "[]int")).toEqual(["ArrayType []int", "BinaryExpr n - 1"]);
  });

  it("reads groups on one line", async () => {
    const file = await parse('package p\n\nconst ( A = 1 )\nvar (x = "s")\nconst (B = 1; C = 2 )\n');
    expect(file.errors).toEqual([]);
    const names = file.decls.flatMap((d) =>
      "specs" in d ? d.specs.map((s) => ("names" in s ? s.names[0]?.name : "")) : [],
    );
    expect(names).toEqual(["A", "x", "B", "C"]);
  });

  it("gives the arrow of chan <-chan to the first chan", async () => {
    const file = await parse("package p\n\nvar c chan <-chan int\n");
    const decl = file.decls[0]!;
    const type = decl.kind === "VarDecl" ? decl.specs[0]!.type : null;
    expect(type).toMatchObject({ kind: "ChanType", dir: "send", value: { kind: "ChanType", dir: "both" } });
  });

  it("tells declarations in strings and comments from real ones", async () => {
    const file = await parse(
      "package p\n\nvar s = `\nfunc no() {\n`\n\n/*\nfunc neither() {\n*/\nfunc yes() {}\n",
    );
    expect(file.decls.map((d) => d.kind)).toEqual(["VarDecl", "FuncDecl"]);
  });

  it("counts emoji as Go's editors do, in UTF-16 code units", async () => {
    const text = 'package p\n\nvar s, t = "😀", x\n';
    expect(kindsOf(await parse(text), "x")).toEqual(["Ident x"]);
  });

  it("reads CRLF files", async () => {
    const file = await parse('package p\r\n\r\nimport "fmt"\r\n\r\nfunc f() {\r\n\tfmt.Println()\r\n}\r\n');
    expect(file.errors).toEqual([]);
    expect(file.imports.map((i) => i.path)).toEqual(["fmt"]);
  });
});

describe("code nested deeper than people write", () => {
  it.each([
    ["a long sum", `var x = ${Array.from({ length: 5000 }, (_, i) => `"${i}"`).join(" + ")}`],
    ["parentheses", `var x = ${"(".repeat(2000)}1${")".repeat(2000)}`],
    ["blocks", `func f() {${"if true {".repeat(1200)}${"}".repeat(1200)}}`],
    ["else if", `func f(x int) { if x == 0 {} ${"else if x == 1 {} ".repeat(1200)}}`],
  ])("is read as far as it goes: %s", async (_, code) => {
    const program = await programFrom({ "/p/a.go": `package p\n\n${code}\n` });
    const pkg = program.packages[0]!;
    for (const decl of pkg.files[0]!.decls) pkg.info(decl);
    expect(pkg.files[0]!.decls.length).toBe(1);
  });
});

describe("faults", () => {
  it("stay in their declaration", async () => {
    const file = await parse("package p\n\nfunc broken() {\n\tif x {\n\nfunc whole() { y() }\n\nvar z = 1\n");
    expect(file.decls.map((d) => (d.kind === "FuncDecl" ? d.name.name : d.kind))).toEqual([
      "broken",
      "whole",
      "VarDecl",
    ]);
    expect(file.errors.length).toBeGreaterThan(0);
    const whole = file.startOf(file.decls[1]!);
    expect(file.errors.every((e) => e.end <= whole)).toBe(true);
  });

  it("leave the names of a half-typed line", async () => {
    const file = await parse("package p\n\nfunc f() {\n\tgo g(m)\n\ts.\n\th(m)\n}\n");
    expect(kindsOf(file, "g", "h")).toEqual(["Ident g", "Ident h"]);
  });

  it("are counted where the grammar fails on valid Go", async () => {
    // The grammar knows no statement between two semicolons.
    const file = await parse("package p\n\nfunc f() {\n\tx = 1; ; y = 2\n}\n\nfunc g() {}\n");
    expect(file.errors.length).toBeGreaterThan(0);
    expect(file.errors.every((e) => e.end <= file.startOf(file.decls[1]!))).toBe(true);
    expect(file.decls.length).toBe(2);
  });
});

describe("parsers", () => {
  it("can be made at the same time", async () => {
    const wasm = testWasm();
    const [a, b] = await Promise.all([createParser(wasm), createParser(wasm)]);
    for (const go of [a, b, a])
      expect(parseFile(go, "/p/a.go", "package p\n\nfunc f() {}\n").errors).toEqual([]);
  });
});

describe("a text that is not held", () => {
  const TEXT = `package dependency

import "sync"

// Store is documented.
type Store struct {
	mu sync.Mutex \`tag:"a long one, which is sliced"\`
	by map[string]int
}

const longEnough = "a literal that is longer than thirteen characters"

func (s *Store) Put(key string, n int) { s.mu.Lock(); s.by[key] = n; s.mu.Unlock() }
`;

  it("is read again for bodies of functions alone, and what is read is the same", async () => {
    const go = await testParser();
    let asked = 0;
    const textAgain = () => {
      asked++;
      return TEXT;
    };
    const file = parseFile(go, "/d/a.go", TEXT, { textAgain });
    const put = file.decls.find((d) => d.kind === "FuncDecl")!;
    expect(put.type.params.fields.flatMap((f) => f.names.map((n) => n.name))).toEqual(["key", "n"]);
    expect(asked).toBe(0);
    expect(put.body?.list.length).toBe(3);
    expect(asked).toBe(1);
    expect(dumpFile(file)).toEqual(dumpFile(parseFile(go, "/d/a.go", TEXT)));
    expect(file.text).toBe(TEXT);
  });

  it("is nothing once the file is another one", async () => {
    const go = await testParser();
    const file = parseFile(go, "/d/a.go", TEXT, { textAgain: () => "package dependency\n" });
    const put = file.decls.find((d) => d.kind === "FuncDecl")!;
    expect(put.type.params.fields.length).toBe(2);
    expect(put.body?.list).toEqual([]);
    expect(file.text).toBe("");
    expect(file.comments).toEqual([]);
    expect(() => file.errors).not.toThrow();
  });

  it("is not compared with: what comes next is read afresh", async () => {
    const go = await testParser();
    let now = TEXT;
    const previous = parseFile(go, "/d/a.go", TEXT, { textAgain: () => now });
    now = TEXT.replace("key string, n int", "key string, m int").replace("= n;", "= m;");
    const next = parseFile(go, "/d/a.go", now, { previous, textAgain: () => now });
    expect(dumpFile(next)).toEqual(dumpFile(parseFile(go, "/d/a.go", now)));
  });
});
