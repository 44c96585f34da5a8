//go:build maprace

// Reaching the stream under js/wasm, where the runtime can write to a descriptor but open no file:
// MAPRACE_STREAM names one that the host has opened, "fd:3".

package runtime

import "unsafe"

var mrStreamFD uintptr

func mrNameStream(name string) (pid int) {
	if mrPrefix(name, "fd:") {
		mrStreamFD = uintptr(mrParseSeed(name[len("fd:"):]))
	}
	return 1
}

func mrOpenStream() (fd uintptr, ok bool) { return mrStreamFD, mrStreamFD != 0 }

func mrWriteStream(fd uintptr, p unsafe.Pointer, n int) int {
	wasmWrite(fd, p, int32(n))
	return n
}

func mrCloseStream(fd uintptr) {}

// mrIsSystemCall says of a function that cgocall calls whether it calls the system. Here the system is reached in
// other ways.
func mrIsSystemCall(fn unsafe.Pointer) bool { return false }

// mrHasSockets says whether the stream may be a socket.
const mrHasSockets = false
