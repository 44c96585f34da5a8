//go:build maprace

// The last events of each goroutine: what it synchronised with around a conflict.
//
// An event is told by the line of the user's that led to it. What the standard library does between its
// own locks is no event: there is a great deal of that, and it would push out what the user did. That is
// decided by the function that synchronised, at once; whose lines to show, when there is a conflict.

package runtime

import (
	"internal/goarch"
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

const (
	mrRingSize = 16
	// mrEventWalk is how many frames are looked at, mrEventDepth how many of them are kept.
	mrEventWalk  = 8
	mrEventDepth = 5
)

const (
	mrEventAcquire = iota
	mrEventRelease
	// mrEventGo is a go statement; the number of the new goroutine stands for the object.
	mrEventGo
)

var mrEventNames = [...]string{"acquire", "release", "go"}

// mrEvent is one event: its kind, its object, and its innermost frames, from the function that called the
// detector outwards.
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

// note remembers an event of the running goroutine; fp is the frame to begin with. The frames are walked first:
// were the stack to grow before, fp would point into the old one. They are walked as mrWalk does, and most events
// are told by four of them.
//
//go:nosplit
func (c *mrG) note(kind uint8, addr, fp uintptr) {
	gp := getg()
	lo, size := gp.stack.lo, gp.stack.hi-gp.stack.lo-2*goarch.PtrSize
	if fp-lo > size {
		return
	}
	var pc1, pc2, pc3 uintptr
	pc0 := *(*uintptr)(unsafe.Pointer(fp + goarch.PtrSize))
	if up := *(*uintptr)(unsafe.Pointer(fp)); up-lo <= size {
		pc1 = *(*uintptr)(unsafe.Pointer(up + goarch.PtrSize))
		if up = *(*uintptr)(unsafe.Pointer(up)); up-lo <= size {
			pc2 = *(*uintptr)(unsafe.Pointer(up + goarch.PtrSize))
			if up = *(*uintptr)(unsafe.Pointer(up)); up-lo <= size {
				pc3 = *(*uintptr)(unsafe.Pointer(up + goarch.PtrSize))
			}
		}
	}
	n := mrKnownStep(mrHashStep(pc0, pc1, pc2, pc3))
	if n == mrStepNone {
		return
	}
	if n == mrStepUnknown || c.ring == nil {
		c.noteDeep(kind, addr, fp)
		return
	}
	if c.moments == 0 || c.turn != mrTurn() {
		c.newMoment()
	}
	e := c.newEvent(kind, addr)
	e.n = uint8(n)
	e.pc[0], e.pc[1], e.pc[2], e.pc[3] = pc0, pc1, pc2, pc3
}

// noteNear is note for what is mostly called by those who synchronise, or by a function that they call: two frames
// tell.
//
//go:nosplit
func (c *mrG) noteNear(kind uint8, addr, fp uintptr) {
	gp := getg()
	lo, size := gp.stack.lo, gp.stack.hi-gp.stack.lo-2*goarch.PtrSize
	if fp-lo > size {
		return
	}
	var pc1 uintptr
	pc0 := *(*uintptr)(unsafe.Pointer(fp + goarch.PtrSize))
	if up := *(*uintptr)(unsafe.Pointer(fp)); up-lo <= size {
		pc1 = *(*uintptr)(unsafe.Pointer(up + goarch.PtrSize))
	}
	n := mrKnownStep(mrHashStep(pc0, pc1, 0, 0))
	if n == mrStepNone {
		return
	}
	if n == mrStepUnknown || c.ring == nil {
		c.note(kind, addr, fp)
		return
	}
	if c.moments == 0 || c.turn != mrTurn() {
		c.newMoment()
	}
	e := c.newEvent(kind, addr)
	e.n = uint8(n)
	e.pc[0], e.pc[1] = pc0, pc1
}

// newEvent returns c's next event, whose frames are not there yet. There is a ring, and the moment is a new one if it
// must be: that is left to the callers so that this is no call.
func (c *mrG) newEvent(kind uint8, addr uintptr) *mrEvent {
	e := &c.ring.event[c.ring.used%mrRingSize]
	c.ring.used++
	c.moments--
	e.time = c.time
	e.kind = kind
	e.addr = addr
	return e
}

// mrSteps remembers by the hash of an event's two or four innermost frames what they tell: in the lowest bits how
// many of them show the line of the user's, or mrStepNone where the event is the library's own, or mrStepUnknown.
// Where it takes more frames to tell, it remembers by the hash of all that are looked at how many to skip, or
// mrStepNone.
var mrSteps [1 << 12]uintptr

const (
	mrStepNear  = 2
	mrStepDepth = 4

	mrStepMask    = 7
	mrStepUnknown = 0
	mrStepNone    = 7
)

func mrHashStep(pc0, pc1, pc2, pc3 uintptr) uintptr {
	h := pc0*0x9E3779B1 ^ pc1*0x85EBCA6B ^ pc2*0xC2B2AE35 ^ pc3*0x27D4EB2F
	return h ^ h>>17
}

func mrStepMemo(hash uintptr) *uintptr { return &mrSteps[hash/(mrStepMask+1)%uintptr(len(mrSteps))] }

// mrKnownStep returns what is remembered by a hash, mrStepUnknown where nothing is.
func mrKnownStep(hash uintptr) uintptr {
	known := atomic.Loaduintptr(mrStepMemo(hash))
	if known^hash > mrStepMask {
		return mrStepUnknown
	}
	return known & mrStepMask
}

func mrKnowStep(hash, what uintptr) { atomic.Storeuintptr(mrStepMemo(hash), hash&^mrStepMask|what) }

//go:nosplit
func (c *mrG) noteDeep(kind uint8, addr, fp uintptr) {
	var pcs [mrEventWalk]uintptr
	n := mrWalk(getg(), fp, pcs[:])
	c.recordDeep(kind, addr, &pcs, n)
}

// recordDeep remembers an event by the n frames of its stack, unless it is the library's own, and what its
// innermost ones tell of it.
func (c *mrG) recordDeep(kind uint8, addr uintptr, pcs *[mrEventWalk]uintptr, n int) {
	h := mrHashStep(mrHashStep(pcs[0], pcs[1], pcs[2], pcs[3]), pcs[4], pcs[5], pcs[6]) + pcs[7]
	// One more than there are to skip: 0 is mrStepUnknown.
	known := mrKnownStep(h)
	if known == mrStepUnknown {
		known = mrTellStep(pcs, n)
		mrKnowStep(h, known)
	}
	if known == mrStepNone {
		return
	}
	if c.ring == nil {
		c.ring = (*mrRing)(mrAlloc(unsafe.Sizeof(mrRing{})))
	}
	if c.moments == 0 || c.turn != mrTurn() {
		c.newMoment()
	}
	e := c.newEvent(kind, addr)
	e.n = uint8(copy(e.pc[:], pcs[known-1:n]))
}

// noteGo remembers a go statement of c's by the n frames of its stack, and returns when it was.
func (c *mrG) noteGo(stack *[mrDepth]uintptr, n int) uint32 {
	var pcs [mrEventWalk]uintptr
	n = copy(pcs[:], stack[:n])
	// Numbers are handed out by processors: newproc1 has just taken the new goroutine's.
	c.recordDeep(mrEventGo, uintptr(getg().m.p.ptr().goidcache-1), &pcs, n)
	return c.moment()
}

// mrTellStep finds out whether the event with some stack is the user's, and where it can remembers that by the
// innermost frames. It returns one more than how many of the n frames are the detector's, or mrStepNone for an event
// of the library's own.
func mrTellStep(pcs *[mrEventWalk]uintptr, n int) uintptr {
	skip, decided, owner := mrStepOwner(pcs, n)
	what := uintptr(mrStepNone)
	if owner == mrOwnerUser || owner == mrOwnerDependency {
		what = uintptr(decided + 1)
	}
	if skip == 0 && decided < n && owner != mrOwnerDependency {
		if decided < mrStepNear {
			mrKnowStep(mrHashStep(pcs[0], pcs[1], 0, 0), what)
		}
		if decided < mrStepDepth {
			mrKnowStep(mrHashStep(pcs[0], pcs[1], pcs[2], pcs[3]), what)
		}
	}
	if what == mrStepNone {
		return mrStepNone
	}
	return uintptr(min(skip, mrEventDepth) + 1)
}

// mrStepOwner returns how many of a stack's n frames are the detector's, and the number and the owner of the
// frame that decides whether the event is code of the user's or of a dependency, not of the library, that
// synchronises. The number is n and the owner the library where no frame does.
func mrStepOwner(pcs *[mrEventWalk]uintptr, n int) (skip, decided int, owner uintptr) {
	for skip < n && mrOwnerOf(pcs[skip]) == mrOwnerDetector {
		skip++
	}
	for decided = skip; decided < n; decided++ {
		owner = mrOwnerOf(pcs[decided])
		if owner != mrOwnerSync && owner != mrOwnerCompiler {
			return skip, decided, owner
		}
	}
	return skip, n, mrOwnerStandard
}

// steps returns how many events c had so far, as far as 16 bits can tell: what orders an access among them.
func (c *mrG) steps() uint16 {
	if c.ring == nil {
		return 0
	}
	return uint16(c.ring.used)
}

// place returns the user's innermost return address in an event's stack, that of a dependency when there is
// none, and the address in the function that was called there, 0 when that is the detector's.
func (e *mrEvent) place() (called, user uintptr) {
	var inner uintptr
	for _, pc := range e.pc[:e.n] {
		switch mrOwnerOf(pc) {
		case mrOwnerUser:
			return inner, pc
		case mrOwnerDependency:
			if user == 0 {
				called, user = inner, pc
			}
		case mrOwnerCompiler:
			continue
		}
		inner = pc
	}
	return called, user
}

// startOf returns the microsecond in which a goroutine is told to have started, 0 when that is not known: the one
// after its go statement, for clocks are too coarse to tell.
func (l *mrLine) startOf(who *mrHolder) int64 {
	if who.context == nil || who.created == 0 {
		return 0
	}
	return l.micros(who.context.started) + 1
}

// events writes what one side of a conflict is remembered to have done around its access, oldest first: its
// start too, unless so much has happened since that there are gaps.
func (l *mrLine) events(a *mrAccess, who *mrHolder) {
	r := who.context.ring
	start := l.startOf(who)
	first := true
	if start != 0 && (r == nil || r.used <= mrRingSize) {
		l.raw(`{"kind":"start","when":`)
		l.when(start)
		l.raw(`,"what":"goroutine starts","object":"goroutine-`)
		l.num(who.goid)
		l.raw(`"}`)
		first = false
	}
	if r == nil {
		return
	}
	accessed := max(l.micros(a.time), start)
	since := uint32(uint16(r.used) - a.steps)
	for i := uint32(0); i < mrRingSize && !l.full(); i++ {
		e := &r.event[(r.used+i)%mrRingSize]
		if e.n == 0 {
			continue
		}
		hook := mrInnermost(e.pc[0])
		called, frame := mrUserFrame(e)
		if mrSynchronises(called) {
			called = ""
		}
		if !first {
			l.byte(',')
		}
		first = false
		// Clocks are coarse: what is known of the order is told by a difference that they cannot see.
		when := max(l.micros(e.time), start)
		if i+since < mrRingSize {
			when = min(when, accessed)
		} else {
			when = max(when, accessed+1)
		}
		l.event(e, when, hook, called, frame)
	}
}

func (l *mrLine) event(e *mrEvent, when int64, hook, called string, frame mrFrame) {
	l.raw(`{"kind":`)
	l.str(mrEventNames[e.kind])
	l.raw(`,"when":`)
	l.when(when)
	l.raw(`,"what":"`)
	if e.kind == mrEventGo {
		l.raw("start goroutine ")
		l.num(uint64(e.addr))
	} else {
		l.raw(mrEventWords(hook, e.kind))
	}
	if called != "" {
		l.raw(" in ")
		l.chars(called)
	}
	l.byte('"')
	if e.kind == mrEventGo {
		l.raw(`,"object":"goroutine-`)
		l.num(uint64(e.addr))
		l.byte('"')
	} else if e.addr != 0 {
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
	calledPC, userPC := e.place()
	if calledPC != 0 {
		called = funcname(findfunc(calledPC - 1))
	}
	owner := mrOwnerOf(userPC)
	f := mrFramesAt(&userPC)
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
