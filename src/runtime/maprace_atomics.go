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

func mrAtomicContext(addr unsafe.Pointer) *mrG {
	gp := getg()
	if gp.racectx == 0 || gp.raceignore != 0 || !mrShared(gp, uintptr(addr)) {
		return nil
	}
	c := (*mrG)(unsafe.Pointer(gp.racectx))
	if c.written.size != 0 {
		mrLookAtWritten(c)
	}
	return c
}

func mrAtomicLoad32(addr *uint32) uint32 {
	c := mrAtomicContext(unsafe.Pointer(addr))
	val := atomic.Load(addr)
	s := mrAtomicSource(c, unsafe.Pointer(addr))
	if s == nil {
		return val
	}
	seen := s.lock.look()
	val = atomic.Load(addr)
	if !s.toldNothing(c, unsafe.Pointer(addr), seen) {
		s = mrAtomicHold(c, unsafe.Pointer(addr))
		val = atomic.Load(addr)
		mrAtomicDone(s)
	}
	return val
}

func mrAtomicLoad64(addr *uint64) uint64 {
	c := mrAtomicContext(unsafe.Pointer(addr))
	val := atomic.Load64(addr)
	s := mrAtomicSource(c, unsafe.Pointer(addr))
	if s == nil {
		return val
	}
	seen := s.lock.look()
	val = atomic.Load64(addr)
	if !s.toldNothing(c, unsafe.Pointer(addr), seen) {
		s = mrAtomicHold(c, unsafe.Pointer(addr))
		val = atomic.Load64(addr)
		mrAtomicDone(s)
	}
	return val
}

func mrAtomicLoadPointer(addr *unsafe.Pointer) unsafe.Pointer {
	c := mrAtomicContext(unsafe.Pointer(addr))
	val := atomic.Loadp(unsafe.Pointer(addr))
	s := mrAtomicSource(c, unsafe.Pointer(addr))
	if s == nil {
		return val
	}
	seen := s.lock.look()
	val = atomic.Loadp(unsafe.Pointer(addr))
	if !s.toldNothing(c, unsafe.Pointer(addr), seen) {
		s = mrAtomicHold(c, unsafe.Pointer(addr))
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

// mrAtomicSource returns the object of a word that was just loaded; nil when whoever stored the value
// told nothing with it.
func mrAtomicSource(c *mrG, addr unsafe.Pointer) *mrSync {
	if c == nil {
		return nil
	}
	return mrSeekSync(uintptr(addr))
}

// toldNothing reports whether c knows what was told with the value of the word at addr that was loaded
// after s's lock was seen. It takes no lock, and cannot tell when the word was stored to meanwhile.
func (s *mrSync) toldNothing(c *mrG, addr unsafe.Pointer, seen uint32) bool {
	return seen&1 == 0 && s.tellsNothing(c, uintptr(addr)) && s.lock.look() == seen
}

// mrAtomicHold makes c know what the word at addr carries, and keeps that so until mrAtomicDone.
func mrAtomicHold(c *mrG, addr unsafe.Pointer) *mrSync {
	s := mrFindSync(uintptr(addr))
	// Most loads tell nothing new: those are no events.
	if s != nil && c.learn(s) {
		c.note(mrEventAcquire, uintptr(addr), getfp())
	}
	return s
}

// mrAtomicStore comes before a store, mrAtomicDone after it. The object it returns, if any, is locked
// until then.
func mrAtomicStore(addr unsafe.Pointer) *mrSync {
	c := mrAtomicContext(addr)
	if c == nil {
		return nil
	}
	var s *mrSync
	if c.knowsNothing() {
		s = mrFindSync(uintptr(addr))
	} else {
		s = mrMakeSync(uintptr(addr))
	}
	if s != nil {
		s.replace(c)
		c.note(mrEventRelease, uintptr(addr), getfp())
	}
	return s
}

// mrAtomicUpdate comes before a read-modify-write, mrAtomicUpdated after it.
func mrAtomicUpdate(addr unsafe.Pointer) *mrSync {
	if mrAtomicContext(addr) == nil {
		return nil
	}
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
