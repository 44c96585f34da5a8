//go:build maprace

// Vector clocks as shared, reference-counted tries.
//
// A clock tells, for every goroutine slot (tid), up to which of its local times (clk) everything that
// the goroutine did is known to have happened before. Dense vectors cost goroutines × goroutines
// memory; here a clock is a trie over the tid, whose leaves hold 32 clks, and whose subtrees are shared
// between all clocks that agree on them. Handing a clock over (go statement, unlock, send) is one
// reference count, or for a clock of one leaf a copy into the leaf that is there; joining two clocks
// descends only where they differ, and makes one of what turns out to be equal. A node is written in
// place only while its reference count is 1, which makes its holder the only one who can reach it.

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

const (
	mrLeafBits = 5
	mrLeafFan  = 1 << mrLeafBits
	mrFanBits  = 4
	mrFan      = 1 << mrFanBits
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
	clk [mrLeafFan]uint32
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

// mrNewNode returns a node that one reference is held to. An inner one is empty, a leaf holds anything where
// it may hold anything.
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
		sys.Prefetch(uintptr(unsafe.Pointer(n.next)))
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

// mrInUse returns how many clks of a leaf can be other than 0. While there are few slots that is few, and
// most of a leaf is never touched: leaves lie in other processors' caches.
func mrInUse() uint32 { return min(mrSlots.used+1, mrLeafFan) }

// mrNewEmpty returns a node that knows nothing.
func mrNewEmpty(height int32) *mrNode {
	n := mrNewNode(height)
	if height == 0 {
		clear(n.leaf().clk[:mrInUse()])
	}
	return n
}

// mrCopy makes to equal from.
func mrCopy(to, from *mrLeaf) {
	for i, clk := range from.clk[:mrInUse()] { // mostly so few that a call of copy would take longer
		to.clk[i] = clk
	}
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
		mrCopy(c.leaf(), n.leaf())
	} else {
		from, to := n.inner(), c.inner()
		for i := range from.child {
			to.child[i] = mrRetain(from.child[i])
		}
	}
	mrRelease(n)
	return c
}

// mrIndex returns which child of a node of some height leads to tid; it is too large when none can.
func mrIndex(height int32, tid uint32) uint32 {
	if height == 0 {
		return tid
	}
	return tid >> (uint(height-1)*mrFanBits + mrLeafBits)
}

// mrHeight returns how tall a trie must be to hold tid.
func mrHeight(tid uint32) int32 {
	var height int32
	for tid >>= mrLeafBits; tid != 0; tid >>= mrFanBits {
		height++
	}
	return height
}

// mrGet returns the clk that n knows of tid, 0 when it knows nothing.
func mrGet(n *mrNode, tid uint32) uint32 {
	if n != nil && n.height|int32(tid>>mrLeafBits) == 0 {
		return n.leaf().clk[tid%mrLeafFan]
	}
	return mrGetIn(n, tid)
}

