/**
 * What functions of libraries do to the maps they are given: `maps.*`, and readers by reflection such as
 * `json.Marshal` and `fmt.Println`, which read every map inside what they are handed.
 */
import { unparen } from "../calls/functions.ts";
import { deref, namedType, structType, under } from "../calls/typeShape.ts";
import type { AccessKind } from "../finding.ts";
import type { CallExpr, Expr } from "../syntax/ast.ts";
import type { Func, Info, Type, Var } from "../types/types.ts";
import type { Step } from "./path.ts";
import { emitAccess, mayBeMade, reflectAccess, type Walk } from "./walkRecord.ts";

/** What `maps.NAME` does to its arguments, in order. */
const MAPS_FUNCTIONS: Readonly<Record<string, readonly (AccessKind | null)[]>> = {
  Clone: ["iterate"],
  Copy: ["write", "iterate"],
  DeleteFunc: ["delete"],
  Equal: ["iterate", "iterate"],
  EqualFunc: ["iterate", "iterate"],
  Insert: ["write"],
  Keys: ["iterate"],
  Values: ["iterate"],
  All: ["iterate"],
  Clear: ["clear"],
};

/** Packages whose functions print or encode what they are given, and the first argument that they read. */
const REFLECTION_READERS: readonly {
  readonly path: string;
  readonly names: RegExp;
  readonly exportedOnly: boolean;
}[] = [
  { path: "encoding/json", names: /^(Marshal|MarshalIndent|Encode)$/, exportedOnly: true },
  { path: "encoding/xml", names: /^(Marshal|MarshalIndent|Encode)$/, exportedOnly: true },
  { path: "encoding/gob", names: /^Encode$/, exportedOnly: true },
  { path: "fmt", names: /^(Fp|P|Sp|Appendp?)rint(f|ln)?$|^Append(f|ln)?$|^Errorf$/, exportedOnly: false },
  { path: "log", names: /^(Print|Fatal|Panic)(f|ln)?$/, exportedOnly: false },
  { path: "log/slog", names: /^(Debug|Info|Warn|Error|Log)(Context|Attrs)?$|^Any$/, exportedOnly: false },
  { path: "reflect", names: /^DeepEqual$/, exportedOnly: false },
  { path: "text/template", names: /^Execute(Template)?$/, exportedOnly: true },
  { path: "html/template", names: /^Execute(Template)?$/, exportedOnly: true },
];

/** Packages that decode into the last argument: maps that are there get more entries, others are made. */
const REFLECTION_WRITERS: ReadonlyMap<string, RegExp> = new Map([
  ["encoding/json", /^(Unmarshal|Decode)$/],
  ["encoding/xml", /^(Unmarshal|Decode)$/],
  ["encoding/gob", /^Decode$/],
  ["gopkg.in/yaml.v2", /^(Unmarshal|UnmarshalStrict|Decode)$/],
  ["gopkg.in/yaml.v3", /^(Unmarshal|Decode)$/],
  ["sigs.k8s.io/yaml", /^(Unmarshal|UnmarshalStrict)$/],
  ["github.com/BurntSushi/toml", /^(Unmarshal|Decode|DecodeFile)$/],
  ["github.com/pelletier/go-toml/v2", /^(Unmarshal|Decode)$/],
]);

/** Deeper than this, structs inside structs are not followed. */
const DEEPEST = 3;

/** Writes down what a library function does to the maps among its arguments. */
export function visitLibraryCall(walk: Walk, call: CallExpr, func: Func): void {
  const path = func.pkg?.path;
  if (path === "maps" || path === "golang.org/x/exp/maps") {
    const kinds = MAPS_FUNCTIONS[func.name] ?? [];
    call.args.forEach((arg, i) => {
      const kind = kinds[i];
      if (kind && under(walk.fn.info.typeOf(arg)).kind === "map") emitAccess(walk, arg, kind, false, arg);
    });
    return;
  }
  const reader = readerOf(func);
  if (reader) for (const arg of call.args) readByReflection(walk, arg, reader.exportedOnly);
  const target = call.args.at(-1);
  if (target && path !== undefined && REFLECTION_WRITERS.get(path)?.test(func.name))
    writeByReflection(walk, target);
}

function writeByReflection(walk: Walk, arg: Expr): void {
  const type = deref(walk.fn.info.typeOf(arg));
  if (decodesItself(type)) return;
  const x = unparen(arg);
  const target = x.kind === "UnaryExpr" ? x.x : x;
  // Decoding makes the maps that are not there.
  mayBeMade(walk, target);
  if (under(type).kind === "map") {
    emitAccess(walk, target, "write", false, arg);
    return;
  }
  for (const steps of mapsInside(type, true, 0)) reflectAccess(walk, arg, steps, "write");
}

function readerOf(func: Func): (typeof REFLECTION_READERS)[number] | undefined {
  return REFLECTION_READERS.find((r) => r.path === func.pkg?.path && r.names.test(func.name));
}

/** The maps inside structs that a library function reads by reflection: by argument, the fields that lead to each. */
export function mapsReadInside(
  info: Info,
  call: CallExpr,
  func: Func,
): { readonly arg: Expr; readonly fields: readonly Var[] }[] {
  const reader = readerOf(func);
  if (!reader) return [];
  return call.args.flatMap((arg) => {
    const type = info.typeOf(arg);
    if (formatsItself(type) || under(type).kind === "map") return [];
    return mapsInside(type, reader.exportedOnly, 0).map((steps) => ({
      arg,
      fields: steps.flatMap((step) => (step.kind === "field" ? [step.field] : [])),
    }));
  });
}

function readByReflection(walk: Walk, arg: Expr, exportedOnly: boolean): void {
  const type = walk.fn.info.typeOf(arg);
  if (formatsItself(type)) return;
  if (under(type).kind === "map") {
    emitAccess(walk, arg, "iterate", false, arg);
    return;
  }
  for (const steps of mapsInside(type, exportedOnly, 0)) reflectAccess(walk, arg, steps);
}

/** The ways to the maps inside a struct. */
function mapsInside(t: Type, exportedOnly: boolean, depth: number): Step[][] {
  if (depth > DEEPEST) return [];
  const ways: Step[][] = [];
  const tags = structType(t)?.tags ?? [];
  for (const [i, field] of (structType(t)?.fields ?? []).entries()) {
    if (exportedOnly && !isExported(field)) continue;
    if (exportedOnly && /(json|xml):"-"/.test(tags[i] ?? "")) continue;
    const type = field.type();
    if (formatsItself(type)) continue;
    const step: Step = { kind: "field", field: field.origin };
    if (under(type).kind === "map") ways.push([step]);
    else if (under(type).kind === "struct" || (exportedOnly && under(type).kind === "pointer")) {
      for (const way of mapsInside(type, exportedOnly, depth + 1)) ways.push([step, ...way]);
    }
  }
  return ways;
}

function isExported(field: Var): boolean {
  return /^\p{Lu}/u.test(field.name);
}

const FORMATTERS = [
  "MarshalJSON",
  "MarshalText",
  "MarshalXML",
  "GobEncode",
  "String",
  "Error",
  "Format",
  "GoString",
];

/** True for types that decide themselves how they are read. */
function decodesItself(t: Type): boolean {
  return (namedType(t)?.methods() ?? []).some((method) => /^Unmarshal|^GobDecode$/.test(method.name));
}

/** True for types that decide themselves how they are written. */
function formatsItself(t: Type): boolean {
  return (namedType(t)?.methods() ?? []).some((method) => FORMATTERS.includes(method.name));
}
