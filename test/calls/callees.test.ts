/**
 * Which functions a call may reach. A comment `// reaches a, b` names them all, `// reaches nothing` where none can
 * be told. What x/tools says about whole modules is `npm run test:calls`.
 */
import { describe, expect, it } from "vitest";
import { calleesOf } from "../../src/server/core/calls/callees.ts";
import { programFrom, type Sources } from "../types/program.ts";
import { forEachCall, worldOf } from "./world.ts";

/** The functions that the calls of each commented line reach, and those that the comment names. */
async function reached(sources: Sources): Promise<{ got: string[]; wanted: string[] }> {
  const world = worldOf(await programFrom(sources));
  const byLine = new Map<string, Set<string>>();
  forEachCall(world, (fn, call) => {
    const line = `${fn.file.path}:${lineAt(fn.file.text, fn.file.startOf(fn.decl) + call.fun.end)}`;
    const known = byLine.get(line) ?? new Set();
    byLine.set(line, known);
    for (const callee of calleesOf(world, call, fn)) {
      if (callee.kind === "fn") known.add(callee.fn.name);
      if (callee.kind === "parameter") known.add(`parameter ${callee.parameter.name}`);
    }
  });
  const got: string[] = [];
  const wanted: string[] = [];
  for (const [path, text] of Object.entries(sources)) {
    for (const [i, line] of text.split("\n").entries()) {
      const said = /\/\/ reaches (.+)$/.exec(line)?.[1];
      if (said === undefined) continue;
      const names = said === "nothing" ? [] : said.split(", ");
      wanted.push(`${path}:${i + 1} ${names.sort().join(", ")}`);
      got.push(`${path}:${i + 1} ${[...(byLine.get(`${path}:${i + 1}`) ?? [])].sort().join(", ")}`);
    }
  }
  return { got, wanted };
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

async function check(sources: Sources): Promise<void> {
  const { got, wanted } = await reached(sources);
  expect(wanted.length).toBeGreaterThan(0);
  expect(got).toEqual(wanted);
}

describe("a call through an interface", () => {
  it("reaches the types that have the methods with these signatures", () =>
    check({
      "/p/a.go": `package p

type getter interface{ Get(key string) int }
type one struct{}
func (one) Get(key string) int { return 1 }
type two struct{}
func (*two) Get(key string) int { return 2 }
type other struct{}
func (other) Get(key int) int { return 3 }

func use(g getter) int {
	return g.Get("a") // reaches p.one.Get, p.(*two).Get
}
`,
    }));

  it("reaches methods that were promoted from embedded fields", () =>
    check({
      "/p/a.go": `package p

type store interface {
	Get() int
	Put(int)
}
type base struct{ n int }
func (b *base) Get() int { return b.n }
type outer struct{ *base }
func (outer) Put(int) {}

func use(s store) {
	s.Put( // reaches p.outer.Put
		s.Get()) // reaches p.(*base).Get
}
`,
    }));

  it("reaches unexported methods of its own package only", () =>
    check({
      "/p/a.go": `package p

type T struct{}
func (T) get() {}
type Getter interface{ get() }
`,
      "/q/a.go": `package q

import "p"

type getter interface{ get() }
type mine struct{}
func (mine) get() {}
var _ p.Getter = p.T{}
func use(g getter) {
	g.get() // reaches q.mine.get
}
`,
    }));

  it("reaches methods of generic types by their names", () =>
    check({
      "/p/a.go": `package p

type cache[K comparable, V any] struct{ m map[K]V }
func (c *cache[K, V]) Get(k K) V { return c.m[k] }
type getter interface{ Get(string) int }
func use(g getter) {
	g.Get("a") // reaches p.(*cache).Get
}
`,
    }));

  it("reaches what tests put there in tests, or where there is nothing else", () =>
    check({
      "/p/a.go": `package p

type getter interface{ Get() }
type real struct{}
func (real) Get() {}
type hook interface{ Hook() }
func use(g getter, h hook) {
	g.Get() // reaches p.real.Get
	h.Hook() // reaches p.fake.Hook
}
`,
      "/p/a_test.go": `package p

type fake struct{}
func (fake) Get() {}
func (fake) Hook() {}
func check(g getter) {
	g.Get() // reaches p.real.Get, p.fake.Get
}
`,
    }));

  it("tells nothing where there are many", () =>
    check({
      "/p/a.go": `package p

type getter interface{ Get() }
${["a", "b", "c", "d"].map((name) => `type ${name} struct{}\nfunc (${name}) Get() {}`).join("\n")}
func use(g getter) {
	g.Get() // reaches nothing
}
`,
    }));
});

describe("a call of a function value", () => {
  it("reaches what a local, a field or a package-level variable was given", () =>
    check({
      "/p/a.go": `package p

type server struct{ handle func() }
var hook func()
func f() {}
func g() {}
func set(s *server) {
	s.handle = f
	hook = g
}
func use(s *server) {
	s.handle() // reaches p.f
	hook() // reaches p.g
	local := f
	go local() // reaches p.f
	defer func() { g() }() // reaches p.g, p.use.func1
}
`,
    }));

  it("reaches a parameter, a method value and what is called right away", () =>
    check({
      "/p/a.go": `package p

type T struct{}
func (*T) M() {}
func use(t *T, f func()) {
	f() // reaches parameter f
	m := t.M
	m() // reaches p.(*T).M
	(*T).M(t) // reaches p.(*T).M
	func() {}() // reaches p.use.func1
}
`,
    }));

  it("reaches itself and functions that call each other", () =>
    check({
      "/p/a.go": `package p

func even(n int) bool {
	if n == 0 { return true }
	return odd(n - 1) // reaches p.odd
}
func odd(n int) bool {
	if n == 0 { return false }
	return even(n - 1) // reaches p.even
}
func walk() {
	var visit func(int)
	visit = func(n int) {
		if n > 0 { visit(n - 1) } // reaches p.walk.func1
	}
	visit(3) // reaches p.walk.func1
}
`,
    }));
});
