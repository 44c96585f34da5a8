// Package constructs holds every construct of Go that is easily misread, in
// valid code: core's answers about it are compared with those of go/types.
package constructs

import (
	"errors"
	"fmt"
	. "strings"
	_ "unsafe"

	in "constructs/inner"
)

const ( one = 1 )
const ( two, three = 2, "three"; four = 4 )
var ( x1 = 1 )
var ( x2, x3 = 2, "😀"; x4 struct{ a, b int } )
type ( T1 int )
type ( T2 = string; T3 []T2 )
var ()
const ()

const (
	a = iota << 1
	b
	_
	c, d = iota, iota * 1.5
	e, f
)

func newExpr() {
	p := new(1 + 2)
	q := new("s" + fmt.Sprint(*p))
	r := new(T1)
	s := new(x4.a)
	t := new([]int{1, 2})
	u := new(in.Value)
	v := new(in.Make())
	w := new(func() int { return 1 })
	y := new(len("abc"))
	z := new(-1.5)
	aa := new('x')
	bb := new(errors.New("e"))
	cc := new(nilMap["k"])
	dd := new(*p)
	ee := new((int)(3))
	ff := new(map[string]int{"a": 1})
	_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _ = q, r, s, t, u, v, w, y, z, aa, bb, cc, dd, ee, ff, p
}

var nilMap map[string]struct{ n int }

// A block after a block; the grammar would like a literal.
func blocks(m in.Meta) int {
	last := 3
	if last != m.Index {
		fmt.Println(last)
	}

	{
		last := "inner"
		_ = last
	}
	for range m.List {
		last++
	}
	{
		last--
	}
	switch m.Index {
	}
	{ // a comment
		last++
	}
	if last == m.Index {
		fmt.Println("}")
	} else if m.Ok {
		last = 2
	}
	{
		_ = m
	}
	return last
}

func labels(n int) (sum int) {
outer:
	for i := 0; i < n; i++ {
	inner:
		for j := range n {
			switch {
			case j == 1:
				continue outer
			case j == 2:
				break inner
			case j == 3:
				goto done
			default:
				fallthrough
			case j == 4:
				sum += j
			}
		}
	}
block:
	{
		sum++
	}
	if sum < 3 {
		goto block
	}
sel:
	select {
	default:
		break sel
	}
	goto done
done:
	return
}

func ranges(ch chan in.Meta, arr *[4]T1, s string) {
	for range 3 {
	}
	for i := range 3 {
		_ = i
	}
	for i := range int8(3) {
		_ = i
	}
	const n = 5
	for i := range n {
		_ = i
	}
	for i, r := range s {
		_, _ = i, r
	}
	for i, v := range arr {
		_, _ = i, v
	}
	for i := range arr {
		_ = i
	}
	for v := range ch {
		_ = v.Index
	}
	for range func(yield func() bool) {} {
	}
	for k := range func(yield func(string) bool) {} {
		_ = k
	}
	for k, v := range in.Pairs(map[string][]int{}) {
		_, _ = k, v
	}
	var st struct{ k, v any }
	for st.k, st.v = range s {
	}
	for k, v := range (map[[2]int]func() error{}) {
		_, _ = k, v()
	}
}

func conversions(i int, f func(int) T1, p *T1, fs []func(string) in.Gen[int]) {
	_ = T1(i)
	_ = (T1)(i)
	_ = (*T1)(p)
	_ = *p
	_ = (func())(nil)
	_ = (<-chan int)(nil)
	_ = []byte("x")
	_ = [...]string{2: "c", "d"}
	_ = map[string][]int(nil)
	_ = interface{ M() }(nil)
	_ = fs[i]("x")
	_ = in.Gen[int]{V: 1}
	_ = in.Gen[in.Gen[string]]{V: in.Gen[string]{V: "s"}}
	_ = in.Of[int](3)
	_ = in.Of(3.5)
	_ = in.Gen[int].Get
	_ = (*in.Gen[int]).Set
	_ = in.Conv[string, []byte]("x")
	_ = struct{}{}
	_ = &[]*T1{p, nil}
	_ = []struct{ x, y int }{{1, 2}, {x: 3}}
	_ = map[struct{ a int }]*[2]T1{{1}: {1, 2}}
	_ = Repeat("a", 3)
	_ = complex(1, 2) + 3i
	_ = 0x1p-2 + 0b11 + 0o17 + 1_000
	_ = '\u00e9' + "é😀"[0]<<2>>1&^3
	_ = func() (a, b int, err error) { return }
	_ = -<-make(chan int)
	_ = !*new(bool)
	_ = ^uint8(1)
}

func chans(a chan<- chan int, b <-chan chan<- int, c chan (<-chan int), d chan<- (chan int)) {
	select {
	case a <- make(chan int):
	case v, ok := <-b:
		_, _ = v, ok
	case v := <-c:
		_ = v
	case d <- nil:
	case x1 = <-make(chan int):
	case <-func() chan T1 { return nil }():
	default:
	}
}

func typeSwitch(v any) {
	switch v.(type) {
	}
	switch x := v.(type) {
	case nil:
		_ = x
	case int, string:
		_ = x
	case func(int) string:
		_ = x(1)
	case []in.Gen[int]:
		_ = x[0].V
	case interface{ Error() string }:
		_ = x.Error()
	case *T1:
		_ = *x
	default:
		_ = x
	}
	switch y := 1; z := any(y).(type) {
	case int:
		_ = z + y
	}
	if err, ok := v.(error); ok && errors.As(err, new(*in.Err)) {
		_ = err
	}
}

func deferred() {
	defer func() { _ = recover() }()
	defer fmt.Println("x", x1)
	go func(i int) { _ = i }(1)
	go in.Make()
	defer in.Of[string]("s").Get()
}

func shadow(len int, string func(int) int) int {
	nil := len
	true := string(nil)
	type int float64
	var append int = 1.5
	_ = append
	return true
}

func variadic(a ...any) (n int, _ error) {
	n, _ = fmt.Println(a...)
	n += cap(append([]any(nil), a...))
	n, err := variadic()
	copy(a, a[1:2:3])
	clear(nilMap)
	_ = min(n, 3, 4.0)
	_ = max("a", "b")
	return n, err
}

func  ( t T3)spaced (  )  ( r T3 ) { return t }
func (T3) unnamed(int, string) {}
func (_ *T1) blank(_ int, _ ...string) {}
func declaredElsewhere(x int) (y int)
