//go:build maprace

// Reaching the stream on Linux.

package runtime

import "unsafe"

const mrAppend = 0x400

var mrStreamName [4096]byte

// mrNameStream keeps the stream's file name, and returns the process id.
func mrNameStream(name string) (pid int) {
	if len(name) < len(mrStreamName) {
		copy(mrStreamName[:], name)
	}
	return getpid()
}

// mrOpenStream opens the stream's file for appending; false is a failure.
func mrOpenStream() (fd uintptr, ok bool) {
	n := open(&mrStreamName[0], _O_WRONLY|_O_CREAT|mrAppend|_O_CLOEXEC, 0o600)
	return uintptr(n), n >= 0
}

// mrWriteStream writes some bytes and returns how many; 0 asks to try again, a negative result is a failure.
func mrWriteStream(fd uintptr, p unsafe.Pointer, n int) int {
	written := write1(fd, p, int32(n))
	if written == -_EINTR || written == -_EAGAIN {
		return 0
	}
	if written == 0 {
		return -1
	}
	return int(written)
}

func mrCloseStream(fd uintptr) { closefd(int32(fd)) }
