//go:build maprace

// Per-goroutine state of the detector, the memory it lives in, and the slots (tids) that name
// goroutines in epochs.
//
// A context (mrG) is made for every goroutine when it starts; its address is g.racectx. Everything
// here lives outside the Go heap and is written without write barriers, because hooks run inside the
// runtime: under its locks, on system stacks, during initialisation.

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

// mrSpin is a lock for a few instructions. Its holder cannot be preempted.
type mrSpin struct{ state uint32 }

func (l *mrSpin) lock() {
	getg().m.locks++
	for i := 0; !atomic.Cas(&l.state, 0, 1); i++ {
		if i < 20 {
			procyield(10)
		} else {
			osyield()
		}
	}
}

// tryLock is lock that gives up after about a second.
func (l *mrSpin) tryLock() bool {
	getg().m.locks++
	for i := 0; !atomic.Cas(&l.state, 0, 1); i++ {
		if i == 1000 {
			getg().m.locks--
			return false
		}
		usleep(1000)
	}
	return true
}

func (l *mrSpin) unlock() {
	atomic.Store(&l.state, 0)
	gp := getg()
	gp.m.locks--
	if gp.m.locks == 0 && gp.preempt {
		// A preemption asked for while the lock was held was put off; ask again, as releasem does.
		gp.stackguard0 = stackPreempt
	}
}

// mrDropped counts what the detector had to give up on; the stream's last record says it.
var mrDropped uint32

// mrAlloc returns zeroed memory that is never given back.
func mrAlloc(size uintptr) unsafe.Pointer {
	return persistentalloc(size, 8, &memstats.other_sys)
}

// mrG is the detector's view of a goroutine (or of a timer's or cleanup's context).
type mrG struct {
	_ sys.NotInHeap
	// epoch is tid<<32 | clk; 0 until the first recorded access.
	epoch uint64
	// clock is what this goroutine knows of the others, and of itself as of its last hand-over.
	clock *mrNode
	// heard is what it knows besides, from the other end of connections (maprace_io.go).
	heard *mrNode
	// handedOver says that clock was given away since clk last moved: the next access needs a new clk.
	handedOver bool
	fresh      bool
	// created is the stack of the go statement.
	created uint32
	goid    uint64
	// sites remembers recently captured stacks (maprace_stacks.go).
	sites [mrSiteCache]uint32
	ring  *mrRing
	// sawAllUntil is the time of the last collection whose finalizers this goroutine runs, 0 for none.
	sawAllUntil uint32
	random      uint32 // maprace_explore.go
	// written is a write that may be one of a map variable (maprace_vars.go).
	written mrWritten
	next    *mrG
}

// mrMain is the main goroutine's context: raceinit runs before there is any allocator.
var mrMain mrG

// mrContext returns the context of the goroutine that calls, nil on system stacks.
func mrContext() *mrG { return (*mrG)(unsafe.Pointer(getg().racectx)) }

// mrContexts is the queue of ended contexts. They are reused oldest first, so that a conflict with a
// goroutine that ended a moment ago still finds its last events.
var mrContexts struct {
	lock        mrSpin
	first, last *mrG
	n           int
}

const mrContextsKept = 64

func mrNewContext(parent *mrG, created uint32) *mrG {
	q := &mrContexts
	q.lock.lock()
	c := q.first
	if c != nil && q.n > mrContextsKept {
		q.first = c.next
		if q.first == nil {
			q.last = nil
		}
		q.n--
		q.lock.unlock()
		if tid := uint32(c.epoch >> 32); tid != 0 {
			mrTidRecord(tid).context = nil
		}
		ring := c.ring
		*c = mrG{}
		if ring != nil {
			*ring = mrRing{}
			c.ring = ring
		}
	} else {
		q.lock.unlock()
		c = (*mrG)(mrAlloc(unsafe.Sizeof(mrG{})))
	}
	c.created = created
	if parent != nil {
		c.clock = mrRetain(parent.publish())
		c.heard = mrRetain(parent.heard)
	}
	return c
}

// mrEndContext gives a context back when its goroutine has ended.
func mrEndContext(c *mrG) {
	mrRelease(c.clock)
	mrRelease(c.heard)
	c.clock, c.heard = nil, nil
	q := &mrContexts
	q.lock.lock()
	c.next = nil
	if q.last != nil {
		q.last.next = c
	} else {
		q.first = c
	}
	q.last = c
	q.n++
	q.lock.unlock()
}

// publish returns the clock to hand over, the goroutine's own epoch included. The caller retains it.
func (c *mrG) publish() *mrNode {
	if c.fresh {
		c.clock = mrSet(c.clock, uint32(c.epoch>>32), uint32(c.epoch))
		c.fresh = false
	}
	c.handedOver = true
	return c.clock
}

// now returns the epoch of an access that happens now. The local time moves only when something was
// handed over since the last access: what was handed over must not cover this access.
func (c *mrG) now() uint64 {
	if c.epoch == 0 || c.handedOver {
		c.advance()
	}
	return c.epoch
}

func (c *mrG) advance() {
	c.handedOver = false
	c.fresh = true
	if c.epoch == 0 || uint32(c.epoch) == ^uint32(0) {
		c.goid = getg().goid
		if c.epoch != 0 {
			// Local time is used up: go on under a new slot that knows the old one to its end.
			c.clock = mrSet(c.clock, uint32(c.epoch>>32), uint32(c.epoch))
		}
		c.epoch = uint64(mrNewTid(c))<<32 | 1
		return
	}
	c.epoch++
}

// knows reports whether everything up to epoch e happened before what c does now.
func (c *mrG) knows(e uint64) bool {
	tid := uint32(e >> 32)
	return tid == uint32(c.epoch>>32) || mrGet(c.clock, tid) >= uint32(e) ||
		c.heard != nil && mrGet(c.heard, tid) >= uint32(e)
}

// isAfter reports whether an access with epoch e at a time happened before what c does now.
func (c *mrG) isAfter(e uint64, time uint32) bool {
	return c.knows(e) || c.sawAllUntil != 0 && int32(time-c.sawAllUntil) <= 0
}

// mrTid says whom a slot names. Slots are never reused, so an epoch names one goroutine for ever.
type mrTid struct {
	_       sys.NotInHeap
	context *mrG
	goid    uint64
	created uint32
}

const (
	mrTidChunk  = 1 << 12
	mrTidChunks = 1 << 14
)

var mrTids struct {
	lock   mrSpin
	used   uint32
	chunks [mrTidChunks]*[mrTidChunk]mrTid
}

// mrNewTid gives c a slot. When all slots are used up the last one is shared, which can hide
// conflicts between the goroutines that share it, so that each is counted as dropped.
func mrNewTid(c *mrG) uint32 {
	t := &mrTids
	t.lock.lock()
	tid := t.used + 1
	if tid == mrTidChunk*mrTidChunks-1 {
		tid--
		mrDropped++
	}
	t.used = tid
	chunk := &t.chunks[tid/mrTidChunk]
	if *chunk == nil {
		*chunk = (*[mrTidChunk]mrTid)(mrAlloc(unsafe.Sizeof([mrTidChunk]mrTid{})))
	}
	r := &(*chunk)[tid%mrTidChunk]
	r.context = c
	r.goid = c.goid
	r.created = c.created
	t.lock.unlock()
	return tid
}

func mrTidRecord(tid uint32) *mrTid {
	return &mrTids.chunks[tid/mrTidChunk][tid%mrTidChunk]
}
