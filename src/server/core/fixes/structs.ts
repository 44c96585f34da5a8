/**
 * Structs that are to hold a lock: where the field goes, and whether their values are copied anywhere.
 *
 * A copied lock guards nothing (`go vet` calls it copylocks), so a struct whose values travel by value refuses.
 */
import type { CompositeLit, Expr, Field, FieldList, Node, StructType, TypeSpec } from "../syntax/ast.ts";
import type { Obj, Package, Program, Type, TypeName, Var } from "../types/types.ts";
import type { Question } from "./question.ts";
import { CannotFix } from "./refusal.ts";
import { type DeclTree, declTree, textOf, treesOf, walk } from "./tree.ts";
import { place } from "./uses.ts";

/** The struct that declares a field. */
export interface StructOf {
  readonly tree: DeclTree;
  readonly field: Field;
  readonly fields: FieldList;
  readonly struct: StructType;
  /** The named type, or null where the struct type stands in a variable's declaration. */
  readonly named: TypeName | null;
}

/** The struct that a field is declared in. */
export function structOf(field: Var): StructOf {
  const { at, pkg } = field;
  if (at === null || pkg === null)
    throw new CannotFix(`The struct that holds ${field.name} is not in sight.`);
  const tree = declTree(pkg, at.file, at.decl);
  const node = tree.parents.get(at.ident);
  const fields = node === undefined ? undefined : tree.parents.get(node);
  const struct = fields === undefined ? undefined : tree.parents.get(fields);
  if (node?.kind !== "Field" || fields?.kind !== "FieldList" || struct?.kind !== "StructType") {
    throw new CannotFix(`The struct that holds ${field.name} is not in sight.`);
  }
  const spec = tree.parents.get(struct);
  const named = spec?.kind === "TypeSpec" ? tree.info.objectOf((spec as TypeSpec).name) : null;
  return { tree, field: node, fields, struct, named: named?.kind === "typename" ? named : null };
}

/** Throws {@link CannotFix} where a value of the struct is copied, or a literal names its fields by position. */
export function refuseCopies(question: Question, owner: StructOf): void {
  const { struct } = owner;
  let refusal = question.copies.get(struct);
  if (refusal === undefined) {
    refusal = copiesOf(question.program, owner);
    question.copies.set(struct, refusal);
  }
  if (refusal !== null) throw new CannotFix(refusal);
}

/** Where a value of the struct is copied, as a sentence, or null. */
function copiesOf(program: Program, owner: StructOf): string | null {
  if (owner.named === null) {
    const parent = owner.tree.parents.get(owner.struct);
    if (parent?.kind === "VarSpec" && parent.values.length === 0) return null;
    return `The map is a field of a struct type without a name (${place(owner.tree, owner.struct)}); name the type first.`;
  }
  const holders = new Set<TypeName>([owner.named]);
  const trees = packagesThatReach(program, owner.named).flatMap(treesOf);
  // A struct that holds the struct by value must not be copied either.
  for (let before = 0; before !== holders.size; ) {
    before = holders.size;
    for (const tree of trees) addHolders(tree, holders);
  }
  let refusal: string | null = null;
  for (const tree of trees) {
    walk(tree.decl, (node) => {
      if (refusal !== null) return false;
      const why = copyAt(tree, node, holders);
      if (why !== null) {
        refusal = `${owner.named!.name} must not be copied once it holds a lock, but ${why} at ${place(tree, node)}; use a pointer there first.`;
      }
      return undefined;
    });
    if (refusal !== null) return refusal;
  }
  return null;
}

/** The type's own package and, where its name is exported, those that import it. */
function packagesThatReach(program: Program, named: TypeName): Package[] {
  const own = named.pkg;
  const isExported = /^\p{Lu}/u.test(named.name);
  return program.packages.filter(
    (pkg) =>
      pkg === own ||
      (isExported &&
        own !== null &&
        pkg.files.some((file) => file.imports.some((spec) => spec.path === own.path))),
  );
}

function addHolders(tree: DeclTree, holders: Set<TypeName>): void {
  walk(tree.decl, (node) => {
    if (node.kind !== "TypeSpec" || node.type.kind !== "StructType") return undefined;
    const obj = tree.info.objectOf(node.name);
    if (obj?.kind !== "typename") return undefined;
    if (node.type.fields.fields.some((f) => isHolder(tree.info.typeOf(f.type), holders))) holders.add(obj);
    return undefined;
  });
}

function isHolder(type: Type, holders: ReadonlySet<TypeName>): boolean {
  if (type.kind === "named") return holders.has(type.origin.obj) || holders.has(type.obj);
  if (type.kind === "alias") return isHolder(type.target(), holders);
  return type.kind === "array" && isHolder(type.elem, holders);
}

