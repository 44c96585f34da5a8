/**
 * Package-level variables: their objects, their types when somebody asks, and the facts about the values that they
 * are declared with.
 *
 * The facts about a long declaration go when nobody holds them, and are found again, alike, as those about functions
 * are. Whoever holds an object that stands in a value (a parameter of a function literal, a field) holds all of them.
 */
import type { Expr, SourceFile, VarDecl, VarSpec } from "../syntax/ast.ts";
import { declaredNames, isReadAgain } from "../syntax/variables.ts";
import { initialise } from "./assignments.ts";
import { type CheckedPackage, type Checker, DeclInfo, type FactsFinder, openChecker } from "./checker.ts";
import { expression } from "./expressions.ts";
import { type Site, UNKNOWN, VarObj } from "./objects.ts";
import type { Obj, Type } from "./types.ts";
import { typeExpr } from "./typexprs.ts";
import { assignTo } from "./untyped.ts";

/** The variables of one declaration; a class because it answers for as long as its package lives. */
export class Variables implements FactsFinder {
  /** What is declared, in the order of the text, `_` included. */
  readonly objects: readonly Obj[];
  private readonly site: Site;
  private readonly pkg: CheckedPackage;
  private readonly decl: VarDecl;
  private readonly bySpec: readonly (readonly VarObj[])[];
  usedAt = 0;
  private kept: VariableFacts | null = null;
  private found: WeakRef<VariableFacts> | null = null;

  constructor(pkg: CheckedPackage, site: Site, decl: VarDecl) {
    this.site = site;
    this.pkg = pkg;
    this.decl = decl;
    this.bySpec = declaredNames(decl).map((names, spec) =>
      names.map((name, i): VarObj => {
        const find = (): Type => this.seek(v, () => this.facts().findType(spec, i));
        const v: VarObj = new VarObj(name.name, pkg, "package", find, site, name);
        return v;
      }),
    );
    this.objects = this.bySpec.flat();
  }

  /** All facts about the declaration. */
  complete(): DeclInfo {
    const info = this.facts().complete();
    this.pkg.used(info, this);
    return info;
  }

  /** They go by themselves: what is held weakly stays for as long as anybody holds it. */
  letGo(): void {}

  /** Facts that hang on where a cycle was entered stay: a second look would enter it elsewhere. */
  private seek(v: VarObj, find: () => Type): Type {
    const { sought } = this.pkg;
    sought.push(v);
    const found = find();
    if (sought.some(({ isInCycle }) => isInCycle)) this.kept = this.facts();
    sought.pop();
    return found;
  }

  private facts(): VariableFacts {
    const known = this.kept ?? this.found?.deref();
    if (known !== undefined) return known;
    const facts = new VariableFacts(this.pkg, this.site, this.decl, this.bySpec);
    if (isReadAgain(this.decl)) this.found = new WeakRef(facts);
    else this.kept = facts;
    return facts;
  }
}

/** The facts about a declaration of variables, and what still has to be done for them to be complete. */
class VariableFacts implements Site {
  private readonly info: DeclInfo;
  private readonly pkg: CheckedPackage;
  private readonly site: Site;
  readonly decl: VarDecl;
  readonly ownVariables = null;
  /** Stays as long as the facts do. */
  private readonly specs: readonly VarSpec[];
  private readonly bySpec: readonly (readonly VarObj[])[];
  private readonly later: (() => void)[] = [];
  /** The declared types that were found, by specification. */
  private readonly declared: (Type | undefined)[] = [];
  /** Variables whose types were found on the way to these facts; others were known before. */
  private readonly typed = new Set<VarObj>();

  constructor(pkg: CheckedPackage, site: Site, decl: VarDecl, bySpec: readonly (readonly VarObj[])[]) {
    this.pkg = pkg;
    this.site = site;
    this.decl = decl;
    this.specs = decl.specs;
    this.bySpec = bySpec;
    this.info = new DeclInfo(decl.id + 1);
    this.info.holds = this;
    for (const [i, { names }] of this.specs.entries())
      for (const [j, name] of names.entries()) this.info.objects[name.id] = bySpec[i]![j]!;
    for (const i of this.specs.keys()) this.later.push(() => this.findValues(i));
  }

  get file(): SourceFile {
    return this.site.file;
  }

  /** They stay anyway. */
  holdFacts(): void {}

  /** The type of a variable of a specification; settles it where the value says it. */
  findType(spec: number, i: number): Type {
    const { type, names, values } = this.specs[spec]!;
    const vars = this.bySpec[spec]!;
    const areTogether = type === null && values.length !== names.length;
    if (areTogether && this.typed.has(vars[i]!)) return UNKNOWN; // it is being found
    for (const v of areTogether ? vars : [vars[i]!]) this.typed.add(v);
    if (type !== null) return this.declaredType(spec, type);
    if (areTogether) initialise(this.open(), vars, null, values);
    else initialise(this.open(), [vars[i]!], null, [values[i]!]);
    return UNKNOWN;
  }

  complete(): DeclInfo {
    for (let next = this.later.shift(); next !== undefined; next = this.later.shift()) next();
    return this.info;
  }

  /** Finds what is still to be known of a specification. */
  private findValues(spec: number): void {
    const { type, values } = this.specs[spec]!;
    const vars = this.bySpec[spec]!;
    for (const [i, v] of vars.entries()) {
      v.type();
      // A type that earlier facts told: the value is looked at again, as it was then.
      if (!this.typed.has(v)) v.findAgain(() => this.findType(spec, i));
    }
    if (type !== null && values.length > 0)
      initialise(this.open(), vars, this.declaredType(spec, type), values);
    else
      for (const extra of values.slice(vars.length))
        if (vars.length > 1) assignTo(this.open(), expression(this.open(), extra), null);
  }

  private declaredType(spec: number, type: Expr): Type {
    const known = this.declared[spec];
    if (known !== undefined) return known;
    const found = typeExpr(this.open(), type);
    this.declared[spec] = found;
    return found;
  }

  private open(): Checker {
    return openChecker(this.pkg, this, this.info, this.later);
  }
}
