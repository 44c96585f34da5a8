//go:build maprace

// Per-goroutine state of the detector: what a goroutine knows, and what it hands over. The slots that
// name goroutines in epochs are in maprace_slots.go.
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

// mrSpin is a lock for a few instructions. Its holder cannot be preempted. Its count is odd while it is
// held and never comes back: what was read without the lock is whole if the count is even before, and
// the same after.
type mrSpin struct{ count uint32 }

func (l *mrSpin) lock() {
	getg().m.locks++
	// The count is read twice so that this is inlined. It only grows: where the two differ, it is neither any more.
	if !atomic.Cas(&l.count, l.count&^1, l.count|1) {
		l.wait()
	}
}

func (l *mrSpin) wait() {
	for i := 0; !l.take(); i++ {
		if i < 20 {
			procyield(10)
		} else {
			osyield()
		}
	}
}

func (l *mrSpin) take() bool {
	count := l.look()
	return count&1 == 0 && atomic.Cas(&l.count, count, count+1)
}

// look returns the count, for a reader without the lock.
func (l *mrSpin) look() uint32 { return atomic.Load(&l.count) }

// tryLock is lock that gives up after about a second.
func (l *mrSpin) tryLock() bool {
	getg().m.locks++
	for i := 0; !l.take(); i++ {
		if i == 1000 {
			getg().m.locks--
			return false
		}
		usleep(1000)
	}
	return true
}

func (l *mrSpin) unlock() {
	atomic.StoreRel(&l.count, l.count+1)
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
	// clock is what this goroutine knows of the others. Of itself it may know less than epoch says.
	clock *mrNode
	// heard is what it knows besides, from the other end of connections (maprace_io.go).
	heard *mrNode
	// handedOver says that epoch was given away: the next access needs a new one. learned says that clock
	// or heard has grown since: epoch cannot stand for what would be given away now.
	handedOver, learned bool
	// time is when, at some turn on a processor, it last looked at the clock; it did moments looks ago.
	time    uint32
	moments uint32
	turn    uint64
	// created is the stack of the go statement, started when it was.
	created uint32
	started uint32
	goid    uint64
	// sites remembers recently captured stacks (maprace_stacks.go).
	sites [mrSiteCache]*mrStack
	ring  *mrRing
	// sawAllUntil is the time of the last collection whose finalizers this goroutine ran, or one that it
	// learned from; 0 for none.
	sawAllUntil uint64
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
		parent.publish()
		parent.clock = parent.whole()
		c.clock = mrRetain(parent.clock)
		c.heard = mrRetain(parent.heard)
		c.sawAllUntil = parent.sawAllUntil
	}
	return c
}

// mrEndContext gives a context back when its goroutine has ended.
func mrEndContext(c *mrG) {
	if c.epoch != 0 {
		mrGiveSlot(c.epoch)
	}
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

// mrTickHeight is how tall a clock may be whose goroutine takes a new epoch only to hand it over.
const mrTickHeight = 0

// publish prepares c to hand over what it knows: clock, heard and the epoch that it returns. Whoever
// knows that epoch knows everything that was handed over with it. The epoch is 0 where there is none
// such, and then clock holds c's own epoch too.
//
// One that was given away before does not stand for what was learned since, so a new one is needed. A
// crowd that hands on what all of it knows is better off without: with an epoch of its own for each
// hand-over no two clocks would ever be equal.
func (c *mrG) publish() uint64 {
	if c.epoch == 0 {
		return 0
	}
	if c.handedOver && c.learned {
		if c.clock != nil && c.clock.height > mrTickHeight {
			c.clock = c.whole()
			return 0
		}
		c.advance()
	}
	c.handedOver, c.learned = true, false
	return c.epoch
}

// whole turns c's reference to its clock into one to a clock that holds c's own epoch too.
func (c *mrG) whole() *mrNode {
	if c.epoch == 0 {
		return c.clock
	}
	return mrKnow(c.clock, c.epoch)
}

// knowsNothing reports whether c has nothing to hand over.
func (c *mrG) knowsNothing() bool {
	return c.clock == nil && c.epoch == 0 && c.heard == nil && c.sawAllUntil == 0
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
	c.handedOver, c.learned = false, false
	if c.epoch == 0 {
		mrSweepSlots()
		// On the system stack it is another's number, and while the program starts there is nobody yet.
		gp := getg()
		if gp.m.curg != nil {
			gp = gp.m.curg
		}
		c.goid = gp.goid
		c.epoch = mrTakeSlot(c)
	} else if uint32(c.epoch) == ^uint32(0) {
		// Local time is used up: go on under a new slot that knows the old one to its end.
		c.clock = c.whole()
		c.epoch = mrTakeSlot(c)
	} else {
		c.epoch++
	}
}

// made reports whether e is an epoch of c's own slot.
func (c *mrG) made(e uint64) bool { return uint32(e>>32) == uint32(c.epoch>>32) }

// knowsFirmly reports whether everything up to epoch e happened before what c does now, hearsay aside.
func (c *mrG) knowsFirmly(e uint64) bool {
	return c.made(e) || mrGet(c.clock, uint32(e>>32)) >= uint32(e)
}

// knows reports whether everything up to epoch e happened before what c does now.
func (c *mrG) knows(e uint64) bool {
	return c.knowsFirmly(e) || c.heard != nil && mrGet(c.heard, uint32(e>>32)) >= uint32(e)
}

// isAfter reports whether an access with epoch e at a time happened before what c does now. Most are c's own: that
// much of it is inlined.
func (c *mrG) isAfter(e uint64, time uint32) bool { return c.made(e) || c.hasLearnedOf(e, time) }

func (c *mrG) hasLearnedOf(e uint64, time uint32) bool {
	return c.knows(e) || c.sawAllUntil != 0 && c.hasSeen(time)
}

// hasSeen reports whether a time is not after the collection that c or one that it learned from ran finalizers
// of. Times come round after 2^32; what was seen very long ago is not relied on.
func (c *mrG) hasSeen(time uint32) bool {
	return mrWholeTime()-c.sawAllUntil < 1<<30 && int32(time-uint32(c.sawAllUntil)) <= 0
}

// mrMomentsMost bounds how many events in a row may be given the same time.
const mrMomentsMost = 64

// moment is mrTime for an event of c. Asking the processor for the time costs more than most of what is
// timed, so one answer serves for a few events of one turn on a processor, unless finalizers ran
// meanwhile: what is older than they are, they have seen.
func (c *mrG) moment() uint32 {
	if c.moments == 0 || c.turn != mrTurn() {
		c.newMoment()
	}
	c.moments--
	return c.time
}

//go:nosplit
func (c *mrG) newMoment() { c.time, c.turn, c.moments = mrTime(), mrTurn(), mrMomentsMost }

// mrTurn numbers the turns that this goroutine has on processors, as far as finalizers ran between them. A processor
// counts no turn of a goroutine that takes over the rest of another's, so the times that it stopped count too.
func mrTurn() uint64 {
	gp := getg()
	turn := uint64(atomic.Load(&mrCollections))<<40 | uint64(gp.trackingSeq)<<32
	if p := gp.m.p.ptr(); p != nil {
		turn |= uint64(p.schedtick)
	}
	return turn
}
