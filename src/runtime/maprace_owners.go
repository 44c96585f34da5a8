//go:build maprace

// Whose code a function is: the user's own, a dependency's, the standard library's or the detector's. The
// names decide, together with the modules that the build wrote into the program.

package runtime

import (
	"internal/abi"
)

const (
	mrOwnerStandard = iota + 1
	mrOwnerDependency
	mrOwnerUser
	mrOwnerDetector
	// mrOwnerCompiler is that of functions that stand in nobody's source, such as one that a defer statement
	// calls; the code that they call may be inlined in them.
	mrOwnerCompiler
	// mrOwnerSync is that of the standard library's functions that synchronise for those who call them.
	mrOwnerSync
)

// mrOwnerOf returns the owner of the function that a return address lies in, what is inlined there aside.
func mrOwnerOf(pc uintptr) uintptr {
	f := findfunc(pc - 1)
	switch {
	case !f.valid():
		return mrOwnerStandard
	case f.funcID == abi.FuncIDWrapper:
		return mrOwnerCompiler
	}
	return mrOwner(funcname(f))
}

// mrOwner returns the owner of a function with a full name.
func mrOwner(function string) uintptr {
	if mrPrefix(function, "runtime.race") || mrPrefix(function, "runtime.mr") ||
		mrPrefix(function, "runtime.(*mr") || mrPrefix(function, "internal/race.") {
		return mrOwnerDetector
	}
	path := mrPackagePath(function)
	switch path {
	case "main", "command-line-arguments":
		return mrOwnerUser
	case "sync", "sync/atomic", "internal/sync", "runtime", "context", "internal/poll", "os", "net":
		return mrOwnerSync
	}
	if owner := mrOwnerByModule(path); owner != 0 {
		return owner
	}
	for i := 0; i < len(path) && path[i] != '/'; i++ {
		if path[i] == '.' {
			return mrOwnerDependency
		}
	}
	return mrOwnerStandard
}

// mrPackagePath returns the import path in a function's full name: "net/http" of "net/http.(*conn).serve".
func mrPackagePath(function string) string {
	dot := len(function)
	for i := 0; i < len(function); i++ {
		switch function[i] {
		case '/':
			dot = len(function)
		case '.':
			if dot == len(function) {
				dot = i
			}
		case '[':
			return function[:min(dot, i)]
		}
	}
	return function[:dot]
}

// mrOwnerByModule looks a package up among the program's modules, 0 when none has it. The main module is the
// user's, and so are those beside it in a workspace: their version is "(devel)".
func mrOwnerByModule(path string) uintptr {
	info := modinfo
	for len(info) > 0 {
		line := info
		for i := 0; i < len(info); i++ {
			if info[i] == '\n' {
				line = info[:i]
				break
			}
		}
		info = info[min(len(line)+1, len(info)):]
		kind, rest := mrField(line)
		// The information is framed by 16 bytes, which stand before its first word.
		isMain := len(kind) >= 3 && kind[len(kind)-3:] == "mod"
		if !isMain && kind != "dep" {
			continue
		}
		module, rest := mrField(rest)
		version, _ := mrField(rest)
		if !mrPrefix(path, module) {
			continue
		}
		if below := path[len(module):]; below == "" || below[0] == '/' || below == "_test" {
			if isMain || version == "(devel)" {
				return mrOwnerUser
			}
			return mrOwnerDependency
		}
	}
	return 0
}

// mrField cuts a line at its first tab.
func mrField(line string) (field, rest string) {
	for i := 0; i < len(line); i++ {
		if line[i] == '\t' {
			return line[:i], line[i+1:]
		}
	}
	return line, ""
}