/** Why a node copies a value of a holder, or null. */
function copyAt(tree: DeclTree, node: Node, holders: ReadonlySet<TypeName>): string | null {
  const { info } = tree;
  const holds = (e: Expr): boolean => isHolder(info.typeOf(e), holders);
  const copied = (e: Expr): boolean => !isMaking(e) && !info.isType(e) && holds(e);
  switch (node.kind) {
    case "CompositeLit":
      if (holds(node) && isPositional(node)) return "a literal gives its fields by position";
      return node.elts.some((e) => copied(e.kind === "KeyValueExpr" ? e.value : e))
        ? "a literal copies one"
        : null;
    case "FuncType": {
      const lists = [node.params, ...(node.results === null ? [] : [node.results])];
      return lists.some((l) => l.fields.some((f) => holds(f.type)))
        ? "one is passed or returned by value"
        : null;
    }
    case "FuncDecl":
      return node.recv?.fields.some((f) => holds(f.type)) ? "a method has it as a value receiver" : null;
    case "AssignStmt":
      return node.rhs.some(copied) ? "one is assigned" : null;
    case "VarSpec":
      return node.values.some(copied) ? "one is assigned" : null;
    case "RangeStmt":
      return node.value !== null && isHolder(typeOfTarget(tree, node.value), holders)
        ? "a loop copies each"
        : null;
    case "CallExpr":
      if (info.isType(node.fun)) return isHolder(info.typeOf(node.fun), holders) ? "one is converted" : null;
      return node.args.some(copied) ? "one is passed by value" : null;
    case "ReturnStmt":
      return node.results.some(copied) ? "one is returned" : null;
    case "SendStmt":
      return copied(node.value) ? "one is sent" : null;
    case "MapType":
    case "ChanType":
      return holds(node.value) ? `${textOf(tree, node)} holds values of it` : null;
    default:
      return null;
  }
}

/** The type of what is assigned to; a name that is declared here is no expression and has its object's type. */
function typeOfTarget(tree: DeclTree, target: Expr): Type {
  const obj = target.kind === "Ident" ? tree.info.objectOf(target) : null;
  return obj === null ? tree.info.typeOf(target) : obj.type();
}

function isMaking(e: Expr): boolean {
  return e.kind === "CompositeLit" || (e.kind === "ParenExpr" && isMaking(e.x));
}

function isPositional(literal: CompositeLit): boolean {
  return (
    literal.elts.length > 0 && literal.type?.kind !== "ArrayType" && literal.elts[0]!.kind !== "KeyValueExpr"
  );
}

/** The names that a field or method of the struct already has, those of embedded types included. */
export function memberNames(owner: StructOf): Set<string> {
  const names = new Set<string>();
  const visit = (type: Type, depth: number): void => {
    if (depth > 5) return;
    if (type.kind === "pointer") visit(type.elem, depth);
    if (type.kind === "alias") visit(type.target(), depth);
    if (type.kind === "named") {
      for (const method of type.methods()) names.add(method.name);
      visit(type.underlying(), depth);
    }
    if (type.kind === "struct") {
      for (const field of type.fields) {
        names.add(field.name);
        if (field.embedded) visit(field.type(), depth + 1);
      }
    }
  };
  visit(owner.named === null ? owner.tree.info.typeOf(owner.struct) : owner.named.type(), 0);
  return names;
}

/** True when any struct of the package embeds the type, so that its field names are seen through others. */
export function isEmbedded(program: Program, named: TypeName): boolean {
  return packagesThatReach(program, named).some((pkg) =>
    treesOf(pkg).some((tree) => {
      let found = false;
      walk(tree.decl, (n) => {
        if (
          n.kind !== "Field" ||
          n.names.length > 0 ||
          tree.parents.get(tree.parents.get(n)!)?.kind !== "StructType"
        )
          return undefined;
        const type = tree.info.typeOf(n.type);
        const embedded = type.kind === "pointer" ? type.elem : type;
        if (embedded.kind === "named" && embedded.origin.obj === (named as Obj)) found = true;
        return undefined;
      });
      return found;
    }),
  );
}

/** What methods of the struct's type call their receiver, or the type's first letter. */
export function receiverName(owner: StructOf): string {
  const { named, tree } = owner;
  for (const file of tree.pkg.files) {
    for (const decl of file.decls) {
      const recv = decl.kind === "FuncDecl" ? decl.recv?.fields[0] : undefined;
      const type = recv?.type.kind === "StarExpr" ? recv.type.x : recv?.type;
      const name = recv?.names[0]?.name;
      if (type?.kind === "Ident" && type.name === named?.name && name !== undefined && name !== "_")
        return name;
    }
  }
  return (named?.name ?? "s").charAt(0).toLowerCase();
}
