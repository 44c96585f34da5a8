/**
 * One package: its files, the objects they declare together, and what each file imports. Everything is found
 * when it is first asked for; a dependency that nobody asks about is never read.
 */
import type { Decl, ImportSpec, SourceFile } from "../syntax/ast.ts";
import { type GoParser, parseFile } from "../syntax/parse.ts";
import type { CheckedPackage } from "./checker.ts";
import { DeclSite, type FileUnit, objectsOf } from "./declarations.ts";
import { PkgNameObj, type Site } from "./objects.ts";
import { isExported } from "./predicates.ts";
import type { FileSource, Func, Info, Obj, Package, PackageSource } from "./types.ts";
import { unsafeLookup, unsafeNames } from "./universe.ts";

/** What a package needs of the program that it is part of. */
export interface World {
  readonly go: GoParser;
  nextSerial(): number;
  /** The package that `from` imports as `path`, or null. */
  find(path: string, from: PackageState): Package | null;
}

/** What a file's imports declare in it. */
interface FileImports {
  readonly names: ReadonlyMap<string, PkgNameObj>;
  /** Packages imported with `.`. */
  readonly dots: readonly PkgNameObj[];
  /** In step with the file's import specs. */
  readonly bySpec: ReadonlyMap<ImportSpec, PkgNameObj>;
}

interface Unit extends FileUnit {
  source: FileSource;
  imports: FileImports | null;
}

/** A new version of a file that differs from the old one in these function bodies. */
interface BodyChange {
  readonly unit: Unit;
  readonly file: SourceFile;
  readonly source: FileSource;
  readonly pairs: readonly (readonly [DeclSite, Decl])[];
  readonly gone: readonly Decl[];
}

/** A class because it answers questions about itself for as long as the program lives. */
export class PackageState implements CheckedPackage {
  readonly path: string;
  readonly name: string;
  readonly variant: Package["variant"];
  readonly inWorkspace: boolean;
  source: PackageSource;
  /** Packages whose types may speak of this one's. */
  readonly users = new Set<PackageState>();
  private readonly world: World;
  private readonly parsed: Map<string, SourceFile>;
  private units: Unit[] | null = null;
  private fileList: readonly SourceFile[] | null = null;
  private unitOf = new Map<SourceFile, Unit>();
  private sites = new Map<Decl, DeclSite>();
  private objects: Map<string, Obj> | null = null;
  private methods = new Map<string, Func[]>();

  /** `parsed` holds files that were read before, by path and version. */
  constructor(world: World, source: PackageSource, parsed: Map<string, SourceFile>) {
    this.world = world;
    this.source = source;
    this.path = source.path;
    this.name = source.name;
    this.variant = source.variant;
    this.inWorkspace = source.inWorkspace;
    this.parsed = parsed;
  }

  get files(): readonly SourceFile[] {
    this.fileList ??= this.readFiles().map((u) => u.file);
    return this.fileList;
  }

  /** True once somebody has asked about the package's content. */
  get isRead(): boolean {
    return this.units !== null;
  }

  nextSerial(): number {
    return this.world.nextSerial();
  }

  lookup(name: string): Obj | null {
    return this.collect().get(name) ?? null;
  }

  names(): readonly string[] {
    return [...this.collect().keys()];
  }

  methodsOf(typeName: string): readonly Func[] {
    this.collect();
    return this.methods.get(typeName) ?? [];
  }

  info(decl: Decl): Info {
    this.collect();
    const site = this.sites.get(decl);
    if (site === undefined)
      throw new Error(`${this.path}: the declaration is not part of this package's current version.`);
    if (decl.kind === "ImportDecl") {
      const imports = this.importsOf(this.unitOf.get(site.file)!);
      for (const spec of decl.specs) {
        const obj = imports.bySpec.get(spec);
        if (spec.name !== null && obj !== undefined) site.info.objects[spec.name.id] = obj;
      }
    }
    return site.complete();
  }

  fileOf(decl: Decl): SourceFile {
    this.collect();
    const site = this.sites.get(decl);
    if (site === undefined)
      throw new Error(`${this.path}: the declaration is not part of this package's current version.`);
    return site.file;
  }

  resolve(name: string, file: SourceFile): Obj | null {
    const own = this.collect().get(name);
    if (own !== undefined) return own;
    const unit = this.unitOf.get(file);
    if (unit === undefined) return null;
    const imports = this.importsOf(unit);
    const imported = imports.names.get(name);
    if (imported !== undefined) return imported;
    if (!isExported(name)) return null;
    for (const dot of imports.dots) {
      const found = dot.imported()?.lookup(name) ?? null;
      if (found !== null) return found;
    }
    return null;
  }

  /** The files as they were read, by path and version, for the next version of the package. */
  readBefore(): Map<string, SourceFile> {
    return this.parsed;
  }

