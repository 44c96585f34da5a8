//go:build maprace

// Reaching the stream on Windows.

package runtime

import "unsafe"

//go:cgo_import_dynamic runtime.mrCreateFile CreateFileW%7 "kernel32.dll"
//go:cgo_import_dynamic runtime.mrGetCurrentProcessId GetCurrentProcessId%0 "kernel32.dll"

var mrCreateFile, mrGetCurrentProcessId stdFunction

const (
	mrFileAppendData = 0x4
	mrShareReadWrite = 0x3
	mrOpenAlways     = 4
)

var mrStreamName [4096]uint16

// mrNameStream keeps the stream's file name, and returns the process id.
func mrNameStream(name string) (pid int) {
	n := 0
	for _, r := range name {
		if n >= len(mrStreamName)-2 {
			break
		}
		if r >= 0x10000 {
			mrStreamName[n] = uint16(0xd800 + (r-0x10000)>>10)
			n++
			r = 0xdc00 + (r-0x10000)&0x3ff
		}
		mrStreamName[n] = uint16(r)
		n++
	}
	return int(stdcall(mrGetCurrentProcessId))
}

// mrOpenStream opens the stream's file for appending; false is a failure.
func mrOpenStream() (fd uintptr, ok bool) {
	h := stdcall(mrCreateFile, uintptr(unsafe.Pointer(&mrStreamName[0])), mrFileAppendData, mrShareReadWrite, 0, mrOpenAlways, 0, 0)
	return h, h != ^uintptr(0)
}

// mrWriteStream writes some bytes and returns how many; a negative result is a failure.
func mrWriteStream(fd uintptr, p unsafe.Pointer, n int) int {
	if written := write1(fd, p, int32(n)); written > 0 {
		return int(written)
	}
	return -1
}

func mrCloseStream(fd uintptr) { stdcall(_CloseHandle, fd) }

// mrIsSystemCall says of a function that cgocall calls whether it calls the system.
func mrIsSystemCall(fn unsafe.Pointer) bool { return fn == asmstdcallAddr }

// mrHasSockets says whether the stream may be a socket.
const mrHasSockets = false
