//go:build maprace

// What is read was written before: edges along pipes and connections whose two ends are in this process.
//
// Go's own race detector orders every read of the process after every write of the process, through
// one variable, so that two requests to a server look ordered because both passed through the
// kernel. Here each stream of bytes is an object of its own. Along a pipe the reader learns all that
// the writer knows. Along a connection the reader learns it as hearsay: it counts as known to the
// reader and to those it synchronises with, but is not passed on along a further connection. A client
// thus sees what its request's handler did, and yet two handlers are not ordered by a client that
// happened to ask one after the other.
//
// An answer comes after what was done before the question, on the side that asked. So what an accepted
// connection carries back holds what had come along it, as far as the goroutine that answers has heard
// that: the side that dialled hears what it said itself, as hearsay again, and nothing that was said along
// another connection. The side that dialled returns nothing: two handlers that answer one after the other
// along one connection would come after each other by what their client heard and asks next.

package runtime

import _ "unsafe" // for linkname

// mrStreamsKept bounds how many streams of bytes are remembered; the oldest is forgotten first.
const mrStreamsKept = 1 << 14

var mrStreams struct {
	lock mrSpin
	next uint32
	ring [mrStreamsKept]uintptr
}

// mrStreamAddr turns a stream's number, which package internal/poll makes, into an object's address
// that no memory has.
func mrStreamAddr(stream uintptr) uintptr {
	const top = ^(^uintptr(0) >> 1)
	return stream&^(1<<mrSyncBlockShift-1)>>1 | top
}

//go:linkname mrStreamWrite
//go:linkname mrStreamRead

// mrStreamWrite is called before bytes are written to a stream; answers is the stream that they may be the
// answer to, 0 for none.
func mrStreamWrite(stream, answers uintptr, pipe bool) {
	c := mrSyncing(getg(), nil)
	if c == nil || c.knowsNothing() {
		return
	}
	var returned *mrNode
	if answers != 0 && c.heard != nil {
		returned = c.heardAlong(mrStreamAddr(answers))
	}
	addr := mrStreamAddr(stream)
	s := mrFindSync(addr)
	if s == nil {
		t := &mrStreams
		t.lock.lock()
		slot := &t.ring[t.next%mrStreamsKept]
		t.next++
		old := *slot
		*slot = addr
		t.lock.unlock()
		if old != 0 {
			mrForget(old, 1)
		}
		s = mrMakeSync(addr)
	}
	if pipe {
		s.merge(c)
	} else {
		before := s.heard
		s.heard = nil
		s.merge(c)
		mrRelease(s.heard)
		s.heard, _ = mrJoin(before, returned)
	}
	mrRelease(returned)
	c.note(mrEventRelease, addr, getfp())
	s.lock.unlock()
}

// mrStreamRead is called after bytes were read from a stream.
func mrStreamRead(stream uintptr, pipe bool) {
	c := mrSyncing(getg(), nil)
	if c == nil {
		return
	}
	addr := mrStreamAddr(stream)
	s := mrFindSync(addr)
	if s == nil {
		return
	}
	if pipe {
		c.learn(s)
	} else {
		c.hear(s)
	}
	c.note(mrEventAcquire, addr, getfp())
	s.lock.unlock()
}

// hear joins what an object carries, whose lock is held, into what c knows by hearsay.
func (c *mrG) hear(s *mrSync) {
	var more, moreReturned bool
	if s.release == 0 || !c.knows(s.release) {
		c.heard, more = mrJoin(c.heard, s.clock)
		if s.release != 0 {
			c.heard = mrKnow(c.heard, s.release)
			more = true
		}
	}
	// What came back stands for itself: whoever knows the epoch need not have heard it.
	c.heard, moreReturned = mrJoin(c.heard, s.heard)
	c.learned = c.learned || more || moreReturned
}

// heardAlong returns a reference to what c has heard of what the stream at addr carries.
func (c *mrG) heardAlong(addr uintptr) *mrNode {
	s := mrFindSync(addr)
	if s == nil {
		return nil
	}
	common := mrCommon(c.heard, s.clock)
	if tid := uint32(s.release >> 32); s.release != 0 {
		if clk := min(mrGet(c.heard, tid), uint32(s.release)); clk != 0 {
			common = mrKnow(common, uint64(tid)<<32|uint64(clk))
		}
	}
	s.lock.unlock()
	return common
}
