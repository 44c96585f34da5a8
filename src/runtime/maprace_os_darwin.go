//go:build maprace && darwin

// What macOS does in its own way to reach the stream. The system is called through its C library, which
// maprace_darwin_amd64.s and maprace_darwin_arm64.s reach for sockets.

package runtime

import (
	"internal/abi"
	"unsafe"
)

//go:cgo_import_dynamic libc_socket socket "/usr/lib/libSystem.B.dylib"
//go:cgo_import_dynamic libc_connect connect "/usr/lib/libSystem.B.dylib"

func mrSocketTrampoline()
func mrConnectTrampoline()

const (
	mrAppend      = 0x8
	mrNonblock    = 0x4
	mrCloseOnExec = 0x1000000
	mrHasSockets  = true
)

// mrPid cannot ask for the process id here; any number that tells processes apart does.
func mrPid() int { return int(mrSalt % 1e9) }

// mrAddress is a sockaddr_un. It is used under the lock of the stream.
var mrAddress struct {
	length, family uint8
	path           [104]byte
}

// mrCArguments are three arguments of a C function, as the trampolines read them.
type mrCArguments struct{ a, b, c uintptr }

// mrConnect connects to the Unix socket with a name; false is a failure.
func mrConnect(name *[4096]byte) (fd uintptr, ok bool) {
	const stream, family = 1, 1
	mrAddress.length = uint8(unsafe.Sizeof(mrAddress))
	mrAddress.family = family
	copy(mrAddress.path[:len(mrAddress.path)-1], name[:])
	socket := mrCArguments{family, stream, 0}
	n := libcCall(unsafe.Pointer(abi.FuncPCABI0(mrSocketTrampoline)), unsafe.Pointer(&socket))
	if n < 0 {
		return 0, false
	}
	const setDescriptorFlags, closeOnExec = 2, 1
	fcntl(n, setDescriptorFlags, closeOnExec)
	setNonblock(n)
	connect := mrCArguments{uintptr(n), uintptr(unsafe.Pointer(&mrAddress)), unsafe.Sizeof(mrAddress)}
	if libcCall(unsafe.Pointer(abi.FuncPCABI0(mrConnectTrampoline)), unsafe.Pointer(&connect)) < 0 {
		closefd(n)
		return 0, false
	}
	return uintptr(n), true
}
