//go:build maprace

// The last events of each goroutine: what it synchronised with around a conflict.
//
// An event is told by the line of the user's that led to it. What the standard library does between its
// own locks, with no code of the user's or of a dependency below it on the stack, is no event.

package runtime

import (
	"internal/goarch"
	"internal/runtime/sys"
	"unsafe"
)

const (
	mrRingSize = 20
	// mrEventDepth bounds how far out the user's code is looked for.
	mrEventDepth = 24
)

const (
	mrEventAcquire = iota
	mrEventRelease
)

var mrEventNames = [...]string{"acquire", "release"}

// mrEvent is one event: its kind, its object, and three return addresses: in the function that called the
// detector, in the user's function, and in the function that this one called (0 when it is the first).
type mrEvent struct {
	time               uint32
	kind               uint8
	addr               uintptr
	hook, called, user uintptr
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
	var pcs [mrEventDepth]uintptr
	n := mrWalkToUser(getg(), fp, &pcs)
	c.record(kind, addr, pcs[:n])
}

// mrWalkToUser is mrWalk that stops at the first frame that is known to be the user's.
//
//go:nosplit
func mrWalkToUser(gp *g, fp uintptr, pcs *[mrEventDepth]uintptr) int {
	lo, hi := gp.stack.lo, gp.stack.hi-2*goarch.PtrSize
	n := 0
	for n < len(pcs) && fp >= lo && fp <= hi {
		pc := *(*uintptr)(unsafe.Pointer(fp + goarch.PtrSize))
		if pc == 0 {
			break
		}
		pcs[n] = pc
		n++
		up := *(*uintptr)(unsafe.Pointer(fp))
		if up <= fp || mrKnownOwnerOf(pc) == mrOwnerUser {
			break
		}
		fp = up
	}
	return n
}

// record remembers an event with its stack, from the detector outwards.
func (c *mrG) record(kind uint8, addr uintptr, pcs []uintptr) {
	e := mrEvent{kind: kind, addr: addr}
	if !e.place(pcs) {
		return
	}
	e.time = c.moment()
	r := c.ring
	if r == nil {
		r = (*mrRing)(mrAlloc(unsafe.Sizeof(mrRing{})))
		c.ring = r
	}
	// A call of the library may lock and unlock a great deal: its last two steps stand for it.
	if e.called != 0 && r.used >= 2 {
		last, older := &r.event[(r.used-1)%mrRingSize], &r.event[(r.used-2)%mrRingSize]
		if older.kind == kind && older.user == e.user && older.called == e.called && last.user == e.user {
			*older = *last
			*last = e
			return
		}
	}
	r.event[r.used%mrRingSize] = e
	r.used++
}

// steps returns how many events c had so far, as far as 16 bits can tell: what orders an access among them.
func (c *mrG) steps() uint16 {
	if c.ring == nil {
		return 0
	}
	return uint16(c.ring.used)
}

// place finds the event's three addresses in its stack; false when there is no code of the user's.
func (e *mrEvent) place(pcs []uintptr) bool {
	var inner, innerOfDependency uintptr
	for _, pc := range pcs {
		owner := mrOwnerOf(pc)
		if owner == mrOwnerDetector {
			continue
		}
		if e.hook == 0 {
			e.hook = pc
		}
		switch owner {
		case mrOwnerUser:
			e.called, e.user = inner, pc
			return true
		case mrOwnerCompiler:
			continue
		case mrOwnerDependency:
			if e.user == 0 {
				e.user, innerOfDependency = pc, inner
			}
		}
		inner = pc
	}
	e.called = innerOfDependency
	return e.user != 0
}

// events writes what one side of a conflict is remembered to have done around its access, oldest first.
func (l *mrLine) events(a *mrAccess, r, other *mrRing) {
	if r == nil {
		return
	}
	first := true
	since := uint32(uint16(r.used) - a.steps)
	for i := uint32(0); i < mrRingSize && !l.full(); i++ {
		e := &r.event[(r.used+i)%mrRingSize]
		if e.user == 0 {
			continue
		}
		hook := mrInnermost(e.hook)
		called, frame := mrUserFrame(e)
		if mrSynchronises(called) {
			called = ""
		} else if mrOwner(called) == mrOwnerStandard && !(mrIsMutex(hook) && other.has(e.addr)) {
			// How the library keeps its own objects is of interest only where both sides met.
			continue
		}
		if !first {
			l.byte(',')
		}
		first = false
		// Clocks are coarse: what is known of the order is told by a difference that they cannot see.
		when := l.micros(e.time)
		if i+since < mrRingSize {
			when = min(when, l.micros(a.time))
		} else {
			when = max(when, l.micros(a.time)+1)
		}
		l.event(e, when, hook, called, frame)
	}
}

