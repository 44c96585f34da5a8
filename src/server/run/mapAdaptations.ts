/**
 * The changes to the map code of the user's own Go that call the detector: with the map's type, the key
 * and the kind of access, which the race hooks that are there do not say. Go 1.24 changed the map's
 * layout; both are known here.
 */
import type { Adaptation, Edit } from "./adaptations.ts";

const RUNTIME_LOCALS = /callerpc := (?:sys\.GetCallerPC|getcallerpc)\(\)\n/;

/** Turns the hook calls of a map function into calls that also say the type, the key and the kind of access. */
function mapHook(kind: "read" | "write", map: string, call: string, options: { inRuntime: boolean }): Edit {
  const hook = options.inRuntime ? `race${kind}pc` : `race\\.${kind === "read" ? "ReadPC" : "WritePC"}`;
  const find = new RegExp(
    `${RUNTIME_LOCALS.source}((?:\\t+pc := .*\\n)?)\\t+${hook}\\(unsafe\\.Pointer\\(${map}\\), callerpc, .*\\)\\n(?:\\t+race\\.?ReadObjectPC\\(.*\\)\\n)?`,
    "g",
  );
  return { find, replace: `${call}\n` };
}

const READ = 0;
const WRITE = 1;
const ITERATE = 2;
const LENGTH = 3;
const DELETE = 4;
const CLEAR = 5;
const NEXT = 7;

/** Keeps an import of a package in use after the last call of it was taken out. */
const KEEP_SYS = "\nvar _ = sys.TrailingZeros64\n";

/** The map operations of internal/runtime/maps (Go 1.24 and later): the hash function variants. */
function swissMapFile(file: string, key: string, formerly: string): Adaptation {
  const deleteHook: Edit = {
    find: new RegExp(
      `if race\\.Enabled \\{\\n\\t+${RUNTIME_LOCALS.source}(\\t+pc := .*mapdelete.*\\n)\\t+race\\.WritePC\\(unsafe\\.Pointer\\(m\\), callerpc, pc\\)\\n`,
      "g",
    ),
    replace: `if race.Enabled && m != nil {\n\t\tmapraceWrite(typ, &m.Maprace, ${key}, ${DELETE}, 0)\n`,
    optional: true,
  };
  return {
    file: `internal/runtime/maps/${file}`,
    formerly: `internal/runtime/maps/${formerly}`,
    edits: [
      deleteHook,
      mapHook("read", "m", `mapraceRead(typ, &m.Maprace, ${key}, ${READ})`, { inRuntime: false }),
      mapHook("write", "m", `mapraceWrite(typ, &m.Maprace, ${key}, ${WRITE}, uintptr(m.used))`, {
        inRuntime: false,
      }),
    ],
    append: KEEP_SYS,
  };
}

const FAST_KEY = "abi.NoEscape(unsafe.Pointer(&key))";

