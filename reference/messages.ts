import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

export interface Message {
  /** With `‹…›` where something is told. */
  readonly text: string;
  /** The command ends with exit code 2. */
  readonly isUsage: boolean;
}

export interface MessageFile {
  /** From the top of the repository. */
  readonly file: string;
  /** As they stand in the file. */
  readonly messages: readonly Message[];
}

/** Functions by name: what one returns may be all of a message. */
type Functions = ReadonlyMap<string, ts.Node>;

interface Source {
  readonly file: string;
  readonly node: ts.SourceFile;
}

/** Fewer words than these are a part of something. */
const FEW_WORDS = 3;
/** What checks of settings are made of: their text is what was expected (components/settings/fields.ts). */
const EXPECTING =
  /\b(expected|expectation|matching|checked|text|whole|within|listOf|recordOf|imageName|identifier|oneOrMore|unionOf|unsaid)$/;
/** Values that settings have by themselves. */
const VALUES = /\.(describe|default|prefault)$/;
/** A message of a function of a function of a function is told by that one's name. */
const DEEP = 3;

/** The errors in the files below some folders, as far as their words stand there. */
export function messagesIn(root: string, folders: readonly string[]): MessageFile[] {
  const sources = folders.flatMap((folder) => sourcesIn(root, folder));
  const everywhere = onlyOnes(sources.flatMap(({ node }) => functionsIn(node)));
  return sources.flatMap(({ file, node }) => {
    const functions = new Map([...everywhere, ...functionsIn(node)]);
    const messages = unique(
      file.startsWith("components/settings/") ? checksIn(node, functions) : errorsIn(node, functions),
    );
    return messages.length === 0 ? [] : [{ file, messages }];
  });
}

function sourcesIn(root: string, folder: string): Source[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file))
    .sort()
    .map((file) => {
      const text = readFileSync(join(root, file), "utf8");
      return { file, node: ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true) };
    });
}

function functionsIn(node: ts.SourceFile): [string, ts.Node][] {
  return node.statements.flatMap((one): [string, ts.Node][] => {
    if (ts.isFunctionDeclaration(one) && one.name) return [[one.name.text, one]];
    if (!ts.isVariableStatement(one)) return [];
    return one.declarationList.declarations.flatMap(({ name, initializer }): [string, ts.Node][] =>
      initializer && ts.isArrowFunction(initializer) ? [[name.getText(), initializer]] : [],
    );
  });
}

/** Of those with the same name in several files nobody knows here which one is meant. */
function onlyOnes(functions: readonly [string, ts.Node][]): [string, ts.Node][] {
  return functions.filter(([name]) => functions.filter(([other]) => other === name).length === 1);
}

/** What is made as an error or handed to `refuse`. */
function errorsIn(source: ts.SourceFile, functions: Functions): Message[] {
  return collected(source, (node) => {
    if (!isMaking(node)) return undefined;
    const [first, second] = node.arguments ?? [];
    const isUsage = second?.getText() === "Exit.usage";
    return (first ? textsOf(first, functions) : []).map((text) => ({ text, isUsage }));
  });
}

/** Of the checks of settings each sentence, and all that they expect. */
function checksIn(source: ts.SourceFile, functions: Functions): Message[] {
  return collected(source, (node) => {
    if (ts.isPropertyAssignment(node) && node.name.getText() === "description") return [];
    if (!isText(node)) return undefined;
    const callee = ts.isCallExpression(node.parent) ? node.parent.expression.getText() : "";
    const isPart = EXPECTING.test(callee);
    const end = callee.endsWith("recordOf") ? " by name" : "";
    return textsOf(node, functions).map((text) => ({
      text: isPart ? `expected ${text}${end}, got ‹what is there›` : text,
      isUsage: true,
    }));
  });
}

