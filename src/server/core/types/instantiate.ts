/** Substitution of type parameters, and instances of generic types, aliases and functions. */
import { AliasType, FuncObj, NamedType, UNKNOWN, VarObj } from "./objects.ts";
import type {
  Alias,
  Func,
  Interface,
  Named,
  Signature,
  Struct,
  Tuple,
  Type,
  TypeParam,
  Var,
} from "./types.ts";
import { typeKey } from "./typestring.ts";

/** What each type parameter is replaced by. */
export type Substitution = ReadonlyMap<TypeParam, Type>;

/** The substitution of `args` for `params`; parameters without an argument stay. */
export function substitution(params: readonly TypeParam[], args: readonly (Type | null)[]): Substitution {
  const map = new Map<TypeParam, Type>();
  for (const [i, p] of params.entries()) {
    const arg = args[i];
    if (arg !== undefined && arg !== null && arg !== p) map.set(p, arg);
  }
  return map;
}

/** The type with its type parameters replaced; the same object where none occurs in it. */
export function subst(t: Type, by: Substitution): Type {
  if (by.size === 0) return t;
  switch (t.kind) {
    case "typeparam":
      return by.get(t) ?? t;
    case "named": {
      if (t.typeArgs.length === 0) return t;
      const args = substList(t.typeArgs, by);
      return args === t.typeArgs ? t : instantiateNamed(t.origin, args);
    }
    case "alias": {
      if (t.typeArgs.length === 0) return t.typeParams.length === 0 ? substAlias(t, by) : t;
      const args = substList(t.typeArgs, by);
      return args === t.typeArgs ? t : instantiateAlias(t.origin, args);
    }
    case "pointer": {
      const elem = subst(t.elem, by);
      return elem === t.elem ? t : { kind: "pointer", elem };
    }
    case "slice": {
      const elem = subst(t.elem, by);
      return elem === t.elem ? t : { kind: "slice", elem };
    }
    case "array": {
      const elem = subst(t.elem, by);
      return elem === t.elem ? t : { kind: "array", elem, length: t.length };
    }
    case "map": {
      const key = subst(t.key, by);
      const elem = subst(t.elem, by);
      return key === t.key && elem === t.elem ? t : { kind: "map", key, elem };
    }
    case "chan": {
      const elem = subst(t.elem, by);
      return elem === t.elem ? t : { kind: "chan", dir: t.dir, elem };
    }
    case "struct":
      return substStruct(t, by);
    case "tuple":
      return substTuple(t, by);
    case "signature":
      return substSignature(t, by);
    case "interface":
      return substInterface(t, by);
    case "union": {
      let changed = false;
      const terms = t.terms.map((term) => {
        const type = subst(term.type, by);
        if (type === term.type) return term;
        changed = true;
        return { tilde: term.tilde, type };
      });
      return changed ? { kind: "union", terms } : t;
    }
    default:
      return t;
  }
}

/** An alias declared in a generic function may speak of its type parameters; others stay as they are. */
function substAlias(t: Alias, by: Substitution): Type {
  if (t.obj.pkg === null) return t;
  const target = t.target();
  if (target.kind === "named" && target.typeArgs.length === 0) return t;
  const changed = subst(target, by);
  return changed === target ? t : changed;
}

function substList(list: readonly Type[], by: Substitution): readonly Type[] {
  let out: Type[] | null = null;
  for (const [i, t] of list.entries()) {
    const changed = subst(t, by);
    if (changed !== t && out === null) out = list.slice(0, i);
    out?.push(changed);
  }
  return out ?? list;
}

function substVar(v: Var, by: Substitution): Var {
  const type = v.type();
  const changed = subst(type, by);
  if (changed === type || !(v instanceof VarObj)) return v;
  return new VarObj(v.name, v.pkg, v.role, changed, v.site, v.node, v.embedded, v.origin);
}

function substTuple(t: Tuple, by: Substitution): Tuple {
  let changed = false;
  const vars = t.vars.map((v) => {
    const w = substVar(v, by);
    if (w !== v) changed = true;
    return w;
  });
  return changed ? { kind: "tuple", vars } : t;
}

function substStruct(t: Struct, by: Substitution): Struct {
  let changed = false;
  const fields = t.fields.map((f) => {
    const g = substVar(f, by);
    if (g !== f) changed = true;
    return g;
  });
  return changed ? { kind: "struct", fields, tags: t.tags } : t;
}

/** The signature with its parameters and results replaced; its own type parameters stay. */
export function substSignature(t: Signature, by: Substitution): Signature {
  const params = substTuple(t.params, by);
  const results = substTuple(t.results, by);
  if (params === t.params && results === t.results) return t;
  const { recv, recvTypeParams, typeParams, variadic } = t;
  return { kind: "signature", recv, recvTypeParams, typeParams, params, results, variadic };
}

function substInterface(t: Interface, by: Substitution): Interface {
  let changed = false;
  const methods = t.methods.map((m) => {
    const type = m.type();
    const replaced = subst(type, by);
    if (replaced === type || !(m instanceof FuncObj)) return m;
    changed = true;
    return new FuncObj(m.name, m.pkg, replaced, m.site, m.node, m.origin);
  });
  const embedded = substList(t.embedded, by);
  if (!changed && embedded === t.embedded) return t;
  return { kind: "interface", methods, embedded, implicit: t.implicit, comparable: t.comparable };
}

/** The instance of a generic type; the same object for identical arguments. */
export function instantiateNamed(generic: Named, args: readonly Type[]): Type {
  if (!(generic instanceof NamedType)) return UNKNOWN;
  const key = args.map(typeKey).join(",");
  const known = generic.instance(key);
  if (known?.typeArgs.every((t, i) => t === args[i])) return known;
  const by = (): Substitution => substitution(generic.typeParams, args);
  const instance: NamedType = new NamedType(
    generic.obj,
    generic.serial,
    () => generic.typeParams,
    args,
    generic,
    known ?? {
      underlying: () => subst(generic.underlying(), by()),
      methods: () => generic.methods().map((m) => methodOfInstance(m, args)),
    },
  );
  if (known === null) generic.remember(key, instance);
  return instance;
}

/** A method of a generic type as a method of its instance. */
function methodOfInstance(method: Func, args: readonly Type[]): Func {
  if (!(method instanceof FuncObj)) return method;
  const type = (): Type => {
    const signature = method.type();
    if (signature.kind !== "signature") return UNKNOWN;
    const by = substitution(signature.recvTypeParams, args);
    const recv = signature.recv === null ? null : substVar(signature.recv, by);
    const replaced = substSignature(signature, by);
    return { ...replaced, recv, recvTypeParams: [] };
  };
  return new FuncObj(method.name, method.pkg, type, method.site, method.node, method.origin);
}

/** The instance of a generic alias. */
export function instantiateAlias(generic: Alias, args: readonly Type[]): Type {
  const target = (): Type => subst(generic.target(), substitution(generic.typeParams, args));
  return new AliasType(generic.obj, () => generic.typeParams, args, generic, target);
}

/** The signature of a generic function for these type arguments. */
export function instantiateSignature(t: Signature, args: readonly Type[]): Signature {
  const replaced = substSignature(t, substitution(t.typeParams, args));
  return { ...replaced, typeParams: [] };
}
