//go:build maprace

// The detector proper: FastTrack over map headers.
//
// After Flanagan and Freund, "FastTrack: Efficient and Precise Dynamic Race Detection", PLDI 2009.
// A map is one variable. It remembers the epoch of its last write, and of its last read where reads
// are ordered; reads that are not ordered with each other are kept in a read set, one entry for each
// goroutine. The check that nothing changed since this goroutine's last access of the same kind comes
// first and takes no lock. Two departures, for the sake of reports: reads that a write races with stay
// remembered, so that a later write is compared with them too; and every entry carries its stack.

package runtime

import (
	"internal/abi"
	"internal/runtime/sys"
	"unsafe"
)

// What an access does; the order is that of mrOpNames.
const (
	mrOpRead = iota
	mrOpWrite
	mrOpIterate
	mrOpLen
	mrOpDelete
	mrOpClear
	mrOpAssign
	// mrOpNext is a further step of an iteration, told as one.
	mrOpNext
)

// mrAccess is one remembered access.
type mrAccess struct {
	epoch uint64
	site  uint32
	key   uint32
	time  uint32
	steps uint16 // how many events the goroutine had had
	op    uint8
}

// mrReadSetFlag tells a read set from an epoch, tid<<32 | clk, whose top bit is never set.
const mrReadSetFlag = 1 << 63

// mrReadSet is the reads of one map that nothing orders, keyed by slot: open addressing, at most
// three quarters full.
type mrReadSet struct {
	_    sys.NotInHeap
	next *mrReadSet
	size uint32 // capacity, a power of two
	used uint32
	// size entries of mrAccess follow.
}

func (r *mrReadSet) at(i uint32) *mrAccess {
	return (*mrAccess)(unsafe.Pointer(uintptr(unsafe.Pointer(r)) + unsafe.Sizeof(mrReadSet{}) +
		uintptr(i)*unsafe.Sizeof(mrAccess{})))
}

// slot returns the entry of tid, or the empty one where it belongs.
func (r *mrReadSet) slot(tid uint32) *mrAccess {
	for i := tid; ; i++ {
		a := r.at(i & (r.size - 1))
		if a.epoch == 0 || uint32(a.epoch>>32) == tid {
			return a
		}
	}
}

// mrReadSets keeps read sets that are free, by the logarithm of their size.
var mrReadSets struct {
	lock mrSpin
	free [32]*mrReadSet
}

func mrNewReadSet(log uint32) *mrReadSet {
	f := &mrReadSets
	f.lock.lock()
	r := f.free[log]
	if r != nil {
		f.free[log] = r.next
	}
	f.lock.unlock()
	if r == nil {
		r = (*mrReadSet)(mrAlloc(unsafe.Sizeof(mrReadSet{}) + unsafe.Sizeof(mrAccess{})<<log))
		r.size = 1 << log
	}
	r.used = 0
	return r
}

func mrFreeReadSet(r *mrReadSet) {
	for i := uint32(0); i < r.size; i++ {
		*r.at(i) = mrAccess{}
	}
	log := uint32(sys.TrailingZeros32(r.size))
	f := &mrReadSets
	f.lock.lock()
	r.next = f.free[log]
	f.free[log] = r
	f.lock.unlock()
}

func mrReadSetOf(s *abi.MapraceState) *mrReadSet {
	if s.Read&mrReadSetFlag == 0 {
		return nil
	}
	return (*mrReadSet)(unsafe.Pointer(uintptr(s.Read &^ mrReadSetFlag)))
}

// The map code's own packages reach these functions by name.
//
//go:linkname mrMapRead
//go:linkname mrMapWrite
//go:linkname mrMapMade