func mrIsMutex(hook string) bool {
	return mrPrefix(hook, "sync.(*Mutex)") || mrPrefix(hook, "internal/sync.(*Mutex)") ||
		mrPrefix(hook, "sync.(*RWMutex)")
}

// has reports whether an object was synchronised with.
func (r *mrRing) has(object uintptr) bool {
	if r == nil {
		return false
	}
	for i := range r.event {
		if r.event[i].addr == object {
			return true
		}
	}
	return false
}

func (l *mrLine) event(e *mrEvent, when int64, hook, called string, frame mrFrame) {
	l.raw(`{"kind":`)
	l.str(mrEventNames[e.kind])
	l.raw(`,"when":`)
	l.when(when)
	l.raw(`,"what":"`)
	l.raw(mrEventWords(hook, e.kind))
	if called != "" {
		l.raw(" in ")
		l.chars(called)
	}
	l.byte('"')
	if e.addr != 0 {
		l.raw(`,"object":"sync-`)
		l.hex(uint64(e.addr))
		l.byte('"')
	}
	l.raw(`,"frame":`)
	l.frame(frame)
	l.byte('}')
}

// mrInnermost returns the name of the innermost function at a return address, inlined ones included, that
// is not the detector's.
func mrInnermost(pc uintptr) string {
	f := mrFramesAt(&pc)
	for {
		fr, ok := f.step()
		if !ok {
			return ""
		}
		if mrOwner(fr.function) != mrOwnerDetector {
			return fr.function
		}
	}
}

// mrUserFrame returns the user's innermost frame of an event, and the library's function that it called, ""
// when it synchronised itself.
func mrUserFrame(e *mrEvent) (called string, frame mrFrame) {
	if e.called != 0 {
		called = funcname(findfunc(e.called - 1))
	}
	owner := mrOwnerOf(e.user)
	f := mrFramesAt(&e.user)
	for {
		fr, ok := f.step()
		if !ok {
			return called, frame
		}
		frame = fr
		switch mrOwner(fr.function) {
		case owner:
			return called, frame
		case mrOwnerDetector:
		default:
			called = fr.function
		}
	}
}

// mrSynchronises reports whether what the user called is there to synchronise (or nothing, ""): its name says
// nothing that the event's words do not say.
func mrSynchronises(called string) bool {
	return called == "" || mrIsSync(called) || mrPrefix(called, "runtime.")
}

// mrEventWords says in words what a function of the standard library does that called a hook.
func mrEventWords(function string, kind uint8) string {
	for i := range mrWords {
		if w := &mrWords[i]; mrPrefix(function, w.function) {
			return w.words[kind]
		}
	}
	return [...]string{"synchronise", "pass on"}[kind]
}

var mrWords = [...]struct {
	function string
	words    [2]string
}{
	{"sync.(*Mutex)", [2]string{"lock mutex", "unlock mutex"}},
	{"internal/sync.(*Mutex)", [2]string{"lock mutex", "unlock mutex"}},
	{"sync.(*RWMutex).R", [2]string{"read lock", "read unlock"}},
	{"sync.(*RWMutex)", [2]string{"write lock", "write unlock"}},
	{"sync.(*WaitGroup)", [2]string{"wait group done waiting", "wait group done"}},
	{"sync.(*Pool)", [2]string{"take from pool", "put into pool"}},
	{"sync.(*Once)", [2]string{"once already done", "once done"}},
	{"sync.runtime_notifyList", [2]string{"woken", "wake those who wait"}},
	{"sync.OnceFunc", [2]string{"once already done", "once done"}},
	{"sync/atomic.MapraceStore", [2]string{"atomic store", "atomic store"}},
	{"sync/atomic.MapraceLoad", [2]string{"atomic load", "atomic load"}},
	{"sync/atomic.", [2]string{"atomic load", "atomic update"}},
	{"internal/poll.", [2]string{"read from connection or pipe", "write to connection or pipe"}},
	{"runtime.chansend", [2]string{"send on channel", "send on channel"}},
	{"runtime.send", [2]string{"send on channel", "send on channel"}},
	{"runtime.chanrecv", [2]string{"receive from channel", "receive from channel"}},
	{"runtime.recv", [2]string{"receive from channel", "receive from channel"}},
	{"runtime.closechan", [2]string{"close channel", "close channel"}},
	{"runtime.selectgo", [2]string{"select", "select"}},
}
