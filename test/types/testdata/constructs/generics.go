package constructs

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"sync/atomic"

	in "constructs/inner"
)

type (
	Set[T comparable]              = map[T]struct{}
	Pair[A, B any]                 struct { First A; Second B }
	Half[B any]                    = Pair[string, B]
	List[T any]                    struct { next *List[T]; val T }
	Tree[K cmp.Ordered, V any]     struct { root *node[K, V]; Half[V] }
	node[K cmp.Ordered, V any]     struct { left, right *node[K, V]; key K; val V }
	Number                         interface { ~int | ~int64 | ~float64 }
	Stringish                      interface { ~string; Len() int }
	Self[T any]                    interface { *T; Reset() }
	Vec[T Number]                  []T
	Fn[T any, R any]               func(T) R
	Arr[T any]                     [len(sized)]T
	Recursive[T Recursive[T]]      interface { Less(T) bool }
	Ptr[T any, P interface{ *T }]  struct { p P }
)

const sized = "four"

func Apply[S ~[]E, E, R any](s S, f func(E) R) []R {
	out := make([]R, 0, len(s))
	for _, v := range s {
		out = append(out, f(v))
	}
	return out
}

func Reset[T any, P Self[T]](n int) (t T) {
	for range n {
		P(&t).Reset()
	}
	return
}

func Sum[T Number](xs ...T) (s T) {
	for _, x := range xs {
		s += x
	}
	return s * 2
}

func (t *Tree[K, V]) Get(k K) (v V, ok bool) {
	for n := t.root; n != nil; {
		switch {
		case k < n.key:
			n = n.left
		case n.key < k:
			n = n.right
		default:
			return n.val, true
		}
	}
	return t.Second, t.First != ""
}

func (t *Tree[K, _]) Keys() iter.Seq[K] {
	return func(yield func(K) bool) {
		var walk func(n *node[K, int]) bool
		_ = walk
		yield(*new(K))
	}
}

func (l *List[T]) All() iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		i := 0
		for l := l; l != nil; l = l.next {
			if !yield(i, l.val) {
				return
			}
			i++
		}
	}
}

func (v Vec[T]) Scale(by T) Vec[T] {
	return Apply(v, func(x T) T { return x * by })
}

type resettable struct{ n int }

func (r *resettable) Reset() { r.n = 0 }

type wrapped struct {
	*resettable
	in.Gen[int]
	atomic.Pointer[wrapped]
	Set[string]
}

func use() {
	_ = Apply([]string{"a"}, func(s string) int { return len(s) })
	_ = Apply[[]int](nil, func(i int) error { return nil })
	_ = Sum(1, 2, 3)
	_ = Sum(1, 2.5)
	_ = Sum[float64]
	_ = Reset[resettable](3)
	var f func(...int) int = Sum
	_ = f(1)
	t := Tree[string, []int]{Half: Half[[]int]{First: "x"}}
	if v, ok := t.Get("k"); ok {
		_ = v[0]
	}
	for k := range t.Keys() {
		_ = k + "x"
	}
	for i, v := range (&List[rune]{}).All() {
		_, _ = i, v
	}
	w := wrapped{Set: Set[string]{}}
	w.Reset()
	w.Set["x"] = struct{}{}
	_ = w.Load().n + w.V
	_ = slices.SortedFunc(maps.Keys(w.Set), cmp.Compare[string])
	slices.SortFunc([]Pair[int, string]{}, func(a, b Pair[int, string]) int {
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Second, b.Second))
	})
	_ = Vec[float64]{1, 2}.Scale(2)[0]
	_ = Fn[int, string](func(i int) string { return "" })(3)
	_ = Arr[bool]{3: true}
	_ = Ptr[int, *int]{new(3)}.p
	var o in.Option[Pair[int, Set[string]]]
	_ = o.Map(func(p Pair[int, Set[string]]) Pair[int, Set[string]] { return p }).Value.Second["x"]
	apply(func(x int) string { return "" }, 3)
	g := in.Of[Pair[string, int]]
	_ = g(Pair[string, int]{}).V.Second
	_ = in.Chain(1).Then(func(i int) int { return i }).Then(func(i int) int { return i })
}

func apply[A, R any](f func(A) R, a A) R { return f(a) }
