//go:build maprace

// Mode vars: the variables that hold maps, and len.
//
// The user's packages are compiled with the compiler's -race, which calls these functions before every
// access of memory that is not plainly local. A word that holds the header of a map is a variable of
// that map, watched like the map itself; a read of the header is len. A variable that holds no map
// when it is written may hold one afterwards: such a write is kept in mind, and looked at when
// the goroutine next gets here, before it can have synchronised with anyone.

package runtime

import (
	"internal/abi"
	"internal/goarch"
	"internal/runtime/sys"
	"unsafe"
)

func racefuncenter(callpc uintptr) {}

//go:nosplit
func racefuncexit() {
	c := mrContext()
	if c == nil || c.written.size == 0 {
		return
	}
	systemstack(func() { mrLookAtWritten(c) })
}

//go:nosplit
func raceread(addr uintptr) { mrVarHook(addr, goarch.PtrSize, false) }

//go:nosplit
func racewrite(addr uintptr) { mrVarHook(addr, goarch.PtrSize, true) }

//go:nosplit
func racereadrange(addr, size uintptr) { mrVarHook(addr, size, false) }

//go:nosplit
func racewriterange(addr, size uintptr) { mrVarHook(addr, size, true) }

// mrVarHook does what concerns maps on the system stack. The compiler calls it also where the goroutine's own must
// neither be copied nor scanned: variables of the caller's may be alive for the collector and not yet written.
//
//go:nosplit
func mrVarHook(addr, size uintptr, write bool) {
	gp := getg()
	if gp.racectx == 0 || addr%goarch.PtrSize != 0 || !mrShared(gp, addr) {
		return
	}
	c := (*mrG)(unsafe.Pointer(gp.racectx))
	concerns := addr >= minLegalPointer && mrConcernsMap(addr, min(size, mrRangeMost), write)
	if !concerns && c.written.size == 0 {
		return
	}
	systemstack(func() {
		if c.written.size != 0 {
			mrLookAtWritten(c)
		}
		switch {
		case !concerns || gp.raceignore >= mrMuted:
		case write:
			mrVarWrite(gp, c, addr, min(size, mrRangeMost))
		default:
			mrVarRead(gp, c, addr, min(size, mrRangeMost))
		}
	})
}

// mrConcernsMap reports whether memory that is accessed holds a map's header or is a variable of a map's, or
// may be one when it has been written.
//
//go:nosplit
func mrConcernsMap(addr, size uintptr, write bool) bool {
	if !write && mrStateAt(addr) != nil {
		return true
	}
	for end := addr + size; addr < end; addr += goarch.PtrSize {
		v := *(*uintptr)(unsafe.Pointer(addr))
		if write && v == 0 || mrStateAt(v) != nil {
			return true
		}
	}
	return false
}

// mrRangeMost bounds how much of a copied object is looked through for maps.
const mrRangeMost = 1 << 10

// mrWritten is a write that may turn out to be one of a map variable.
type mrWritten struct {
	addr, size uintptr
	access     mrAccess
}

// mrVarRead records that c, whose goroutine is gp, reads memory in which there is a map or a variable of one.
func mrVarRead(gp *g, c *mrG, addr, size uintptr) {
	if s := mrStateAt(addr); s != nil {
		s.Reads++
		if e := c.now(); s.Read != e && s.Write != e {
			a := c.varAccess(gp, mrOpLen)
			mrRecordRead(c, nil, s, &a)
		}
		return
	}
	for end := addr + size; addr < end; addr += goarch.PtrSize {
		s := mrStateAt(*(*uintptr)(unsafe.Pointer(addr)))
		if s == nil {
			continue
		}
		a := c.varAccess(gp, mrOpRead)
		v := mrVarAt(addr)
		v.state.Place = s.Place
		mrRecordRead(c, nil, &v.state, &a)
	}
}

// mrVarWrite keeps in mind that memory is about to be written.
func mrVarWrite(gp *g, c *mrG, addr, size uintptr) {
	c.written = mrWritten{addr, size, c.varAccess(gp, mrOpAssign)}
	// What is overwritten now is a variable of a map whatever it will hold.
	for p := addr; p < addr+size; p += goarch.PtrSize {
		if s := mrStateAt(*(*uintptr)(unsafe.Pointer(p))); s != nil {
			v := mrVarAt(p)
			v.state.Place = s.Place
			mrRecordWrite(c, nil, &v.state, &c.written.access)
		}
	}
}

