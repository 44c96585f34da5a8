// Oracle prints which functions each call of a program may reach, as
// golang.org/x/tools says: class hierarchy analysis, which leaves nothing out
// (reflection and unsafe aside), and variable type analysis, which follows
// what flows where.
//
// Its arguments are patterns of packages; those are the program's own, and
// only calls in them and functions of them are printed. The output is a
// sequence of lines:
//
//	C file off kind    a call: file, byte offset of its opening parenthesis; static, interface or value
//	V file off         a function that it may reach, by variable type analysis: where its name, or its func, stands
//	H file off         one that it may reach by class hierarchy analysis alone
package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"

	"golang.org/x/tools/go/callgraph"
	"golang.org/x/tools/go/callgraph/cha"
	"golang.org/x/tools/go/callgraph/vta"
	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/ssa/ssautil"
)

// A site is a call in source; generic functions have it once for each instance.
type site struct {
	pos  token.Pos
	kind string
	vta  map[token.Pos]bool
	cha  map[token.Pos]bool
}

func main() {
	loaded, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax}, os.Args[1:]...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "oracle: reading the packages:", err)
		os.Exit(1)
	}
	prog, _ := ssautil.AllPackages(loaded, ssa.InstantiateGenerics)
	prog.Build()
	own := map[*ssa.Package]bool{}
	for _, p := range loaded {
		own[prog.Package(p.Types)] = true
	}
	hierarchy := cha.CallGraph(prog)
	flow := vta.CallGraph(ssautil.AllFunctions(prog), hierarchy)

	sites := map[token.Pos]*site{}
	var order []*site
	add := func(graph *callgraph.Graph, isFlow bool) {
		for fn, node := range graph.Nodes {
			if fn == nil || !own[packageOf(fn)] {
				continue
			}
			for _, edge := range node.Out {
				if edge.Site == nil || edge.Site.Common().Pos() == token.NoPos {
					continue
				}
				common := edge.Site.Common()
				s := sites[common.Pos()]
				if s == nil {
					s = &site{pos: common.Pos(), kind: kindOf(common), vta: map[token.Pos]bool{}, cha: map[token.Pos]bool{}}
					sites[s.pos] = s
					order = append(order, s)
				}
				if pos := declared(edge.Callee.Func); pos != token.NoPos && own[packageOf(edge.Callee.Func)] {
					if isFlow {
						s.vta[pos] = true
					} else {
						s.cha[pos] = true
					}
				}
			}
		}
	}
	add(flow, true)
	add(hierarchy, false)

	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, s := range order {
		at := prog.Fset.Position(s.pos)
		fmt.Fprintf(out, "C %s %d %s\n", at.Filename, at.Offset, s.kind)
		for pos := range s.vta {
			p := prog.Fset.Position(pos)
			fmt.Fprintf(out, "V %s %d\n", p.Filename, p.Offset)
		}
		for pos := range s.cha {
			if !s.vta[pos] {
				p := prog.Fset.Position(pos)
				fmt.Fprintf(out, "H %s %d\n", p.Filename, p.Offset)
			}
		}
	}
}

func kindOf(call *ssa.CallCommon) string {
	if call.IsInvoke() {
		return "interface"
	}
	if call.StaticCallee() != nil {
		return "static"
	}
	return "value"
}

// packageOf is the package that a function was written in, also for instances and wrappers.
func packageOf(fn *ssa.Function) *ssa.Package {
	if fn.Origin() != nil {
		fn = fn.Origin()
	}
	if fn.Pkg != nil {
		return fn.Pkg
	}
	if obj := fn.Object(); obj != nil && obj.Pkg() != nil {
		return fn.Prog.Package(obj.Pkg())
	}
	return nil
}

// declared is the place of what was written: wrappers stand for the method that they call. Methods of embedded
// interfaces are nowhere: the wrapper's own call is another one. So are functions that are not written in Go.
func declared(fn *ssa.Function) token.Pos {
	if fn.Origin() != nil {
		fn = fn.Origin()
	}
	if decl, ok := fn.Syntax().(*ast.FuncDecl); ok && decl.Body == nil {
		return token.NoPos
	}
	obj, ok := fn.Object().(*types.Func)
	if !ok {
		return fn.Pos()
	}
	if recv := obj.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
		return token.NoPos
	}
	return obj.Pos()
}
