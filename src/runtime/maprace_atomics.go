//go:build maprace

// Package sync/atomic: every atomic operation synchronises with the operations it observes.
//
// The overlay gives sync/atomic functions (MapraceLoadInt32 and the like, see
// src/server/run/atomics.ts) that call the loads here, and wrap the other operations between two of the
// calls here. In between, the lock of the word's object is held, so that the order of clocks is the
// order of values: a store replaces what the word carried, a read-modify-write adds to it, a load learns
// it. Between race.Disable and race.Enable (the insides of package sync) operations stay raw.

package runtime

import (
	"internal/goarch"
	"internal/runtime/atomic"
	"unsafe"
)

//go:linkname mrAtomicLoad32
//go:linkname mrAtomicLoad64
//go:linkname mrAtomicLoadPointer
//go:linkname mrAtomicLoadUintptr
//go:linkname mrAtomicStore
//go:linkname mrAtomicUpdate
//go:linkname mrAtomicUpdated
//go:linkname mrAtomicDone

func mrAtomicLoad32(addr *uint32) uint32 {
	val := atomic.Load(addr)
	s, seen := mrAtomicSource(unsafe.Pointer(addr))
	if s == nil {
		return val
	}
	val = atomic.Load(addr)
	if seen&1 != 0 || s.lock.look() != seen {
		s = mrAtomicHold(unsafe.Pointer(addr))
		val = atomic.Load(addr)
		mrAtomicDone(s)
	}
	return val
}

func mrAtomicLoad64(addr *uint64) uint64 {
	val := atomic.Load64(addr)
	s, seen := mrAtomicSource(unsafe.Pointer(addr))
	if s == nil {
		return val
	}
	val = atomic.Load64(addr)
	if seen&1 != 0 || s.lock.look() != seen {
		s = mrAtomicHold(unsafe.Pointer(addr))
		val = atomic.Load64(addr)
		mrAtomicDone(s)
	}
	return val
}

func mrAtomicLoadPointer(addr *unsafe.Pointer) unsafe.Pointer {
	val := atomic.Loadp(unsafe.Pointer(addr))
	s, seen := mrAtomicSource(unsafe.Pointer(addr))
	if s == nil {
		return val
	}
	val = atomic.Loadp(unsafe.Pointer(addr))
	if seen&1 != 0 || s.lock.look() != seen {
		s = mrAtomicHold(unsafe.Pointer(addr))
		val = atomic.Loadp(unsafe.Pointer(addr))
		mrAtomicDone(s)
	}
	return val
}

func mrAtomicLoadUintptr(addr *uintptr) uintptr {
	if goarch.PtrSize == 8 {
		return uintptr(mrAtomicLoad64((*uint64)(unsafe.Pointer(addr))))
	}
	return uintptr(mrAtomicLoad32((*uint32)(unsafe.Pointer(addr))))
}

// mrAtomicSource returns the object of a word that was just loaded, nil when whoever stored the value told
// nothing with it. A value that is loaded again now tells nothing new if seen is even, and still the count
// of the object's lock after the load.
func mrAtomicSource(addr unsafe.Pointer) (s *mrSync, seen uint32) {
	c := mrSyncing(getg(), addr)
	if c == nil {
		return nil, 0
	}
	c.finishWritten()
	if s = mrFirstSync(uintptr(addr)); s == nil {
		return nil, 0
	}
	if s.addr != uintptr(addr) {
		if s = mrSeekInBucket(uintptr(addr)); s == nil {
			return nil, 0
		}
	}
	seen = s.lock.look()
	if !s.tellsNothing(c, uintptr(addr)) {
		seen |= 1
	}
	return s, seen
}

// mrAtomicHold makes its caller know what the word at addr carries, and keeps that so until mrAtomicDone.
func mrAtomicHold(addr unsafe.Pointer) *mrSync {
	s := mrFindSync(uintptr(addr))
	if c := mrContext(); s != nil && c.learn(s) {
		// Most loads tell nothing new: those are no events.
		c.note(mrEventAcquire, uintptr(addr), getfp())
	}
	return s
}

// mrAtomicStore comes before a store, mrAtomicDone after it. The object it returns, if any, is locked
// until then.
func mrAtomicStore(addr unsafe.Pointer) *mrSync {
	c := mrSyncing(getg(), addr)
	if c == nil {
		return nil
	}
	c.finishWritten()
	s := mrReplaced(c, uintptr(addr))
	if s != nil {
		c.note(mrEventRelease, uintptr(addr), getfp())
	}
	return s
}

// mrAtomicUpdate comes before a read-modify-write, mrAtomicUpdated after it.
func mrAtomicUpdate(addr unsafe.Pointer) *mrSync {
	c := mrSyncing(getg(), addr)
	if c == nil {
		return nil
	}
	c.finishWritten()
	return mrMakeSync(uintptr(addr))
}

// mrAtomicUpdated takes the object of mrAtomicUpdate and whether the word was changed. An operation that
// changed nothing and told nothing is no event.
func mrAtomicUpdated(s *mrSync, changed bool) {
	c := mrContext()
	learned := c.learn(s)
	if changed {
		s.merge(c)
	}
	if changed || learned {
		c.note(mrEventRelease, s.addr, getfp())
	}
	s.lock.unlock()
}

func mrAtomicDone(s *mrSync) {
	if s != nil {
		s.lock.unlock()
	}
}