// varAccess describes an access by c's goroutine gp, which is on its system stack.
func (c *mrG) varAccess(gp *g, op uint8) mrAccess {
	a := mrAccess{epoch: c.now(), time: c.moment(), steps: c.steps(), op: op}
	if mrHasFramePointers {
		a.site = c.siteOf(gp, gp.sched.bp)
	} else {
		var pcs [mrDepth]uintptr
		a.site = mrIntern(&pcs, gcallers(gp, 0, pcs[:]))
	}
	return a
}

// mrLookAtWritten records the writes that have put a map where none was.
func mrLookAtWritten(c *mrG) {
	w := &c.written
	for p := w.addr; p < w.addr+w.size; p += goarch.PtrSize {
		s := mrStateAt(*(*uintptr)(unsafe.Pointer(p)))
		if s == nil {
			continue
		}
		v := mrVarAt(p)
		if v.state.Write == w.access.epoch {
			continue
		}
		v.state.Place = s.Place
		mrRecordWrite(c, nil, &v.state, &w.access)
	}
	w.size = 0
}

// mrVar is the state of a variable. Like synchronisation objects, variables are kept in chains by
// block of memory, and forgotten by the sweeper.
type mrVar struct {
	_     sys.NotInHeap
	next  *mrVar
	addr  uintptr
	state abi.MapraceState
}

const mrVarBuckets = 1 << 14

var mrVars struct {
	bucket [mrVarBuckets]*mrVar
	lock   [mrVarBuckets / 64]mrSpin
	free   [mrVarBuckets / 64]*mrVar
	kept   mrKept
}

// mrVarAt returns the variable at addr, made known if it is new.
func mrVarAt(addr uintptr) *mrVar {
	h := mrBlockHash(addr) % mrVarBuckets
	lock := &mrVars.lock[h%uintptr(len(mrVars.lock))]
	lock.lock()
	v := mrVars.bucket[h]
	for v != nil && v.addr != addr {
		v = v.next
	}
	if v == nil {
		free := &mrVars.free[h%uintptr(len(mrVars.free))]
		if v = *free; v != nil {
			*free = v.next
			v.state = abi.MapraceState{}
		} else {
			v = (*mrVar)(mrAlloc(unsafe.Sizeof(mrVar{})))
		}
		v.addr = addr
		v.next = mrVars.bucket[h]
		mrVars.bucket[h] = v
		mrVars.kept.add(addr)
	}
	lock.unlock()
	return v
}

// mrEachVar calls f for the state of every variable.
func mrEachVar(f func(*abi.MapraceState)) {
	for h := range mrVars.bucket {
		if mrVars.bucket[h] == nil {
			continue
		}
		lock := &mrVars.lock[h%len(mrVars.lock)]
		lock.lock()
		for v := mrVars.bucket[h]; v != nil; v = v.next {
			f(&v.state)
		}
		lock.unlock()
	}
}

// mrForgetVars drops the variables in freed memory.
func mrForgetVars(addr, size uintptr) {
	for block := addr >> mrSyncBlockShift << mrSyncBlockShift; block < addr+size; block += 1 << mrSyncBlockShift {
		if mrVars.kept[mrSyncRow(block)] == 0 {
			continue
		}
		h := mrBlockHash(block) % mrVarBuckets
		lock := &mrVars.lock[h%uintptr(len(mrVars.lock))]
		lock.lock()
		for link := &mrVars.bucket[h]; *link != nil; {
			v := *link
			if v.addr < addr || v.addr >= addr+size {
				link = &v.next
				continue
			}
			*link = v.next
			if set := mrReadSetOf(&v.state); set != nil {
				mrFreeReadSet(set)
			}
			mrVars.kept.remove(v.addr)
			free := &mrVars.free[h%uintptr(len(mrVars.free))]
			v.addr = 0
			v.next = *free
			*free = v
		}
		lock.unlock()
	}
}
