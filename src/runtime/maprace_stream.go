//go:build maprace

// The stream from the watched program to Maprace.
//
// It is JSON Lines, appended to the file named by the environment variable MAPRACE_STREAM; each line
// is written with one system call, so that the programs a program starts can share the file. Every
// record carries "pid", which tells those processes apart (their process id where the runtime can ask).
// MAPRACE_STREAM may also name a pipe that somebody reads, or, on Linux and macOS, "unix:" and the name of a socket
// at which somebody listens: each record is a connection of its own. The records, in the words of
// src/protocol.ts:
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
// A record that cannot be written is dropped, and the program goes on: it waits a fifth of a second at
// most. The first drop is said on stderr.
//
// Settings, read once when the program starts: MAPRACE_STREAM, MAPRACE_MODE (repeated in the first
// record), MAPRACE_KEYS=1 (keys instead of hashes), MAPRACE_EXPLORE=SEED (perturb the schedule).

package runtime

import (
	"internal/runtime/sys"
	"unsafe"
)

// mrSocketPrefix stands before the name of a socket.
const mrSocketPrefix = "unix:"

// mrHookCount is how many of the runtime's race hooks the detector answers.
const mrHookCount = 27

const mrLineSize = 256 << 10

// mrLine is the record being written.
type mrLine struct {
	_           sys.NotInHeap
	ticks, nano int64 // when it was begun
	used        int
	data        [mrLineSize]byte
}

var mrStream struct {
	// lock is held while a record is made and written.
	lock mrSpin
	open bool
	// broken says that a record could not be written, and that the user was told so.
	broken bool
	pid    int
	line   *mrLine
	mode   string
	keys   bool
	// startTicks and startNano are one moment on two clocks.
	startTicks, startNano int64
}

// mrSalt makes key hashes of different runs incomparable.
var mrSalt uintptr

// mrSilent is set by the linker in programs of Maprace's own, which are built on the same runtime.
var mrSilent string

// The settings are read when the runtime's variables are set up, not by a function init: those are counted
// in the names that tracebacks show.
var _ = mrStart()

// mrStart reads the settings, and proves in the stream that the detector runs.
func mrStart() bool {
	st := &mrStream
	mrSalt = uintptr(rand())
	st.startTicks, st.startNano = cputicks(), nanotime()
	st.mode = gogetenv("MAPRACE_MODE")
	if st.mode == "" {
		st.mode = "maps"
	}
	st.keys = gogetenv("MAPRACE_KEYS") == "1"
	mrExplore = mrParseSeed(gogetenv("MAPRACE_EXPLORE"))
	name := gogetenv("MAPRACE_STREAM")
	if name == "" || mrSilent != "" {
		return false
	}
	if !mrHasSockets && mrPrefix(name, mrSocketPrefix) {
		print("maprace: MAPRACE_STREAM names a socket, which works on Linux and macOS only. Name a file, and give that to maprace open.\n")
		return false
	}
	st.pid = mrNameStream(name)
	st.lock.lock()
	l := mrNewLine("start")
	l.raw(`,"mode":`)
	l.str(st.mode)
	l.raw(`,"goVersion":`)
	l.str(buildVersion)
	l.raw(`,"hooks":`)
	l.num(mrHookCount)
	st.open = l.end()
	st.lock.unlock()
	return st.open
}

// mrNewLine begins a record; the stream's lock is held until its end.
func mrNewLine(kind string) *mrLine {
	if mrStream.line == nil {
		mrStream.line = (*mrLine)(mrAlloc(unsafe.Sizeof(mrLine{})))
	}
	l := mrStream.line
	l.ticks, l.nano = cputicks(), nanotime()
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
	l.byte('"')
	l.chars(s)
	l.byte('"')
}

// chars writes what stands between the quotes of a string.
func (l *mrLine) chars(s string) {
	const hex = "0123456789abcdef"
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
}

func (l *mrLine) num(n uint64) {
	var buffer [20]byte
	for _, digit := range mrDecimal(&buffer, n) {
		l.byte(digit)
	}
}

// mrDecimal writes a number to the end of a buffer and returns its digits.
func mrDecimal(buffer *[20]byte, n uint64) []byte {
	i := len(buffer)
	for {
		i--
		buffer[i] = byte('0' + n%10)
		n /= 10
		if n == 0 {
			return buffer[i:]
		}
	}
}

func (l *mrLine) hex(n uint64) {
	for shift := 60; shift >= 0; shift -= 4 {
		if n>>uint(shift) != 0 || shift == 0 {
			l.byte("0123456789abcdef"[n>>uint(shift)&15])
		}
	}
}

// mrPatience is how many milliseconds a record may wait for a reader.
const mrPatience = 200

// end writes the record and reports whether that succeeded. The stream is opened for each record: a
// descriptor kept open could be closed by the program, and its number be given to a file of the program's
// own.
func (l *mrLine) end() bool {
	l.byte('}')
	l.data[l.used] = '\n'
	l.used++
	if l.send() {
		return true
	}
	mrDropped++
	if !mrStream.broken {
		mrStream.broken = true
		print("maprace: MAPRACE_STREAM cannot be written: conflicts may be missing from it. Check that the file can be written and its disk has room, or that somebody reads the pipe or listens at the socket.\n")
	}
	return false
}

func (l *mrLine) send() bool {
	fd, ok := mrOpenStream()
	if !ok {
		return false
	}
	waited := 0
	for from := 0; from < l.used; {
		n := mrWriteStream(fd, unsafe.Pointer(&l.data[from]), l.used-from)
		if n < 0 || n == 0 && waited == mrPatience {
			mrCloseStream(fd)
			return false
		}
		if n == 0 {
			usleep(1000)
			waited++
		}
		from += n
	}
	mrCloseStream(fd)
	return true
}

// mrTime is a coarse time that costs next to nothing.
func mrTime() uint32 { return uint32(mrWholeTime()) }

func mrWholeTime() uint64 { return uint64(cputicks()) >> 16 }

// micros makes microseconds since the program started of a mrTime. All times of a record are told by the
// two clocks as they stood when it was begun.
func (l *mrLine) micros(t uint32) int64 {
	// A time is known in full because it lies at most a day before now.
	ago := int64(uint32(uint64(l.ticks)>>16)-t) << 16
	ticks, nanos := float64(l.ticks-mrStream.startTicks), float64(l.nano-mrStream.startNano)
	since := float64(l.ticks - ago - mrStream.startTicks)
	if since <= 0 || ticks <= 0 {
		return 0
	}
	return int64(since / ticks * nanos / 1000)
}

// when writes microseconds as milliseconds.
func (l *mrLine) when(micros int64) {
	l.num(uint64(micros / 1000))
	l.byte('.')
	for digit := int64(100); digit > 0; digit /= 10 {
		l.byte('0' + byte(micros/digit%10))
	}
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
