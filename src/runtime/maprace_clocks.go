//go:build maprace

// Vector clocks as shared, reference-counted tries.
//
// A clock tells, for every goroutine slot (tid), up to which of its local times (clk) everything that
// the goroutine did is known to have happened before. Dense vectors cost goroutines × goroutines
// memory; here a clock is a trie of fan-out 16 over the tid whose subtrees are shared between all
// clocks that agree on them. Handing a clock over (go statement, unlock, send) is one reference
// count; joining two clocks descends only where they differ. A node is written in place only while
// its reference count is 1, which makes its holder the only one who can reach it.
//
// Slots are given out at a goroutine's first recorded map access, so goroutines that touch no shared
// map never appear in any clock.

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

const (
	mrFanBits = 4
	mrFan     = 1 << mrFanBits
	// Epochs are tid<<32 | clk. The top bit is kept free: it marks a read set (maprace_maps.go).
	mrMaxTid = 1<<31 - 1
)

// mrNode is one node of a clock. Leaves (height 0) hold clks, inner nodes hold children.
type mrNode struct {
	_      sys.NotInHeap
	refs   int32
	height int32
	// For a free node, next links the free list.
	next *mrNode
}

// mrLeaf and mrInner share mrNode as their head; height tells which of the two a node is.
type mrLeaf struct {
	mrNode
	clk [mrFan]uint32
}

type mrInner struct {
	mrNode
	child [mrFan]*mrNode
}

func (n *mrNode) leaf() *mrLeaf   { return (*mrLeaf)(unsafe.Pointer(n)) }
func (n *mrNode) inner() *mrInner { return (*mrInner)(unsafe.Pointer(n)) }

// mrNodePool keeps free nodes of both kinds, split over shards so that threads rarely meet.
type mrNodePool struct {
	lock  mrSpin
	leaf  *mrNode
	inner *mrNode
	_     [40]byte
}

const mrNodePools = 16

var mrNodes [mrNodePools]mrNodePool

func mrNewNode(height int32) *mrNode {
	pool := &mrNodes[uint(getg().m.id)%mrNodePools]
	pool.lock.lock()
	list := &pool.inner
	size := unsafe.Sizeof(mrInner{})
	if height == 0 {
		list = &pool.leaf
		size = unsafe.Sizeof(mrLeaf{})
	}
	n := *list
	if n != nil {
		*list = n.next
		pool.lock.unlock()
	} else {
		pool.lock.unlock()
		n = (*mrNode)(mrAlloc(size))
	}
	n.refs = 1
	n.height = height
	n.next = nil
	return n
}

// mrRetain adds a reference; n may be nil.
func mrRetain(n *mrNode) *mrNode {
	if n != nil {
		atomic.Xaddint32(&n.refs, 1)
	}
	return n
}

// mrRelease gives a reference back and frees what nothing reaches any more; n may be nil.
func mrRelease(n *mrNode) {
	if n == nil {
		return
	}
	if atomic.Loadint32(&n.refs) != 1 && atomic.Xaddint32(&n.refs, -1) != 0 {
		return
	}
	if n.height > 0 {
		in := n.inner()
		for i := range in.child {
			if c := in.child[i]; c != nil {
				in.child[i] = nil
				mrRelease(c)
			}
		}
	} else {
		n.leaf().clk = [mrFan]uint32{}
	}
	pool := &mrNodes[uint(getg().m.id)%mrNodePools]
	pool.lock.lock()
	list := &pool.inner
	if n.height == 0 {
		list = &pool.leaf
	}
	n.next = *list
	*list = n
	pool.lock.unlock()
}

// mrSole reports whether the holder of n may write it in place.
func mrSole(n *mrNode) bool { return atomic.Loadint32(&n.refs) == 1 }

// mrOwn turns a reference to n into a reference to a node with the same content that may be written.
func mrOwn(n *mrNode) *mrNode {
	if mrSole(n) {
		return n
	}
	c := mrNewNode(n.height)
	if n.height == 0 {
		c.leaf().clk = n.leaf().clk
	} else {
		from, to := n.inner(), c.inner()
		for i := range from.child {
			to.child[i] = mrRetain(from.child[i])
		}
	}
	mrRelease(n)
	return c
}

