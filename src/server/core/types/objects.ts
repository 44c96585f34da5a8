/**
 * The objects and the lazy types of a program: what a name stands for, and defined types, aliases and type
 * parameters, whose content is found when it is first asked for.
 *
 * These are classes because thousands of them are made and each answers a question about itself later. How the
 * answers are found is handed in by `declarations.ts` and `instantiate.ts`.
 */

import type { Decl, FuncDecl, Node, SourceFile } from "../syntax/ast.ts";
import type { CheckedPackage } from "./checker.ts";
import type {
  Alias,
  Builtin,
  Const,
  DeclaredAt,
  Func,
  Label,
  Named,
  Nil,
  Obj,
  Package,
  PkgName,
  Type,
  TypeName,
  TypeParam,
  Var,
} from "./types.ts";

/** The type of whatever cannot be told. */
export const UNKNOWN: Type = { kind: "unknown" };

/** A constant's value; `Complex` where the imaginary part counts; null where it cannot be told. */
export type ConstValue = bigint | number | string | boolean | Complex | null;
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/** The place of a top-level declaration in the current version of its file. */
export interface Site {
  readonly file: SourceFile;
  readonly decl: Decl;
  /**
   * What a function's body has declared so far, by the id of what declares it: another look at the same body is to give
   * the same variables. Null for what is looked at once.
   */
  readonly ownVariables: Map<number, VarObj> | null;
  /** Has all facts stay while anything is held that is declared here: another look would give other types. */
  holdFacts(facts: object): void;
}

/** A place within a declaration. Follows the declaration when an edit moves it or changes its body. */
function declaredAt(site: Site | null, node: Node | null): DeclaredAt | null {
  return site === null || node === null ? null : { file: site.file, decl: site.decl, ident: node };
}

/** Finds the type of what is declared at a place. */
type FindType = (site: Site | null) => Type;

/** Finds a type once; a question asked while the answer is being sought is a cycle, and the answer unknown. */
class LazyType {
  /** The type, or how to find it; null while it is being found. */
  private lazy: Type | FindType | null;

  constructor(known: Type | FindType) {
    this.lazy = known;
  }

  /** `site` is where it is declared, if anywhere. */
  protected find(site: Site | null): Type {
    if (typeof this.lazy !== "function") return this.lazy ?? UNKNOWN;
    const find = this.lazy;
    this.lazy = null;
    this.lazy = find(site);
    return this.lazy;
  }
}

export class VarObj implements Var {
  readonly kind = "var";
  readonly name: string;
  readonly pkg: Package | null;
  readonly role: Var["role"];
  readonly embedded: boolean;
  readonly origin: Var;
  readonly site: Site | null;
  readonly node: Node | null;
  /** True once the type was asked for while it was being found. */
  isInCycle = false;
  private known: Type | null;
  private find: (() => Type) | null;

  constructor(
    name: string,
    pkg: Package | null,
    role: Var["role"],
    type: Type | (() => Type),
    site: Site | null,
    node: Node | null,
    embedded = false,
    origin: Var | null = null,
  ) {
    this.name = name;
    this.pkg = pkg;
    this.role = role;
    this.site = site;
    this.node = node;
    this.embedded = embedded;
    this.origin = origin ?? this;
    this.known = typeof type === "function" ? null : type;
    this.find = typeof type === "function" ? type : null;
  }

  get at(): DeclaredAt | null {
    return declaredAt(this.site, this.node);
  }

  type(): Type {
    if (this.known !== null) return this.known;
    const find = this.find;
    if (find === null) {
      this.isInCycle = true;
      return UNKNOWN;
    }
    this.find = null;
    const found = find();
    this.known ??= found;
    return this.known;
  }

  /** Finds the type as if it had never been found: what is asked meanwhile is answered as it was then. */
  findAgain(find: () => Type): void {
    this.known = null;
    this.find = find;
    this.type();
  }

  /** Sets the type of a variable whose declaration was checked for all its names at once. */
  settle(type: Type): void {
    this.known = type;
    this.find = null;
  }
}

/** What the value and type of a constant are. */
export interface ConstFacts {
  readonly type: Type;
  readonly value: ConstValue;
}

export class ConstObj implements Const {
  readonly kind = "const";
  readonly name: string;
  readonly pkg: Package | null;
  readonly site: Site | null;
  readonly node: Node | null;
  private known: ConstFacts | null;
  private find: (() => ConstFacts) | null;

