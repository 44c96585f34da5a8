//go:build maprace && unix

// Both ends of a pipe are one inode.

package poll

import "syscall"

// mapracePipe returns the number of the pipe that a descriptor is an end of, 0 for none, and whether it is a
// socket.
func mapracePipe(fd int) (pipe uintptr, isSocket bool) {
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) != nil {
		return 0, false
	}
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFIFO:
		return mapraceMix(uintptr(st.Ino), uintptr(st.Dev)), false
	case syscall.S_IFSOCK:
		return 0, true
	}
	return 0, false
}
