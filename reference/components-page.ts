import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** `docs/reference/components.md`: what `berth/components` exports, as its declarations and their comments say. */

const root = join(__dirname, "..", "components");

const HEAD = `# Components

What \`import { … } from "berth/components"\` has: Pulumi resources for programs of your own, besides or instead of Berth's
([package.md](../package.md)). Made of the types and comments in \`components/\` by \`npm run docs:reference\`: change it there. Each takes a name, these
arguments, and Pulumi's options; \`Input<T>\` is Pulumi's: a value, a promise or an output of one.
`;

interface Field {
  readonly name: string;
  readonly type: string;
  readonly text: string;
  readonly isOptional: boolean;
}

type Declaration =
  | ts.ClassDeclaration
  | ts.InterfaceDeclaration
  | ts.FunctionDeclaration
  | ts.VariableStatement;

/** Declarations by name, of the files that have been read. */
type Known = ReadonlyMap<string, Declaration>;

export function componentsPage(): string {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const known = new Map(files.sort().flatMap((file) => declarationsIn(join(root, file))));
  const exported = exportedFrom(readFileSync(join(root, "index.ts"), "utf8"));
  const sections = exported.flatMap((name) => sectionOf(name, known));
  return [HEAD, ...sections].join("\n");
}

/** The names of `export { A, type B } from "…"`, but for types. */
function exportedFrom(text: string): string[] {
  const lists = [...text.matchAll(/^export \{([^}]*)\}/gm)].map(([, list]) => list!);
  return lists.flatMap((list) => list.split(",").map((one) => one.trim())).filter((one) => /^\w+$/.test(one));
}

function declarationsIn(path: string): [string, Declaration][] {
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true);
  return source.statements.flatMap((one): [string, Declaration][] => {
    if (ts.isVariableStatement(one))
      return one.declarationList.declarations.map(({ name }) => [name.getText(), one]);
    const isNamed =
      ts.isClassDeclaration(one) || ts.isInterfaceDeclaration(one) || ts.isFunctionDeclaration(one);
    return isNamed && one.name ? [[one.name.text, one]] : [];
  });
}

function sectionOf(name: string, known: Known): string[] {
  const declaration = known.get(name);
  if (declaration === undefined)
    throw new Error(`components/index.ts exports ${name}, which is declared nowhere`);
  const args = argumentsOf(name, declaration, known);
  const outputs = ts.isClassDeclaration(declaration) ? outputsOf(declaration) : [];
  return [
    `## ${name}\n`,
    ...(docOf(declaration) === "" ? [] : [`${docOf(declaration)}\n`]),
    ...(ts.isFunctionDeclaration(declaration) ? [`\`${signatureOf(declaration)}\`\n`] : []),
    ...table("argument", args),
    ...table("output", outputs),
  ];
}

function signatureOf({ name, parameters, type }: ts.FunctionDeclaration): string {
  return `${name?.text}(${parameters.map((one) => one.getText()).join(", ")}): ${type?.getText()}`;
}

/** Of what `args` in the constructor is; of a class that is made by a function, what that function's `args` is. */
function argumentsOf(name: string, declaration: Declaration, known: Known): Field[] {
  const parameters = ts.isClassDeclaration(declaration)
    ? declaration.members.find(ts.isConstructorDeclaration)?.parameters
    : fieldsFunction(name, declaration, known)?.parameters;
  const type = parameters?.find((one) => one.name.getText() === "args")?.type;
  if (type && ts.isTypeLiteralNode(type)) return type.members.flatMap(fieldOf);
  return type ? fieldsOf(type.getText().replace(/<.*/s, ""), known) : [];
}

/** `export const GoHosted = resourceOf(goHosted, hostedFields)` */
function fieldsFunction(
  name: string,
  declaration: Declaration,
  known: Known,
): ts.FunctionDeclaration | undefined {
  if (!ts.isVariableStatement(declaration)) return undefined;
  const made = declaration.declarationList.declarations.find(
    (one) => one.name.getText() === name,
  )?.initializer;
  const given =
    made && ts.isCallExpression(made) ? made.arguments.map((one) => known.get(one.getText())) : [];
  return given.find((one) => one !== undefined && ts.isFunctionDeclaration(one)) as
    | ts.FunctionDeclaration
    | undefined;
}

/** The interface's own fields, then those that it inherits. */
function fieldsOf(name: string, known: Known): Field[] {
  const declaration = known.get(name);
  if (!declaration || !ts.isInterfaceDeclaration(declaration)) return [];
  const own = declaration.members.flatMap(fieldOf);
  const parents = (declaration.heritageClauses ?? []).flatMap(({ types }) =>
    types.flatMap((one) => fieldsOf(one.expression.getText(), known)),
  );
  return [...own, ...parents.filter((field) => !own.some(({ name: mine }) => mine === field.name))];
}

function fieldOf(member: ts.TypeElement | ts.ClassElement): Field[] {
  if (!ts.isPropertySignature(member) && !ts.isPropertyDeclaration(member)) return [];
  const type = (member.type?.getText() ?? "").replaceAll("pulumi.", "").replaceAll("readonly ", "");
  const plain = type.replace(/\/\*\*.*?\*\//gs, "").replace(/\s+/g, " ");
  const isOptional = member.questionToken !== undefined;
  return [{ name: member.name.getText(), type: plain, text: docOf(member), isOptional }];
}

/** What a program can read of a resource. */
function outputsOf({ members }: ts.ClassDeclaration): Field[] {
  const hidden = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword, ts.SyntaxKind.StaticKeyword];
  return members
    .filter(
      (one) =>
        !ts.canHaveModifiers(one) || !(ts.getModifiers(one) ?? []).some(({ kind }) => hidden.includes(kind)),
    )
    .flatMap(fieldOf);
}

/** A comment's text, with its `@default` as a sentence. */
function docOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const words = ts.getTextOfJSDocComment(comment?.comment) ?? "";
  const fallback = comment?.tags?.find(({ tagName }) => tagName.text === "default");
  const value = ts.getTextOfJSDocComment(fallback?.comment);
  return [words, ...(value === undefined ? [] : [`Default: ${value}.`])]
    .join(" ")
    .replace(/\s+/g, " ")
    .trim();
}

function table(what: string, fields: readonly Field[]): string[] {
  if (fields.length === 0) return [];
  const rows = fields.map(({ name, type, text, isOptional }) => {
    const cells = [`\`${name}\`${isOptional ? "" : " (required)"}`, `\`${type}\``, text];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  const lines = what === "output" ? rows.map((row) => row.replace(" (required)", "")) : rows;
  return [`| ${what} | type | |`, "|---|---|---|", ...lines, ""];
}
