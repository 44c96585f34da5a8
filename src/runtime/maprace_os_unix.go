//go:build maprace && (linux || darwin || dragonfly || freebsd || netbsd || openbsd)

// Reaching the stream on Unix systems; what they do differently is in maprace_os_linux.go,
// maprace_os_darwin.go and maprace_os_bsd.go.

package runtime

import "unsafe"

var mrStreamName [4096]byte

// mrStreamIsSocket says that the name is that of a socket.
var mrStreamIsSocket bool

// mrNameStream keeps the stream's name, and returns a number that tells processes apart. A name that is
// too long is left out; opening the stream fails then.
func mrNameStream(name string) (pid int) {
	if mrPrefix(name, mrSocketPrefix) {
		mrStreamIsSocket = true
		name = name[len(mrSocketPrefix):]
	}
	mrSetName("", name)
	if folder := gogetenv("PWD"); name != "" && name[0] != '/' && folder != "" && folder[0] == '/' {
		mrNameAbsolutely(folder, name)
	}
	return mrPid()
}

// mrNameAbsolutely puts a folder before a relative name, because the program may change its folder. Where
// PWD is not the folder that the program runs in, the name stays as it is.
func mrNameAbsolutely(folder, name string) {
	if fd, ok := mrOpenStream(); ok {
		mrCloseStream(fd)
	}
	mrSetName(folder, name)
	if mrStreamIsSocket {
		return
	}
	if n := open(&mrStreamName[0], _O_WRONLY|mrNonblock, 0); n >= 0 {
		closefd(n)
	} else {
		mrSetName("", name)
	}
}

func mrSetName(folder, name string) {
	mrStreamName = [4096]byte{}
	if len(folder)+1+len(name) >= len(mrStreamName) {
		return
	}
	n := copy(mrStreamName[:], folder)
	if n > 0 {
		mrStreamName[n] = '/'
		n++
	}
	copy(mrStreamName[n:], name)
}

// mrOpenStream opens the stream for appending; false is a failure. It waits for nobody: a pipe without a
// reader cannot be opened.
func mrOpenStream() (fd uintptr, ok bool) {
	if mrStreamIsSocket {
		return mrConnect(&mrStreamName)
	}
	n := open(&mrStreamName[0], _O_WRONLY|_O_CREAT|mrAppend|mrCloseOnExec|mrNonblock, 0o600)
	return uintptr(n), n >= 0
}

// mrWriteStream writes some bytes and returns how many; 0 asks to try again later, a negative result is a
// failure.
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

// mrIsSystemCall says of a function that cgocall calls whether it calls the system. Here the system is reached in
// other ways.
func mrIsSystemCall(fn unsafe.Pointer) bool { return false }
