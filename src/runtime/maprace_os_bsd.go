//go:build maprace && (dragonfly || freebsd || netbsd || openbsd)

// What the BSDs do in their own way to reach the stream.

package runtime

const (
	mrAppend      = 0x8
	mrNonblock    = 0x4
	mrCloseOnExec = 0 // the flag differs between them, and the file is open for a moment only
)

// mrPid cannot ask for the process id here; any number that tells processes apart does.
func mrPid() int { return int(mrSalt % 1e9) }

// mrHasSockets says whether the stream may be a socket: this runtime has no calls for them.
const mrHasSockets = false

func mrConnect(name *[4096]byte) (fd uintptr, ok bool) { return 0, false }
