// Command toolexec runs one tool of a Go build, as `go build -toolexec` wants it: it decides what the
// compiler is given and leaves every other tool alone.
//
// Calls such as atomic.AddInt32(&x, 1) are turned into instructions by the compiler, and no hook of the
// race detector sees them. The compiler is therefore given copies of the files that name such functions,
// in which they are called by the names that the overlaid sync/atomic has for wrapped ones
// (src/server/run/atomics.ts). That reaches every package, those of the module cache too, whose files an
// overlay may not replace. The standard library is left to the overlay, which knows the few files that
// matter there.
//
// Usage: toolexec [N, and the N words of a -toolexec of the user's] TOOL ARGUMENTS…
package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

func main() {
	command := os.Args[1:]
	words := 0
	if len(command) > 0 {
		if n, err := strconv.Atoi(command[0]); err == nil {
			words, command = n, command[1:]
		}
	}
	if len(command) <= words {
		fail("usage: toolexec [N PROGRAM…] TOOL ARGUMENTS…")
	}
	tool := strings.TrimSuffix(filepath.Base(command[words]), ".exe")
	if words == 0 && len(command) == 2 && command[1] == "-V=full" && tellVersion(tool, command[0]) {
		return
	}
	if tool == "compile" {
		if wrapped := wrapCompile(command); wrapped != nil && succeeds(wrapped) {
			return
		}
		// A package that does not compile gets the compiler's words for its own files. One that only our copies
		// break (a name that hides the package's) is built as it is: its atomics stay unknown.
	}
	replaceBy(command)
}

func fail(sentence string) {
	os.Stderr.WriteString("maprace: " + sentence + "\n")
	os.Exit(2)
}

// wrapCompile returns the command with copies of the files that name functions of sync/atomic; nil when
// there are none, or the package belongs to the standard library.
func wrapCompile(command []string) []string {
	var imports, output string
	for i, arg := range command {
		switch {
		case arg == "-std":
			return nil
		case arg == "-importcfg" && i+1 < len(command):
			imports = command[i+1]
		case arg == "-o" && i+1 < len(command):
			output = command[i+1]
		}
	}
	known, err := os.ReadFile(imports)
	if err != nil || !bytes.Contains(known, []byte("packagefile sync/atomic=")) {
		return nil
	}
	wrapped := append([]string(nil), command...)
	folder := filepath.Join(filepath.Dir(output), "maprace")
	changed := false
	for i := len(command) - 1; strings.HasSuffix(command[i], ".go"); i-- {
		original, err := filepath.Abs(command[i])
		if err != nil {
			return nil
		}
		text, err := os.ReadFile(original)
		if err != nil {
			return nil
		}
		calls := wrapCalls(text)
		if calls == nil {
			continue
		}
		// The build's own folder for this package, which the go command removes.
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return nil
		}
		wrapped[i] = filepath.Join(folder, strconv.Itoa(i)+"-"+filepath.Base(original))
		named := append([]byte("//line "+original+":1:1\n"), calls...)
		if err := os.WriteFile(wrapped[i], named, 0o666); err != nil {
			return nil
		}
		changed = true
	}
	if !changed {
		return nil
	}
	return wrapped
}

// succeeds runs a command to its end; what it prints is shown only when it succeeds.
func succeeds(command []string) bool {
	said, success := run(command)
	if success {
		os.Stdout.Write(said)
	}
	return success
}

// run runs a command to its end, and returns what it printed and whether it succeeded.
func run(command []string) (said []byte, success bool) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, false
	}
	process, err := os.StartProcess(command[0], command, &os.ProcAttr{
		Files: []*os.File{os.Stdin, write, write},
	})
	write.Close()
	if err != nil {
		return nil, false
	}
	said, _ = io.ReadAll(read)
	state, err := process.Wait()
	return said, err == nil && state.Success()
}

// replaceBy becomes the command, or, where the system has no such thing, runs it and ends as it ends.
func replaceBy(command []string) {
	// The go command names its own tools by their paths, a C compiler as the user does.
	program, err := exec.LookPath(command[0])
	if err != nil {
		fail(err.Error())
	}
	err = syscall.Exec(program, command, os.Environ())
	process, startErr := os.StartProcess(program, command, &os.ProcAttr{
		Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
	})
	if startErr != nil {
		fail(command[0] + " could not be started: " + err.Error())
	}
	state, err := process.Wait()
	if err != nil {
		fail(command[0] + " could not be waited for: " + err.Error())
	}
	os.Exit(state.ExitCode())
}
