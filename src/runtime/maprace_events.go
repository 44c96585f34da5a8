//go:build maprace

// The last events of each goroutine: what it synchronised with just before a conflict.

package runtime

import (
	"internal/runtime/sys"
	"unsafe"
)

const (
	mrRingSize   = 16
	mrEventDepth = 5
)

const (
	mrEventAcquire = iota
	mrEventRelease
	mrEventGo
)

var mrEventNames = [...]string{"acquire", "release", "go"}

// mrEvent is one event: its kind, object and the innermost frames.
type mrEvent struct {
	time uint32
	kind uint8
	n    uint8
	addr uintptr
	pc   [mrEventDepth]uintptr
}

type mrRing struct {
	_     sys.NotInHeap
	used  uint32
	event [mrRingSize]mrEvent
}

// note remembers an event; fp is the frame to begin with. The frames are walked first: were the stack to
// grow before, fp would point into the old one.
//
//go:nosplit
func (c *mrG) note(kind uint8, addr, fp uintptr) {
	var pc [mrEventDepth]uintptr
	n := mrWalk(getg(), fp, pc[:])
	r := c.ring
	if r == nil {
		r = (*mrRing)(mrAlloc(unsafe.Sizeof(mrRing{})))
		c.ring = r
	}
	e := &r.event[r.used%mrRingSize]
	e.time = c.moment()
	e.kind = kind
	e.addr = addr
	e.n = uint8(n)
	e.pc = pc
	r.used++
}

// events writes what is remembered up to a moment, oldest first.
func (l *mrLine) events(r *mrRing, until uint32) {
	if r == nil {
		return
	}
	first := true
	for i := uint32(0); i < mrRingSize && !l.full(); i++ {
		e := &r.event[(r.used+i)%mrRingSize]
		if e.n == 0 || int32(e.time-until) > 0 {
			continue
		}
		if !first {
			l.byte(',')
		}
		first = false
		l.event(e)
	}
}

func (l *mrLine) event(e *mrEvent) {
	inner := mrFrames{pcs: (*[mrDepth]uintptr)(unsafe.Pointer(&e.pc)), n: int(e.n)}
	hook, _ := inner.step()
	for mrPrefix(hook.function, "runtime.race") || mrPrefix(hook.function, "runtime.mr") {
		hook, _ = inner.step()
	}
	l.raw(`{"kind":`)
	l.str(mrEventNames[e.kind])
	l.raw(`,"when":`)
	l.when(e.time)
	l.raw(`,"what":`)
	l.str(mrEventWords(hook.function, e.kind))
	if e.addr != 0 {
		l.raw(`,"object":"sync-`)
		l.hex(uint64(e.addr))
		l.byte('"')
	}
	user := mrFrames{pcs: inner.pcs, n: inner.n, sync: true}
	if fr, ok := user.user(); ok {
		l.raw(`,"frame":`)
		l.frame(fr)
	}
	l.byte('}')
}

// mrEventWords says in words what a function of the standard library does that called a hook.
func mrEventWords(function string, kind uint8) string {
	for i := range mrWords {
		if w := &mrWords[i]; mrPrefix(function, w.function) {
			return w.words[kind]
		}
	}
	return mrEventNames[kind]
}

var mrWords = [...]struct {
	function string
	words    [3]string
}{
	{"sync.(*Mutex)", [3]string{"lock mutex", "unlock mutex"}},
	{"internal/sync.(*Mutex)", [3]string{"lock mutex", "unlock mutex"}},
	{"sync.(*RWMutex).R", [3]string{"read lock", "read unlock"}},
	{"sync.(*RWMutex)", [3]string{"write lock", "write unlock"}},
	{"sync.(*WaitGroup)", [3]string{"wait group done waiting", "wait group done"}},
	{"sync.(*Pool)", [3]string{"take from pool", "put into pool"}},
	{"sync.(*Once)", [3]string{"once already done", "once done"}},
	{"sync.runtime_notifyList", [3]string{"woken", "wake those who wait"}},
	{"sync/atomic.", [3]string{"atomic load", "atomic store"}},
	{"runtime.chansend", [3]string{"send on channel", "send on channel"}},
	{"runtime.send", [3]string{"send on channel", "send on channel"}},
	{"runtime.chanrecv", [3]string{"receive from channel", "receive from channel"}},
	{"runtime.recv", [3]string{"receive from channel", "receive from channel"}},
	{"runtime.closechan", [3]string{"close channel", "close channel"}},
	{"runtime.selectgo", [3]string{"select", "select"}},
	{"runtime.newproc", [3]string{"", "", "go statement"}},
}