func mrGetIn(n *mrNode, tid uint32) uint32 {
	if n == nil || mrHeight(tid) > n.height {
		return 0
	}
	for n.height > 0 {
		n = n.inner().child[mrIndex(n.height, tid)%mrFan]
		if n == nil {
			return 0
		}
	}
	return n.leaf().clk[tid%mrLeafFan]
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

// mrKnow takes a reference to n (nil is the empty clock) and returns one to n with epoch e known.
func mrKnow(n *mrNode, e uint64) *mrNode {
	tid, clk := uint32(e>>32), uint32(e)
	if mrGet(n, tid) >= clk {
		return n
	}
	height := mrHeight(tid)
	if n == nil {
		n = mrNewEmpty(height)
	}
	return mrSetIn(mrGrow(n, height), tid, clk)
}

func mrSetIn(n *mrNode, tid, clk uint32) *mrNode {
	n = mrOwn(n)
	if n.height == 0 {
		n.leaf().clk[tid%mrLeafFan] = clk
		return n
	}
	slot := &n.inner().child[mrIndex(n.height, tid)%mrFan]
	if *slot == nil {
		*slot = mrNewEmpty(n.height - 1)
	}
	*slot = mrSetIn(*slot, tid, clk)
	return n
}

// mrCompare reports whether a knows everything that b knows, and b everything that a knows.
func mrCompare(a, b *mrNode) (covers, covered bool) {
	if a == b {
		return true, true
	}
	if a == nil || b == nil {
		return b == nil, a == nil
	}
	if a.height < b.height {
		covered, covers = mrCompare(b, a)
		return covers, covered
	}
	covers, covered = true, true
	if a.height > b.height {
		// Only a's first child is about what b can hold.
		for _, c := range a.inner().child[1:] {
			if c != nil {
				covered = false
				break
			}
		}
		below, above := mrCompare(a.inner().child[0], b)
		return below, above && covered
	}
	if a.height == 0 {
		x, y := &a.leaf().clk, &b.leaf().clk
		for i, clk := range y[:mrInUse()] {
			covers, covered = covers && clk <= x[i], covered && x[i] <= clk
		}
		return covers, covered
	}
	x, y := a.inner(), b.inner()
	for i := range y.child {
		if x.child[i] == y.child[i] {
			continue
		}
		more, less := mrCompare(x.child[i], y.child[i])
		covers, covered = covers && more, covered && less
		if !covers && !covered {
			break
		}
	}
	return covers, covered
}

// mrJoin takes a reference to a and borrows b; it returns a reference to their least upper bound, and
// whether that is more than a knew.
func mrJoin(a, b *mrNode) (joined *mrNode, more bool) {
	if a != nil && b != nil && a != b && a.height|b.height == 0 && mrSole(a) {
		return a, mrMax(&a.leaf().clk, &b.leaf().clk)
	}
	return mrUnite(a, b)
}

// mrMax raises each element of x to that of y, and reports whether it changed any.
func mrMax(x, y *[mrLeafFan]uint32) bool {
	var changed uint32
	for i, clk := range y[:mrInUse()] {
		was := x[i]
		is := max(was, clk)
		x[i] = is
		changed |= is ^ was
	}
	return changed != 0
}

// mrUnite is mrJoin that shares b, or parts of b, wherever they cover a. They are shared also where the
// two are equal: from then on a comparison of the two ends where it begins.
func mrUnite(a, b *mrNode) (joined *mrNode, more bool) {
	if a == b || b == nil {
		return a, false
	}
	if a == nil {
		return mrRetain(b), true
	}
	covers, covered := mrCompare(a, b)
	if covered {
		height := a.height
		mrRetain(b)
		mrRelease(a)
		return mrGrow(b, height), !covers
	}
	if covers {
		return a, false
	}
	a = mrOwn(mrGrow(a, b.height))
	if a.height > b.height {
		slot := &a.inner().child[0]
		*slot, _ = mrUnite(*slot, b)
		*slot = mrGrow(*slot, a.height-1)
		return a, true
	}
	if a.height == 0 {
		return a, mrMax(&a.leaf().clk, &b.leaf().clk)
	}
	x, y := a.inner(), b.inner()
	for i := range y.child {
		x.child[i], _ = mrUnite(x.child[i], y.child[i])
	}
	return a, true
}

// mrCommon borrows a and b and returns a reference to what both know.
func mrCommon(a, b *mrNode) *mrNode {
	for a != nil && b != nil && a.height > b.height {
		a = a.inner().child[0]
	}
	for a != nil && b != nil && b.height > a.height {
		b = b.inner().child[0]
	}
	if a == nil || b == nil {
		return nil
	}
	covers, covered := mrCompare(a, b)
	if covers {
		return mrRetain(b)
	}
	if covered {
		return mrRetain(a)
	}
	common := mrNewNode(a.height)
	if a.height == 0 {
		x, y, to := &a.leaf().clk, &b.leaf().clk, &common.leaf().clk
		for i := range mrInUse() {
			to[i] = min(x[i], y[i])
		}
		return common
	}
	x, y, to := a.inner(), b.inner(), common.inner()
	for i := range to.child {
		to.child[i] = mrCommon(x.child[i], y.child[i])
	}
	return common
}
