//go:build maprace

// What the detector keeps inside every map header.

package abi

// MapraceState is the last field of a map header on the heap. (A map on a stack, made by the compiler,
// has no room for it; nobody reads it there.) It holds no pointers, so the collector need not look.
// An epoch is tid<<32 | clk, see runtime/maprace_goroutines.go; a site is an interned stack.
type MapraceState struct {
	Write uint64 // epoch of the last write
	Read  uint64 // epoch of the last read, or 1<<63 | number of a read set

	WriteSite, ReadSite uint32
	WriteKey, ReadKey   uint32 // salted hashes of the keys
	WriteTime, ReadTime uint32
	WriteOp, ReadOp     uint8
	Magic               uint16 // set when the map is made
	Lock                uint32
	Place               uint32 // where and as what the map was made

	Iterations, Deletes   uint32
	WriteSteps, ReadSteps uint16 // how many events their goroutines had until then
	Reads, Writes         uint64
	Keys                  uint64 // linear-counting sketch of the keys seen
	Goroutines            uint32 // the same of the goroutines
	Peak                  uint32 // most entries seen
}
