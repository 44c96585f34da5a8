//go:build maprace

// What a sync.RWMutex hands over. A reader learns what the writers before it knew, a writer also what the
// readers knew that came since the last one. The two are kept apart in one object, named by the mutex's
// readerSem: Go's own hooks use two words for it, and all readers of all time are in one of them.

package runtime

import (
	"unsafe"
)

// mrReadersHold is the addr of what readers have released, other than 0: an address that nobody looks for.
const mrReadersHold = 1

//go:linkname mrWriteLocked
//go:linkname mrWriteUnlock
//go:linkname mrReadUnlock

// mrWriteLocked is called when a writer has the lock. No reader has it, so none hands over anything now.
func mrWriteLocked(addr unsafe.Pointer) {
	c := mrSyncing(getg(), addr)
	if c == nil {
		return
	}
	c.finishWritten()
	c.noteNear(mrEventAcquire, uintptr(addr), getfp())
	s := mrSeekSync(uintptr(addr))
	if s == nil {
		return
	}
	r := s.readers
	if (r == nil || r.addr == 0 || r.tellsNothing(c, mrReadersHold)) && s.tellsNothing(c, uintptr(addr)) {
		return
	}
	if s = mrFindSync(uintptr(addr)); s != nil {
		c.learn(s)
		if r = s.readers; r != nil && r.addr != 0 {
			c.learn(r)
		}
		s.lock.unlock()
	}
}

// mrWriteUnlock is called before a writer gives the lock back. It knows all that the readers before it knew.
func mrWriteUnlock(addr unsafe.Pointer) {
	c := mrSyncing(getg(), addr)
	if c == nil {
		return
	}
	c.finishWritten()
	c.noteNear(mrEventRelease, uintptr(addr), getfp())
	if s := mrReplaced(c, uintptr(addr)); s != nil {
		if s.readers != nil {
			s.readers.addr = 0
		}
		s.lock.unlock()
	}
}

// mrReadUnlock is called before a reader gives the lock back.
func mrReadUnlock(addr unsafe.Pointer) {
	c := mrSyncing(getg(), addr)
	if c == nil {
		return
	}
	c.finishWritten()
	c.noteNear(mrEventRelease, uintptr(addr), getfp())
	if c.knowsNothing() {
		return
	}
	s := mrMakeSync(uintptr(addr))
	if s.readers == nil {
		s.readers = mrNewSync()
	}
	if r := s.readers; r.addr == 0 {
		r.replace(c)
		r.addr = mrReadersHold
	} else {
		r.merge(c)
	}
	s.lock.unlock()
}
