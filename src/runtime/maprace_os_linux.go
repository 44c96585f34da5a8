//go:build maprace

// Reaching the stream on Linux.

package runtime

const mrAppend = 0x400

var mrStreamName [4096]byte

// mrNameStream keeps the stream's file name, and returns the process id.
func mrNameStream(name string) (pid int) {
	if len(name) < len(mrStreamName) {
		copy(mrStreamName[:], name)
	}
	return getpid()
}

// mrOpenStream opens the stream's file for appending; a negative result is a failure.
func mrOpenStream() int32 {
	return open(&mrStreamName[0], _O_WRONLY|_O_CREAT|mrAppend|_O_CLOEXEC, 0o600)
}

func mrCloseStream(fd int32) {
	if fd >= 0 {
		closefd(fd)
	}
}
