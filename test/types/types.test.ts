/** What core says about types, in cases that the comparison with go/types does not name one by one. */
import { describe, expect, it } from "vitest";
import type { CallExpr, Expr, Ident, SelectorExpr } from "../../src/server/core/syntax/ast.ts";
import { implementsInterface, methodSet } from "../../src/server/core/types/lookup.ts";
import { under } from "../../src/server/core/types/predicates.ts";
import type { Info, Obj, Package, Program } from "../../src/server/core/types/types.ts";
import { typeString } from "../../src/server/core/types/typestring.ts";
import { programFrom, type Sources } from "./program.ts";
import { walk } from "./walk.ts";

interface Found {
  readonly info: Info;
  readonly node: Expr;
}

/** The first expression with this text in the package's files. */
function find(pkg: Package, text: string, kind: Expr["kind"] | null = null): Found {
  for (const file of pkg.files) {
    for (const decl of file.decls) {
      const start = file.startOf(decl);
      const found: Expr[] = [];
      walk(decl, (n) => {
        const here = file.text.slice(start + n.pos, start + n.end);
        const isExpr = !/(Stmt|Decl|Spec|Clause|Field|FieldList)$/.test(n.kind);
        if (here === text && isExpr && (kind === null || n.kind === kind)) found.push(n as Expr);
      });
      if (found.length > 0) return { info: pkg.info(decl), node: found[0]! };
    }
  }
  throw new Error(`no expression ${text}`);
}

function typeOf(program: Program, text: string): string {
  const { info, node } = find(program.packages[0]!, text);
  return typeString(info.typeOf(node), () => "");
}

async function one(body: string, more: Sources = {}): Promise<Program> {
  return programFrom({ "/p/a.go": `package p\n\n${body}`, ...more });
}

describe("types of expressions", () => {
  it("infers type arguments from arguments, constraints and generic arguments", async () => {
    const program = await one(`
func Map[S ~[]E, E, R any](s S, f func(E) R) []R { return nil }
func id[T any](x T) T { return x }
type list []string
var a = Map(list{}, func(s string) int { return len(s) })
var b = Map([]float64{}, id)
var c = id(1.5)
`);
    expect(typeOf(program, "Map(list{}, func(s string) int { return len(s) })")).toBe("[]int");
    expect(typeOf(program, "Map([]float64{}, id)")).toBe("[]float64");
    expect(typeOf(program, "id(1.5)")).toBe("float64");
    const call = find(program.packages[0]!, "Map(list{}, func(s string) int { return len(s) })");
    const fun = (call.node as CallExpr).fun as Ident;
    expect(call.info.typeArgsOf(fun).map((t) => typeString(t, () => ""))).toEqual(["list", "string", "int"]);
  });

  it("settles untyped constants by their use", async () => {
    const program = await one(`
const big = 1 << 40
var f float32 = 1 + 2*3
var s = "a" + "b"
var n = len("a\\xff日") + big
var u uint8 = 1<<3 | 4
`);
    expect(typeOf(program, "1 + 2*3")).toBe("float32");
    expect(typeOf(program, '"a" + "b"')).toBe("string");
    const { info, node } = find(program.packages[0]!, 'len("a\\xff日") + big');
    expect(info.constOf(node)).toBe(2n ** 40n + 5n);
  });

  it("numbers constants with iota, repeated expressions included", async () => {
    const program = await one("type T int\nconst (\n\tA T = iota * 10\n\tB\n\t_\n\tD\n)\nvar x = D\n");
    const { info, node } = find(program.packages[0]!, "D", "Ident");
    expect(info.objectOf(node as Ident)?.kind).toBe("const");
    const use = find(program.packages[0]!, "x", "Ident");
    expect(typeString(use.info.objectOf(use.node as Ident)!.type(), () => "")).toBe("T");
    const init = program.packages[0]!.files[0]!.decls.at(-1)!;
    const value = init.kind === "VarDecl" ? init.specs[0]!.values[0]! : null;
    expect(program.packages[0]!.info(init).constOf(value!)).toBe(30n);
  });

  it("ranges over integers, functions and channels", async () => {
    const program = await one(`
func seq(yield func(string, error) bool) {}
func f(ch <-chan []byte) {
	for i := range 10 { _ = i+0 }
	for k, v := range seq { _, _ = k+"", v.Error() }
	for b := range ch { _ = b[0] }
}
`);
    expect(typeOf(program, "i+0")).toBe("int");
    expect(typeOf(program, 'k+""')).toBe("string");
    expect(typeOf(program, "v.Error()")).toBe("string");
    expect(typeOf(program, "b[0]")).toBe("byte");
  });

  it("gives a value and whether there was one where two are wanted", async () => {
    const program = await one(`
func f(m map[string]int, x any, c chan bool) {
	a, ok := m["a"]
	b, isInt := x.(int)
	d, open := <-c
	_, _, _, _, _, _ = a, ok, b, isInt, d, open
}
`);
    expect(typeOf(program, 'm["a"]')).toBe("(int, bool)");
    expect(typeOf(program, "x.(int)")).toBe("(int, bool)");
    expect(typeOf(program, "<-c")).toBe("(bool, bool)");
  });

  it("is silent about what it cannot know", async () => {
    const program = await one(`
import "C"
import "nowhere.example/gone"
var a = C.int(1)
var b = gone.New().Field
var c = undefined + 1
`);
    for (const e of ["C.int(1)", "gone.New().Field", "undefined + 1"])
      expect(typeOf(program, e)).toBe("unknown");
  });

  it("resolves generic aliases and methods declared through an alias", async () => {
    const program = await one(`
type Set[T comparable] = map[T]struct{}
type real struct{ n int }
type other = real
func (o *other) N() int { return o.n }
var s Set[string]
var n = new(real).N()
`);
    expect(typeOf(program, "Set[string]")).toBe("Set[string]");
    const { info, node } = find(program.packages[0]!, "s", "Ident");
    expect(typeString(under(info.objectOf(node as Ident)!.type()))).toBe("map[string]struct{}");
    expect(typeOf(program, "new(real).N()")).toBe("int");
  });
});

