/** Sizes of types on 64-bit machines, for `unsafe.Sizeof` in constants. */
import { under } from "./predicates.ts";
import type { Type, Var } from "./types.ts";

const BASIC: Readonly<Record<string, number>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  complex64: 8,
  complex128: 16,
  string: 16,
};

/** Size in bytes; null where it cannot be told. */
export function sizeOf(t: Type): number | null {
  return layout(t)?.size ?? null;
}

/** Offset of the `at`th field of a struct in bytes; null where it cannot be told. */
export function offsetOf(fields: readonly Var[], at: number): number | null {
  let offset = 0;
  for (const [i, f] of fields.entries()) {
    const inner = layout(f.type());
    if (inner === null) return null;
    offset = Math.ceil(offset / inner.align) * inner.align;
    if (i === at) return offset;
    offset += inner.size;
  }
  return null;
}

/** Alignment in bytes; null where it cannot be told. */
export function alignOf(t: Type): number | null {
  return layout(t)?.align ?? null;
}

interface Layout {
  readonly size: number;
  readonly align: number;
}

function layout(t: Type): Layout | null {
  if (t.kind === "typeparam") return null;
  const u = under(t);
  switch (u.kind) {
    case "basic": {
      const size = BASIC[u.canonical] ?? 8;
      return { size, align: Math.min(size, u.canonical === "complex64" ? 4 : 8) };
    }
    case "pointer":
    case "map":
    case "chan":
    case "signature":
      return { size: 8, align: 8 };
    case "slice":
      return { size: 24, align: 8 };
    case "interface":
      return { size: 16, align: 8 };
    case "array": {
      const elem = layout(u.elem);
      return elem === null || u.length < 0 ? null : { size: elem.size * u.length, align: elem.align };
    }
    case "struct": {
      let size = 0;
      let align = 1;
      let last = -1;
      for (const f of u.fields) {
        const inner = layout(f.type());
        if (inner === null) return null;
        size = Math.ceil(size / inner.align) * inner.align + inner.size;
        align = Math.max(align, inner.align);
        last = inner.size;
      }
      // A pointer past the last field must stay inside of the struct.
      if (last === 0 && size > 0) size++;
      return { size: Math.ceil(size / align) * align, align };
    }
    default:
      return null;
  }
}
