//go:build maprace

// Synchronisation objects: what a goroutine that acquires one learns from those that released it.
//
// An object is the address the standard library's hooks name (a mutex, a channel's buffer slot, a
// timer, an atomic word). Only objects that carry knowledge are kept, in a hash table in which the
// objects of one 128-byte block of memory lie side by side, so that all objects of freed memory are
// found together when the sweeper forgets them. Nodes are recycled but stay nodes: a reader may follow a
// stale link without a lock, and looks whether the stripe's lock was used meanwhile.
//
// The epoch of an object's last releaser says in one word what the object carries, when that is what the
// releaser knew: most acquires find that they know the epoch, and take no lock.

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

const (
	mrSyncBlockShift = 7
	// mrSyncLanes is how many buckets the objects of one block are spread over: one for each word of eight bytes.
	mrSyncLanes   = 16
	mrSyncBlocks  = 1 << 16
	mrSyncStripes = 1 << 8
)

type mrSync struct {
	_    sys.NotInHeap
	next *mrSync
	addr uintptr
	// release is the epoch that stands for all that the object carries, and belongs to it on top of
	// clock; 0 when no epoch does.
	release uint64
	lock    mrSpin
	clock   *mrNode
	heard   *mrNode // see maprace_io.go
	// sawAllUntil is what finalizers have seen, see mrG.
	sawAllUntil uint64
	// readers is what the readers of a RWMutex have released since its last writer, see maprace_rwmutex.go. It is
	// in no bucket, and this object's lock is its lock.
	readers *mrSync
}

var mrSyncs struct {
	bucket [mrSyncBlocks * mrSyncLanes]*mrSync
	stripe [mrSyncStripes]mrSpin
	kept   mrKept
}

// mrKept counts what is kept of each block of memory, by the block's hash. A count that is full stays so.
type mrKept [mrSyncBlocks]uint8

const mrKeptFull = 1<<8 - 1

func (k *mrKept) add(addr uintptr) {
	if n := &k[mrSyncRow(addr)]; *n != mrKeptFull {
		*n++
	}
}

func (k *mrKept) remove(addr uintptr) {
	if n := &k[mrSyncRow(addr)]; *n != mrKeptFull {
		*n--
	}
}

// holds reports whether anything may be kept of a span. Eight blocks are neighbours by their hashes too.
func (k *mrKept) holds(base, size uintptr) bool {
	const step = 8 << mrSyncBlockShift
	if size >= mrSyncBlocks<<mrSyncBlockShift {
		return true
	}
	for addr := base &^ (step - 1); addr < base+size; addr += step {
		if *(*uint64)(unsafe.Pointer(&k[mrSyncRow(addr)&^7])) != 0 {
			return true
		}
	}
	return false
}

// mrBlockHash returns a hash of the block of memory that an address lies in.
func mrBlockHash(addr uintptr) uintptr {
	block := addr >> mrSyncBlockShift
	return block ^ block>>17
}

// mrSyncRow returns the number of a block's row of buckets.
func mrSyncRow(addr uintptr) uintptr { return mrBlockHash(addr) % mrSyncBlocks }

// mrSyncBucket returns the bucket for an address.
func mrSyncBucket(addr uintptr) uintptr {
	return mrSyncRow(addr)*mrSyncLanes + addr>>(mrSyncBlockShift-4)%mrSyncLanes
}

func mrSyncStripe(bucket uintptr) *mrSpin {
	return &mrSyncs.stripe[bucket/mrSyncLanes%mrSyncStripes]
}

// mrSyncPool keeps free objects, split over shards so that threads rarely meet, and each takes those that it
// freed last: they are in its processor's cache.
type mrSyncPool struct {
	lock mrSpin
	free *mrSync
	_    [48]byte
}

var mrSyncPools [mrNodePools]mrSyncPool

func mrNewSync() *mrSync {
	pool := &mrSyncPools[uint(getg().m.id)%mrNodePools]
	pool.lock.lock()
	s := pool.free
	if s != nil {
		pool.free = s.next
		sys.Prefetch(uintptr(unsafe.Pointer(s.next)))
	}
	pool.lock.unlock()
	if s == nil {
		s = (*mrSync)(persistentalloc(unsafe.Sizeof(mrSync{}), 64, &memstats.other_sys))
	}
	return s
}

func mrFreeSync(s *mrSync) {
	pool := &mrSyncPools[uint(getg().m.id)%mrNodePools]
	pool.lock.lock()
	s.next = pool.free
	pool.free = s
	pool.lock.unlock()
}

// mrSeekSync returns the object at addr, nil when nothing is known of it. Its lock is not held: it may
// be another address's by now.
func mrSeekSync(addr uintptr) *mrSync {
	s := mrFirstSync(addr)
	if s == nil || s.addr == addr {
		return s
	}
	return mrSeekInBucket(addr)
}

