// Finding the calls of sync/atomic in Go source, and giving them other names. What is not Go is left to
// the compiler to complain of.

package main

import (
	"bytes"
	"strings"
)

// wrapCalls returns a Go file in which the functions of sync/atomic have the names of the wrapped ones,
// with the same lines; nil when it names none. Strings and comments are left as they are.
func wrapCalls(src []byte) []byte {
	names := atomicNames(src)
	if len(names) == 0 {
		return nil
	}
	var out []byte
	copied := 0
	var before, last token
	for s := (scanner{src: src}); ; {
		t := s.next()
		if t.kind == end {
			break
		}
		// before . t, where before is the package's name and not itself selected from something.
		if t.kind == word && last.text == "." && before.isPackage && isOperation(t.text) {
			out = append(out, src[copied:t.at]...)
			out = append(out, "Maprace"...)
			copied = t.at
		}
		t.isPackage = t.kind == word && last.text != "." && names[t.text]
		before, last = last, t
	}
	if copied == 0 {
		return nil
	}
	return append(out, src[copied:]...)
}

// atomicNames returns the names under which a file imports sync/atomic. The one that coverage counters
// use is left out: they must not order what they count.
func atomicNames(src []byte) map[string]bool {
	names := map[string]bool{}
	name, importing, group := "", false, false
	for s := (scanner{src: src}); ; {
		t := s.next()
		switch {
		case t.kind == end || t.kind == word && !importing && isDeclaration(t.text):
			delete(names, "_")
			delete(names, ".")
			delete(names, "_cover_atomic_")
			return names
		case t.kind == word && t.text == "import":
			name, importing, group = "", true, false
		case !importing:
		case t.text == "(":
			group = true
		case t.text == ")":
			importing = false
		case t.kind == literal:
			if path := strings.Trim(t.text, "\"`"); path == "sync/atomic" {
				if name == "" {
					name = "atomic"
				}
				names[name] = true
			}
			name, importing = "", group
		case t.kind == word || t.text == ".":
			name = t.text
		}
	}
}

// isDeclaration says that no import comes any more.
func isDeclaration(word string) bool {
	return word == "func" || word == "var" || word == "const" || word == "type"
}

// isOperation reports whether sync/atomic has a function of this name that the overlay wraps.
func isOperation(name string) bool {
	for _, operation := range [...]string{"Load", "Store", "Swap", "CompareAndSwap", "Add", "And", "Or"} {
		operand, found := strings.CutPrefix(name, operation)
		if !found {
			continue
		}
		switch operand {
		case "Int32", "Int64", "Uint32", "Uint64", "Uintptr", "Pointer":
			return true
		}
	}
	return false
}

const (
	end = iota
	word
	literal
	other
)

type token struct {
	kind      int
	at        int
	text      string
	isPackage bool
}

// scanner cuts Go source into words, literals and single other bytes, without its comments.
type scanner struct {
	src []byte
	at  int
}

func (s *scanner) next() token {
	for s.at < len(s.src) {
		from := s.at
		c := s.src[s.at]
		s.at++
		switch {
		case c == '/' && s.peek() == '/':
			s.skipTo("\n")
		case c == '/' && s.peek() == '*':
			s.at++
			s.skipTo("*/")
		case c == '`':
			s.skipTo("`")
			return s.token(literal, from)
		case c == '"' || c == '\'':
			for s.at < len(s.src) && s.src[s.at] != c && s.src[s.at] != '\n' {
				if s.src[s.at] == '\\' {
					s.at++
				}
				s.at++
			}
			s.at = min(s.at+1, len(s.src))
			return s.token(literal, from)
		case isLetter(c):
			for s.at < len(s.src) && (isLetter(s.src[s.at]) || isDigit(s.src[s.at])) {
				s.at++
			}
			return s.token(word, from)
		case isDigit(c):
			for s.at < len(s.src) && (isLetter(s.src[s.at]) || isDigit(s.src[s.at]) || s.src[s.at] == '.') {
				s.at++
			}
			return s.token(literal, from)
		case c > ' ':
			return s.token(other, from)
		}
	}
	return token{}
}

func (s *scanner) token(kind, from int) token {
	return token{kind: kind, at: from, text: string(s.src[from:s.at])}
}

func (s *scanner) peek() byte {
	if s.at < len(s.src) {
		return s.src[s.at]
	}
	return 0
}

// skipTo moves behind the next occurrence of a text, or to the end.
func (s *scanner) skipTo(text string) {
	if i := bytes.Index(s.src[s.at:], []byte(text)); i >= 0 {
		s.at += i + len(text)
	} else {
		s.at = len(s.src)
	}
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c >= 0x80 }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