  constructor(
    name: string,
    pkg: Package | null,
    facts: ConstFacts | (() => ConstFacts),
    site: Site | null,
    node: Node | null,
  ) {
    this.name = name;
    this.pkg = pkg;
    this.site = site;
    this.node = node;
    this.known = typeof facts === "function" ? null : facts;
    this.find = typeof facts === "function" ? facts : null;
  }

  get at(): DeclaredAt | null {
    return declaredAt(this.site, this.node);
  }

  private facts(): ConstFacts {
    if (this.known !== null) return this.known;
    const find = this.find;
    if (find === null) return { type: UNKNOWN, value: null };
    this.find = null;
    this.known = find();
    return this.known;
  }

  type(): Type {
    return this.facts().type;
  }

  value(): ConstValue {
    return this.facts().value;
  }
}

export class TypeNameObj extends LazyType implements TypeName {
  readonly kind = "typename";
  readonly name: string;
  readonly pkg: Package | null;
  readonly site: Site | null;
  readonly node: Node | null;
  /** True for types declared in a function. */
  readonly local: boolean;

  constructor(
    name: string,
    pkg: Package | null,
    type: Type | (() => Type),
    site: Site | null,
    node: Node | null,
    local = false,
  ) {
    super(type);
    this.name = name;
    this.pkg = pkg;
    this.site = site;
    this.node = node;
    this.local = local;
  }

  get at(): DeclaredAt | null {
    return declaredAt(this.site, this.node);
  }

  type(): Type {
    return this.find(this.site);
  }
}

export class FuncObj extends LazyType implements Func {
  readonly kind = "func";
  readonly name: string;
  readonly pkg: Package | null;
  readonly site: Site | null;
  readonly node: Node | null;
  readonly origin: Func;

  constructor(
    name: string,
    pkg: Package | null,
    type: Type | FindType,
    site: Site | null,
    node: Node | null,
    origin: Func | null = null,
  ) {
    super(type);
    this.name = name;
    this.pkg = pkg;
    this.site = site;
    this.node = node;
    this.origin = origin ?? this;
  }

  get at(): DeclaredAt | null {
    return declaredAt(this.site, this.node);
  }

  get func(): FuncDecl | null {
    const decl = this.site?.decl;
    return decl !== undefined && decl.kind === "FuncDecl" && decl.name === this.node ? decl : null;
  }

  type(): Type {
    return this.find(this.site);
  }
}

export class PkgNameObj implements PkgName {
  readonly kind = "pkgname";
  readonly name: string;
  readonly pkg: Package | null;
  readonly site: Site | null;
  readonly node: Node | null;
  /** The path as written. */
  readonly path: string;
  private readonly find: () => Package | null;

  constructor(name: string, pkg: Package, path: string, find: () => Package | null, site: Site, node: Node) {
    this.name = name;
    this.pkg = pkg;
    this.path = path;
    this.find = find;
    this.site = site;
    this.node = node;
  }

  get at(): DeclaredAt | null {
    return declaredAt(this.site, this.node);
  }

  imported(): Package | null {
    return this.find();
  }

  /** The imported package's object of this name, for the checker: the package remembers that it was asked for. */
  member(name: string): Obj | null {
    const pkg = this.find();
    return pkg !== null && "ask" in pkg ? (pkg as CheckedPackage).ask(name) : (pkg?.lookup(name) ?? null);
  }

  type(): Type {
    return UNKNOWN;
  }
}

export class LabelObj implements Label {
  readonly kind = "label";
  readonly name: string;
  readonly pkg: Package | null;
  readonly site: Site | null;
  readonly node: Node | null;

  constructor(name: string, pkg: Package, site: Site, node: Node) {
    this.name = name;
    this.pkg = pkg;
    this.site = site;
    this.node = node;
  }

  get at(): DeclaredAt | null {
    return declaredAt(this.site, this.node);
  }

  type(): Type {
    return UNKNOWN;
  }
}

/** A predeclared function, or a function of `unsafe`. */
export class BuiltinObj implements Builtin {
  readonly kind = "builtin";
  readonly name: string;
  readonly pkg: Package | null = null;
  readonly at = null;

  constructor(name: string) {
    this.name = name;
  }

  type(): Type {
    return UNKNOWN;
  }
}

export class NilObj implements Nil {
  readonly kind = "nil";
  readonly name = "nil";
  readonly pkg = null;
  readonly at = null;
  private readonly untypedNil: Type;