// mrFirstSync returns the first object in the bucket for an address.
func mrFirstSync(addr uintptr) *mrSync {
	return (*mrSync)(atomic.Loadp(unsafe.Pointer(&mrSyncs.bucket[mrSyncBucket(addr)])))
}

func mrSeekInBucket(addr uintptr) *mrSync {
	h := mrSyncBucket(addr)
	stripe := mrSyncStripe(h)
	seen := stripe.look()
	s := (*mrSync)(atomic.Loadp(unsafe.Pointer(&mrSyncs.bucket[h])))
	for steps := 0; s != nil && steps < 64; steps++ {
		if s.addr == addr {
			return s
		}
		s = (*mrSync)(atomic.Loadp(unsafe.Pointer(&s.next)))
	}
	if s == nil && seen&1 == 0 && stripe.look() == seen {
		return nil
	}
	stripe.lock()
	s = mrFindInBucket(h, addr)
	stripe.unlock()
	return s
}

func mrFindInBucket(h, addr uintptr) *mrSync {
	s := mrSyncs.bucket[h]
	for s != nil && s.addr != addr {
		s = s.next
	}
	return s
}

// mrFindSync returns the object at addr with its lock held, nil when nothing is known of it.
func mrFindSync(addr uintptr) *mrSync {
	for {
		s := mrFirstSync(addr)
		if s == nil {
			return nil
		}
		if s.addr != addr {
			if s = mrSeekInBucket(addr); s == nil {
				return nil
			}
		}
		s.lock.lock()
		if s.addr == addr {
			return s
		}
		s.lock.unlock()
	}
}

// mrMakeSync is mrFindSync for those who release: an object that is not known yet is made.
func mrMakeSync(addr uintptr) *mrSync {
	if s := mrFindSync(addr); s != nil {
		return s
	}
	h := mrSyncBucket(addr)
	stripe := mrSyncStripe(h)
	stripe.lock()
	s := mrFindInBucket(h, addr)
	if s == nil {
		s = mrNewSync()
		s.addr = addr
		s.next = mrSyncs.bucket[h]
		mrSyncs.kept.add(addr)
		atomic.StorepNoWB(unsafe.Pointer(&mrSyncs.bucket[h]), unsafe.Pointer(s))
	}
	s.lock.lock()
	stripe.unlock()
	return s
}

// mrShared reports whether another goroutine can name addr: no one can name a word of this stack.
func mrShared(gp *g, addr uintptr) bool {
	return addr < gp.stack.lo || addr >= gp.stack.hi
}

// mrAcquire makes c know what was released at addr.
func mrAcquire(c *mrG, addr uintptr) {
	s := mrFirstSync(addr)
	if s == nil {
		return
	}
	if s.addr != addr {
		if s = mrSeekInBucket(addr); s == nil {
			return
		}
	}
	if s.tellsNothing(c, addr) {
		return
	}
	if s = mrFindSync(addr); s != nil {
		c.learn(s)
		s.lock.unlock()
	}
}

// tellsNothing reports whether c knows, without a lock, all that the object at addr carries.
func (s *mrSync) tellsNothing(c *mrG, addr uintptr) bool {
	e := atomic.Load64(&s.release)
	return e != 0 && c.knowsFirmly(e) && s.addr == addr
}

// learn joins what an object carries, whose lock is held, into what c knows, and reports whether that
// was anything new.
func (c *mrG) learn(s *mrSync) bool { return c.join(s.release, s.sawAllUntil, s.clock, s.heard) }

func (c *mrG) join(release, sawAllUntil uint64, clock, heard *mrNode) bool {
	if release != 0 && c.knowsFirmly(release) {
		return false
	}
	var more, moreHeard bool
	if sawAllUntil > c.sawAllUntil {
		c.sawAllUntil = sawAllUntil
		c.learned = true
	}
	c.clock, more = mrJoin(c.clock, clock)
	c.heard, moreHeard = mrJoin(c.heard, heard)
	if release != 0 {
		c.clock = mrKnow(c.clock, release)
		more = true
	}
	c.learned = c.learned || more || moreHeard
	return more || moreHeard
}

// mrReleaseTo makes addr carry what c knows, instead of what it carried.
func mrReleaseTo(c *mrG, addr uintptr) {
	s := mrSeekSync(addr)
	if s != nil && c.epoch != 0 && atomic.Load64(&s.release) == c.epoch && !c.learned && s.addr == addr {
		return
	}
	if s = mrReplaced(c, addr); s != nil {
		s.lock.unlock()
	}
}

// mrReplaced makes the object at addr carry what c knows and returns it with its lock held; nil when nothing
// was known of it and c has nothing to hand over.
func mrReplaced(c *mrG, addr uintptr) *mrSync {
	var s *mrSync
	if c.knowsNothing() {
		s = mrFindSync(addr)
	} else {
		s = mrMakeSync(addr)
	}
	if s != nil {
		s.replace(c)
	}
	return s
}

