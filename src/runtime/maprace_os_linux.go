//go:build maprace

// What Linux does in its own way to reach the stream.

package runtime

import (
	"internal/goarch"
	"unsafe"
)

// mrIsMips is 1 on processors for which Linux has numbers of its own.
const mrIsMips = goarch.IsMips | goarch.IsMipsle | goarch.IsMips64 | goarch.IsMips64le

const (
	mrAppend      = 0x400 - mrIsMips*0x3f8
	mrNonblock    = _O_NONBLOCK
	mrCloseOnExec = _O_CLOEXEC
	// mrHasSockets says whether the stream may be a socket.
	mrHasSockets = true
)

func mrPid() int { return getpid() }

// mrAddress is a sockaddr_un. It is used under the lock of the stream.
var mrAddress struct {
	family uint16
	path   [108]byte
}

// mrConnect connects to the Unix socket with a name; false is a failure.
func mrConnect(name *[4096]byte) (fd uintptr, ok bool) {
	const stream, family = 1 + mrIsMips, 1
	mrAddress.family = family
	copy(mrAddress.path[:len(mrAddress.path)-1], name[:])
	n := socket(family, stream|mrNonblock|mrCloseOnExec, 0)
	if n < 0 {
		return 0, false
	}
	// A listener whose queue is full asks to try again.
	for i := 0; i < mrPatience; i++ {
		switch connect(n, unsafe.Pointer(&mrAddress), int32(unsafe.Sizeof(mrAddress))) {
		case 0:
			return uintptr(n), true
		case -_EAGAIN:
			usleep(1000)
		default:
			i = mrPatience
		}
	}
	closefd(n)
	return 0, false
}
