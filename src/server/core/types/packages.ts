/**
 * One package: its files, the objects they declare together, and what each file imports. Everything is found
 * when it is first asked for; a dependency that nobody asks about is never read.
 */
import type { Decl, FuncDecl, ImportSpec, SourceFile } from "../syntax/ast.ts";
import { parseFile } from "../syntax/parse.ts";
import type { GoParser } from "../syntax/parser.ts";
import type { CheckedPackage, DeclInfo, FactsFinder } from "./checker.ts";
import { DeclSite, type FileUnit } from "./declarations.ts";
import { PkgNameObj, type Site, type VarObj } from "./objects.ts";
import { isExported } from "./predicates.ts";
import type { RecentFacts } from "./recentFacts.ts";
import type { FileSource, Func, Info, Obj, Package, PackageSource } from "./types.ts";
import { unsafeLookup, unsafeNames } from "./universe.ts";

/** What a package needs of the program that it is part of. */
export interface World {
  readonly go: GoParser;
  nextSerial(): number;
  readonly recent: RecentFacts;
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

/** A new version of a file that differs from the old one in little. */
interface Change {
  readonly unit: Unit;
  readonly file: SourceFile;
  readonly source: FileSource;
  /** Functions whose bodies changed. */
  readonly bodies: readonly (readonly [DeclSite, FuncDecl])[];
  /** Declarations of the old version that the new one does not have. */
  readonly gone: readonly Decl[];
  /** Declarations that only the new version has, those of `bodies` not counted. */
  readonly added: readonly Decl[];
}

/** A class because it answers questions about itself for as long as the program lives. */
export class PackageState implements CheckedPackage {
  readonly path: string;
  readonly name: string;
  readonly variant: Package["variant"];
  readonly inWorkspace: boolean;
  source: PackageSource;
  readonly sought: VarObj[] = [];
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
  /** Names that the checker has looked up at package level, found or not: what hangs on them. */
  private readonly asked = new Set<string>();

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

  atLeast(minor: number): boolean {
    return isAtLeast(this.source.goVersion, minor);
  }

  isFileAtLeast(file: SourceFile, minor: number): boolean {
    return isAtLeast(this.unitOf.get(file)?.source.goVersion || this.source.goVersion, minor);
  }

  nextSerial(): number {
    return this.world.nextSerial();
  }

