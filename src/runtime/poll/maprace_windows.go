//go:build maprace

// Windows has no number that both ends of an anonymous pipe share: all pipes of the process are one.

package poll

import "syscall"

// mapracePipe returns the number of the pipe that a handle is an end of, 0 for none, and whether it is a socket.
func mapracePipe(fd syscall.Handle) (pipe uintptr, isSocket bool) {
	const all = 1 << 16
	if kind, err := syscall.GetFileType(fd); err != nil || kind != syscall.FILE_TYPE_PIPE {
		return 0, false
	}
	// Sockets are of the same type.
	if _, err := syscall.Getsockname(fd); err == nil {
		return 0, true
	}
	return all, false
}
