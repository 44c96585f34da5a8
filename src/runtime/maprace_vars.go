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

func racefuncexit() {
	if c := mrContext(); c != nil && c.written.size != 0 {
		mrLookAtWritten(c)
	}
}

func raceread(addr uintptr)  { mrVarRead(addr, goarch.PtrSize) }
func racewrite(addr uintptr) { mrVarWrite(addr, goarch.PtrSize) }

func racereadrange(addr, size uintptr)  { mrVarRead(addr, size) }
func racewriterange(addr, size uintptr) { mrVarWrite(addr, size) }

// mrRangeMost bounds how much of a copied object is looked through for maps.
const mrRangeMost = 1 << 10

// mrWritten is a write that may turn out to be one of a map variable.
type mrWritten struct {
	addr, size uintptr
	access     mrAccess
}

func mrVarRead(addr, size uintptr) {
	gp := getg()
	if gp.racectx == 0 || addr%goarch.PtrSize != 0 || !mrShared(gp, addr) {
		return
	}
	c := (*mrG)(unsafe.Pointer(gp.racectx))
	if c.written.size != 0 {
		mrLookAtWritten(c)
	}
	if addr < minLegalPointer {
		return
	}
	if s := mrStateAt(addr); s != nil {
		mrMapRead(nil, s, nil, mrOpLen)
		return
	}
	for end := addr + min(size, mrRangeMost); addr < end; addr += goarch.PtrSize {
		s := mrStateAt(*(*uintptr)(unsafe.Pointer(addr)))
		if s == nil {
			continue
		}
		a := mrAccess{epoch: c.now(), time: c.moment(), steps: c.steps(), op: mrOpRead}
		a.site = c.site(getfp())
		v := mrVarAt(addr)
		v.state.Place = s.Place
		mrRecordRead(c, nil, &v.state, &a)
	}
}

func mrVarWrite(addr, size uintptr) {
	gp := getg()
	if gp.racectx == 0 || addr%goarch.PtrSize != 0 || !mrShared(gp, addr) || gp.raceignore >= mrMuted {
		return
	}
	c := (*mrG)(unsafe.Pointer(gp.racectx))
	if c.written.size != 0 {
		mrLookAtWritten(c)
	}
	if addr < minLegalPointer {
		return
	}
	size = min(size, mrRangeMost)
	hold := false
	for p := addr; p < addr+size; p += goarch.PtrSize {
		v := *(*uintptr)(unsafe.Pointer(p))
		hold = hold || v == 0 || mrStateAt(v) != nil
	}
	if !hold {
		return
	}
	c.written = mrWritten{addr, size, mrAccess{epoch: c.now(), time: c.moment(), steps: c.steps(), op: mrOpAssign}}
	c.written.access.site = c.site(getfp())
	// What is overwritten now is a variable of a map whatever it will hold.
	for p := addr; p < addr+size; p += goarch.PtrSize {
		if s := mrStateAt(*(*uintptr)(unsafe.Pointer(p))); s != nil {
			v := mrVarAt(p)
			v.state.Place = s.Place
			mrRecordWrite(c, nil, &v.state, &c.written.access)
		}
	}
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