  used(info: DeclInfo, finder: FactsFinder): void {
    this.world.recent.add(info, finder);
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

  ask(name: string): Obj | null {
    this.asked.add(name);
    return this.lookup(name);
  }

  resolve(name: string, file: SourceFile): Obj | null {
    this.asked.add(name);
    const own = this.collect().get(name);
    if (own !== undefined) return own;
    const unit = this.unitOf.get(file);
    if (unit === undefined) return null;
    const imports = this.importsOf(unit);
    const imported = imports.names.get(name);
    if (imported !== undefined) return imported;
    if (!isExported(name)) return null;
    for (const dot of imports.dots) {
      const found = dot.member(name);
      if (found !== null) return found;
    }
    return null;
  }

  /** The files as they were read, by path and version, for the next version of the package. */
  readBefore(): Map<string, SourceFile> {
    return this.parsed;
  }

  /**
   * Takes over new versions of files that differ in function bodies only, or in functions that nobody has
   * looked up yet, and says whether that was so. All other objects stay; facts about the changed functions are
   * found anew when asked for.
   */
  takeOver(source: PackageSource): boolean {
    if (this.units === null || this.objects === null) return false;
    const changes: Change[] = [];
    for (const [i, next] of source.files.entries()) {
      const unit = this.units[i];
      if (unit === undefined || unit.source.path !== next.path) return false;
      if ((unit.source.goVersion ?? "") !== (next.goVersion ?? "")) return false;
      if (unit.source.version === next.version) continue;
      const change = this.smallChange(unit, next);
      if (change === null) return false;
      changes.push(change);
    }
    this.source = source;
    this.fileList = null;
    for (const { unit, file, source, bodies, gone, added } of changes) {
      for (const decl of gone) this.sites.delete(decl);
      this.unitOf.delete(unit.file);
      unit.file = file;
      unit.source = source;
      versions.set(file, source.version);
      this.parsed.set(file.path, file);
      this.unitOf.set(file, unit);
      for (const [site, decl] of bodies) {
        site.replaceBody(decl);
        this.sites.set(decl, site);
      }
      for (const decl of added) this.sites.set(decl, new DeclSite(this, unit, decl));
    }
    this.objects = this.index();
    return true;
  }

  /** How the file changed, where that is so little that no object that anybody knows of is another one; or null. */
  private smallChange(unit: Unit, next: FileSource): Change | null {
    const file = this.readFile(next, unit.file);
    if (file.packageName !== unit.file.packageName) return null;
    const now = new Set(file.decls);
    const before = new Set(unit.file.decls);
    const gone = unit.file.decls.filter((d) => !now.has(d));
    const bodies: [DeclSite, FuncDecl][] = [];
    const added: Decl[] = [];
    const unpaired = new Set(gone);
    for (const decl of file.decls) {
      if (before.has(decl)) continue;
      // A function whose head is the same has the same name node.
      const old =
        decl.kind === "FuncDecl"
          ? gone.find((d) => d.kind === "FuncDecl" && d.name === decl.name)
          : undefined;
      const site = old === undefined ? undefined : this.sites.get(old);
      if (decl.kind === "FuncDecl" && old !== undefined && site !== undefined) {
        bodies.push([site, decl]);
        unpaired.delete(old);
      } else if (this.concernsNobody(decl)) added.push(decl);
      else return null;
    }
    for (const decl of unpaired) if (!this.concernsNobody(decl)) return null;
    return { unit, file, source: next, bodies, gone, added };
  }

  /** True for a declaration that may come or go unnoticed: a function of a name that was never looked up. */
  private concernsNobody(decl: Decl): boolean {
    if (decl.kind === "BadDecl") return true;
    return decl.kind === "FuncDecl" && decl.receiverName === null && !this.asked.has(decl.name.name);
  }

  private readFiles(): Unit[] {
    if (this.units === null) {
      this.units = this.source.files.map((source) => {
        const before = this.parsed.get(source.path);
        const known = before !== undefined && versions.get(before) === source.version;
        const file = known ? before : this.readFile(source, before ?? null);
        versions.set(file, source.version);
        this.parsed.set(source.path, file);
        return { file, source, imports: null };
      });
      for (const unit of this.units) this.unitOf.set(unit.file, unit);
    }
    return this.units;
  }

  private readFile(source: FileSource, before: SourceFile | null): SourceFile {
    const text = source.text();
    // A file that is read anew is read from what the old version has in common with it.
    const packed = before === null ? (source.packed?.(text) ?? null) : null;
    const textAgain = this.inWorkspace || source.isOpen === true ? null : () => source.text();
    return parseFile(this.world.go, source.path, text, { previous: before, packed, textAgain });
  }

  private collect(): Map<string, Obj> {
    if (this.objects !== null) return this.objects;
    const aliases = new Map<string, string>(); // alias → the type of this package that it names
    for (const unit of this.readFiles()) {
      for (const decl of unit.file.decls) {
        const site = new DeclSite(this, unit, decl);
        this.sites.set(decl, site);
        if (decl.kind === "TypeDecl") {
          for (const { isAlias, name, type } of decl.specs) {
            if (isAlias && type.kind === "Ident") aliases.set(name.name, type.name);
          }
        } else if (decl.kind === "FuncDecl" && decl.receiverName !== null)
          this.addMethods(decl.receiverName, site);
      }
    }
    // A method may be declared on an alias of its type.
    for (const [alias, target] of aliases) {
      const declared = this.methods.get(alias);
      if (declared !== undefined)
        this.methods.set(target, [...(this.methods.get(target) ?? []), ...declared]);
    }
    this.objects = this.index();
    return this.objects;
  }

  private addMethods(base: string, site: DeclSite): void {
    for (const obj of site.objects) {
      if (obj.kind !== "func" || obj.name === "_") continue;
      const list = this.methods.get(base);
      if (list === undefined) this.methods.set(base, [obj]);
      else list.push(obj);
    }
  }

  /** The package-level objects by name, in source order; of two of one name, the first. */
  private index(): Map<string, Obj> {
    const objects = new Map<string, Obj>();
    for (const unit of this.readFiles()) {
      for (const decl of unit.file.decls) {
        if (decl.kind === "FuncDecl" && (decl.receiverName !== null || decl.name.name === "init")) continue;
        for (const obj of this.sites.get(decl)!.objects) {
          if (obj.name !== "_" && obj.name !== "" && !objects.has(obj.name)) objects.set(obj.name, obj);
        }
      }
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

/** True for Go 1.MINOR and later, and where no version is known. */
function isAtLeast(goVersion: string, minor: number): boolean {
  const version = /^(\d+)\.(\d+)/.exec(goVersion);
  return version === null || Number(version[1]) > 1 || Number(version[2]) >= minor;
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
  atLeast: () => true,
  isFileAtLeast: () => true,
  lookup: unsafeLookup,
  names: unsafeNames,
  info: () => {
    throw new Error("Package unsafe has no declarations in source.");
  },
  fileOf: () => {
    throw new Error("Package unsafe has no declarations in source.");
  },
};