// replace makes s, whose lock is held, carry what c knows. A clock of one leaf is copied into the object's
// own leaf, so that neither side has to copy it again when it next changes.
func (s *mrSync) replace(c *mrG) {
	e := c.publish()
	if e != 0 && s.release == e {
		return
	}
	clock := c.clock
	switch {
	case clock == s.clock:
	case clock != nil && clock.height == 0 && s.clock != nil && s.clock.height == 0 && mrSole(s.clock):
		mrCopy(s.clock.leaf(), clock.leaf())
	default:
		mrRetain(clock)
		mrRelease(s.clock)
		s.clock = clock
	}
	if s.heard != c.heard {
		mrRetain(c.heard)
		mrRelease(s.heard)
		s.heard = c.heard
	}
	s.sawAllUntil = c.sawAllUntil
	atomic.Store64(&s.release, e)
}

// mrMergeTo adds what c knows to what addr carries.
func mrMergeTo(c *mrG, addr uintptr) {
	if c.knowsNothing() {
		return
	}
	s := mrMakeSync(addr)
	s.merge(c)
	s.lock.unlock()
}

func (s *mrSync) merge(c *mrG) {
	if s.release != 0 && c.knowsFirmly(s.release) || s.release == 0 && (s.clock == nil || s.clock == c.clock) &&
		(s.heard == nil || s.heard == c.heard) && s.sawAllUntil <= c.sawAllUntil {
		s.replace(c)
		return
	}
	e := c.publish()
	// As below, for clocks of one leaf, which most are: the readers of a RWMutex merge all the time.
	if s.release == 0 && s.clock != nil && s.heard == nil && c.heard == nil && e != 0 &&
		s.clock.height|mrHeight(uint32(e>>32)) == 0 && c.clock != nil && c.clock.height == 0 && mrSole(s.clock) {
		clk := &s.clock.leaf().clk
		s.sawAllUntil = max(s.sawAllUntil, c.sawAllUntil)
		mrMax(clk, &c.clock.leaf().clk)
		clk[e>>32%mrLeafFan] = uint32(e)
		return
	}
	if s.release != 0 {
		s.clock = mrKnow(s.clock, s.release)
	}
	s.clock, _ = mrJoin(s.clock, c.clock)
	s.heard, _ = mrJoin(s.heard, c.heard)
	s.sawAllUntil = max(s.sawAllUntil, c.sawAllUntil)
	if e != 0 {
		s.clock = mrKnow(s.clock, e)
	}
	atomic.Store64(&s.release, 0)
}

// mrReleaseAcquire gives addr what c knows and c what addr carried until now.
func mrReleaseAcquire(c *mrG, addr uintptr) {
	s := mrMakeSync(addr)
	if s.release != 0 && c.knowsFirmly(s.release) {
		s.replace(c)
		s.lock.unlock()
		return
	}
	release, sawAllUntil, clock, heard := s.release, s.sawAllUntil, s.clock, s.heard
	s.clock, s.heard = nil, nil
	s.replace(c)
	s.lock.unlock()
	c.join(release, sawAllUntil, clock, heard)
	mrRelease(clock)
	mrRelease(heard)
}

// mrForget drops all objects in freed memory.
func mrForget(addr, size uintptr) {
	const blockSize = 1 << mrSyncBlockShift
	for end := addr + size; addr < end; addr = (addr + blockSize) &^ (blockSize - 1) {
		if mrSyncs.kept[mrSyncRow(addr)] != 0 {
			mrForgetIn(addr, min(end, (addr+blockSize)&^(blockSize-1)))
		}
	}
}

// mrForgetIn drops the objects from addr up to end, which lie in one block.
func mrForgetIn(addr, end uintptr) {
	var gone *mrSync
	first, last := mrSyncBucket(addr), mrSyncBucket(end-1)
	stripe := mrSyncStripe(first)
	for h := first; h <= last; h++ {
		if mrSyncs.bucket[h] == nil {
			continue
		}
		stripe.lock()
		for link := &mrSyncs.bucket[h]; *link != nil; {
			s := *link
			if s.addr < addr || s.addr >= end {
				link = &s.next
				continue
			}
			s.lock.lock()
			mrSyncs.kept.remove(s.addr)
			s.addr = 0
			atomic.StorepNoWB(unsafe.Pointer(link), unsafe.Pointer(s.next))
			readers := s.readers
			s.readers = nil
			s.lock.unlock()
			s.next = gone
			gone = s
			if readers != nil {
				readers.addr = 0
				readers.next = gone
				gone = readers
			}
		}
		stripe.unlock()
	}
	for gone != nil {
		s := gone
		gone = s.next
		mrRelease(s.clock)
		mrRelease(s.heard)
		s.clock, s.heard, s.sawAllUntil = nil, nil, 0
		atomic.Store64(&s.release, 0)
		mrFreeSync(s)
	}
}