/** The map code of Go 1.24 and later. */
export const SWISS_MAPS: readonly Adaptation[] = [
  {
    file: "internal/runtime/maps/map.go",
    edits: [
      {
        find: /(type Map struct \{\n[\s\S]*?\n)\}\n/,
        replace:
          "$1\n\t// Maprace is what the race detector knows of this map; not there in maps on a stack.\n\tMaprace abi.MapraceState\n}\n",
      },
      {
        find: /\*m2 = \*m\n/,
        replace: "*m2 = *m\n\tm2.Maprace = abi.MapraceState{}\n",
        optional: true,
      },
    ],
  },
  swissMapFile("runtime.go", "key", "runtime_swiss.go"),
  swissMapFile("runtime_fast32.go", FAST_KEY, "runtime_fast32_swiss.go"),
  swissMapFile("runtime_fast64.go", FAST_KEY, "runtime_fast64_swiss.go"),
  swissMapFile("runtime_faststr.go", FAST_KEY, "runtime_faststr_swiss.go"),
  {
    file: "runtime/map.go",
    formerly: "runtime/map_swiss.go",
    edits: [
      {
        find: new RegExp(
          `${RUNTIME_LOCALS.source}\\t+pc := abi\\.FuncPCABIInternal\\(mapdelete\\)\\n\\t+racewritepc\\(unsafe\\.Pointer\\(m\\), callerpc, pc\\)\\n\\t+raceReadObjectPC\\(t\\.Key, key, callerpc, pc\\)\\n`,
        ),
        replace: `mrMapWrite(t, &m.Maprace, key, ${DELETE}, 0)\n`,
      },
      {
        find: new RegExp(
          `${RUNTIME_LOCALS.source}\\t+pc := abi\\.FuncPCABIInternal\\(mapclear\\)\\n\\t+racewritepc\\(unsafe\\.Pointer\\(m\\), callerpc, pc\\)\\n`,
        ),
        replace: `mrMapWrite(t, &m.Maprace, nil, ${CLEAR}, 0)\n`,
      },
      {
        find: new RegExp(
          `${RUNTIME_LOCALS.source}\\t+racereadpc\\(unsafe\\.Pointer\\(m\\), callerpc, abi\\.FuncPCABIInternal\\(mapIterStart\\)\\)\\n`,
        ),
        replace: `mrMapRead(t, &m.Maprace, nil, ${ITERATE})\n`,
        optional: true,
      },
      {
        find: new RegExp(
          `${RUNTIME_LOCALS.source}\\t+racereadpc\\(unsafe\\.Pointer\\(it\\.Map\\(\\)\\), callerpc, .*\\)\\n`,
          "g",
        ),
        replace: `mrMapRead(nil, &it.Map().Maprace, nil, ${NEXT})\n`,
        optional: true,
      },
      {
        find: new RegExp(
          `${RUNTIME_LOCALS.source}\\t+racereadpc\\(unsafe\\.Pointer\\(m\\), callerpc, abi\\.FuncPCABIInternal\\(reflect_maplen\\)\\)\\n`,
          "g",
        ),
        replace: `mrMapRead(nil, &m.Maprace, nil, ${LENGTH})\n`,
      },
      {
        find: /return maps\.NewEmptyMap\(\)/,
        replace: "m := maps.NewEmptyMap()\n\tmrMapMade(nil, &m.Maprace)\n\treturn m",
      },
      {
        find: /return maps\.NewMap\(t, uintptr\(hint\), m, maxAlloc\)/,
        replace: "m = maps.NewMap(t, uintptr(hint), m, maxAlloc)\n\tmrMapMade(t, &m.Maprace)\n\treturn m",
      },
      {
        find: /map_ = map_\.Clone\(typ\)/,
        replace: `mrMapRead(typ, &map_.Maprace, nil, ${ITERATE})\n\tmap_ = map_.Clone(typ)\n\tmrMapMade(typ, &map_.Maprace)`,
        optional: true,
      },
      {
        // Go 1.24 clones by iterating, into a map that makemap tells of.
        find: /e\.data = unsafe\.Pointer\(mapclone2\(.*\n/,
        replace: `mrMapRead((*abi.SwissMapType)(unsafe.Pointer(e._type)), &(*maps.Map)(e.data).Maprace, nil, ${ITERATE})\n\t$&`,
        optional: true,
      },
    ],
    append: KEEP_SYS,
  },
  {
    file: "runtime/linkname_shim.go",
    formerly: "runtime/linkname_swiss.go",
    optional: true,
    edits: [
      {
        find: new RegExp(
          `${RUNTIME_LOCALS.source}\\t+racereadpc\\(unsafe\\.Pointer\\(m\\), callerpc, .*\\)\\n`,
          "g",
        ),
        replace: `mrMapRead(t, &m.Maprace, nil, ${ITERATE})\n`,
      },
      {
        find: new RegExp(
          `${RUNTIME_LOCALS.source}\\t+racereadpc\\(unsafe\\.Pointer\\(it\\.it\\.Map\\(\\)\\), callerpc, .*\\)\\n`,
          "g",
        ),
        replace: `mrMapRead(nil, &it.it.Map().Maprace, nil, ${NEXT})\n`,
      },
    ],
    append: KEEP_SYS,
  },
  {
    file: "reflect/map.go",
    formerly: "reflect/map_swiss.go",
    optional: true,
    edits: [
      {
        find: new RegExp(
          `${RUNTIME_LOCALS.source}\\t+race\\.ReadPC\\(unsafe\\.Pointer\\(m\\), callerpc, .*\\)\\n`,
          "g",
        ),
        replace: `mapraceRead(t, &m.Maprace, nil, ${ITERATE})\n`,
      },
      {
        find: new RegExp(
          `${RUNTIME_LOCALS.source}\\t+race\\.ReadPC\\(unsafe\\.Pointer\\(it\\.Map\\(\\)\\), callerpc, .*\\)\\n`,
          "g",
        ),
        replace: `mapraceRead(nil, &it.Map().Maprace, nil, ${NEXT})\n`,
      },
    ],
    append: `${KEEP_SYS}
//go:linkname mapraceRead runtime.mrMapRead
//go:noescape
func mapraceRead(t *abi.MapType, s *abi.MapraceState, key unsafe.Pointer, op uint8)
`,
  },
];

/** The hook calls of a file of Go 1.22's and 1.23's map code, all in package runtime. */
function hmapFile(file: string, key: string, assignedKey: string, more: readonly Edit[] = []): Adaptation {
  const hooks = (operation: string, call: string): Edit => ({
    find: new RegExp(
      `${RUNTIME_LOCALS.source}(?:\\t+pc := abi\\.FuncPCABIInternal\\(${operation}\\w*\\)\\n)?\\t+race(?:read|write)pc\\(unsafe\\.Pointer\\(h\\), callerpc, (?:pc|abi\\.FuncPCABIInternal\\(${operation}\\w*\\))\\)\\n(?:\\t+raceReadObjectPC\\(.*\\)\\n)?`,
      "g",
    ),
    replace: `${call}\n`,
  });
  return {
    file,
    edits: [
      hooks("mapaccess", `mrMapRead(t, &h.Maprace, ${key}, ${READ})`),
      hooks("mapassign", `mrMapWrite(t, &h.Maprace, ${assignedKey}, ${WRITE}, uintptr(h.count))`),
      hooks("mapdelete", `mrMapWrite(t, &h.Maprace, ${key}, ${DELETE}, 0)`),
      ...more,
    ],
    // Keeps the import in use after the last hook call was taken out.
    append: "\nvar _ abi.Type\n",
  };
}

/** The map code of Go 1.22 and 1.23. */
export const HMAPS: readonly Adaptation[] = [
  hmapFile("runtime/map.go", "key", "key", [
    {
      find: /(type hmap struct \{\n[\s\S]*?\n)\}\n/,
      replace:
        "$1\n\t// Maprace is what the race detector knows of this map; not there in maps on a stack.\n\tMaprace abi.MapraceState\n}\n",
    },
    {
      find: /callerpc := getcallerpc\(\)\n\t+pc := abi\.FuncPCABIInternal\(mapclear\)\n\t+racewritepc\(.*\)\n/,
      replace: `mrMapWrite(t, &h.Maprace, nil, ${CLEAR}, 0)\n`,
    },
    {
      find: /callerpc := getcallerpc\(\)\n\t+racereadpc\(unsafe\.Pointer\(h\), callerpc, abi\.FuncPCABIInternal\(mapiterinit\)\)\n/,
      replace: `mrMapRead(t, &h.Maprace, nil, ${ITERATE})\n`,
    },
    {
      find: /callerpc := getcallerpc\(\)\n\t+racereadpc\(unsafe\.Pointer\(h\), callerpc, abi\.FuncPCABIInternal\(mapiternext\)\)\n/,
      replace: `mrMapRead(nil, &h.Maprace, nil, ${NEXT})\n`,
    },
    {
      find: /callerpc := getcallerpc\(\)\n\t+racereadpc\(unsafe\.Pointer\(h\), callerpc, abi\.FuncPCABIInternal\(reflect_maplen\)\)\n/g,
      replace: `mrMapRead(nil, &h.Maprace, nil, ${LENGTH})\n`,
    },
    {
      find: /(func makemap_small\(\) \*hmap \{\n[\s\S]*?)\treturn h\n\}/,
      replace: "$1\tmrMapMade(nil, &h.Maprace)\n\treturn h\n}",
    },
    {
      find: /(func makemap\([\s\S]*?)\treturn h\n\}/,
      replace: "$1\tmrMapMade(t, &h.Maprace)\n\treturn h\n}",
    },
    {
      find: /e\.data = unsafe\.Pointer\(mapclone2\(\(\*maptype\)\(unsafe\.Pointer\(e\._type\)\), \(\*hmap\)\(e\.data\)\)\)/,
      replace: `mrMapRead((*maptype)(unsafe.Pointer(e._type)), &(*hmap)(e.data).Maprace, nil, ${ITERATE})\n\t$&`,
    },
  ]),
  ...["fast32", "fast64", "faststr"].map((variant) =>
    hmapFile(
      `runtime/map_${variant}.go`,
      `noescape(unsafe.Pointer(&${variant === "faststr" ? "ky" : "key"}))`,
      `noescape(unsafe.Pointer(&${variant === "faststr" ? "s" : "key"}))`,
    ),
  ),
];

/** What package internal/runtime/maps calls; put beside its own files. */
export const SWISS_MAP_HOOKS = `package maps

import (
	"internal/abi"
	"unsafe"
)

// Calls into the race detector, see runtime/maprace_maps.go.

//go:linkname mapraceRead runtime.mrMapRead
//go:noescape
func mapraceRead(typ *abi.MapType, s *abi.MapraceState, key unsafe.Pointer, op uint8)

//go:linkname mapraceWrite runtime.mrMapWrite
//go:noescape
func mapraceWrite(typ *abi.MapType, s *abi.MapraceState, key unsafe.Pointer, op uint8, used uintptr)
`;
