//go:build maprace

// The functions that package runtime exports in race builds, for programs written against them.

package runtime

import "unsafe"

// RaceAcquire, RaceRelease and RaceReleaseMerge tell the detector of synchronisation it cannot see.
func RaceAcquire(addr unsafe.Pointer)      { raceacquire(addr) }
func RaceRelease(addr unsafe.Pointer)      { racerelease(addr) }
func RaceReleaseMerge(addr unsafe.Pointer) { racereleasemerge(addr) }

// RaceDisable makes the detector overlook the synchronisation of this goroutine until RaceEnable; they nest.
func RaceDisable() { mrRaceDisable() }
func RaceEnable()  { mrRaceEnable() }

// RaceErrors returns the number of conflicts found so far.
func RaceErrors() int { return mrRaceErrors() }

// Accesses of plain memory are of no interest to the detector.
func RaceRead(addr unsafe.Pointer)                {}
func RaceWrite(addr unsafe.Pointer)               {}
func RaceReadRange(addr unsafe.Pointer, len int)  {}
func RaceWriteRange(addr unsafe.Pointer, len int) {}
