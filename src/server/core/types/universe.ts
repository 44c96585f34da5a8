/** The predeclared types, constants, functions and `nil` of Go, and the package `unsafe`. */
import {
  AliasType,
  BuiltinObj,
  ConstObj,
  FuncObj,
  NamedType,
  NilObj,
  TypeNameObj,
  VarObj,
} from "./objects.ts";
import type { Basic, Interface, Obj, Signature, Tuple, Type, TypeParam } from "./types.ts";

/** Bits of {@link Basic.flags}. */
export const BOOLEAN = 1;
export const INTEGER = 2;
export const UNSIGNED = 4;
export const FLOAT = 8;
export const COMPLEX = 16;
export const STRING = 32;
export const UNTYPED = 64;
export const NUMERIC = INTEGER | FLOAT | COMPLEX;
export const CONSTANT = BOOLEAN | NUMERIC | STRING;

function basic(name: string, flags: number, canonical = name): Basic {
  return { kind: "basic", name, canonical, flags };
}

export const BOOL = basic("bool", BOOLEAN);
export const INT = basic("int", INTEGER);
export const UINT = basic("uint", INTEGER | UNSIGNED);
export const UINT8 = basic("uint8", INTEGER | UNSIGNED);
export const INT32 = basic("int32", INTEGER);
export const UINTPTR = basic("uintptr", INTEGER | UNSIGNED);
export const FLOAT32 = basic("float32", FLOAT);
export const FLOAT64 = basic("float64", FLOAT);
export const COMPLEX64 = basic("complex64", COMPLEX);
export const COMPLEX128 = basic("complex128", COMPLEX);
export const STRING_TYPE = basic("string", STRING);
export const BYTE = basic("byte", INTEGER | UNSIGNED, "uint8");
export const RUNE = basic("rune", INTEGER, "int32");
export const UNSAFE_POINTER = basic("unsafe.Pointer", 0);
export const UNTYPED_BOOL = basic("untyped bool", BOOLEAN | UNTYPED);
export const UNTYPED_INT = basic("untyped int", INTEGER | UNTYPED);
export const UNTYPED_RUNE = basic("untyped rune", INTEGER | UNTYPED);
export const UNTYPED_FLOAT = basic("untyped float", FLOAT | UNTYPED);
export const UNTYPED_COMPLEX = basic("untyped complex", COMPLEX | UNTYPED);
export const UNTYPED_STRING = basic("untyped string", STRING | UNTYPED);
export const UNTYPED_NIL = basic("untyped nil", UNTYPED);

/** What is not generic has these: one list for all. */
export const NO_TYPE_PARAMS: readonly TypeParam[] = [];

export const EMPTY_TUPLE: Tuple = { kind: "tuple", vars: [] };
export const EMPTY_INTERFACE: Interface = {
  kind: "interface",
  methods: [],
  embedded: [],
  implicit: false,
  comparable: false,
};

function predeclared(name: string, type: Type): TypeNameObj {
  return new TypeNameObj(name, null, type, null, null);
}

const anyName: TypeNameObj = new TypeNameObj("any", null, () => ANY, null, null);
/** The predeclared alias `any`. */
const ANY: Type = new AliasType(anyName, [], [], null, EMPTY_INTERFACE);

const errorName: TypeNameObj = new TypeNameObj("error", null, () => ERROR_TYPE, null, null);
/** The predeclared type `error`. */
const ERROR_TYPE: NamedType = new NamedType(errorName, -1, [], [], null, {
  underlying: () => ({
    kind: "interface",
    methods: [new FuncObj("Error", null, errorSignature, null, null)],
    embedded: [],
    implicit: false,
    comparable: false,
  }),
  methods: () => [],
});
const errorSignature: Signature = {
  kind: "signature",
  recv: null,
  recvTypeParams: NO_TYPE_PARAMS,
  typeParams: NO_TYPE_PARAMS,
  params: EMPTY_TUPLE,
  results: { kind: "tuple", vars: [new VarObj("", null, "result", STRING_TYPE, null, null)] },
  variadic: false,
};

const comparableName: TypeNameObj = new TypeNameObj("comparable", null, () => COMPARABLE, null, null);
/** The predeclared constraint `comparable`. */
const COMPARABLE: NamedType = new NamedType(comparableName, -2, [], [], null, {
  underlying: () => ({ kind: "interface", methods: [], embedded: [], implicit: false, comparable: true }),
  methods: () => [],
});

const BUILTINS = [
  "append",
  "cap",
  "clear",
  "close",
  "complex",
  "copy",
  "delete",
  "imag",
  "len",
  "make",
  "max",
  "min",
  "new",
  "panic",
  "print",
  "println",
  "real",
  "recover",
];
const UNSAFE_BUILTINS = [
  "Add",
  "Alignof",
  "Offsetof",
  "Sizeof",
  "Slice",
  "SliceData",
  "String",
  "StringData",
];

/** The predeclared object `iota`; its value depends on where it stands. */
export const IOTA = new ConstObj("iota", null, { type: UNTYPED_INT, value: 0n }, null, null);

const universe: ReadonlyMap<string, Obj> = new Map<string, Obj>([
  ...[
    BOOL,
    INT,
    basic("int8", INTEGER),
    basic("int16", INTEGER),
    INT32,
    basic("int64", INTEGER),
    UINT,
    UINT8,
    basic("uint16", INTEGER | UNSIGNED),
    basic("uint32", INTEGER | UNSIGNED),
    basic("uint64", INTEGER | UNSIGNED),
    UINTPTR,
    FLOAT32,
    FLOAT64,
    COMPLEX64,
    COMPLEX128,
    STRING_TYPE,
    BYTE,
    RUNE,
  ].map((t): [string, Obj] => [t.name, predeclared(t.name, t)]),
  ["any", anyName],
  ["error", errorName],
  ["comparable", comparableName],
  ["true", new ConstObj("true", null, { type: UNTYPED_BOOL, value: true }, null, null)],
  ["false", new ConstObj("false", null, { type: UNTYPED_BOOL, value: false }, null, null)],
  ["iota", IOTA],
  ["nil", new NilObj(UNTYPED_NIL)],
  ...BUILTINS.map((name): [string, Obj] => [name, new BuiltinObj(name)]),
]);

const unsafe: ReadonlyMap<string, Obj> = new Map<string, Obj>([
  ["Pointer", predeclared("Pointer", UNSAFE_POINTER)],
  ...UNSAFE_BUILTINS.map((name): [string, Obj] => [name, new BuiltinObj(`unsafe.${name}`)]),
]);

/** The predeclared object of this name, or null. */
export function universeLookup(name: string): Obj | null {
  return universe.get(name) ?? null;
}

/** The object of this name in package `unsafe`, or null. */
export function unsafeLookup(name: string): Obj | null {
  return unsafe.get(name) ?? null;
}

/** The names of package `unsafe`. */
export function unsafeNames(): readonly string[] {
  return [...unsafe.keys()];
}