/** @param find what a node has, with all that is in it; undefined where that is looked at by itself */
function collected(source: ts.SourceFile, find: (node: ts.Node) => Message[] | undefined): Message[] {
  const found: Message[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && VALUES.test(node.expression.getText())) {
      visit(node.expression);
      return;
    }
    const messages = find(node);
    if (messages === undefined) ts.forEachChild(node, visit);
    else found.push(...messages);
  };
  visit(source);
  return found.filter(({ text }) => isSentence(text));
}

function isMaking(node: ts.Node): node is ts.NewExpression | ts.CallExpression {
  if (ts.isNewExpression(node)) return /Error$/.test(node.expression.getText());
  return ts.isCallExpression(node) && /^(refuse|fail)$/.test(node.expression.getText());
}

function isText(node: ts.Node): node is ts.Expression {
  if (ts.isSourceFile(node) || ts.isImportDeclaration(node.parent)) return false;
  const isSum = ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken;
  return isSum || ts.isStringLiteral(node) || ts.isTemplateLiteral(node);
}

function isSentence(text: string): boolean {
  return (
    text
      .replace(/‹[^›]*›/g, "")
      .split(/\s+/)
      .filter((word) => /[a-z]{2}/.test(word)).length >= FEW_WORDS
  );
}

/** Each text that an expression may be. */
function textsOf(node: ts.Expression, functions: Functions, depth = 0): string[] {
  const go = (one: ts.Expression) => textsOf(one, functions, depth);
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text];
  if (ts.isParenthesizedExpression(node)) return go(node.expression);
  if (ts.isTemplateExpression(node)) {
    const parts = node.templateSpans.map(({ expression, literal }) => told(expression) + literal.text);
    return [node.head.text + parts.join("")];
  }
  if (ts.isConditionalExpression(node)) return [...go(node.whenTrue), ...go(node.whenFalse)];
  if (ts.isBinaryExpression(node)) {
    if (node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return [told(node)];
    return go(node.left).flatMap((left) => go(node.right).map((right) => left + right));
  }
  if (ts.isIdentifier(node)) return namedTexts(node, functions, depth);
  const made = ts.isCallExpression(node) ? functions.get(node.expression.getText()) : undefined;
  if (made && depth < DEEP) {
    const texts = returnsOf(made).flatMap((one) => textsOf(one, functions, depth + 1));
    if (texts.some(isSentence)) return texts.filter(isSentence);
  }
  return [told(node)];
}

/** Of a constant that stands in the same function, or in the file. */
function namedTexts(name: ts.Identifier, functions: Functions, depth: number): string[] {
  for (let scope: ts.Node | undefined = name.parent; scope && depth < DEEP; scope = scope.parent) {
    if (!ts.isBlock(scope) && !ts.isSourceFile(scope)) continue;
    const constants = scope.statements.filter(ts.isVariableStatement);
    const one = constants
      .flatMap(({ declarationList }) => [...declarationList.declarations])
      .find((declaration) => declaration.name.getText() === name.text);
    if (one?.initializer) return textsOf(one.initializer, functions, depth + 1);
  }
  return [told(name)];
}

function returnsOf(made: ts.Node): ts.Expression[] {
  if (ts.isArrowFunction(made) && !ts.isBlock(made.body)) return [made.body];
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isReturnStatement(node) && node.expression) found.push(node.expression);
    else if (!ts.isFunctionLike(node) || node === made) ts.forEachChild(node, visit);
  };
  visit(made);
  return found;
}

/** `‹name›`: the last word of what stands there, such as `‹server›` for `place.server`. */
function told(node: ts.Expression): string {
  const text = node.getText().replace(/\s+/g, " ");
  const [argument] = ts.isCallExpression(node) ? node.arguments : [];
  if (
    argument &&
    /^(messageOf|oneLine|engineError|String)$/.test((node as ts.CallExpression).expression.getText())
  )
    return told(argument);
  const [, word] = /^(?:[\w!?()]+\.)*(\w+)!?$/.exec(text) ?? [];
  return `‹${word ?? "…"}›`;
}

function unique(messages: readonly Message[]): Message[] {
  return [...new Map(messages.map((one) => [one.text, one])).values()];
}
