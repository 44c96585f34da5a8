/**
 * Package-level declarations: the objects they declare, the types of those objects when somebody asks, and the
 * facts about everything inside of a declaration when somebody asks for that.
 */
import { declare, openScope, type Scope } from "../scopes/scope.ts";
import type { BlockStmt, ConstSpec, Decl, FuncDecl, SourceFile, TypeSpec } from "../syntax/ast.ts";
import { type CheckedPackage, DeclInfo, type FactsFinder, openChecker, recordObject } from "./checker.ts";
import { declareParams } from "./literals.ts";
import { constantOf } from "./locals.ts";
import {
  AliasType,
  ConstObj,
  FuncObj,
  NamedType,
  type Site,
  TypeNameObj,
  UNKNOWN,
  VarObj,
} from "./objects.ts";
import { under } from "./predicates.ts";
import { functionBody } from "./statements.ts";
import { declareTypeParams, receiverType } from "./typeparams.ts";
import type { Obj, Signature, Type, TypeParam, Var } from "./types.ts";
import { signatureOf, typeExpr } from "./typexprs.ts";
import { NO_TYPE_PARAMS } from "./universe.ts";
import { Variables } from "./variables.ts";

/** A file within a package; follows the versions of the file. */
export interface FileUnit {
  file: SourceFile;
}

/** A package-level declaration and what is known of it; follows the declaration through edits of its body. */
export class DeclSite implements Site, FactsFinder {
  readonly pkg: CheckedPackage;
  readonly unit: FileUnit;
  decl: Decl;
  /** See {@link info}; made when somebody asks: of most declarations of dependencies nobody does. */
  private known: DeclInfo | null = null;
  private isComplete = false;
  /** What still has to be done for the facts to be complete, besides the types of the objects. */
  private later: (() => void)[] | null = null;
  /** What a function's body can see besides the package: its type parameters. */
  scope: Scope | null = null;
  /** See {@link objects}; a function is held without a list. */
  private readonly declared: FuncObj | readonly Obj[];
  usedAt = 0;
  /** What is known of variables, where it declares any. */
  private readonly variables: Variables | null;
  /** All facts about a function that was asked about not long ago. */
  private recent: BodyFacts | null = null;
  /** All facts about a function, while somebody holds them. */
  private whole: WeakRef<DeclInfo> | null = null;
  /** What the function's body declares, while somebody holds any of it. */
  private inBody: WeakRef<BodySite> | null = null;
  /** The facts about the function's body that are being found. */
  private underWay: DeclInfo | null = null;

  constructor(pkg: CheckedPackage, unit: FileUnit, decl: Decl) {
    this.pkg = pkg;
    this.unit = unit;
    this.decl = decl;
    this.variables = decl.kind === "VarDecl" ? new Variables(pkg, this, decl) : null;
    this.declared = this.variables?.objects ?? declaredBy(this);
  }

  get file(): SourceFile {
    return this.unit.file;
  }

  /** What it declares at package level, methods and `_` included. */
  get objects(): readonly Obj[] {
    return this.declared instanceof FuncObj ? [this.declared] : this.declared;
  }

  get ownVariables(): null {
    return null;
  }

  /** The facts about the declaration; of a function, about its head alone. Not asked of variables, which keep their own. */
  get info(): DeclInfo {
    if (this.known !== null) return this.known;
    this.known = new DeclInfo(this.decl.id + 1);
    for (const obj of this.objects) {
      const name = obj.at?.ident;
      if (name !== undefined) this.known.objects[name.id] = obj;
    }
    return this.known;
  }

  /** Has something done before the facts count as complete. */
  push(work: () => void): void {
    this.later ??= [];
    this.later.push(work);
  }

  /**
   * All facts about the declaration. Those about a function's body are found again when nobody has held them for a
   * while: most are asked for once, and all of them together take many times what the text does. The variables that the
   * body declares are the same then, where somebody holds one.
   */
  complete(): DeclInfo {
    if (this.variables !== null) return this.variables.complete();
    if (!this.isComplete) {
      this.isComplete = true;
      for (const obj of this.objects) findAll(obj);
    }
    for (let next = this.later?.shift(); next !== undefined; next = this.later?.shift()) next();
    this.later = null;
    const { decl } = this;
    if (decl.kind !== "FuncDecl") return this.info;
    if (this.underWay !== null) return this.underWay;
    let whole = this.recent?.info ?? this.whole?.deref();
    if (whole === undefined) {
      this.recent = this.findWhole(decl);
      whole = this.recent.info;
    }
    this.pkg.used(whole, this);
    return whole;
  }

  private findWhole(decl: FuncDecl): BodyFacts {
    const body = decl.holdBody();
    const head = decl.id + 1;
    const whole = new DeclInfo(decl.idCount);
    whole.copyFrom(this.info, head);
    whole.holds = body;
    const place = this.inBody?.deref() ?? new BodySite(this);
    const found = new BodyFacts(this, whole, place, decl);
    whole.keeper = found;
    this.underWay = whole;
    if (body !== null) checkBody(place, whole, decl, body);
    this.underWay = null;
    return found;
  }

  /** Facts that were asked for the first time. */
  firstAsked(facts: BodyFacts): void {
    // Nothing of facts that were let go is in anybody's hands: they may be exchanged for those that are answered now.
    if (this.recent === facts || this.decl !== facts.of) return;
    const now = this.complete();
    now.ask();
    facts.info.become(now);
  }

  /** Facts that nobody has asked for lately go, unless somebody may hold them. */
  letGo(info: DeclInfo): void {
    const facts = this.recent;
    if (facts?.info !== info) return;
    this.recent = null;
    const isInUse = info.keeper === null;
    if (isInUse) {
      this.whole = new WeakRef(info);
      this.inBody = new WeakRef(facts.place);
    }
    facts.of.letBodyGo(isInUse);
  }

