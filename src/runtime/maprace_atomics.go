//go:build maprace

// Package sync/atomic: every atomic operation synchronises with the operations it observes.
//
// The overlay gives sync/atomic functions (MapraceLoadInt32 and the like, see
// src/server/run/atomics.ts) that wrap the real ones between two of the calls here. In between, the
// lock of the word's object is held, so that the order of clocks is the order of values: a store
// replaces what the word carried, a read-modify-write adds to it, a load learns it. Between
// race.Disable and race.Enable (the insides of package sync) operations stay raw.

package runtime

import "unsafe"

//go:linkname mrAtomicLoad
//go:linkname mrAtomicLoaded
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

// mrAtomicLoad comes before a load. The object it returns, if any, is locked until mrAtomicLoaded.
func mrAtomicLoad(addr unsafe.Pointer) *mrSync {
	c := mrAtomicContext(addr)
	if c == nil {
		return nil
	}
	s := mrFindSync(uintptr(addr))
	// Most loads tell nothing new: those are no events.
	if s != nil && !(mrLeq(s.clock, c.clock) && mrLeq(s.heard, c.heard)) {
		c.learn(s)
		c.note(mrEventAcquire, uintptr(addr), getfp())
	}
	return s
}

// mrAtomicLoaded comes after a load: a word that carried nothing before may have been stored to since.
func mrAtomicLoaded(s *mrSync, addr unsafe.Pointer) {
	if s != nil {
		s.lock.unlock()
	} else if c := mrAtomicContext(addr); c != nil {
		mrAcquire(c, uintptr(addr))
	}
}

// mrAtomicStore comes before a store, mrAtomicDone after it.
func mrAtomicStore(addr unsafe.Pointer) *mrSync {
	c := mrAtomicContext(addr)
	if c == nil {
		return nil
	}
	var s *mrSync
	if c.clock == nil && c.epoch == 0 {
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

// mrAtomicUpdated takes the object of mrAtomicUpdate and whether the word was changed.
func mrAtomicUpdated(s *mrSync, changed bool) {
	if s == nil {
		return
	}
	c := mrContext()
	c.learn(s)
	if changed {
		s.merge(c)
	}
	c.note(mrEventRelease, s.addr, getfp())
	s.lock.unlock()
}

func mrAtomicDone(s *mrSync) {
	if s != nil {
		s.lock.unlock()
	}
}