  constructor(type: Type) {
    this.untypedNil = type;
  }

  type(): Type {
    return this.untypedNil;
  }
}

/** What is asked of a defined type's declaration, or of an instance's generic type. */
export interface NamedSource {
  underlying(): Type;
  methods(): readonly Func[];
}

const NONE: readonly Func[] = [];

export class NamedType implements Named {
  readonly kind = "named";
  readonly obj: TypeName;
  readonly origin: Named;
  readonly serial: number;
  readonly typeArgs: readonly Type[];
  private instances: Map<string, WeakRef<NamedType>> | null = null;
  /** How many instances there may be before those that nobody uses any more are looked for. */
  private manyInstances = 64;
  private params: readonly TypeParam[] | (() => readonly TypeParam[]);
  private readonly source: NamedSource;
  private state: 0 | 1 | 2 = 0;
  private found: Type = UNKNOWN;
  private declared: readonly Func[] | null = null;
  private byName: Map<string, Func[]> | null = null;

  constructor(
    obj: TypeName,
    serial: number,
    typeParams: readonly TypeParam[] | (() => readonly TypeParam[]),
    typeArgs: readonly Type[],
    origin: NamedType | null,
    source: NamedSource,
  ) {
    this.obj = obj;
    this.serial = serial;
    this.params = typeParams;
    this.typeArgs = typeArgs;
    this.origin = origin ?? this;
    this.source = source;
  }

  /** The instance of this generic type for arguments with this key, or null. */
  instance(key: string): NamedType | null {
    return this.instances?.get(key)?.deref() ?? null;
  }

  /**
   * Remembers an instance for as long as anybody uses it. A generic type outlives most of what it is used with:
   * kept alive, each version of an edited package would stay with the types that it once named.
   */
  remember(key: string, instance: NamedType): void {
    this.instances ??= new Map();
    this.instances.set(key, new WeakRef(instance));
    if (this.instances.size <= this.manyInstances) return;
    for (const [k, known] of this.instances) if (known.deref() === undefined) this.instances.delete(k);
    this.manyInstances = this.instances.size * 2;
  }

  get typeParams(): readonly TypeParam[] {
    if (typeof this.params === "function") {
      const find = this.params;
      this.params = [];
      this.params = find();
    }
    return this.params;
  }

  underlying(): Type {
    if (this.state === 2) return this.found;
    if (this.state === 1) return UNKNOWN;
    this.state = 1;
    this.found = this.source.underlying();
    this.state = 2;
    return this.found;
  }

  methods(): readonly Func[] {
    this.declared ??= this.source.methods();
    return this.declared;
  }

  /** The methods of this name: several only for unexported names, of which packages may each have their own. */
  methodsNamed(name: string): readonly Func[] {
    if (this.byName === null) {
      this.byName = new Map();
      for (const m of this.methods()) {
        const same = this.byName.get(m.name);
        if (same === undefined) this.byName.set(m.name, [m]);
        else same.push(m);
      }
    }
    return this.byName.get(name) ?? NONE;
  }
}

export class AliasType extends LazyType implements Alias {
  readonly kind = "alias";
  readonly obj: TypeName;
  readonly origin: Alias;
  readonly typeArgs: readonly Type[];
  private params: readonly TypeParam[] | (() => readonly TypeParam[]);

  constructor(
    obj: TypeName,
    typeParams: readonly TypeParam[] | (() => readonly TypeParam[]),
    typeArgs: readonly Type[],
    origin: Alias | null,
    target: Type | (() => Type),
  ) {
    super(target);
    this.obj = obj;
    this.params = typeParams;
    this.typeArgs = typeArgs;
    this.origin = origin ?? this;
  }

  get typeParams(): readonly TypeParam[] {
    if (typeof this.params === "function") {
      const find = this.params;
      this.params = [];
      this.params = find();
    }
    return this.params;
  }

  target(): Type {
    return this.find(null);
  }
}

export class TypeParamType extends LazyType implements TypeParam {
  readonly kind = "typeparam";
  readonly obj: TypeName;
  readonly index: number;
  readonly serial: number;

  constructor(obj: TypeName, index: number, serial: number, constraint: Type | (() => Type)) {
    super(constraint);
    this.obj = obj;
    this.index = index;
    this.serial = serial;
  }

  constraint(): Type {
    return this.find(null);
  }
}