describe("selections", () => {
  it("name the embedded fields on the way", async () => {
    const program = await one(`
type inner struct{ m map[string]int }
func (i *inner) lock() {}
type middle struct{ *inner }
type outer struct{ middle }
func f(o outer) { o.m["x"]++; o.lock() }
`);
    const field = find(program.packages[0]!, "o.m");
    const selection = field.info.selectionOf(field.node as SelectorExpr)!;
    expect(selection.kind).toBe("field");
    expect(selection.path.map((v) => v.name)).toEqual(["middle", "inner"]);
    expect(selection.indirect).toBe(true);
    const method = find(program.packages[0]!, "o.lock");
    expect(method.info.selectionOf(method.node as SelectorExpr)!.kind).toBe("method");
  });

  it("compare fields of instances by their origin", async () => {
    const program = await one(`
type Box[T any] struct{ v T }
var a = Box[int]{}.v
var b = Box[string]{}.v
`);
    const object = (text: string): Obj => {
      const { info, node } = find(program.packages[0]!, text);
      return info.selectionOf(node as SelectorExpr)!.obj;
    };
    const a = object("Box[int]{}.v");
    const b = object("Box[string]{}.v");
    expect(a).not.toBe(b);
    expect(a.kind === "var" && b.kind === "var" && a.origin === b.origin).toBe(true);
  });
});

describe("interfaces", () => {
  it("are satisfied by methods of the right receiver", async () => {
    const program = await one(`
type I interface{ M(); N() int }
type A struct{}
func (A) M() {}
func (*A) N() int { return 0 }
type B struct{ *A }
type C struct{ A }
`);
    const pkg = program.packages[0]!;
    const iface = under(pkg.lookup("I")!.type());
    if (iface.kind !== "interface") throw new Error("I is an interface");
    const satisfies = (name: string, pointer: boolean): boolean => {
      const type = pkg.lookup(name)!.type();
      return implementsInterface(pointer ? { kind: "pointer", elem: type } : type, iface);
    };
    expect([satisfies("A", false), satisfies("A", true)]).toEqual([false, true]);
    expect([satisfies("B", false), satisfies("C", false), satisfies("C", true)]).toEqual([true, false, true]);
    expect(
      methodSet(pkg.lookup("B")!.type())
        .map((m) => m.func.name)
        .sort(),
    ).toEqual(["M", "N"]);
  });
});

describe("the standard library", () => {
  it("is read where it is imported", async () => {
    const program = await one(`
import (
	"net/http"
	"sync"
)
type s struct { sync.Mutex; m map[string]*http.Request }
func (s *s) h(w http.ResponseWriter, r *http.Request) { s.m[r.URL.Path] = r; s.Lock() }
`);
    expect(typeOf(program, "r.URL.Path")).toBe("string");
    expect(typeOf(program, "s.m[r.URL.Path]")).toBe("*Request");
    const { info, node } = find(program.packages[0]!, "s.Lock");
    const selection = info.selectionOf(node as SelectorExpr)!;
    expect(selection.obj.pkg?.path).toBe("sync");
  });
});
