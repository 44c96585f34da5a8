/**
 * What has to change in files of the user's own Go so that the detector runs: the race constants, what
 * they would change besides detection, and input and output. Each change is a search in the user's file,
 * so that every Go version keeps its own code; a search that finds nothing means a Go that is not
 * understood. The map code is left to mapAdaptations.ts, reading and writing the files to overlay.ts.
 */

/** One search-and-replace in a file. */
export interface Edit {
  readonly find: RegExp;
  readonly replace: string;
  /** The edit may find nothing: not every supported Go version has this code. */
  readonly optional?: boolean;
}

/** The changes to one file of GOROOT/src. */
export interface Adaptation {
  readonly file: string;
  /** The name that earlier versions gave the file: taken when there is such a file. */
  readonly formerly?: string;
  readonly edits: readonly Edit[];
  /** Not every supported Go version or system has the file. */
  readonly optional?: boolean;
  /** Go code put at the end of the file. */
  readonly append?: string;
}

/** Makes what functions do invisible to the detector; the names are a regular expression. */
function muted(names: string): Edit {
  return {
    find: new RegExp(`^func (?:${names})\\(.*\\{\\n`, "gm"),
    replace: "$&\tmapraceMute()\n\tdefer mapraceUnmute()\n",
  };
}

/** A method of poll.FD that tells of what it writes and then calls the plain one, which was renamed. */
function wrapped(method: string, parameter: string, count: string): string {
  const [name = ""] = parameter.split(" ");
  return `
func (fd *FD) ${method}(${parameter}) (${count}, error) {
	fd.mapraceWrite()
	return fd.mapracePlain${method}(${name})
}
`;
}

/** Says of a connection that it came from a listener. */
const ACCEPTED: Edit = {
  find: /( accept\(\)[\s\S]*?\n)(\tif err :?= netfd\.init\(\))/,
  replace: "$1\tnetfd.pfd.MapraceAccepted()\n$2",
};

