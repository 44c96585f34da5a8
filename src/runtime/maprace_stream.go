//go:build maprace

// The stream from the watched program to Maprace.
//
// It is JSON Lines, appended to the file named by the environment variable MAPRACE_STREAM; each line
// is written with one system call, so that the programs a program starts can share the file. Every
// record carries "pid", which tells those processes apart (their process id where the runtime can ask). The records, in the words of src/protocol.ts:
//
//	start     first, once for each process: {"type":"start","mode","goVersion","pid","hooks"}
//	conflict  at once when a pair of places is first seen to conflict, "count":1
//	count     at the end, for each conflict that was seen again: {"type":"count","id","count"};
//	          the reader puts the count into the conflict with this id
//	map       at the end, for each place where maps were made that were shared or counted
//	end       last: {"type":"end","conflicts","dropped","hooks"}; the process that started the
//	          program adds exitCode and death. A stream without it was cut off.
//
// Times are milliseconds since the program started. Object and map ids ("sync-c000012028", "map-3")
// tell objects apart within one process.
//
// Settings, read once when the program starts: MAPRACE_STREAM (a file), MAPRACE_MODE (repeated in the
// first record), MAPRACE_KEYS=1 (keys instead of hashes), MAPRACE_EXPLORE=SEED (perturb the schedule),
// MAPRACE_VERBOSE=1 (say on stderr when nothing can be streamed).

package runtime

import (
	"internal/runtime/sys"
	"unsafe"
)

// mrHookCount is how many of the runtime's race hooks the detector answers.
const mrHookCount = 27

const mrLineSize = 256 << 10

// mrLine is the record being written.
type mrLine struct {
	_    sys.NotInHeap
	used int
	data [mrLineSize]byte
}

var mrStream struct {
	// lock is held while a record is made and written.
	lock mrSpin
	open bool
	pid  int
	line *mrLine
	mode string
	keys bool
	// startTicks and startNano are one moment on two clocks.
	startTicks, startNano int64
}

// mrSalt makes key hashes of different runs incomparable.
var mrSalt uintptr

// mrSilent is set by the linker in programs of Maprace's own, which are built on the same runtime.
var mrSilent string

func init() {
	mrStart()
}

// mrStart reads the settings, opens the stream and proves that the detector runs.
func mrStart() {
	st := &mrStream
	mrSalt = uintptr(rand())
	st.startTicks, st.startNano = cputicks(), nanotime()
	st.mode = gogetenv("MAPRACE_MODE")
	if st.mode == "" {
		st.mode = "maps"
	}
	st.keys = gogetenv("MAPRACE_KEYS") == "1"
	name := gogetenv("MAPRACE_STREAM")
	if name != "" && mrSilent == "" {
		st.pid = mrNameStream(name)
		fd, ok := mrOpenStream()
		st.open = ok
		if ok {
			mrCloseStream(fd)
		}
	}
	mrExplore = mrParseSeed(gogetenv("MAPRACE_EXPLORE"))
	if !st.open {
		if gogetenv("MAPRACE_VERBOSE") == "1" {
			println("maprace: no stream: MAPRACE_STREAM names no file that can be written")
		}
		return
	}
	st.lock.lock()
	l := mrNewLine("start")
	l.raw(`,"mode":`)
	l.str(st.mode)
	l.raw(`,"goVersion":`)
	l.str(buildVersion)
	l.raw(`,"hooks":`)
	l.num(mrHookCount)
	l.end()
	st.lock.unlock()
}

// mrNewLine begins a record; the stream's lock is held until its end.
func mrNewLine(kind string) *mrLine {
	if mrStream.line == nil {
		mrStream.line = (*mrLine)(mrAlloc(unsafe.Sizeof(mrLine{})))
	}
	l := mrStream.line
	l.used = 0
	l.raw(`{"type":`)
	l.str(kind)
	l.raw(`,"pid":`)
	l.num(uint64(mrStream.pid))
	return l
}

func (l *mrLine) byte(b byte) {
	if l.used < len(l.data)-2 {
		l.data[l.used] = b
		l.used++
	}
}

func (l *mrLine) raw(s string) {
	for i := 0; i < len(s); i++ {
		l.byte(s[i])
	}
}

// full says that there is not enough room left for another frame.
func (l *mrLine) full() bool { return l.used > len(l.data)-8<<10 }

func (l *mrLine) str(s string) {
	const hex = "0123456789abcdef"
	l.byte('"')
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b == '"' || b == '\\':
			l.byte('\\')
			l.byte(b)
		case b < 0x20:
			l.raw(`\u00`)
			l.byte(hex[b>>4])
			l.byte(hex[b&15])
		default:
			l.byte(b)
		}
	}
	l.byte('"')
}

func (l *mrLine) num(n uint64) {
	var digits [20]byte
	i := len(digits)
	for {
		i--
		digits[i] = byte('0' + n%10)
		n /= 10
		if n == 0 {
			break
		}
	}
	for ; i < len(digits); i++ {
		l.byte(digits[i])
	}
}

func (l *mrLine) hex(n uint64) {
	for shift := 60; shift >= 0; shift -= 4 {
		if n>>uint(shift) != 0 || shift == 0 {
			l.byte("0123456789abcdef"[n>>uint(shift)&15])
		}
	}
}

// end writes the record. The file is opened for each record: a descriptor kept open could be closed by
// the program, and its number be given to a file of the program's own. A stream that cannot be written is
// given up, and the program goes on.
func (l *mrLine) end() {
	l.byte('}')
	l.data[l.used] = '\n'
	l.used++
	fd, ok := mrOpenStream()
	if !ok {
		mrStream.open = false
		return
	}
	for from := 0; from < l.used; {
		n := mrWriteStream(fd, unsafe.Pointer(&l.data[from]), l.used-from)
		if n < 0 {
			mrStream.open = false
			break
		}
		from += n
	}
	mrCloseStream(fd)
}

// mrTime is a coarse time that costs next to nothing; mrMillis makes milliseconds of it.
func mrTime() uint32 { return uint32(uint64(cputicks()) >> 16) }

// mrMillis converts a mrTime into milliseconds since the program started.
func mrMillis(t uint32) uint64 {
	ticks, nano := cputicks()-mrStream.startTicks, nanotime()-mrStream.startNano
	if ticks <= 0 || nano <= 0 {
		return 0
	}
	since := int32(t - uint32(uint64(mrStream.startTicks)>>16))
	if since <= 0 {
		return 0
	}
	perMilli := uint64(ticks) / max(uint64(nano)/1000, 1) * 1000
	if perMilli == 0 {
		return 0
	}
	return uint64(since) << 16 / perMilli
}

// mrEnd writes what is only known at the end. It is called on every way out that the runtime has, also
// while it dies: then a thread that was stopped with the lock in its hands must not hold it up.
func mrEnd() {
	st := &mrStream
	if !st.open {
		return
	}
	if !st.lock.tryLock() {
		return
	}
	defer st.lock.unlock()
	if !st.open {
		return
	}
	mrWriteCounts()
	mrWriteMaps()
	l := mrNewLine("end")
	l.raw(`,"conflicts":`)
	l.num(uint64(mrConflicts.used))
	l.raw(`,"dropped":`)
	l.num(uint64(mrDropped))
	l.raw(`,"hooks":`)
	l.num(mrHookCount)
	l.end()
	st.open = false
}
