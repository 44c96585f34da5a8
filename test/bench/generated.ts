/**
 * A workspace of ordinary-looking Go code of a given size, the same on every run: services with stores, locks,
 * handlers, generics and tests of values, each package importing others and the standard library.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FileSource, PackageSource } from "../../src/server/core/types/types.ts";

const FUNCTIONS_PER_FILE = 60;
const FILES_PER_PACKAGE = 4;

/** Packages of together about `lines` lines. */
export function generatedWorkspace(lines: number): PackageSource[] {
  const packages: PackageSource[] = [];
  let written = 0;
  for (let p = 0; written < lines; p++) {
    const files: FileSource[] = [];
    for (let f = 0; f < FILES_PER_PACKAGE; f++) {
      // One file in the workspace has about 3,000 lines, as the longest that people edit.
      const text = fileText(p, f, p === 0 && f === 0 ? FUNCTIONS_PER_FILE * 2 : FUNCTIONS_PER_FILE);
      written += text.split("\n").length;
      files.push({ path: `/generated/p${p}/file${f}.go`, version: "1", text: () => text });
    }
    packages.push({
      path: `example.com/work/p${p}`,
      name: `p${p}`,
      variant: "",
      dir: `/generated/p${p}`,
      inWorkspace: true,
      goVersion: "1.26",
      files,
      importMap: {},
    });
  }
  return packages;
}

/** Writes the workspace, with a go.mod, into a folder. */
export function writeGenerated(lines: number, folder: string): void {
  writeFileSync(join(folder, "go.mod"), "module example.com/work\n\ngo 1.22\n");
  for (const file of generatedWorkspace(lines).flatMap((one) => one.files)) {
    const path = join(folder, file.path.replace(/^\/generated\//, ""));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.text());
  }
}

function fileText(p: number, f: number, functions: number): string {
  const other = p > 0 ? `p${p - 1}` : "";
  const out: string[] = [
    `package p${p}`,
    "",
    "import (",
    '\t"context"',
    '\t"encoding/json"',
    '\t"fmt"',
    '\t"net/http"',
    '\t"sort"',
    '\t"strings"',
    '\t"sync"',
    '\t"time"',
    ...(other === "" ? [] : [`\t"example.com/work/${other}"`]),
    ")",
    "",
    `type Store${f} struct {`,
    "\tmu    sync.RWMutex",
    `\titems map[string]*Item${f}`,
    "\thits  map[string]int",
    "}",
    "",
    `type Item${f} struct {`,
    '\tName  string `json:"name"`',
    "\tCount int",
    "\tSeen  time.Time",
    "\tTags  []string",
    ...(other === "" ? [] : [`\tOther *${other}.Store0`]),
    "}",
    "",
    `func Map${f}[T, U any](xs []T, f func(T) U) []U {`,
    "\tout := make([]U, 0, len(xs))",
    "\tfor _, x := range xs {",
    "\t\tout = append(out, f(x))",
    "\t}",
    "\treturn out",
    "}",
    "",
  ];
  for (let i = 0; i < functions; i++) {
    out.push(
      `// Handle${i} answers one request.`,
      `func (s *Store${f}) Handle${i}(ctx context.Context, w http.ResponseWriter, r *http.Request) error {`,
      `\tname := strings.TrimSpace(r.URL.Query().Get("name${i}"))`,
      "\ts.mu.Lock()",
      "\tdefer s.mu.Unlock()",
      "\titem, ok := s.items[name]",
      "\tif !ok {",
      `\t\titem = &Item${f}{Name: name, Seen: time.Now()}`,
      "\t\ts.items[name] = item",
      "\t}",
      "\titem.Count += len(item.Tags) + 1",
      "\ts.hits[name]++",
      `\tlabels := Map${f}(item.Tags, func(t string) string { return fmt.Sprintf("%s=%d", t, ${i}) })`,
      "\tsort.Strings(labels)",
      "\tselect {",
      "\tcase <-ctx.Done():",
      "\t\treturn ctx.Err()",
      "\tdefault:",
      "\t}",
      "\tif err := json.NewEncoder(w).Encode(map[string]any{",
      '\t\t"labels": labels,',
      `\t\t"count":  item.Count * ${i + 1},`,
      "\t}); err != nil {",
      `\t\treturn fmt.Errorf("handle ${i}: %w", err)`,
      "\t}",
      "\treturn nil",
      "}",
      "",
    );
  }
  return out.join("\n");
}
