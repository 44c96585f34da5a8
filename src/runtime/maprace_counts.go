//go:build maprace

// What was counted for the maps of each place: the mix of accesses behind the advice.
//
// Counts live in the map headers. The sweeper hands over the headers of dead maps, whose counts are
// added to their place; what is still alive is added at the end by going over the heap's spans.

package runtime

import (
	"internal/abi"
	"internal/goarch"
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

// mrMagic marks a state that mrMapMade has set up, among objects that only have the size of a header.
const mrMagic = 0x6d72

// mrHeader is how map headers lie in memory: their size class, and where in them the state is.
var mrHeader struct {
	size   uintptr
	offset uintptr
}

// mrLearnHeader finds that out from the first map that is made.
func mrLearnHeader(s *abi.MapraceState) {
	addr := uintptr(unsafe.Pointer(s))
	if span := spanOfHeap(addr); span != nil {
		mrHeader.offset = (addr - span.base()) % span.elemsize
		mrHeader.size = span.elemsize
	}
}

// mrStateAt returns the state of the map whose header begins at addr, nil when no header begins there.
//
//go:nosplit
func mrStateAt(addr uintptr) *abi.MapraceState {
	if addr%(2*goarch.PtrSize) != 0 || mrHeader.size == 0 {
		return nil
	}
	span := spanOf(addr)
	if span == nil || span.state.get() != mSpanInUse || addr < span.base() || addr >= span.limit || span.elemsize != mrHeader.size || (addr-span.base())%span.elemsize != 0 {
		return nil
	}
	s := (*abi.MapraceState)(unsafe.Pointer(addr + mrHeader.offset))
	if s.Magic != mrMagic {
		return nil
	}
	return s
}

// mrSweeps reports whether the sweeper must tell of the freed objects of a span.
func mrSweeps(base, pages, size uintptr) bool {
	return size == mrHeader.size || mrSyncs.kept.holds(base, pages*_PageSize) || mrVars.kept.holds(base, pages*_PageSize)
}

// mrFold adds a map's counts to those of its place, and its state counts no more.
func mrFold(s *abi.MapraceState) {
	if s.Magic != mrMagic || s.Place == 0 || s.Place > mrPlaces.used {
		return
	}
	s.Magic = 0
	p := mrPlaces.list[s.Place]
	p.reads.Add(int64(s.Reads))
	p.writes.Add(int64(s.Writes))
	p.iterations.Add(int64(s.Iterations))
	p.deletes.Add(int64(s.Deletes))
	atomic.Or(&p.goroutines, s.Goroutines)
	keys := max(uint32(mrEstimate(uint(64-sys.OnesCount64(s.Keys)), 64)), s.Peak)
	for {
		most := atomic.Load(&p.keys)
		if keys <= most || atomic.Cas(&p.keys, most, keys) {
			break
		}
	}
	if set := mrReadSetOf(s); set != nil {
		s.Read = 0
		mrFreeReadSet(set)
	}
}

// mrEstimate is linear counting (Whang and others, 1990): how many were hashed into size bits of which
// zeros stayed 0, that is size·ln(size/zeros), in whole numbers.
func mrEstimate(zeros, size uint) uint {
	if zeros == 0 {
		zeros = 1
	}
	// The harmonic sum from zeros+1 to size approaches ln(size/zeros).
	sum := uint(0)
	for i := zeros + 1; i <= size; i++ {
		sum += size << 16 / i
	}
	return (sum + 1<<15) >> 16
}

// mrEachHeader calls f for the state of every map whose header is in one of the spans, on the system stack
// and with the heap's lock held, if that can be had.
func mrEachHeader(spans []*mspan, f func(*abi.MapraceState)) {
	for _, span := range spans {
		if mrHeader.size == 0 || span.state.get() != mSpanInUse || span.elemsize != mrHeader.size {
			continue
		}
		for i := uintptr(0); i < uintptr(span.nelems); i++ {
			s := (*abi.MapraceState)(unsafe.Pointer(span.base() + i*span.elemsize + mrHeader.offset))
			if s.Magic == mrMagic && s.Place <= mrPlaces.used {
				f(s)
			}
		}
	}
}

// mrFoldLive folds the maps that are still alive.
func mrFoldLive() {
	systemstack(func() {
		// A thread that dies may have stopped others anywhere: then go without the lock.
		locked := panicking.Load() == 0
		if locked {
			lock(&mheap_.lock)
		}
		mrEachHeader(mheap_.allspans, mrFold)
		if locked {
			unlock(&mheap_.lock)
		}
	})
}

// mrWriteMaps writes a record for each place whose maps more than one goroutine used.
func mrWriteMaps() {
	mrFoldLive()
	for n := uint32(1); n <= mrPlaces.used; n++ {
		p := mrPlaces.list[n]
		if p.goroutines&(p.goroutines-1) == 0 {
			continue
		}
		l := mrNewLine("map")
		l.raw(`,"id":"map-`)
		l.num(uint64(n))
		l.raw(`","map":`)
		l.place(n)
		l.count("reads", p.reads.Load())
		l.count("writes", p.writes.Load())
		l.count("iterations", p.iterations.Load())
		l.count("deletes", p.deletes.Load())
		l.count("goroutines", uint64(mrEstimate(uint(32-sys.OnesCount64(uint64(p.goroutines))), 32)))
		l.count("keys", uint64(p.keys))
		l.end()
	}
}

func (l *mrLine) count(name string, n uint64) {
	l.raw(`,"`)
	l.raw(name)
	l.raw(`":`)
	l.num(n)
}