// mrMapRead is called by the map code before it reads (looks up, iterates, asks for the length).
func mrMapRead(t *abi.MapType, s *abi.MapraceState, key unsafe.Pointer, op uint8) {
	gp := getg()
	if gp.racectx == 0 || !mrShared(gp, uintptr(unsafe.Pointer(s))) {
		return
	}
	c := (*mrG)(unsafe.Pointer(gp.racectx))
	if c.written.size != 0 {
		mrLookAtWritten(c)
	}
	if mrExplore != 0 {
		c.perturb()
	}
	switch op {
	case mrOpNext:
		op = mrOpIterate
	case mrOpIterate:
		s.Iterations++
	default:
		s.Reads++
	}
	if c.handedOver || c.epoch == 0 {
		c.advance()
	}
	if s.Read == c.epoch || s.Write == c.epoch {
		return
	}
	if r := mrReadSetOf(s); r != nil {
		if a := r.slot(uint32(c.epoch >> 32)); a.epoch == c.epoch && mrReadSetOf(s) == r {
			return
		}
	}
	if gp.raceignore >= mrMuted {
		return
	}
	var a mrAccess
	a.key = mrKeyOf(t, key)
	a.epoch, a.op = c.epoch, op
	c.place(&a)
	a.site = c.site(getfp())
	mrRecordRead(c, t, s, &a)
}

// mrMapWrite is called by the map code before it writes (assigns, deletes, clears).
func mrMapWrite(t *abi.MapType, s *abi.MapraceState, key unsafe.Pointer, op uint8, used uintptr) {
	gp := getg()
	if gp.racectx == 0 || !mrShared(gp, uintptr(unsafe.Pointer(s))) {
		return
	}
	c := (*mrG)(unsafe.Pointer(gp.racectx))
	if c.written.size != 0 {
		mrLookAtWritten(c)
	}
	if mrExplore != 0 {
		c.perturb()
	}
	if op == mrOpDelete {
		s.Deletes++
	} else {
		s.Writes++
	}
	s.Peak = max(s.Peak, uint32(used))
	if c.handedOver || c.epoch == 0 {
		c.advance()
	}
	if s.Write == c.epoch {
		return
	}
	if gp.raceignore >= mrMuted {
		return
	}
	var a mrAccess
	a.key = mrKeyOf(t, key)
	a.epoch, a.op = c.epoch, op
	c.place(&a)
	a.site = c.site(getfp())
	mrRecordWrite(c, t, s, &a)
}

// place fills in when an access of c happens. Accesses are made and kept field by field: the processor would wait
// for what was just written in pieces to be read as one.
func (c *mrG) place(a *mrAccess) {
	a.steps = c.steps()
	a.time = c.moment()
}

func mrLock(s *abi.MapraceState) *mrSpin { return (*mrSpin)(unsafe.Pointer(&s.Lock)) }

// mrSketch marks what was seen in the linear-counting sketches.
func mrSketch(c *mrG, s *abi.MapraceState, a *mrAccess) {
	if a.key != 0 {
		s.Keys |= 1 << (a.key % 64)
	}
	s.Goroutines |= 1 << (uint32(c.goid) * 0x9E3779B1 >> 27)
}

func mrLastWrite(s *abi.MapraceState) mrAccess {
	return mrAccess{epoch: s.Write, site: s.WriteSite, key: s.WriteKey, time: s.WriteTime, steps: s.WriteSteps, op: s.WriteOp}
}

func mrLastRead(s *abi.MapraceState) mrAccess {
	return mrAccess{epoch: s.Read, site: s.ReadSite, key: s.ReadKey, time: s.ReadTime, steps: s.ReadSteps, op: s.ReadOp}
}

func mrSetRead(s *abi.MapraceState, a *mrAccess) {
	s.ReadSite, s.ReadKey, s.ReadTime, s.ReadSteps, s.ReadOp = a.site, a.key, a.time, a.steps, a.op
	s.Read = a.epoch
}

func mrRecordRead(c *mrG, t *abi.MapType, s *abi.MapraceState, a *mrAccess) {
	var other mrAccess
	lock := mrLock(s)
	lock.lock()
	mrSketch(c, s, a)
	if s.Write == 0 {
		mrTyped(t, s)
	} else if !c.isAfter(s.Write, s.WriteTime) {
		other = mrLastWrite(s)
	}
	switch {
	case s.Read&mrReadSetFlag != 0:
		mrAddRead(s, a)
	case s.Read == 0 || c.isAfter(s.Read, s.ReadTime):
		mrSetRead(s, a)
	default:
		first := mrLastRead(s)
		set := mrNewReadSet(2)
		*set.slot(uint32(first.epoch >> 32)) = first
		set.used = 1
		s.Read = mrReadSetFlag | uint64(uintptr(unsafe.Pointer(set)))
		mrAddRead(s, a)
	}
	place := s.Place
	lock.unlock()
	if other.epoch != 0 {
		mrReport(s, place, &other, a)
	}
}

