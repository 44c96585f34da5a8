//go:build maprace && (unix || windows)

// Streams of bytes by the file descriptors at their ends. The two ends of a connection name each other's addresses;
// the clients of a Unix socket have none, and share a stream, along which nothing can be returned to one of them
// alone. What a pipe is, the systems tell in their own ways.

package poll

import (
	"syscall"
	_ "unsafe" // for linkname
)

// Calls into the race detector, see runtime/maprace_io.go.

//go:linkname mapraceStreamWrite runtime.mrStreamWrite
func mapraceStreamWrite(stream, answers uintptr, pipe bool)

//go:linkname mapraceStreamRead runtime.mrStreamRead
func mapraceStreamRead(stream uintptr, pipe bool)

// mapraceStreams are the numbers of the streams that a descriptor reads and writes, 0 for none.
// What is written may answer what was read where somebody else dialled.
type mapraceStreams struct {
	asked    bool
	pipe     bool
	accepted bool
	in, out  uintptr
}

// MapraceAccepted says that a descriptor that nobody uses yet came from a listener.
func (fd *FD) MapraceAccepted() { fd.maprace.accepted = true }

func (fd *FD) mapraceRead(n int) {
	if n <= 0 {
		return
	}
	if s := fd.mapraceAsk(); s.in != 0 {
		mapraceStreamRead(s.in, s.pipe)
	}
}

func (fd *FD) mapraceWrite() {
	if s := fd.mapraceAsk(); s.out != 0 {
		var answers uintptr
		if s.accepted {
			answers = s.in
		}
		mapraceStreamWrite(s.out, answers, s.pipe)
	}
}

// mapraceAsk finds out once what a descriptor is. Two goroutines that ask at once get the same answer.
func (fd *FD) mapraceAsk() mapraceStreams {
	if fd.maprace.asked {
		return fd.maprace
	}
	s := mapraceStreams{asked: true, accepted: fd.maprace.accepted}
	if pipe, isSocket := mapracePipe(fd.Sysfd); isSocket {
		peer, err := syscall.Getpeername(fd.Sysfd)
		here, there := mapraceName(syscall.Getsockname(fd.Sysfd)), mapraceName(peer, err)
		if here != 0 && there != 0 {
			s.in, s.out = mapraceMix(there, here), mapraceMix(here, there)
		}
		if _, isUnix := peer.(*syscall.SockaddrUnix); isUnix {
			s.accepted = false
		}
	} else if pipe != 0 {
		s.pipe, s.in, s.out = true, pipe, pipe
	}
	fd.maprace = s
	return s
}

func mapraceName(sa syscall.Sockaddr, err error) uintptr {
	if err != nil {
		return 0
	}
	h := uintptr(1)
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		h = mapraceMix(h, uintptr(sa.Port))
		for _, b := range sa.Addr {
			h = mapraceMix(h, uintptr(b))
		}
	case *syscall.SockaddrInet6:
		h = mapraceMix(h, uintptr(sa.Port))
		for _, b := range sa.Addr {
			h = mapraceMix(h, uintptr(b))
		}
	case *syscall.SockaddrUnix:
		for i := range len(sa.Name) {
			h = mapraceMix(h, uintptr(sa.Name[i]))
		}
	default:
		return 0
	}
	return h
}

// mapraceMix is not symmetric: the two directions of a connection are two streams.
func mapraceMix(h, x uintptr) uintptr {
	h = (h*31 ^ x) * 0x9E3779B1
	return h ^ h>>15 | 1
}
