package main

import (
	"fmt"
	"go/types"
	"strings"
)

// identity spells a type so that identical types are spelt alike: without the
// names of aliases and parameters. Interfaces stay as they are printed.
func identity(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		switch t.Name() {
		case "byte":
			return "uint8"
		case "rune":
			return "int32"
		}
		return t.String()
	case *types.Named:
		name := t.Obj().Name()
		if p := t.Obj().Pkg(); p != nil {
			name = p.Path() + "." + name
		}
		var args []string
		for arg := range t.TypeArgs().Types() {
			args = append(args, identity(arg))
		}
		if args == nil {
			return name
		}
		return name + "[" + strings.Join(args, ",") + "]"
	case *types.Pointer:
		return "*" + identity(t.Elem())
	case *types.Slice:
		return "[]" + identity(t.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), identity(t.Elem()))
	case *types.Map:
		return "map[" + identity(t.Key()) + "]" + identity(t.Elem())
	case *types.Chan:
		return [...]string{"chan", "chan<-", "<-chan"}[t.Dir()] + "(" + identity(t.Elem()) + ")"
	case *types.Tuple:
		var vars []string
		for v := range t.Variables() {
			vars = append(vars, identity(v.Type()))
		}
		return "(" + strings.Join(vars, ",") + ")"
	case *types.Signature:
		dots := ""
		if t.Variadic() {
			dots = "..."
		}
		return "func" + identity(t.Params()) + dots + identity(t.Results())
	case *types.Struct:
		var fields []string
		for i := range t.NumFields() {
			f := t.Field(i)
			fields = append(fields, fmt.Sprintf("%s %s %q", f.Name(), identity(f.Type()), t.Tag(i)))
		}
		return "struct{" + strings.Join(fields, ";") + "}"
	default:
		return types.TypeString(t, func(p *types.Package) string { return p.Path() })
	}
}