// mrAddRead puts a into s's read set, which grows when it is nearly full.
func mrAddRead(s *abi.MapraceState, a *mrAccess) {
	set := mrReadSetOf(s)
	tid := uint32(a.epoch >> 32)
	e := set.slot(tid)
	if e.epoch == 0 {
		if (set.used+1)*4 > set.size*3 {
			bigger := mrNewReadSet(uint32(sys.TrailingZeros32(set.size)) + 1)
			for i := uint32(0); i < set.size; i++ {
				if old := set.at(i); old.epoch != 0 {
					*bigger.slot(uint32(old.epoch >> 32)) = *old
				}
			}
			bigger.used = set.used
			s.Read = mrReadSetFlag | uint64(uintptr(unsafe.Pointer(bigger)))
			mrFreeReadSet(set)
			set = bigger
			e = set.slot(tid)
		}
		set.used++
	}
	e.epoch, e.site, e.key, e.time, e.steps, e.op = a.epoch, a.site, a.key, a.time, a.steps, a.op
}

// mrMostReported bounds how many reads one write is reported against. They are from as many places.
const mrMostReported = 8

// mrHasSite reports whether an access like a, from the same stack, is among others.
func mrHasSite(others []mrAccess, a *mrAccess) bool {
	for i := range others {
		if others[i].site == a.site && others[i].op == a.op {
			return true
		}
	}
	return false
}

func mrRecordWrite(c *mrG, t *abi.MapType, s *abi.MapraceState, a *mrAccess) {
	var others [mrMostReported + 1]mrAccess
	n := 0
	lock := mrLock(s)
	lock.lock()
	mrSketch(c, s, a)
	if s.Write == 0 {
		mrTyped(t, s)
	} else if !c.isAfter(s.Write, s.WriteTime) {
		others[n] = mrLastWrite(s)
		n++
	}
	if set := mrReadSetOf(s); set != nil {
		racing := false
		for i := uint32(0); i < set.size; i++ {
			r := set.at(i)
			if r.epoch == 0 || c.isAfter(r.epoch, r.time) {
				continue
			}
			racing = true
			if n < len(others) && !mrHasSite(others[:n], r) {
				others[n] = *r
				n++
			}
		}
		if !racing {
			s.Read = 0
			mrFreeReadSet(set)
		}
	} else if s.Read != 0 {
		if c.isAfter(s.Read, s.ReadTime) {
			s.Read = 0
		} else {
			others[n] = mrLastRead(s)
			n++
		}
	}
	s.WriteSite, s.WriteKey, s.WriteTime, s.WriteSteps, s.WriteOp = a.site, a.key, a.time, a.steps, a.op
	s.Write = a.epoch
	place := s.Place
	lock.unlock()
	for i := 0; i < n; i++ {
		mrReport(s, place, &others[i], a)
	}
}

// mrMapMade is called where a map is made: it notes where, and forgets a copied header's history.
func mrMapMade(t *abi.MapType, s *abi.MapraceState) {
	gp := getg()
	if gp.racectx == 0 || !mrShared(gp, uintptr(unsafe.Pointer(s))) {
		return
	}
	c := (*mrG)(unsafe.Pointer(gp.racectx))
	*s = abi.MapraceState{Magic: mrMagic}
	if mrHeader.size == 0 {
		mrLearnHeader(s)
	}
	var typ *abi.Type
	if t != nil {
		typ = &t.Type
	}
	s.Place = mrPlaceOf(typ, c.site(getfp()))
}

// mrTyped completes the place of a map that was made by code that does not know its type. A write knows it.
func mrTyped(t *abi.MapType, s *abi.MapraceState) {
	if t != nil && s.Place != 0 {
		if p := mrPlaces.list[s.Place]; p.typ == 0 {
			s.Place = mrPlaceOf(&t.Type, p.site)
		}
	}
}
