//go:build maprace

// Synchronisation objects: what a goroutine that acquires one learns from those that released it.
//
// An object is the address the standard library's hooks name (a mutex, a channel's buffer slot, a
// timer, an atomic word). Only objects that carry knowledge are kept, in a hash table whose chains
// hold the objects of one 128-byte block of memory, so that all objects of freed memory are found
// together when the sweeper forgets them. Nodes are recycled but stay nodes: a reader may follow a
// stale link without a lock, and checks the address again under the node's lock.

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

const (
	mrSyncBuckets    = 1 << 17
	mrSyncBlockShift = 7
	mrSyncStripes    = 1 << 8
	// mrSyncPages is how many flags tell apart pages that hold objects from pages that hold none.
	mrSyncPages = 1 << 16
)

type mrSync struct {
	_     sys.NotInHeap
	next  *mrSync
	addr  uintptr
	clock *mrNode
	heard *mrNode // see maprace_io.go
	lock  mrSpin
}

var mrSyncs struct {
	bucket [mrSyncBuckets]*mrSync
	stripe [mrSyncStripes]mrSpin
	free   [mrSyncStripes]*mrSync
	// page has a non-zero byte for every page (by hash) in which an object was ever kept.
	page [mrSyncPages]uint8
}

func mrSyncHash(addr uintptr) uintptr {
	h := addr >> mrSyncBlockShift
	h ^= h >> 17
	return h % mrSyncBuckets
}

// mrFindSync returns the object at addr with its lock held, nil when nothing is known of it.
func mrFindSync(addr uintptr) *mrSync {
	h := mrSyncHash(addr)
	s := (*mrSync)(atomic.Loadp(unsafe.Pointer(&mrSyncs.bucket[h])))
	for steps := 0; s != nil && steps < 64; steps++ {
		if s.addr == addr {
			s.lock.lock()
			if s.addr == addr {
				return s
			}
			s.lock.unlock()
			break
		}
		s = (*mrSync)(atomic.Loadp(unsafe.Pointer(&s.next)))
	}
	if s == nil {
		return nil
	}
	stripe := &mrSyncs.stripe[h%mrSyncStripes]
	stripe.lock()
	s = mrFindInBucket(h, addr)
	if s != nil {
		s.lock.lock()
	}
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

// mrMakeSync is mrFindSync for those who release: an object that is not known yet is made.
func mrMakeSync(addr uintptr) *mrSync {
	if s := mrFindSync(addr); s != nil {
		return s
	}
	h := mrSyncHash(addr)
	stripe := &mrSyncs.stripe[h%mrSyncStripes]
	stripe.lock()
	s := mrFindInBucket(h, addr)
	if s == nil {
		free := &mrSyncs.free[h%mrSyncStripes]
		s = *free
		if s != nil {
			*free = s.next
		} else {
			s = (*mrSync)(mrAlloc(unsafe.Sizeof(mrSync{})))
		}
		s.addr = addr
		s.next = mrSyncs.bucket[h]
		mrSyncs.page[addr/_PageSize%mrSyncPages] = 1
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
	s := mrFindSync(addr)
	if s == nil {
		return
	}
	c.learn(s)
	s.lock.unlock()
}

// learn joins what an object carries, whose lock is held, into what c knows.
func (c *mrG) learn(s *mrSync) {
	if s.clock != nil && s.clock != c.clock {
		c.clock = mrJoin(c.clock, s.clock)
	}
	if s.heard != nil && s.heard != c.heard {
		c.heard = mrJoin(c.heard, s.heard)
	}
}

// mrReleaseTo makes addr carry what c knows, instead of what it carried.
func mrReleaseTo(c *mrG, addr uintptr) {
	var s *mrSync
	if c.clock == nil && c.epoch == 0 {
		s = mrFindSync(addr)
	} else {
		s = mrMakeSync(addr)
	}
	if s == nil {
		return
	}
	s.replace(c)
	s.lock.unlock()
}

// replace stores c's clock in s, whose lock is held. A small clock is copied into the object's own
// node, so that neither side has to copy it again when it next changes.
func (s *mrSync) replace(c *mrG) {
	clock := c.publish()
	if s.heard != c.heard {
		mrRelease(s.heard)
		s.heard = mrRetain(c.heard)
	}
	if clock == s.clock {
		return
	}
	if clock != nil && clock.height == 0 && s.clock != nil && s.clock.height == 0 && mrSole(s.clock) {
		s.clock.leaf().clk = clock.leaf().clk
		return
	}
	mrRetain(clock)
	mrRelease(s.clock)
	s.clock = clock
}

// mrMergeTo adds what c knows to what addr carries.
func mrMergeTo(c *mrG, addr uintptr) {
	if c.clock == nil && c.epoch == 0 {
		return
	}
	s := mrMakeSync(addr)
	s.merge(c)
	s.lock.unlock()
}

func (s *mrSync) merge(c *mrG) {
	clock := c.publish()
	if s.clock != clock {
		s.clock = mrJoin(s.clock, clock)
	}
	if s.heard != c.heard {
		s.heard = mrJoin(s.heard, c.heard)
	}
}

// mrReleaseAcquire gives addr what c knows and c what addr carried until now.
func mrReleaseAcquire(c *mrG, addr uintptr) {
	s := mrMakeSync(addr)
	clock, heard := s.clock, s.heard
	s.clock, s.heard = mrRetain(c.publish()), mrRetain(c.heard)
	s.lock.unlock()
	c.clock = mrJoin(c.clock, clock)
	c.heard = mrJoin(c.heard, heard)
	mrRelease(clock)
	mrRelease(heard)
}

// mrForget drops all objects in freed memory.
func mrForget(addr, size uintptr) {
	for block := addr >> mrSyncBlockShift << mrSyncBlockShift; block < addr+size; block += 1 << mrSyncBlockShift {
		h := mrSyncHash(block)
		if mrSyncs.bucket[h] == nil {
			continue
		}
		stripe := &mrSyncs.stripe[h%mrSyncStripes]
		stripe.lock()
		for link := &mrSyncs.bucket[h]; *link != nil; {
			s := *link
			if s.addr < addr || s.addr >= addr+size {
				link = &s.next
				continue
			}
			s.lock.lock()
			s.addr = 0
			clock, heard := s.clock, s.heard
			s.clock, s.heard = nil, nil
			atomic.StorepNoWB(unsafe.Pointer(link), unsafe.Pointer(s.next))
			s.lock.unlock()
			free := &mrSyncs.free[h%mrSyncStripes]
			s.next = *free
			*free = s
			mrRelease(clock)
			mrRelease(heard)
		}
		stripe.unlock()
	}
}

// mrHoldsSyncs reports whether a span may hold objects that must be forgotten when it is swept.
func mrHoldsSyncs(base, pages uintptr) bool {
	if pages >= mrSyncPages {
		return true
	}
	for p := base / _PageSize; pages > 0; pages-- {
		if mrSyncs.page[p%mrSyncPages] != 0 {
			return true
		}
		p++
	}
	return false
}
