//go:build maprace && !(linux || windows || js || darwin || dragonfly || freebsd || netbsd || openbsd)

// Systems where the stream cannot be reached: the detector runs unheard.

package runtime

import "unsafe"

func mrNameStream(name string) (pid int)                    { return 0 }
func mrOpenStream() (fd uintptr, ok bool)                   { return 0, false }
func mrWriteStream(fd uintptr, p unsafe.Pointer, n int) int { return -1 }
func mrCloseStream(fd uintptr)                              {}

// mrIsSystemCall says of a function that cgocall calls whether it calls the system. Here the system is reached in
// other ways.
func mrIsSystemCall(fn unsafe.Pointer) bool { return false }

// mrHasSockets says whether the stream may be a socket.
const mrHasSockets = false
