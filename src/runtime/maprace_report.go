//go:build maprace

// Telling of conflicts: names and lines for stacks, one record for each pair of places.

package runtime

import (
	"internal/abi"
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

var mrOpNames = [...]string{"read", "write", "iterate", "len", "delete", "clear", "assign"}

const mrConflictMax = 4096

// mrPair is one pair of places seen to conflict. Different stacks may lead to the same places: those
// pairs have the same conflict.
type mrPair struct {
	siteA, siteB uint32
	conflict     uint32
	state        uint32
}

const (
	mrPairEmpty = iota
	mrPairWriting
	mrPairTold
)

const mrPairMax = 1 << 14

var mrPairs [mrPairMax]mrPair

// mrConflict is what identifies a conflict: the two code positions, and how often it was seen.
type mrConflict struct {
	a, b  mrPosition
	count uint32
}

type mrPosition struct {
	file uintptr // the name's address: each file has one
	line int32
	op   uint8
}

var mrConflicts struct {
	used uint32
	list [mrConflictMax]mrConflict
}

// mrReport tells that two accesses of a map conflict. It returns only when the pair has been written,
// by this goroutine or by another one: whatever the program does next, also die, the report is out.
func mrReport(s *abi.MapraceState, place uint32, first, second *mrAccess) {
	if !mrStream.open {
		return
	}
	a, b := first.site, second.site
	if a > b {
		a, b = b, a
	}
	h := (a*0x9E3779B1 ^ b*0x85EBCA6B) >> 7
	for i := uint32(0); i < 64; i++ {
		p := &mrPairs[(h+i)%mrPairMax]
		if atomic.Load(&p.state) == mrPairTold && p.siteA == a && p.siteB == b {
			if p.conflict != 0 {
				atomic.Xadd(&mrConflicts.list[p.conflict-1].count, 1)
			}
			return
		}
		if atomic.Load(&p.state) == mrPairEmpty {
			if mrTell(a, b, h, s, place, first, second) {
				mrConflictTold()
			}
			return
		}
	}
	atomic.Xadd(&mrDropped, 1)
}

// mrConflictTold is called on the conflicting goroutine right after a new conflict was written: a
// debugger that stops on conflicts has its breakpoint here.
//
//go:noinline
func mrConflictTold() {}

// mrTell is mrReport for a pair that was not in the table when its caller looked; it reports whether it
// wrote a new conflict.
func mrTell(a, b, h uint32, s *abi.MapraceState, place uint32, first, second *mrAccess) bool {
	st := &mrStream
	st.lock.lock()
	defer st.lock.unlock()
	if !st.open {
		return false
	}
	for i := uint32(0); i < 64; i++ {
		p := &mrPairs[(h+i)%mrPairMax]
		if p.state == mrPairTold {
			if p.siteA == a && p.siteB == b {
				atomic.Xadd(&mrConflicts.list[p.conflict-1].count, 1)
				return false
			}
			continue
		}
		id, isNew := mrConflictOf(mrPositionOf(first), mrPositionOf(second))
		if id == 0 {
			mrDropped++
			return false
		}
		p.siteA, p.siteB, p.conflict = a, b, id
		if isNew {
			mrWriteConflict(id, s, place, first, second)
		} else {
			atomic.Xadd(&mrConflicts.list[id-1].count, 1)
		}
		atomic.Store(&p.state, mrPairTold)
		return isNew
	}
	mrDropped++
	return false
}

// mrConflictOf returns the number of the conflict between two positions, in either order.
func mrConflictOf(a, b mrPosition) (id uint32, isNew bool) {
	t := &mrConflicts
	for i := uint32(0); i < t.used; i++ {
		if c := &t.list[i]; c.a == a && c.b == b || c.a == b && c.b == a {
			return i + 1, false
		}
	}
	if t.used == mrConflictMax {
		return 0, false
	}
	t.list[t.used] = mrConflict{a: a, b: b, count: 1}
	t.used++
	return t.used, true
}

// mrFrames walks the logical frames of a stack, inlined ones included, innermost first. The runtime's
// own frames at both ends, and those of the map code, are left out.
//
// It keeps no pointers of its own, because it is also used where write barriers are forbidden.
type mrFrames struct {
	pcs     *[mrDepth]uintptr
	n, next int
	pc      uintptr
	frame   inlineFrame
	started bool
}

type mrFrame struct {
	function, file string
	line           int
}

// step moves to the next frame of any kind.
func (f *mrFrames) step() (mrFrame, bool) {
	for {
		if f.frame.valid() {
			u, _ := newInlineUnwinder(findfunc(f.pc), f.pc)
			for f.frame.valid() {
				uf := f.frame
				f.frame = u.next(uf)
				fn := u.srcFunc(uf)
				if fn.funcID == abi.FuncIDWrapper {
					continue
				}
				file, line := u.fileLine(uf)
				return mrFrame{fn.name(), file, line}, true
			}
		}
		if f.next >= f.n {
			return mrFrame{}, false
		}
		f.pc = f.pcs[f.next] - 1
		f.next++
		if fi := findfunc(f.pc); fi.valid() {
			_, f.frame = newInlineUnwinder(fi, f.pc)
		}
	}
}

// user moves to the next frame that a report shows.
func (f *mrFrames) user() (mrFrame, bool) {
	for {
		fr, ok := f.step()
		if !ok {
			return fr, false
		}
		if mrOutermost(fr.function) {
			continue
		}
		if !f.started && mrInternal(fr.function) {
			continue
		}
		f.started = true
		return fr, true
	}
}

// mrInternal reports whether a function belongs to what lies between the user's code and a hook.
func mrInternal(name string) bool {
	return mrPrefix(name, "runtime.") || mrPrefix(name, "internal/runtime/") ||
		mrPrefix(name, "internal/race.") || mrPrefix(name, "reflect.map") || mrPrefix(name, "maps.clone")
}

func mrIsSync(name string) bool {
	return mrPrefix(name, "sync.") || mrPrefix(name, "sync/") || mrPrefix(name, "internal/sync.")
}

// mrFramesAt walks the frames of one return address.
func mrFramesAt(pc *uintptr) mrFrames {
	return mrFrames{pcs: (*[mrDepth]uintptr)(unsafe.Pointer(pc)), n: 1}
}

// mrFramesOf walks an interned stack, nothing for id 0.
func mrFramesOf(id uint32) mrFrames {
	if s := mrStackAt(id); s != nil {
		return mrFrames{pcs: &s.pc, n: int(s.n)}
	}
	return mrFrames{}
}

func mrPositionOf(a *mrAccess) mrPosition {
	f := mrFramesOf(a.site)
	fr, ok := f.user()
	if !ok {
		return mrPosition{op: a.op}
	}
	return mrPosition{uintptr(unsafe.Pointer(unsafe.StringData(fr.file))), int32(fr.line), a.op}
}

func (l *mrLine) frame(fr mrFrame) {
	l.raw(`{"function":`)
	l.str(fr.function)
	l.raw(`,"file":`)
	l.str(fr.file)
	l.raw(`,"line":`)
	l.num(uint64(fr.line))
	l.byte('}')
}

func (l *mrLine) stack(id uint32) {
	l.byte('[')
	f := mrFramesOf(id)
	for n := 0; !l.full(); n++ {
		fr, ok := f.user()
		if !ok {
			break
		}
		if n > 0 {
			l.byte(',')
		}
		l.frame(fr)
	}
	l.byte(']')
}

func mrWriteConflict(id uint32, s *abi.MapraceState, place uint32, first, second *mrAccess) {
	l := mrNewLine("conflict")
	l.raw(`,"id":`)
	l.num(uint64(id))
	l.raw(`,"map":`)
	l.place(place)
	l.raw(`,"accesses":[`)
	l.access(first)
	l.byte(',')
	l.access(second)
	l.raw(`],"count":1`)
	l.end()
}

func (l *mrLine) access(a *mrAccess) {
	who := mrHolderOf(a.epoch)
	l.raw(`{"kind":`)
	l.str(mrOpNames[a.op])
	l.raw(`,"goroutine":{"id":`)
	l.num(who.goid)
	l.raw(`,"created":`)
	l.stack(who.created)
	l.raw(`},"stack":`)
	l.stack(a.site)
	l.raw(`,"when":`)
	l.when(max(l.micros(a.time), l.startOf(&who)))
	l.key(a.key)
	l.raw(`,"recent":[`)
	if who.context != nil {
		l.events(a, &who)
	}
	l.raw(`]}`)
}

func mrWriteCounts() {
	for i := uint32(0); i < mrConflicts.used; i++ {
		n := atomic.Load(&mrConflicts.list[i].count)
		if n < 2 {
			continue
		}
		l := mrNewLine("count")
		l.raw(`,"id":`)
		l.num(uint64(i + 1))
		l.raw(`,"count":`)
		l.num(uint64(n))
		l.end()
	}
}

// mrPlace is where maps of one type are made, with what was counted of those that are gone.
type mrPlace struct {
	_    sys.NotInHeap
	typ  uintptr // *abi.Type
	site uint32
	next uint32

	reads, writes, iterations, deletes atomic.Uint64 // aligned on 32-bit systems too
	goroutines, keys                   uint32
}

const (
	mrPlaceBuckets = 1 << 12
	mrPlaceMax     = 1 << 16
)

var mrPlaces struct {
	lock   mrSpin
	used   uint32
	bucket [mrPlaceBuckets]uint32
	list   [mrPlaceMax]*mrPlace
}

// mrPlaceOf returns the number of the place where maps of a type (nil: not known yet) are made by a stack.
func mrPlaceOf(t *abi.Type, site uint32) uint32 {
	typ := uintptr(unsafe.Pointer(t))
	h := (site ^ uint32(typ>>4)) * 0x9E3779B1 >> 20 % mrPlaceBuckets
	p := &mrPlaces
	if n := mrFindPlace(atomic.Load(&p.bucket[h]), typ, site); n != 0 {
		return n
	}
	p.lock.lock()
	n := mrFindPlace(p.bucket[h], typ, site)
	if n == 0 && p.used+1 < mrPlaceMax {
		n = p.used + 1
		p.used = n
		pl := (*mrPlace)(mrAlloc(unsafe.Sizeof(mrPlace{})))
		pl.typ = typ
		pl.site = site
		pl.next = p.bucket[h]
		p.list[n] = pl
		atomic.Store(&p.bucket[h], n)
	}
	p.lock.unlock()
	return n
}

func mrFindPlace(n uint32, typ uintptr, site uint32) uint32 {
	for n != 0 {
		pl := mrPlaces.list[n]
		if pl.typ == typ && pl.site == site {
			return n
		}
		n = pl.next
	}
	return 0
}

// place writes the "map" part of a record.
func (l *mrLine) place(n uint32) {
	l.raw(`{"type":`)
	if n == 0 {
		l.raw(`"map","created":[]}`)
		return
	}
	pl := mrPlaces.list[n]
	if pl.typ == 0 {
		l.str("map")
	} else {
		l.str(toRType((*abi.Type)(unsafe.Pointer(pl.typ))).string())
	}
	l.raw(`,"created":`)
	l.stack(pl.site)
	l.raw(`,"id":"map-`)
	l.num(uint64(n))
	l.raw(`"}`)
}

func mrPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }

// mrOutermost reports whether a function is one of the runtime's that begin every stack.
func mrOutermost(name string) bool {
	return name == "runtime.goexit" || name == "runtime.main" || mrPrefix(name, "runtime.doInit")
}
