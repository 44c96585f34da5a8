/**
 * Makes the operations of sync/atomic known to the detector. The compiler turns calls such as
 * `atomic.AddInt32(&x, 1)` into instructions, by package and name, and no hook is called. So sync/atomic
 * gets functions of other names that wrap the operation between two hooks, and the callers that can be
 * reached are made to call those: here the typed values in sync/atomic itself and a few files of the
 * standard library; all other packages on their way to the compiler (src/runtime/toolexec).
 */

const OPERATION = "(Load|Store|Swap|CompareAndSwap|Add|And|Or)(Int32|Int64|Uint32|Uint64|Uintptr|Pointer)";

/** The Go type of an operand. */
const GO_TYPE: Readonly<Record<string, string>> = {
  Int32: "int32",
  Int64: "int64",
  Uint32: "uint32",
  Uint64: "uint64",
  Uintptr: "uintptr",
  Pointer: "unsafe.Pointer",
};

/** The hook that loads an operand, and the type it loads. */
const LOAD: Readonly<Record<string, readonly [hook: string, type: string]>> = {
  Int32: ["mapraceLoad32", "uint32"],
  Int64: ["mapraceLoad64", "uint64"],
  Uint32: ["mapraceLoad32", "uint32"],
  Uint64: ["mapraceLoad64", "uint64"],
  Uintptr: ["mapraceLoadUintptr", "uintptr"],
  Pointer: ["mapraceLoadPointer", "unsafe.Pointer"],
};

/** The body of a wrapped read-modify-write: what it does, its result, and when it has changed the word. */
function update(parameters: string, result: string, call: string, changed = "true"): string {
  return `(addr *T, ${parameters}) (${result}) {
	_ = *addr
	s := mapraceUpdate(unsafe.Pointer(addr))
	${result.split(" ")[0]} = N(addr, ${call})
	if s != nil {
		mapraceUpdated(s, ${changed})
	}
	return
}`;
}

/** The bodies of the wrapping functions by operation; T is the operand's type, N the plain function. */
const WRAPPER: Readonly<Record<string, string>> = {
  Load: "(addr *T) T {\n\treturn T(HOOK((*LOADED)(unsafe.Pointer(addr))))\n}",
  Store: `(addr *T, val T) {
	_ = *addr
	s := mapraceStore(unsafe.Pointer(addr))
	N(addr, val)
	if s != nil {
		mapraceDone(s)
	}
}`,
  Swap: update("new T", "old T", "new"),
  CompareAndSwap: update("old, new T", "swapped bool", "old, new", "swapped"),
  Add: update("delta T", "new T", "delta"),
  And: update("mask T", "old T", "mask"),
  Or: update("mask T", "old T", "mask"),
};

/**
 * The file that is added to sync/atomic: a wrapping function for each operation that its doc files declare.
 * @param callers the version of the rewriting of the callers: a new one has them all compiled again.
 */
export function atomicWrappers(doc: string, callers: string): string {
  const wrappers = new Map<string, string>();
  for (const [, operation = "", operand = ""] of doc.matchAll(new RegExp(`^func ${OPERATION}\\(`, "gm"))) {
    const [hook, loaded] = LOAD[operand] ?? ["", ""];
    const body = (WRAPPER[operation] ?? "")
      .replace(/\bHOOK\b/g, hook)
      .replace(/\bLOADED\b/g, loaded)
      .replace(/\bT\b/g, GO_TYPE[operand] ?? "")
      .replace(/\bN\b/g, operation + operand);
    wrappers.set(operation + operand, `func Maprace${operation}${operand}${body}\n`);
  }
  return `package atomic

import "unsafe"

// MapraceCallers is the version of what rewrites the callers of this package.
const MapraceCallers = "${callers}"

// Calls into the race detector, see runtime/maprace_atomics.go.

//go:linkname mapraceLoad32 runtime.mrAtomicLoad32
//go:noescape
func mapraceLoad32(addr *uint32) uint32

//go:linkname mapraceLoad64 runtime.mrAtomicLoad64
//go:noescape
func mapraceLoad64(addr *uint64) uint64

//go:linkname mapraceLoadPointer runtime.mrAtomicLoadPointer
//go:noescape
func mapraceLoadPointer(addr *unsafe.Pointer) unsafe.Pointer

//go:linkname mapraceLoadUintptr runtime.mrAtomicLoadUintptr
//go:noescape
func mapraceLoadUintptr(addr *uintptr) uintptr

//go:linkname mapraceStore runtime.mrAtomicStore
//go:noescape
func mapraceStore(addr unsafe.Pointer) unsafe.Pointer

//go:linkname mapraceUpdate runtime.mrAtomicUpdate
//go:noescape
func mapraceUpdate(addr unsafe.Pointer) unsafe.Pointer

//go:linkname mapraceUpdated runtime.mrAtomicUpdated
//go:noescape
func mapraceUpdated(s unsafe.Pointer, changed bool)

//go:linkname mapraceDone runtime.mrAtomicDone
//go:noescape
func mapraceDone(s unsafe.Pointer)

${[...wrappers.values()].join("\n")}`;
}

/**
 * A file of sync/atomic (type.go, value.go) with its operations wrapped. The word that tells a Value's type is left
 * alone: it is set once, and whoever finds it set goes on to the word with the value.
 */
export function wrapOwnOperations(text: string): string {
  return text.replace(new RegExp(`(?<![\\w.])(?=${OPERATION}\\((?!&vp\\.typ\\b))`, "g"), "Maprace");
}

/** A file of the standard library with its direct calls of sync/atomic functions wrapped, lines unchanged. */
export function wrapDirectCalls(text: string): string {
  return text.replace(new RegExp(`(?<![\\w.])atomic\\.(?=${OPERATION}\\b)`, "g"), "atomic.Maprace");
}
