//go:build maprace

// The runtime's race hooks. With the race constants on, the standard library calls these at every
// synchronisation; their names and parameters are those of race0.go in the user's own Go, which is
// checked before a build (src/server/run/hooks.ts). Accesses of plain memory are of no interest here:
// those hooks are empty and vanish in inlining. Maps call mrMapRead and mrMapWrite instead.

package runtime

import (
	"internal/abi"
	"internal/runtime/atomic"
	"unsafe"
)

func raceReadObjectPC(t *_type, addr unsafe.Pointer, callerpc, pc uintptr)  {}
func raceWriteObjectPC(t *_type, addr unsafe.Pointer, callerpc, pc uintptr) {}
func racereadpc(addr unsafe.Pointer, callerpc, pc uintptr)                  {}
func racewritepc(addr unsafe.Pointer, callerpc, pc uintptr)                 {}
func racereadrangepc(addr unsafe.Pointer, sz, callerpc, pc uintptr)         {}
func racewriterangepc(addr unsafe.Pointer, sz, callerpc, pc uintptr)        {}

func racemapshadow(addr unsafe.Pointer, size uintptr) {}
func racemalloc(p unsafe.Pointer, sz uintptr)         {}
func raceproccreate() uintptr                         { return 1 }
func raceprocdestroy(ctx uintptr)                     {}

// racefree is called by the sweeper for the freed objects of spans that mrSweeps names.
func racefree(p unsafe.Pointer, sz uintptr) {
	mrForget(uintptr(p), sz)
	mrForgetVars(uintptr(p), sz)
	if sz == mrHeader.size {
		mrFold((*abi.MapraceState)(add(p, mrHeader.offset)))
	}
}

func raceinit() (uintptr, uintptr) { return uintptr(unsafe.Pointer(&mrMain)), 1 }
func racefini()                    { mrEnd() }

// racegostart is called on a system stack by the goroutine that executes a go statement.
func racegostart(pc uintptr) uintptr {
	gp := getg()
	if gp.m.curg != nil {
		gp = gp.m.curg
	}
	parent := (*mrG)(unsafe.Pointer(gp.racectx))
	var created, started uint32
	if parent != nil && gp == gp.m.curg && mrHasFramePointers {
		var pcs [mrDepth]uintptr
		if n := mrWalk(gp, gp.sched.bp, pcs[:]); n > 0 {
			created = mrIntern(&pcs, n)
			started = parent.noteGo(&pcs, n)
		}
	}
	c := mrNewContext(parent, created)
	c.started = started
	return uintptr(unsafe.Pointer(c))
}

func racegoend() {
	gp := getg()
	if c := (*mrG)(unsafe.Pointer(gp.racectx)); c != nil {
		if c.written.size != 0 {
			mrLookAtWritten(c)
		}
		gp.racectx = 0
		mrEndContext(c)
	}
}

// racectxstart makes a context that takes over from another one on the same goroutine.
func racectxstart(pc, spawnctx uintptr) uintptr {
	return uintptr(unsafe.Pointer(mrNewContext((*mrG)(unsafe.Pointer(spawnctx)), 0)))
}

func racectxend(racectx uintptr) {
	if racectx != 0 {
		mrEndContext((*mrG)(unsafe.Pointer(racectx)))
	}
}

// mrCollections counts how often finalizers began to run.
var mrCollections uint32

// racefingo is called before finalizers and cleanups run: the collector lets them see everything that
// happened until then.
func racefingo() {
	atomic.Xadd(&mrCollections, 1)
	if c := mrContext(); c != nil {
		saw := mrWholeTime()
		c.sawAllUntil = saw
		c.learned = true
		// Times are coarse: what finalizers do themselves must not look as old as what they have seen.
		for mrWholeTime() == saw {
			procyield(10)
		}
	}
}

// mrSyncing returns the context that a synchronisation of gp at addr concerns, nil when it concerns none:
// between race.Disable and race.Enable, on a stack, in code that runs for no goroutine.
func mrSyncing(gp *g, addr unsafe.Pointer) *mrG {
	if getg().raceignore != 0 || !mrShared(gp, uintptr(addr)) {
		return nil
	}
	return (*mrG)(unsafe.Pointer(gp.racectx))
}

// A hook does all up to its event in one function, which internal/race calls directly: the frames from there
// outwards are walked each time.

func raceacquire(addr unsafe.Pointer) {
	if c := mrSyncing(getg(), addr); c != nil {
		c.finishWritten()
		c.noteNear(mrEventAcquire, uintptr(addr), getfp())
		mrAcquire(c, uintptr(addr))
	}
}

func racerelease(addr unsafe.Pointer) {
	if c := mrSyncing(getg(), addr); c != nil {
		c.finishWritten()
		c.noteNear(mrEventRelease, uintptr(addr), getfp())
		mrReleaseTo(c, uintptr(addr))
	}
}

func racereleaseacquire(addr unsafe.Pointer) {
	if c := mrSyncing(getg(), addr); c != nil {
		c.finishWritten()
		c.note(mrEventRelease, uintptr(addr), getfp())
		mrReleaseAcquire(c, uintptr(addr))
	}
}