  /** Goes on with a new version of the function, whose head is the same. */
  replaceBody(decl: FuncDecl): void {
    if (this.recent !== null) this.letGo(this.recent.info);
    this.decl = decl;
    this.whole = null;
    this.inBody = null;
  }

  /** These stay anyway. */
  holdFacts(): void {}
}

/** All facts about one version of a function. */
class BodyFacts {
  readonly info: DeclInfo;
  readonly place: BodySite;
  readonly of: FuncDecl;
  private readonly site: DeclSite;

  constructor(site: DeclSite, info: DeclInfo, place: BodySite, of: FuncDecl) {
    this.site = site;
    this.info = info;
    this.place = place;
    this.of = of;
  }

  firstAsked(): void {
    this.site.firstAsked(this);
  }
}

/** The place of what a function's body declares. Whoever holds such an object holds all of them. */
class BodySite implements Site {
  readonly site: DeclSite;
  readonly ownVariables = new Map<number, VarObj>();
  private facts: object | null = null;

  constructor(site: DeclSite) {
    this.site = site;
  }

  holdFacts(facts: object): void {
    this.facts ??= facts;
  }

  get file(): SourceFile {
    return this.site.file;
  }

  get decl(): Decl {
    return this.site.decl;
  }
}

/** Finds all that hangs on the type of a declared object. */
function findAll(obj: Obj): void {
  const type = obj.type();
  if (type.kind === "named") type.underlying();
  if (type.kind === "alias") type.target();
}

function declaredBy(site: DeclSite): FuncObj | readonly Obj[] {
  const { decl } = site;
  switch (decl.kind) {
    case "FuncDecl":
      return new FuncObj(decl.name.name, site.pkg, functionType, site, decl.name);
    case "TypeDecl":
      return decl.specs.map((spec) => typeObject(site, spec));
    case "ConstDecl": {
      let previous: ConstSpec | null = null;
      const out: Obj[] = [];
      for (const spec of decl.specs) {
        if (spec.values.length > 0 || spec.type !== null) previous = spec;
        out.push(...constObjects(site, spec, previous ?? spec));
      }
      return out;
    }
    default:
      return [];
  }
}

function constObjects(site: DeclSite, spec: ConstSpec, source: ConstSpec): readonly Obj[] {
  return spec.names.map((name, i) => {
    const facts = (): ReturnType<typeof constantOf> =>
      constantOf(openChecker(site.pkg, site, site.info, site), spec, source, i);
    return new ConstObj(name.name, site.pkg, facts, site, name);
  });
}

function typeObject(site: DeclSite, spec: TypeSpec): Obj {
  const { pkg } = site;
  let scope: Scope | null = null;
  let params: readonly TypeParam[] | null = null;
  const typeParams = (): readonly TypeParam[] => {
    if (params === null) {
      params = [];
      if (spec.typeParams !== null) {
        const cx = openChecker(pkg, site, site.info, site);
        scope = openScope(null);
        cx.scope = scope;
        params = declareTypeParams(cx, spec.typeParams);
      }
    }
    return params;
  };
  let right: Type | null = null;
  const rightSide = (): Type => {
    if (right === null) {
      typeParams();
      const cx = openChecker(pkg, site, site.info, site);
      cx.scope = scope;
      right = UNKNOWN;
      right = typeExpr(cx, spec.type);
    }
    return right;
  };
  const type = (): Type => {
    if (spec.isAlias) return new AliasType(obj, typeParams, [], null, rightSide);
    return new NamedType(obj, pkg.nextSerial(), typeParams, [], null, {
      underlying: () => under(rightSide()),
      methods: () => pkg.methodsOf(spec.name.name),
    });
  };
  const obj: TypeNameObj = new TypeNameObj(spec.name.name, pkg, type, site, spec.name);
  return obj;
}

/** The type of the function that is declared at `site`: found by one function for all, as there are too many for a closure each. */
function functionType(site: Site | null): Type {
  if (!(site instanceof DeclSite) || site.decl.kind !== "FuncDecl") return UNKNOWN;
  const { decl } = site;
  const { recv: receivers, type: written } = decl.readHead();
  const cx = openChecker(site.pkg, site, site.info, site);
  const scope = openScope(null);
  site.scope = scope;
  cx.scope = scope;
  let recv: Var | null = null;
  let recvTypeParams = NO_TYPE_PARAMS;
  const field = receivers?.fields[0];
  if (field !== undefined) {
    const receiver = receiverType(cx, field.type);
    recvTypeParams = receiver.typeParams;
    const name = field.names[0];
    const v = new VarObj(name?.name ?? "", site.pkg, "receiver", receiver.type, site, name ?? field);
    if (name !== undefined) recordObject(cx, name, v);
    recv = v;
  }
  const typeParams = written.typeParams === null ? NO_TYPE_PARAMS : declareTypeParams(cx, written.typeParams);
  return signatureOf(cx, written, recv, recvTypeParams, typeParams);
}

function checkBody(place: BodySite, info: DeclInfo, decl: FuncDecl, body: BlockStmt): void {
  const { site } = place;
  const obj = info.objects[decl.name.id];
  const type: Type = obj?.kind === "func" ? obj.type() : UNKNOWN;
  if (type.kind !== "signature") return;
  const signature: Signature = type;
  const cx = openChecker(site.pkg, place, info, null);
  cx.scope = openScope(site.scope);
  if (signature.recv !== null) declare(cx.scope, signature.recv);
  declareParams(cx, signature);
  functionBody(cx, signature, body);
}
