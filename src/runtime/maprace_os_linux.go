//go:build maprace

// Opening the stream on Linux.

package runtime

const mrAppend = 0x400

// mrOpenStream opens a file for appending; it returns its descriptor, negative on failure, and the process id.
func mrOpenStream(name string) (fd int32, pid int) {
	var path [4096]byte
	if len(name) >= len(path) {
		return -1, 0
	}
	copy(path[:], name)
	return open(&path[0], _O_WRONLY|_O_CREAT|mrAppend|_O_CLOEXEC, 0o600), getpid()
}