  /**
   * Takes over new versions of files that differ in function bodies only, and says whether that was so. All
   * objects stay; facts about the changed functions are found anew when asked for.
   */
  takeBodies(source: PackageSource): boolean {
    if (this.units === null || this.objects === null) return false;
    const changes: BodyChange[] = [];
    for (const [i, next] of source.files.entries()) {
      const unit = this.units[i];
      if (unit === undefined || unit.source.path !== next.path) return false;
      if (unit.source.version === next.version) continue;
      const file = parseFile(this.world.go, next.path, next.text(), unit.file);
      if (file.packageName !== unit.file.packageName) return false;
      const now = new Set(file.decls);
      const before = new Set(unit.file.decls);
      const gone = unit.file.decls.filter((d) => !now.has(d));
      const fresh = file.decls.filter((d) => !before.has(d));
      const pairs: [DeclSite, Decl][] = [];
      for (const decl of fresh) {
        if (decl.kind !== "FuncDecl") return false;
        const old = gone.find((d) => d.kind === "FuncDecl" && d.name === decl.name);
        const site = old === undefined ? undefined : this.sites.get(old);
        if (site === undefined) return false;
        pairs.push([site, decl]);
      }
      if (pairs.length !== gone.length) return false;
      changes.push({ unit, file, source: next, pairs, gone });
    }
    this.source = source;
    this.fileList = null;
    for (const { unit, file, source, pairs, gone } of changes) {
      for (const decl of gone) this.sites.delete(decl);
      this.unitOf.delete(unit.file);
      unit.file = file;
      unit.source = source;
      versions.set(file, source.version);
      this.parsed.set(file.path, file);
      this.unitOf.set(file, unit);
      for (const [site, decl] of pairs) {
        if (decl.kind === "FuncDecl") site.replaceBody(decl);
        this.sites.set(decl, site);
      }
    }
    return true;
  }

  private readFiles(): Unit[] {
    if (this.units === null) {
      this.units = this.source.files.map((source) => {
        const before = this.parsed.get(source.path);
        const known = before !== undefined && versions.get(before) === source.version;
        const file = known ? before : parseFile(this.world.go, source.path, source.text(), before ?? null);
        versions.set(file, source.version);
        this.parsed.set(source.path, file);
        return { file, source, imports: null };
      });
      for (const unit of this.units) this.unitOf.set(unit.file, unit);
    }
    return this.units;
  }

  private collect(): Map<string, Obj> {
    if (this.objects !== null) return this.objects;
    const objects = new Map<string, Obj>();
    this.objects = objects;
    const aliases = new Map<string, string>(); // alias → the type of this package that it names
    for (const unit of this.readFiles()) {
      for (const decl of unit.file.decls) {
        const site = new DeclSite(this, unit, decl);
        this.sites.set(decl, site);
        if (decl.kind === "TypeDecl") {
          for (const { isAlias, name, type } of decl.specs) {
            if (isAlias && type.kind === "Ident") aliases.set(name.name, type.name);
          }
        }
        for (const obj of objectsOf(site)) {
          if (decl.kind === "FuncDecl" && obj.kind === "func") {
            const base = decl.receiverName;
            if (base !== null) {
              const list = this.methods.get(base);
              if (obj.name === "_") continue;
              if (list === undefined) this.methods.set(base, [obj]);
              else list.push(obj);
              continue;
            }
            if (obj.name === "init") continue;
          }
          if (obj.name !== "_" && obj.name !== "" && !objects.has(obj.name)) objects.set(obj.name, obj);
        }
      }
    }
    // A method may be declared on an alias of its type.
    for (const [alias, target] of aliases) {
      const declared = this.methods.get(alias);
      if (declared !== undefined)
        this.methods.set(target, [...(this.methods.get(target) ?? []), ...declared]);
    }
    return objects;
  }

  private importsOf(unit: Unit): FileImports {
    if (unit.imports !== null) return unit.imports;
    const names = new Map<string, PkgNameObj>();
    const dots: PkgNameObj[] = [];
    const bySpec = new Map<ImportSpec, PkgNameObj>();
    for (const decl of unit.file.decls) {
      if (decl.kind !== "ImportDecl") continue;
      const site: Site = this.sites.get(decl)!;
      for (const spec of decl.specs) {
        const find = (): Package | null => this.importPackage(spec.path);
        const name = spec.name?.name ?? (spec.path === "C" ? "C" : (find()?.name ?? lastElement(spec.path)));
        const obj = new PkgNameObj(name, this, spec.path, find, site, spec.name ?? spec);
        bySpec.set(spec, obj);
        if (name === ".") dots.push(obj);
        else if (name !== "_") names.set(name, obj);
      }
    }
    unit.imports = { names, dots, bySpec };
    return unit.imports;
  }

  private importPackage(path: string): Package | null {
    if (path === "unsafe") return UNSAFE;
    if (path === "C") return null;
    return this.world.find(path, this);
  }
}

/** The version of the text that a file was read from. */
const versions = new WeakMap<SourceFile, string>();

/** The name that a package most likely has, where it could not be found. */
function lastElement(path: string): string {
  const parts = path.split("/");
  const last = parts.at(-1) ?? path;
  return /^v\d+$/.test(last) && parts.length > 1 ? parts.at(-2)! : last.replace(/^go-|\.v\d+$/g, "");
}

/** Package `unsafe`, which has no source. */
const UNSAFE: Package = {
  path: "unsafe",
  name: "unsafe",
  variant: "",
  inWorkspace: false,
  files: [],
  lookup: unsafeLookup,
  names: unsafeNames,
  info: () => {
    throw new Error("Package unsafe has no declarations in source.");
  },
  fileOf: () => {
    throw new Error("Package unsafe has no declarations in source.");
  },
};
