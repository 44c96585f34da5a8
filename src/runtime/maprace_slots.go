//go:build maprace

// Slots: the small numbers (tids) that name goroutines in epochs and clocks.
//
// A goroutine takes a slot at its first recorded access and gives it back when it ends. Slots are used
// again, so that clocks stay as small as the crowd of goroutines that are alive, however many there were.
// That must not make two goroutines look like one. A slot T whose last local time was n goes on at
// n+1 under a goroutine
//   - that knows T up to n: all that was done under T before happened before all that it will do, as if
//     one goroutine had done both; or
//   - that is any goroutine, when no map, variable or synchronisation object names an epoch of T any
//     more: that is found out for all ended slots together, once there are many.

package runtime

import (
	"internal/abi"
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

// mrHolder is a goroutine that had a slot from one of the slot's local times on.
type mrHolder struct {
	context *mrG
	goid    uint64
	created uint32
	since   uint32
	before  uint32 // the number of the holder before it (mrSlots.holders), 0 for none
}

type mrSlot struct {
	_      sys.NotInHeap
	holder mrHolder
	last   uint32 // the local time at which the last holder ended
	next   uint32 // the slot after it in the queue of ended ones
	swept  bool   // mrSweepSlots looks for its epochs and has found none yet
}

const (
	mrSlotChunk  = 1 << 12
	mrSlotChunks = 1 << 14
	mrSlotShared = mrSlotChunk*mrSlotChunks - 2 // the last slot
	// mrSlotTries is how many ended slots a goroutine looks at for one that it may take.
	mrSlotTries = 4
	// mrSlotLast is the local time from which on a slot is not used again.
	mrSlotLast = 1<<32 - 1<<24
	// mrSlotsSwept is how many ended slots there are at least before they are swept, and mrSlotMaps at how
	// many maps that may look for each of them.
	mrSlotsSwept = 1 << 12
	mrSlotMaps   = 16
	// mrSpansAtOnce is how many spans of the heap a sweep looks through before it lets others have the heap.
	mrSpansAtOnce = 1 << 10
	// mrHoldersKept is how many former holders of slots are remembered for reports.
	mrHoldersKept = 1 << 16
)

// mrSlotQueue is a queue of ended slots, linked by their numbers.
type mrSlotQueue struct{ first, last, n uint32 }

var mrSlots struct {
	lock     mrSpin
	used     uint32
	ended    mrSlotQueue
	free     mrSlotQueue // ended ones of which no epoch is left anywhere
	sweepAt  uint32      // how many ended slots there are to be before the next sweep
	sweeping bool
	looked   uint32 // at how many maps the sweep has looked
	chunks   [mrSlotChunks]*[mrSlotChunk]mrSlot
	past     uint32
	holders  *mrHolders
}

// mrHolders are the latest former holders of slots, by their numbers.
type mrHolders struct {
	_  sys.NotInHeap
	at [mrHoldersKept]mrHolder
}

func mrSlotAt(tid uint32) *mrSlot { return &mrSlots.chunks[tid/mrSlotChunk][tid%mrSlotChunk] }

func (q *mrSlotQueue) push(tid uint32) {
	mrSlotAt(tid).next = 0
	if q.first == 0 {
		q.first = tid
	} else {
		mrSlotAt(q.last).next = tid
	}
	q.last = tid
	q.n++
}

func (q *mrSlotQueue) pop() uint32 {
	tid := q.first
	q.first = mrSlotAt(tid).next
	q.n--
	return tid
}

// mrTakeSlot gives c a slot and returns c's first epoch under it.
func mrTakeSlot(c *mrG) uint64 {
	t := &mrSlots
	t.lock.lock()
	tid, since := mrEndedSlot(c), uint32(1)
	if tid != 0 {
		s := mrSlotAt(tid)
		since = s.last + 1
		mrKeepHolder(s)
	} else {
		tid = mrFreshSlot()
	}
	s := mrSlotAt(tid)
	s.holder = mrHolder{c, c.goid, c.created, since, s.holder.before}
	t.lock.unlock()
	return uint64(tid)<<32 | uint64(since)
}

// mrEndedSlot takes an ended slot that c may go on with out of its queue: a free one, or the oldest of the
// few that it looks at; 0 when there is none. What c must not take goes to the queue's end.
func mrEndedSlot(c *mrG) uint32 {
	t := &mrSlots
	if t.free.n != 0 {
		return t.free.pop()
	}
	q := &t.ended
	for i := min(q.n, mrSlotTries); i > 0; i-- {
		tid := q.pop()
		if mrGet(c.clock, tid) >= mrSlotAt(tid).last {
			return tid
		}
		q.push(tid)
	}
	return 0
}

// mrFreshSlot returns a slot that was never used. When there is none the last one is shared, which can
// hide conflicts between the goroutines that share it, so that each is counted as dropped.
func mrFreshSlot() uint32 {
	t := &mrSlots
	tid := t.used + 1
	if tid > mrSlotShared {
		tid--
		mrDropped++
	}
	chunk := &t.chunks[tid/mrSlotChunk]
	if *chunk == nil {
		*chunk = (*[mrSlotChunk]mrSlot)(mrAlloc(unsafe.Sizeof([mrSlotChunk]mrSlot{})))
	}
	atomic.Store(&t.used, tid) // mrSlotOf looks without the lock
	return tid
}

// mrKeepHolder remembers who had s until now.
func mrKeepHolder(s *mrSlot) {
	t := &mrSlots
	if t.holders == nil {
		t.holders = (*mrHolders)(mrAlloc(unsafe.Sizeof(mrHolders{})))
	}
	t.past++
	if t.past == 0 { // after 2^32 of them the numbers begin again
		t.past = 1
	}
	t.holders.at[t.past%mrHoldersKept] = s.holder
	s.holder.before = t.past
}

// mrHolderOf returns who made an epoch. The goroutine is unknown, and its number 0, when its slot was
// used again so long ago that it is no longer remembered.
func mrHolderOf(e uint64) mrHolder {
	t := &mrSlots
	t.lock.lock()
	h := mrSlotAt(uint32(e >> 32)).holder
	for h.since > uint32(e) {
		if h.before == 0 || t.past-h.before >= mrHoldersKept {
			h = mrHolder{}
			break
		}
		h = t.holders.at[h.before%mrHoldersKept]
	}
	t.lock.unlock()
	if h.context != nil && h.context.goid != h.goid {
		h.context = nil // another goroutine's by now
	}
	return h
}

// mrGiveSlot gives back the slot of a goroutine that ended with epoch e.
func mrGiveSlot(e uint64) {
	tid := uint32(e >> 32)
	if uint32(e) >= mrSlotLast || tid == mrSlotShared {
		return
	}
	t := &mrSlots
	t.lock.lock()
	mrSlotAt(tid).last = uint32(e)
	t.ended.push(tid)
	t.lock.unlock()
}

// mrSweepSlots frees the ended slots that nothing names, when there are many ended ones. It must not be
// called with a lock of the detector's in hand.
func mrSweepSlots() {
	t := &mrSlots
	if t.ended.n < max(t.sweepAt, mrSlotsSwept) {
		return
	}
	t.lock.lock()
	if t.sweeping {
		t.lock.unlock()
		return
	}
	t.sweeping, t.looked = true, 0
	ended := t.ended
	t.ended = mrSlotQueue{}
	for tid := ended.first; tid != 0; tid = mrSlotAt(tid).next {
		mrSlotAt(tid).swept = true
	}
	t.lock.unlock()

	// An ended goroutine's epochs stay where they are but for one move: a read in a map's header may go
	// to the map's read set, which is looked through after the header.
	for from, more := 0, true; more; from += mrSpansAtOnce {
		systemstack(func() {
			lock(&mheap_.lock)
			spans := mheap_.allspans
			mrEachHeader(spans[min(from, len(spans)):min(from+mrSpansAtOnce, len(spans))], mrNameSlots)
			more = from+mrSpansAtOnce < len(spans)
			unlock(&mheap_.lock)
		})
	}
	mrEachVar(mrNameSlots)
	mrUnnameReleases()

	t.lock.lock()
	var kept mrSlotQueue
	for ended.n != 0 {
		tid := ended.pop()
		if s := mrSlotAt(tid); s.swept {
			s.swept = false
			t.free.push(tid)
		} else {
			kept.push(tid)
		}
	}
	t.sweepAt = max(2*kept.n, t.looked/mrSlotMaps)
	for kept.n != 0 {
		t.ended.push(kept.pop())
	}
	t.sweeping = false
	t.lock.unlock()
}

// mrNameSlots marks the slots whose epochs s names.
func mrNameSlots(s *abi.MapraceState) {
	mrSlots.looked++
	mrNameSlot(s.Write)
	if s.Read&mrReadSetFlag == 0 {
		mrNameSlot(s.Read)
		return
	}
	lock := mrLock(s)
	lock.lock()
	if set := mrReadSetOf(s); set != nil {
		for i := uint32(0); i < set.size; i++ {
			mrNameSlot(set.at(i).epoch)
		}
	}
	lock.unlock()
}

func mrNameSlot(e uint64) {
	if s := mrSlotOf(e); s != nil {
		s.swept = false
	}
}

// mrUnnameReleases makes the objects that name a slot as that of their last releaser, which is not named
// elsewhere, hold the epoch in their clocks instead: there a later holder is not mistaken for it.
func mrUnnameReleases() {
	for i := range mrSyncs.bucket {
		if mrSyncs.bucket[i] == nil {
			continue
		}
		stripe := mrSyncStripe(uintptr(i))
		stripe.lock()
		for s := mrSyncs.bucket[i]; s != nil; s = s.next {
			s.lock.lock()
			s.unnameRelease()
			if s.readers != nil {
				s.readers.unnameRelease()
			}
			s.lock.unlock()
		}
		stripe.unlock()
	}
}

func (s *mrSync) unnameRelease() {
	if slot := mrSlotOf(s.release); slot != nil && slot.swept {
		s.clock = mrKnow(s.clock, s.release)
		atomic.Store64(&s.release, 0)
	}
}

// mrSlotOf returns the slot of an epoch, nil for what is none.
func mrSlotOf(e uint64) *mrSlot {
	if tid := uint32(e >> 32); tid != 0 && tid <= atomic.Load(&mrSlots.used) {
		return mrSlotAt(tid)
	}
	return nil
}
