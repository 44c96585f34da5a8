// Oracle prints what go/types knows about packages: the object of every
// identifier and the type of every expression.
//
// Standard input is the output of `go list -deps -json`; packages without
// DepOnly are printed. The output is a sequence of lines:
//
//	P path            a package
//	T text            the next type of the package's table of types; after a tab, as identity spells it
//	F path            a file of the package
//	I off kind where  an identifier: byte offset, kind of object, where it is declared
//	E off end index   an expression and the index of its type
//	X message         a type error (the package is then not compared)
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"strings"
)

type listed struct {
	ImportPath string
	Name       string
	Dir        string
	GoFiles    []string
	CgoFiles   []string
	ImportMap  map[string]string
	DepOnly    bool
	ForTest    string
	Module     *struct{ GoVersion string }
	Standard   bool
	Incomplete bool
}

type loader struct {
	fset     *token.FileSet
	packages map[string]*types.Package
}

func main() {
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer out.Flush()
	l := &loader{fset: token.NewFileSet(), packages: map[string]*types.Package{"unsafe": types.Unsafe}}
	dec := json.NewDecoder(bufio.NewReader(os.Stdin))
	for {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			fmt.Fprintln(os.Stderr, "oracle: reading the package list:", err)
			os.Exit(1)
		}
		if p.ImportPath == "unsafe" {
			continue
		}
		l.load(&p, out)
	}
}

func (l *loader) load(p *listed, out *bufio.Writer) {
	var files []*ast.File
	for _, name := range append(append([]string{}, p.GoFiles...), p.CgoFiles...) {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(p.Dir, name)
		}
		f, _ := parser.ParseFile(l.fset, path, nil, parser.SkipObjectResolution)
		if f != nil {
			files = append(files, f)
		}
	}
	info := &types.Info{
		Types:     map[ast.Expr]types.TypeAndValue{},
		Defs:      map[*ast.Ident]types.Object{},
		Uses:      map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{},
	}
	var failure error
	version := ""
	if p.Module != nil && p.Module.GoVersion != "" {
		version = "go" + p.Module.GoVersion
	}
	conf := types.Config{
		Importer:         importer{l, p},
		IgnoreFuncBodies: p.DepOnly,
		FakeImportC:      true,
		GoVersion:        version,
		Sizes:            types.SizesFor("gc", "amd64"),
		Error: func(err error) {
			if failure == nil {
				failure = err
			}
		},
	}
	path := plainPath(p.ImportPath)
	pkg, _ := conf.Check(path, l.fset, files, info)
	l.packages[p.ImportPath] = pkg
	if p.DepOnly || strings.HasSuffix(p.ImportPath, ".test") {
		return
	}
	fmt.Fprintf(out, "P %s\n", p.ImportPath)
	if failure != nil {
		fmt.Fprintf(out, "X %s\n", strings.ReplaceAll(failure.Error(), "\n", " "))
		return
	}
	l.print(files, info, out)
}

// plainPath is the import path without the "[p.test]" of test variants.
func plainPath(path string) string {
	plain, _, _ := strings.Cut(path, " ")
	return plain
}

type importer struct {
	l *loader
	p *listed
}

func (im importer) Import(path string) (*types.Package, error) {
	if mapped, ok := im.p.ImportMap[path]; ok {
		path = mapped
	}
	if pkg := im.l.packages[path]; pkg != nil {
		return pkg, nil
	}
	return nil, fmt.Errorf("package %s is not in the list", path)
}

func (l *loader) print(files []*ast.File, info *types.Info, out *bufio.Writer) {
	table := map[string]int{}
	typeIndex := func(t types.Type) int {
		s := types.TypeString(t, func(p *types.Package) string { return p.Path() })
		i, ok := table[s]
		if !ok {
			i = len(table)
			table[s] = i
			fmt.Fprintf(out, "T %s", strings.ReplaceAll(s, "\n", "\\n"))
			// Identical types can be spelt differently: the name of an alias, of a parameter.
			if same := identity(t); same != s {
				fmt.Fprintf(out, "\t%s", strings.ReplaceAll(same, "\n", "\\n"))
			}
			fmt.Fprintln(out)
		}
		return i
	}
	for _, f := range files {
		tf := l.fset.File(f.FileStart)
		fmt.Fprintf(out, "F %s\n", tf.Name())
		offset := func(p token.Pos) int { return tf.Offset(p) }
		ast.Inspect(f, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok {
				if tv, ok := info.Types[e]; ok && tv.Type != nil && tv.Type != types.Typ[types.Invalid] {
					fmt.Fprintf(out, "E %d %d %d\n", offset(e.Pos()), offset(e.End()), typeIndex(tv.Type))
				}
			}
			if id, ok := n.(*ast.Ident); ok && id.Name != "_" {
				obj := info.Uses[id]
				if obj == nil {
					obj = info.Defs[id]
				}
				if obj != nil {
					fmt.Fprintf(out, "I %d %s %s\n", offset(id.Pos()), kindOf(obj), l.where(obj))
				}
			}
			return true
		})
	}
}

func kindOf(obj types.Object) string {
	switch obj.(type) {
	case *types.Var:
		return "var"
	case *types.Const:
		return "const"
	case *types.TypeName:
		return "typename"
	case *types.Func:
		return "func"
	case *types.PkgName:
		return "pkgname"
	case *types.Builtin:
		return "builtin"
	case *types.Nil:
		return "nil"
	case *types.Label:
		return "label"
	}
	return "other"
}

// where names the place of declaration; predeclared objects by their name.
func (l *loader) where(obj types.Object) string {
	if !obj.Pos().IsValid() {
		return "universe:" + obj.Name()
	}
	f := l.fset.File(obj.Pos())
	return fmt.Sprintf("%d:%s", f.Offset(obj.Pos()), f.Name())
}
