//go:build maprace

// Capturing stacks cheaply and keeping each different one once.
//
// A stack is taken by following frame pointers (amd64, arm64) or by the runtime's unwinder elsewhere,
// and interned: a 32-bit id stands for it from then on. Each goroutine remembers its latest ids, so
// that a repeated access costs the walk and one comparison. Names and lines are looked up only when a
// conflict is reported (maprace_report.go).

package runtime

import (
	"internal/goarch"
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

const (
	mrDepth      = 32
	mrSiteCache  = 32
	mrStackChunk = 1 << 12
	// mrStackMax bounds how many different stacks a run may have; past it, stacks are dropped.
	mrStackMax     = 1 << 21
	mrStackBuckets = 1 << 16
)

// mrStack is an interned stack; pc follows, n words of it.
type mrStack struct {
	_    sys.NotInHeap
	next uint32
	hash uint32
	n    uint32
	id   uint32
	pc   [mrDepth]uintptr
}

var mrStacks struct {
	lock   mrSpin
	used   uint32
	bucket [mrStackBuckets]uint32
	chunks [mrStackMax / mrStackChunk]*mrStackBlock
}

// mrStackBlock is a part of the table from ids to stacks.
type mrStackBlock struct {
	_  sys.NotInHeap
	at [mrStackChunk]*mrStack
}

// mrStackAt returns the stack with an id, nil for id 0.
func mrStackAt(id uint32) *mrStack {
	if id == 0 {
		return nil
	}
	return mrStacks.chunks[id/mrStackChunk].at[id%mrStackChunk]
}

// mrHasFramePointers tells where the stack can be walked without unwind tables.
const mrHasFramePointers = goarch.IsAmd64+goarch.IsArm64 != 0

// mrWalk fills pcs with the return addresses of gp's stack, from the frame at fp outwards.
//
//go:nosplit
func mrWalk(gp *g, fp uintptr, pcs []uintptr) int {
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
		if up <= fp {
			break
		}
		fp = up
	}
	return n
}

// site returns the id of the calling goroutine's stack; fp is the frame to begin with. Were the stack to
// grow on entry, fp would point into the old one.
//
//go:nosplit
func (c *mrG) site(fp uintptr) uint32 {
	if mrHasFramePointers {
		return c.siteOf(getg(), fp)
	}
	var pcs [mrDepth]uintptr
	n := callers(2, pcs[:])
	return mrIntern(&pcs, n)
}

// siteOf is site for c's goroutine gp where there are frame pointers.
//
//go:nosplit
func (c *mrG) siteOf(gp *g, fp uintptr) uint32 {
	// The frames of the map's own code are the innermost; those around them, and how deep the stack is, tell the
	// goroutine's sites apart.
	var pcs [3]uintptr
	mrWalk(gp, fp, pcs[:])
	slot := &c.sites[(pcs[1]>>2^pcs[2]>>4^fp>>4)%mrSiteCache]
	s := *slot
	if s == nil || !s.isAt(gp, fp) {
		if s = mrStackAt(mrSiteAt(gp, fp)); s == nil {
			return 0
		}
		*slot = s
	}
	return s.id
}

//go:nosplit
func mrSiteAt(gp *g, fp uintptr) uint32 {
	var pcs [mrDepth]uintptr
	n := mrWalk(gp, fp, pcs[:])
	return mrIntern(&pcs, n)
}

// isAt reports whether s is what mrWalk finds from fp outwards.
//
//go:nosplit
func (s *mrStack) isAt(gp *g, fp uintptr) bool {
	lo, hi := gp.stack.lo, gp.stack.hi-2*goarch.PtrSize
	n := uint32(0)
	for n < mrDepth && fp >= lo && fp <= hi {
		pc := *(*uintptr)(unsafe.Pointer(fp + goarch.PtrSize))
		if pc == 0 {
			break
		}
		if n >= s.n || s.pc[n] != pc {
			return false
		}
		n++
		up := *(*uintptr)(unsafe.Pointer(fp))
		if up <= fp {
			break
		}
		fp = up
	}
	return n == s.n
}

func mrSamePCs(a, b *[mrDepth]uintptr, n int) bool {
	for i := 0; i < n; i++ {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// mrIntern returns the id of a stack, making it known if it is new; 0 for an empty one, and when there is no more
// room.
func mrIntern(pcs *[mrDepth]uintptr, n int) uint32 {
	if n == 0 {
		return 0
	}
	h := uintptr(n)
	for i := 0; i < n; i++ {
		h = (h ^ pcs[i]) * 0x9E3779B1
		h ^= h >> 15
	}
	t := &mrStacks
	bucket := &t.bucket[h%mrStackBuckets]
	if id := mrFindStack(atomic.Load(bucket), uint32(h), pcs, n); id != 0 {
		return id
	}
	t.lock.lock()
	id := mrFindStack(*bucket, uint32(h), pcs, n)
	if id == 0 && t.used+1 < mrStackMax {
		id = t.used + 1
		t.used = id
		chunk := &t.chunks[id/mrStackChunk]
		if *chunk == nil {
			*chunk = (*mrStackBlock)(mrAlloc(unsafe.Sizeof(mrStackBlock{})))
		}
		s := (*mrStack)(mrAlloc(unsafe.Offsetof(mrStack{}.pc) + uintptr(n)*goarch.PtrSize))
		s.next = *bucket
		s.hash = uint32(h)
		s.id = id
		s.n = uint32(n)
		for i := 0; i < n; i++ {
			s.pc[i] = pcs[i]
		}
		(*chunk).at[id%mrStackChunk] = s
		atomic.Store(bucket, id)
	} else if id == 0 {
		mrDropped++
	}
	t.lock.unlock()
	return id
}

func mrFindStack(id, hash uint32, pcs *[mrDepth]uintptr, n int) uint32 {
	for id != 0 {
		s := mrStackAt(id)
		if s.hash == hash && s.n == uint32(n) && mrSamePCs(&s.pc, pcs, n) {
			return id
		}
		id = s.next
	}
	return 0
}
