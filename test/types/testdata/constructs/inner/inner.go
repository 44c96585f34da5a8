// Package inner is what package constructs imports under another name.
package inner

import "iter"

type (
	Value struct{ n int }
	Meta  struct {
		Index int
		List  []int
		Ok    bool
	}
	Gen[T any]    struct{ V T }
	Err           struct{}
	Option[T any] struct {
		Value T
		ok    bool
	}
)

func (Err) Error() string { return "" }

func (g Gen[T]) Get() T   { return g.V }
func (g *Gen[T]) Set(v T) { g.V = v }

func (o Option[T]) Map(f func(T) T) Option[T] { return Option[T]{f(o.Value), o.ok} }

func Make() Value             { return Value{} }
func Of[T any](v T) Gen[T]    { return Gen[T]{v} }
func Chain[T any](v T) *chain[T] { return &chain[T]{v} }

type chain[T any] struct{ v T }

func (c *chain[T]) Then(f func(T) T) *chain[T] { return &chain[T]{f(c.v)} }

func Conv[A ~string, B ~[]byte](a A) B { return B(a) }

func Pairs[M ~map[K]V, K comparable, V any](m M) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for k, v := range m {
			if !yield(k, v) {
				return
			}
		}
	}
}
