// The versions of Go's tools, which every build asks for before it does anything else. Starting the compiler
// for that takes longer than all the rest of what this program does in a build of an unchanged program, so what
// a tool said is kept beside this program.

package main

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// tellVersion prints what a tool of the go command's says to -V=full; false when it is to be asked itself.
func tellVersion(tool, path string) bool {
	switch tool {
	case "asm", "cgo", "compile", "link":
	default:
		// A tool of the user's may say what it likes.
		return false
	}
	kept := versionFile(tool, path)
	if said, err := os.ReadFile(kept); err == nil {
		os.Stdout.Write(said)
		return true
	}
	said, success := run([]string{path, "-V=full"})
	if !success {
		return false
	}
	os.Stdout.Write(said)
	// Where it cannot be kept, the tool is asked the next time too.
	if os.MkdirAll(filepath.Dir(kept), 0o777) == nil {
		temporary := kept + "." + strconv.Itoa(os.Getpid())
		if os.WriteFile(temporary, said, 0o666) == nil {
			os.Rename(temporary, kept)
		}
	}
	return true
}

// versionFile names the file for what a tool says: what that hangs on is the tool itself, and Go's variables.
func versionFile(tool, path string) string {
	about := fnv.New64a()
	fmt.Fprintln(about, path)
	if stat, err := os.Stat(path); err == nil {
		fmt.Fprintln(about, stat.Size(), stat.ModTime().UnixNano())
	}
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "GO") {
			fmt.Fprintln(about, variable)
		}
	}
	return filepath.Join(filepath.Dir(os.Args[0]), "versions", tool+"-"+strconv.FormatUint(about.Sum64(), 16))
}
