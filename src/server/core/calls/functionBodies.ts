/**
 * Functions as the analysis knows them: what they are stays while their declaration's facts are let go of and found
 * again, which is for `declFacts.ts`.
 */
import type { Decl, FuncDecl, FuncLit, SourceFile } from "../syntax/ast.ts";
import type { Info, Package, Var } from "../types/types.ts";
import type { DeclaredFn, DeclFacts, Fn, LiteralFn } from "./functions.ts";

/** A literal as it was found. */
export interface Literal {
  readonly node: FuncLit;
  readonly params: readonly (Var | null)[];
}

/** The facts about a declaration, and its literals as they were found. */
export interface Owner extends DeclFacts {
  /** The literal that is the function at this place among the declaration's. */
  literalAt(at: number): Literal;
}

/** What declared functions and literals have in common. */
abstract class FunctionBody {
  readonly facts: Owner;
  name = "";
  variadic = false;

  constructor(facts: Owner) {
    this.facts = facts;
  }

  get decl(): Decl {
    return this.facts.decl;
  }

  get info(): Info {
    return this.facts.info;
  }

  get pkg(): Package {
    return this.facts.site.pkg;
  }

  get file(): SourceFile {
    return this.facts.site.file;
  }
}

/** A declared function. Its receiver and parameters belong to its head, which stays. */
export class DeclaredFunction extends FunctionBody implements DeclaredFn {
  readonly isLiteral = false;
  readonly parent = null;
  readonly pos = 0;
  receiver: Var | null = null;
  params: readonly (Var | null)[] = [];

  get node(): FuncDecl {
    return this.facts.decl as FuncDecl;
  }
}

/** A function literal. */
export class LiteralFunction extends FunctionBody implements LiteralFn {
  readonly isLiteral = true;
  readonly receiver = null;
  parent: Fn | null = null;
  pos = 0;
  private readonly at: number;

  /** `at` is its place among the functions of its declaration. */
  constructor(facts: Owner, at: number) {
    super(facts);
    this.at = at;
  }

  get node(): FuncLit {
    return this.facts.literalAt(this.at).node;
  }

  get params(): readonly (Var | null)[] {
    return this.facts.literalAt(this.at).params;
  }
}
