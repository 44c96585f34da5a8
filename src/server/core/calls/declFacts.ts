/**
 * The facts about top-level declarations, and for how long they are kept.
 *
 * The facts about all bodies of a program, with the trees that they speak of, take many times what is found out by
 * them. So they are kept for what was asked about last, and are found again, alike, when somebody asks: what stays is
 * which functions there are. What the facts are is `functions.ts`, how they are found `collectFacts.ts`.
 */
import type { Decl, SourceFile } from "../syntax/ast.ts";
import type { Info, Package, Var } from "../types/types.ts";
import { collectFacts, type Found } from "./collectFacts.ts";
import type { Literal, Owner } from "./functionBodies.ts";
import type { DeclFacts } from "./functions.ts";

/** Where a declaration stands in the current version: the same declaration moves when text before it changes. */
interface Site {
  pkg: Package;
  file: SourceFile;
}

/** By package and by what stays while a function's body changes: its name; for variables, their declaration. */
const known = new WeakMap<Package, WeakMap<object, Declaration>>();

/**
 * The facts about one top-level declaration in its current version. The same object while a function's body
 * changes, and its literals are the same functions as far as there are as many before them.
 */
export function declFacts(pkg: Package, decl: Decl): DeclFacts {
  let inPackage = known.get(pkg);
  if (!inPackage) {
    inPackage = new WeakMap();
    known.set(pkg, inPackage);
  }
  const key = decl.kind === "FuncDecl" ? decl.name : decl;
  const site: Site = { pkg, file: pkg.fileOf(decl) };
  let facts = inPackage.get(key);
  if (facts) facts.goOnWith(site, decl);
  else {
    facts = new Declaration(site, decl);
    inPackage.set(key, facts);
  }
  return facts;
}

/** Facts about so many nodes are kept from one step to the next: those about some ten thousand lines. */
const MOST_NODES = 150_000;

/** Those whose facts are held, and about how many nodes these are. */
const inUse = new Set<Declaration>();
let nodesInUse = 0;

/**
 * Lets go of facts that were found where they are about more than `most` nodes. To be called between the steps of an
 * analysis alone: within a step, who asks twice gets the same nodes. Changes no answer.
 * @returns true where it did
 */
export function letGoOfFacts(most = MOST_NODES): boolean {
  if (nodesInUse <= most) return false;
  for (const declaration of inUse) declaration.letGo();
  inUse.clear();
  nodesInUse = 0;
  return true;
}

/** A class so that it is told from what is compared by its parts. */
class Declaration implements Owner {
  readonly site: Site;
  decl: Decl;
  functions: Found["functions"] = [];
  holders: readonly Var[] = [];
  private found: Found | null = null;

  constructor(site: Site, decl: Decl) {
    this.site = site;
    this.decl = decl;
    this.find();
  }

  /** Takes over the current version. */
  goOnWith({ pkg, file }: Site, decl: Decl): void {
    this.site.pkg = pkg;
    this.site.file = file;
    if (this.decl === decl) return;
    this.decl = decl;
    this.find();
  }

  letGo(): void {
    this.found = null;
  }

  literalAt(at: number): Literal {
    const literal = this.facts.literals[at];
    if (!literal)
      throw new Error(`${this.functions[at]?.name}: the function is no part of its declaration any more.`);
    return literal;
  }

  private get facts(): Found {
    return this.found ?? this.find();
  }

  private find(): Found {
    const found = collectFacts(this, this.functions);
    this.found = found;
    this.functions = found.functions;
    this.holders = found.stores.map(({ holder }) => holder);
    if (!inUse.has(this)) {
      inUse.add(this);
      nodesInUse += this.decl.kind === "FuncDecl" ? this.decl.idCount : this.decl.id;
    }
    return found;
  }

  get info(): Info {
    return this.facts.info;
  }

  get definitions(): DeclFacts["definitions"] {
    return this.facts.definitions;
  }

  get literal(): DeclFacts["literal"] {
    return this.facts.literal;
  }

  get loopOf(): DeclFacts["loopOf"] {
    return this.facts.loopOf;
  }

  get oneForAllRounds(): DeclFacts["oneForAllRounds"] {
    return this.facts.oneForAllRounds;
  }

  get assigned(): DeclFacts["assigned"] {
    return this.facts.assigned;
  }

  get stores(): DeclFacts["stores"] {
    return this.facts.stores;
  }

  get returned(): DeclFacts["returned"] {
    return this.facts.returned;
  }

  get returnedLiterals(): DeclFacts["returnedLiterals"] {
    return this.facts.returnedLiterals;
  }

  get ownFields(): DeclFacts["ownFields"] {
    return this.facts.ownFields;
  }
}
