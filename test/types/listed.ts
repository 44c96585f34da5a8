/** Packages as `go list -deps -json` prints them, made into what core reads. */
import { readFileSync } from "node:fs";
import type { PackageSource, ProgramSource } from "../../src/server/core/types/types.ts";

/** The fields of `go list -json` that are used here. */
export interface ListedPackage {
  readonly ImportPath: string;
  readonly Name: string;
  readonly Dir: string;
  readonly GoFiles?: readonly string[];
  readonly CgoFiles?: readonly string[];
  readonly ImportMap?: Readonly<Record<string, string>>;
  readonly DepOnly?: boolean;
  readonly Module?: { readonly GoVersion?: string };
}

/** The packages of a stream of JSON objects. */
export function parseListed(json: string): ListedPackage[] {
  return json
    .split(/^}\n?/m)
    .filter((s) => s.trim() !== "")
    .map((s) => JSON.parse(`${s}}`) as ListedPackage);
}

/** A program of the packages that were asked for, their dependencies behind them. */
export function programSource(listed: readonly ListedPackage[]): ProgramSource {
  const sources = new Map<string, PackageSource>();
  for (const p of listed) sources.set(p.ImportPath, packageSource(p));
  const packages = listed
    .filter((p) => p.DepOnly !== true && !p.ImportPath.endsWith(".test"))
    .map((p) => sources.get(p.ImportPath)!);
  return { packages, dependency: (path) => sources.get(path) ?? null };
}

function packageSource(p: ListedPackage): PackageSource {
  const names = [...(p.GoFiles ?? []), ...(p.CgoFiles ?? [])];
  return {
    path: p.ImportPath,
    name: p.Name,
    variant: "",
    dir: p.Dir,
    inWorkspace: p.DepOnly !== true,
    goVersion: p.Module?.GoVersion ?? "",
    files: names.map((name) => {
      const path = name.startsWith("/") ? name : `${p.Dir}/${name}`;
      return { path, version: "", text: () => readFileSync(path, "utf8").replace(/^\uFEFF/, " ") };
    }),
    importMap: p.ImportMap ?? {},
  };
}