// mrGet returns the clk that n knows of tid, 0 when it knows nothing.
func mrGet(n *mrNode, tid uint32) uint32 {
	if n == nil || tid>>(uint(n.height)*mrFanBits) >= mrFan {
		return 0
	}
	for n.height > 0 {
		n = n.inner().child[tid>>(uint(n.height)*mrFanBits)%mrFan]
		if n == nil {
			return 0
		}
	}
	return n.leaf().clk[tid%mrFan]
}

// mrGrow wraps n in inner nodes until its trie is at least height tall.
func mrGrow(n *mrNode, height int32) *mrNode {
	for n.height < height {
		up := mrNewNode(n.height + 1)
		up.inner().child[0] = n
		n = up
	}
	return n
}

// mrSet takes a reference to n (nil is the empty clock) and returns one to n with tid at clk.
func mrSet(n *mrNode, tid, clk uint32) *mrNode {
	var height int32
	for tid>>(uint(height)*mrFanBits) >= mrFan {
		height++
	}
	if n == nil {
		n = mrNewNode(height)
	}
	n = mrGrow(n, height)
	return mrSetIn(n, tid, clk)
}

func mrSetIn(n *mrNode, tid, clk uint32) *mrNode {
	n = mrOwn(n)
	if n.height == 0 {
		n.leaf().clk[tid%mrFan] = clk
		return n
	}
	slot := &n.inner().child[tid>>(uint(n.height)*mrFanBits)%mrFan]
	if *slot == nil {
		*slot = mrNewNode(n.height - 1)
	}
	*slot = mrSetIn(*slot, tid, clk)
	return n
}

// mrLeq reports whether a already knows everything that b knows.
func mrLeq(b, a *mrNode) bool {
	for {
		if b == nil || a == b {
			return true
		}
		if a == nil {
			return false
		}
		if b.height <= a.height {
			break
		}
		// b's trie is taller: only its first child may hold anything.
		in := b.inner()
		for i := 1; i < mrFan; i++ {
			if in.child[i] != nil {
				return false
			}
		}
		b = in.child[0]
	}
	for a.height > b.height {
		a = a.inner().child[0]
		if a == nil {
			return false
		}
		if a == b {
			return true
		}
	}
	if a.height == 0 {
		x, y := &a.leaf().clk, &b.leaf().clk
		for i := range y {
			if y[i] > x[i] {
				return false
			}
		}
		return true
	}
	x, y := a.inner(), b.inner()
	for i := range y.child {
		if !mrLeq(y.child[i], x.child[i]) {
			return false
		}
	}
	return true
}

// mrJoin takes a reference to a and borrows b; it returns a reference to their least upper bound.
func mrJoin(a, b *mrNode) *mrNode {
	if mrLeq(b, a) {
		return a
	}
	if mrLeq(a, b) {
		var height int32
		if a != nil {
			height = a.height
		}
		mrRetain(b)
		mrRelease(a)
		return mrGrow(b, height)
	}
	return mrJoinIn(mrGrow(a, b.height), b)
}

// mrJoinIn is mrJoin where a is at least as tall as b and neither is nil.
func mrJoinIn(a, b *mrNode) *mrNode {
	a = mrOwn(a)
	if a.height > b.height {
		slot := &a.inner().child[0]
		if *slot == nil {
			*slot = mrGrow(mrRetain(b), a.height-1)
		} else {
			*slot = mrJoin(*slot, b)
		}
		return a
	}
	if a.height == 0 {
		x, y := &a.leaf().clk, &b.leaf().clk
		for i := range y {
			x[i] = max(x[i], y[i])
		}
		return a
	}
	x, y := a.inner(), b.inner()
	for i := range y.child {
		if y.child[i] == nil {
			continue
		}
		if x.child[i] == nil {
			x.child[i] = mrRetain(y.child[i])
		} else {
			x.child[i] = mrJoin(x.child[i], y.child[i])
		}
	}
	return a
}