/** The changes that every supported Go needs. */
export const CONSTANTS: readonly Adaptation[] = [
  {
    file: "internal/race/norace.go",
    edits: [
      { find: /const Enabled = false/, replace: "const Enabled = true" },
      {
        find: /func Acquire\(addr unsafe\.Pointer\) \{\n\}/,
        replace:
          "//go:linkname Acquire runtime.raceacquire\n//go:noescape\nfunc Acquire(addr unsafe.Pointer)",
      },
      {
        find: /func Release\(addr unsafe\.Pointer\) \{\n\}/,
        replace:
          "//go:linkname Release runtime.racerelease\n//go:noescape\nfunc Release(addr unsafe.Pointer)",
      },
      {
        find: /func ReleaseMerge\(addr unsafe\.Pointer\) \{\n\}/,
        replace:
          "//go:linkname ReleaseMerge runtime.racereleasemerge\n//go:noescape\nfunc ReleaseMerge(addr unsafe.Pointer)",
      },
      { find: /func (Disable|Enable)\(\) \{\n\}/g, replace: "//go:linkname $1\nfunc $1()" },
      {
        find: /func Errors\(\) int \{ return 0 \}/,
        replace: "//go:linkname Errors\nfunc Errors() int",
      },
    ],
  },
  {
    // Its counters are used between race.Disable and race.Enable only: there is nothing to ask the detector. And
    // where only the counters are used there is nothing to switch off.
    file: "sync/rwmutex.go",
    edits: [
      { find: /\batomic\.Int32\b/g, replace: "mapraceInt32" },
      {
        find: /(func \(rw \*RWMutex\) RLock\(\) \{\n\tif race\.Enabled \{\n.*\n)\t\trace\.Disable\(\)\n((?:[^}]*\}){2}[^}]*\{\n)\t\trace\.Enable\(\)\n/,
        replace: "$1$2",
      },
      {
        find: /(func \(rw \*RWMutex\) RUnlock\(\) \{\n\tif race\.Enabled \{\n.*\n.*\n)\t\trace\.Disable\(\)\n([^}]*\}[^}]*\}\n)\tif race\.Enabled \{\n\t\trace\.Enable\(\)\n\t\}\n/,
        replace: "$1$2",
      },
      {
        find: /(func \(rw \*RWMutex\) rUnlockSlow\(r int32\) \{\n.*\n)\t\trace\.Enable\(\)\n/,
        replace: "$1",
      },
      {
        find: /race\.Acquire\(unsafe\.Pointer\(&rw\.readerSem\)\)\n\t+race\.Acquire\(unsafe\.Pointer\(&rw\.writerSem\)\)/g,
        replace: "mapraceWriteLocked(unsafe.Pointer(&rw.readerSem))",
      },
      {
        find: /race\.ReleaseMerge\(unsafe\.Pointer\(&rw\.writerSem\)\)/,
        replace: "mapraceReadUnlock(unsafe.Pointer(&rw.readerSem))",
      },
      {
        find: /race\.Release\(unsafe\.Pointer\(&rw\.readerSem\)\)/,
        replace: "mapraceWriteUnlock(unsafe.Pointer(&rw.readerSem))",
      },
    ],
    append: `
// Calls into the race detector, see runtime/maprace_rwmutex.go.

//go:linkname mapraceWriteLocked runtime.mrWriteLocked
//go:noescape
func mapraceWriteLocked(addr unsafe.Pointer)

//go:linkname mapraceWriteUnlock runtime.mrWriteUnlock
//go:noescape
func mapraceWriteUnlock(addr unsafe.Pointer)

//go:linkname mapraceReadUnlock runtime.mrReadUnlock
//go:noescape
func mapraceReadUnlock(addr unsafe.Pointer)

type mapraceInt32 struct{ v int32 }

func (x *mapraceInt32) Load() int32           { return atomic.LoadInt32(&x.v) }
func (x *mapraceInt32) Store(val int32)       { atomic.StoreInt32(&x.v, val) }
func (x *mapraceInt32) Add(delta int32) int32 { return atomic.AddInt32(&x.v, delta) }
func (x *mapraceInt32) CompareAndSwap(old, new int32) bool {
	return atomic.CompareAndSwapInt32(&x.v, old, new)
}
`,
  },
  {
    file: "sync/pool.go",
    edits: [
      { find: /if runtime_randn\(4\) == 0 \{|if fastrandn\(4\) == 0 \{/, replace: "if false {" },
      // Each thing in a pool by itself: Go has 128 words for all of them, which orders things that have nothing
      // to do with each other.
      {
        find: /\tptr := uintptr\(\(\*\[2\]unsafe\.Pointer\)\(unsafe\.Pointer\(&x\)\)\[1\]\)\n\th := .*\n\treturn .*\n/,
        replace: "\treturn (*[2]unsafe.Pointer)(unsafe.Pointer(&x))[1]\n",
      },
    ],
  },
  {
    file: "runtime/proc.go",
    edits: [
      { find: /const randomizeScheduler = raceenabled/, replace: "const randomizeScheduler = false" },
      { find: /if exitCode == 0 && raceenabled \{/, replace: "if raceenabled {" },
    ],
  },
  {
    // Ways out that pass no exit hook: an unrecovered panic, a fatal error.
    file: "runtime/panic.go",
    edits: [{ find: /^(\t+)exit\(2\)$/gm, replace: "$1mrEnd()\n$1exit(2)" }],
  },
  {
    file: "runtime/malloc.go",
    edits: [
      {
        find: /if !raceenabled && \(size < c\.tinyoffset/g,
        replace: "if (size < c.tinyoffset",
        optional: true,
      },
      // Objects moved to the end of their 16 bytes: only where nothing is packed beside them.
      {
        find: /\t+x = add\(x, (?:span\.)?(?:elemsize|size|maxTinySize) ?- ?(?:const|data)?[sS]ize\)\n/g,
        replace: "",
      },
      {
        find: / && !asanenabled && !raceenabled && !msanenabled/g,
        replace: " && !asanenabled && !msanenabled",
        optional: true,
      },
      {
        find: / && !raceenabled && !msanenabled && !asanenabled/g,
        replace: " && !msanenabled && !asanenabled",
        optional: true,
      },
      // Go's own detector needs the heap at the addresses it hoped for; systems with few addresses give others.
      {
        find: /if raceenabled \{(\s+\/\/ The race detector assumes the heap lives in)/,
        replace: "if false {$1",
      },
      { find: /if raceenabled && vmaSize != 39 && vmaSize != 48 \{/, replace: "if false {", optional: true },
    ],
  },
  {
    // A value that goes from hand to hand, past any buffer.
    file: "runtime/chan.go",
    edits: [
      {
        find: /(\nfunc send\([\s\S]*?)racesync\(c, sg\)/,
        replace: "$1mrMeet(sg.g, chanbuf(c, 0), mrEventRelease)",
      },
      {
        find: /(\nfunc recv\([\s\S]*?)racesync\(c, sg\)/,
        replace: "$1mrMeet(sg.g, chanbuf(c, 0), mrEventAcquire)",
      },
    ],
  },
  {
    // A sync.Cond orders a Signal before the Wait that it wakes; Go has no hook there, since most hold the lock.
    file: "runtime/sema.go",
    edits: [
      {
        find: /^(\t+)readyWithTime\(s, 4\)$/gm,
        replace: "$1racerelease(unsafe.Pointer(s))\n$1raceacquireg(s.g, unsafe.Pointer(s))\n$&",
      },
      // One that was woken before it was parked.
      {
        find: /^\tatomic\.Store\(&l\.notify, /gm,
        replace: "\tracereleasemerge(unsafe.Pointer(l))\n$&",
      },
      {
        find: /(if less\(t, l\.notify\) \{\n\t+unlock\(&l\.lock\)\n)/,
        replace: "$1\t\traceacquire(unsafe.Pointer(l))\n",
      },
    ],
  },
  {
    file: "runtime/malloc_generated.go",
    optional: true,
    edits: [
      { find: /if !raceenabled && \(constsize < c\.tinyoffset/g, replace: "if (constsize < c.tinyoffset" },
    ],
  },
  {
    file: "runtime/cgocall.go",
    edits: [
      {
        find: /(\tif raceenabled \{\n\t\t)racereleasemerge\(unsafe\.Pointer\(&racecgosync\)\)(\n\t\}\n\n\tmp := getg\(\)\.m\n)/,
        replace: "$1mrBeforeCall(fn)$2",
      },
      {
        find: /(wired this M to a P\.\n\tif raceenabled \{\n\t\t)raceacquire\(unsafe\.Pointer\(&racecgosync\)\)/,
        replace: "$1mrAfterCall(fn)",
      },
      {
        find: /(\tcb\(frame\)\n\n\tif raceenabled \{\n\t\t)racereleasemerge\(unsafe\.Pointer\(&racecgosync\)\)/,
        replace: "$1mrAfterCallback()",
      },
    ],
  },
  {
    // Go 1.23 and 1.24: whoever starts a collection wakes the cleaning of package unique through one channel, which
    // would order all who did, one after the other.
    file: "runtime/mgc.go",
    edits: [
      {
        find: /(\tif uniqueMapCleanup != nil \{\n)(\t\tselect \{\n.*\n\t\tdefault:\n\t\t\}\n)/,
        replace: "$1\t\tmrMute()\n$2\t\tmrUnmute()\n",
        optional: true,
      },
    ],
  },
  {
    // Before Go 1.23 a ticker that is reset has no hook.
    file: "runtime/time.go",
    edits: [
      {
        find: /^func modTimer\(.*\{\n(?=\tmodtimer\()/m,
        replace: "$&\tracerelease(unsafe.Pointer(t))\n",
        optional: true,
      },
    ],
  },
  {
    file: "runtime/mgcsweep.go",
    edits: [
      {
        find: /(if (?:traceAllocFreeEnabled\(\) \|\| |debug\.allocfreetrace != 0 \|\| )?debug\.clobberfree != 0 \|\| )raceenabled( \|\| msanenabled)/,
        replace: "$1mrSweeps(s.base(), s.npages, s.elemsize)$2",
      },
    ],
  },
  {
    // Objects that the library passes on through locks and pools of its own, and that hold none of the
    // user's maps, must not make one request look ordered before the next.
    file: "net/http/server.go",
    edits: [
      muted("\\(\\w+ \\*Server\\) trackConn|newBufioReader|putBufioReader|newBufioWriterSize|putBufioWriter"),
    ],
  },
  {
    file: "net/http/request.go",
    edits: [muted("newTextprotoReader|putTextprotoReader")],
  },
  {
    file: "net/http/header.go",
    edits: [
      {
        find: /^\t+(?:hs = )?headerSorterPool\.(?:Get|Put)\(.*\n/gm,
        replace: "\tmapraceMute()\n$&\tmapraceUnmute()\n",
      },
    ],
  },
  {
    file: "fmt/print.go",
    edits: [muted("newPrinter|\\(p \\*pp\\) free")],
  },
  {
    file: "internal/poll/fd_unix.go",
    edits: [
      {
        find: /(type FD struct \{\n[\s\S]*?\n)\}\n/,
        replace: "$1\n\tmaprace mapraceStreams\n}\n",
      },
      {
        find: /\t\tn, err := ignoringEINTRIO\(syscall\.Read, fd\.Sysfd, p\)\n/,
        replace: "$&\t\tfd.mapraceRead(n)\n",
      },
      {
        find: /\t\tn, err := ignoringEINTRIO\(syscall\.Write, fd\.Sysfd, p\[nn:max\]\)\n/,
        replace: "\t\tfd.mapraceWrite()\n$&",
      },
    ],
  },
  {
    file: "internal/poll/writev.go",
    edits: [{ find: /^func \(fd \*FD\) Writev\(/gm, replace: "func (fd *FD) mapracePlainWritev(" }],
    append: wrapped("Writev", "v *[][]byte", "int64"),
  },
  {
    file: "internal/poll/fd_windows.go",
    edits: [
      {
        find: /(type FD struct \{\n[\s\S]*?\n)\}\n/,
        replace: "$1\n\tmaprace mapraceStreams\n}\n",
      },
      // As in package syscall: all that is read would come after all that was written.
      { find: /\t+race\.(?:Acquire|ReleaseMerge)\(unsafe\.Pointer\(&ioSync\)\)\n/g, replace: "" },
      {
        find: /^func \(fd \*FD\) (Read|Write|Writev)\(/gm,
        replace: "func (fd *FD) mapracePlain$1(",
      },
      // What is pooled since Go 1.25 is passed from one connection to the next.
      { find: /\b(\w+Pool)\.Get\(\)/g, replace: "mapraceGet(&$1)", optional: true },
      { find: /\b(\w+Pool)\.Put\(/g, replace: "mapracePut(&$1, ", optional: true },
    ],
    append: `
func mapraceGet(pool *sync.Pool) any {
	mapraceMute()
	defer mapraceUnmute()
	return pool.Get()
}

func mapracePut(pool *sync.Pool, x any) {
	mapraceMute()
	defer mapraceUnmute()
	pool.Put(x)
}

func (fd *FD) Read(buf []byte) (int, error) {
	n, err := fd.mapracePlainRead(buf)
	fd.mapraceRead(n)
	return n, err
}
${wrapped("Write", "buf []byte", "int")}${wrapped("Writev", "buf *[][]byte", "int64")}`,
  },
  { file: "net/fd_unix.go", edits: [ACCEPTED] },
  { file: "net/fd_windows.go", edits: [ACCEPTED] },
  {
    file: "syscall/syscall_unix.go",
    edits: [{ find: /\t+race\.(?:Acquire|ReleaseMerge)\(unsafe\.Pointer\(&ioSync\)\)\n/g, replace: "" }],
  },
  {
    file: "syscall/syscall_windows.go",
    edits: [{ find: /\t+race\.(?:Acquire|ReleaseMerge)\(unsafe\.Pointer\(&ioSync\)\)\n/g, replace: "" }],
  },
];

/** What a package with muted functions calls; put beside its own files. */
export function muteHooks(packageName: string): string {
  return `package ${packageName}

import _ "unsafe" // for linkname

// Calls into the race detector, see runtime/maprace_hooks.go.

//go:linkname mapraceMute runtime.mrMute
func mapraceMute()

//go:linkname mapraceUnmute runtime.mrUnmute
func mapraceUnmute()
`;
}
