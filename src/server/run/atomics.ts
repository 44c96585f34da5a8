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

/** The bodies of the wrapping functions by operation; T is the operand's type, N the plain function. */
const WRAPPER: Readonly<Record<string, string>> = {
  Load: "(addr *T) (val T) {\n\t_ = *addr\n\ts := mapraceLoad(unsafe.Pointer(addr))\n\tval = N(addr)\n\tmapraceLoaded(s, unsafe.Pointer(addr))\n\treturn val\n}",
  Store:
    "(addr *T, val T) {\n\t_ = *addr\n\ts := mapraceStore(unsafe.Pointer(addr))\n\tN(addr, val)\n\tmapraceDone(s)\n}",
  Swap: "(addr *T, new T) (old T) {\n\t_ = *addr\n\ts := mapraceUpdate(unsafe.Pointer(addr))\n\told = N(addr, new)\n\tmapraceUpdated(s, true)\n\treturn old\n}",
  CompareAndSwap:
    "(addr *T, old, new T) (swapped bool) {\n\t_ = *addr\n\ts := mapraceUpdate(unsafe.Pointer(addr))\n\tswapped = N(addr, old, new)\n\tmapraceUpdated(s, swapped)\n\treturn swapped\n}",
  Add: "(addr *T, delta T) (new T) {\n\t_ = *addr\n\ts := mapraceUpdate(unsafe.Pointer(addr))\n\tnew = N(addr, delta)\n\tmapraceUpdated(s, true)\n\treturn new\n}",
  And: "(addr *T, mask T) (old T) {\n\t_ = *addr\n\ts := mapraceUpdate(unsafe.Pointer(addr))\n\told = N(addr, mask)\n\tmapraceUpdated(s, true)\n\treturn old\n}",
  Or: "(addr *T, mask T) (old T) {\n\t_ = *addr\n\ts := mapraceUpdate(unsafe.Pointer(addr))\n\told = N(addr, mask)\n\tmapraceUpdated(s, true)\n\treturn old\n}",
};

/**
 * The file that is added to sync/atomic: a wrapping function for each operation that its doc files declare.
 * @param callers the version of the rewriting of the callers: a new one has them all compiled again.
 */
export function atomicWrappers(doc: string, callers: string): string {
  const wrappers = new Map<string, string>();
  for (const [, operation = "", operand = ""] of doc.matchAll(new RegExp(`^func ${OPERATION}\\(`, "gm"))) {
    const body = (WRAPPER[operation] ?? "")
      .replace(/\bT\b/g, GO_TYPE[operand] ?? "")
      .replace(/\bN\b/g, operation + operand);
    wrappers.set(operation + operand, `func Maprace${operation}${operand}${body}\n`);
  }
  return `package atomic

import "unsafe"

// MapraceCallers is the version of what rewrites the callers of this package.
const MapraceCallers = "${callers}"

// Calls into the race detector, see runtime/maprace_atomics.go.

//go:linkname mapraceLoad runtime.mrAtomicLoad
//go:noescape
func mapraceLoad(addr unsafe.Pointer) unsafe.Pointer

//go:linkname mapraceLoaded runtime.mrAtomicLoaded
//go:noescape
func mapraceLoaded(s, addr unsafe.Pointer)

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

/** A file of sync/atomic (type.go, value.go) with its operations wrapped. */
export function wrapOwnOperations(text: string): string {
  return text.replace(new RegExp(`(?<![\\w.])(?=${OPERATION}\\()`, "g"), "Maprace");
}

/** A file of the standard library with its direct calls of sync/atomic functions wrapped, lines unchanged. */
export function wrapDirectCalls(text: string): string {
  return text.replace(new RegExp(`(?<![\\w.])atomic\\.(?=${OPERATION}\\b)`, "g"), "atomic.Maprace");
}