func racereleasemerge(addr unsafe.Pointer) {
	if c := mrSyncing(getg(), addr); c != nil {
		c.finishWritten()
		c.noteNear(mrEventRelease, uintptr(addr), getfp())
		mrMergeTo(c, uintptr(addr))
	}
}

// On behalf of gp, which is mostly another goroutine that waits: then it is no event of the one that runs.

func raceacquireg(gp *g, addr unsafe.Pointer) {
	if gp == getg() {
		raceacquire(addr)
	} else if c := mrSyncing(gp, addr); c != nil {
		mrAcquire(c, uintptr(addr))
	}
}

func racereleaseg(gp *g, addr unsafe.Pointer) {
	if gp == getg() {
		racerelease(addr)
	} else if c := mrSyncing(gp, addr); c != nil {
		mrReleaseTo(c, uintptr(addr))
	}
}

func racereleaseacquireg(gp *g, addr unsafe.Pointer) {
	if gp == getg() {
		racereleaseacquire(addr)
	} else if c := mrSyncing(gp, addr); c != nil {
		mrReleaseAcquire(c, uintptr(addr))
	}
}

func racereleasemergeg(gp *g, addr unsafe.Pointer) {
	if gp == getg() {
		racereleasemerge(addr)
	} else if c := mrSyncing(gp, addr); c != nil {
		mrMergeTo(c, uintptr(addr))
	}
}

func raceacquirectx(racectx uintptr, addr unsafe.Pointer) {
	if racectx != 0 {
		mrAcquire((*mrG)(unsafe.Pointer(racectx)), uintptr(addr))
	}
}

// mrCalledBack stands for what callbacks did, as far as system calls may have waited for it.
var mrCalledBack uint64

// mrBeforeCall is called before fn, which is not Go. A callback comes after all calls that were made before, and
// calls of C come after each other. On Windows the system is called in the same way; that such a call comes
// after others would order all that does input or output.
//
//go:nosplit
func mrBeforeCall(fn unsafe.Pointer) {
	if !mrIsSystemCall(fn) {
		racereleasemerge(unsafe.Pointer(&racecgosync))
		return
	}
	// The arguments of a system call may point to this stack, which has to stay where it is, and they lie with the
	// results in this thread's own memory, so that the goroutine has to stay on it.
	gp := getg()
	systemstack(func() { racereleasemergeg(gp, unsafe.Pointer(&racecgosync)) })
}

// mrAfterCall is called when fn has returned.
//
//go:nosplit
func mrAfterCall(fn unsafe.Pointer) {
	if !mrIsSystemCall(fn) {
		raceacquire(unsafe.Pointer(&racecgosync))
		return
	}
	gp := getg()
	systemstack(func() { raceacquireg(gp, unsafe.Pointer(&mrCalledBack)) })
}

// mrAfterCallback is called when Go has been called by what is not Go, and is about to return to it.
func mrAfterCallback() {
	racereleasemerge(unsafe.Pointer(&racecgosync))
	racereleasemerge(unsafe.Pointer(&mrCalledBack))
}

// mrMeet is called by a goroutine that hands a value to gp, which waits for it at a channel without a buffer,
// or takes one from it; kind says which. Each learns what the other knows.
func mrMeet(gp *g, addr unsafe.Pointer, kind uint8) {
	c := mrSyncing(getg(), addr)
	if c == nil {
		return
	}
	c.finishWritten()
	c.note(kind, uintptr(addr), getfp())
	if other := (*mrG)(unsafe.Pointer(gp.racectx)); other != nil {
		// Publishing may change the clock: it comes first.
		epoch := c.publish()
		other.join(epoch, c.sawAllUntil, c.clock, c.heard)
		epoch = other.publish()
		c.join(epoch, other.sawAllUntil, other.clock, other.heard)
	}
}

// finishWritten looks at what the running goroutine may have written into a map variable.
func (c *mrG) finishWritten() {
	if c.written.size != 0 {
		mrLookAtWritten(c)
	}
}

//go:linkname mrRaceDisable internal/race.Disable
func mrRaceDisable() { getg().raceignore++ }

//go:linkname mrRaceEnable internal/race.Enable
func mrRaceEnable() { getg().raceignore-- }

// mrMuted is what mrMute adds to g.raceignore: the accesses of maps are overlooked too.
const mrMuted = 32

//go:linkname mrMute
//go:linkname mrUnmute

// mrMute makes this goroutine's maps and synchronisation invisible until mrUnmute. It is for the
// book-keeping of net/http's server, which touches nothing of the handlers' but would order them:
// a connection that is closed passes a lock and a pool on to the next one that is opened.
func mrMute()   { getg().raceignore += mrMuted }
func mrUnmute() { getg().raceignore -= mrMuted }

// mrRaceErrors answers package testing: conflicts do not fail a test that passes, the run tells of them.
//
//go:linkname mrRaceErrors internal/race.Errors
func mrRaceErrors() int { return 0 }
