import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isMap, isNode, isScalar, type Pair, parseDocument, type YAMLMap } from "yaml";
import { objectOf } from "../../components/values/json-object";
import { lineBreakOf, spliced } from "../stack-file/yaml-edit";
import { CommandError, Exit } from "../terminal/exit";
import { packageIn } from "./project-place";

type Versions = Readonly<Record<string, string>>;

/** The package.json of a folder that has only Berth's program: an ES module, whose default export Pulumi calls. */
export function newPackage(name: string, dependencies: Versions): string {
  return `${JSON.stringify({ name, private: true, type: "module", dependencies }, null, 2)}\n`;
}

/** Packages that a package.json names, for the app, for development, or to be brought along. */
export function dependenciesOf(content: unknown): Versions {
  const { dependencies, devDependencies, peerDependencies } = objectOf(content);
  const named = [peerDependencies, devDependencies, dependencies].flatMap((one) =>
    Object.entries(objectOf(one)),
  );
  return Object.fromEntries(named.map(([name, version]) => [name, String(version)]));
}

/**
 * A package.json with these among its devDependencies, so that they don't get into the app's image; all else keeps its bytes.
 * @throws CommandError (exit 2) where that can't be written without changing more
 */
export function withDevDependencies(text: string, added: Versions, path: string): string {
  const entries = Object.entries(added);
  if (entries.length === 0) return text;
  const bare = text.replace(/^\uFEFF/, "");
  const changed = text.slice(0, text.length - bare.length) + withEntries(bare, entries);
  const before: unknown = JSON.parse(bare);
  const wanted = {
    ...objectOf(before),
    devDependencies: { ...objectOf(objectOf(before)["devDependencies"]), ...added },
  };
  if (isSame(changed.replace(/^\uFEFF/, ""), wanted)) return changed;
  throw new CommandError(
    `${path} is written in a way that can't be changed by itself. Add to its devDependencies: ${JSON.stringify(added)}, then run this again.`,
    Exit.usage,
  );
}

function isSame(text: string, wanted: object): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(text), wanted);
  } catch {
    return false;
  }
}

/** JSON is YAML: its parser knows where everything stands. */
function withEntries(text: string, entries: readonly [string, string][]): string {
  const { contents: root } = parseDocument(text);
  if (!isMap(root)) return text;
  const pair = root.items.find(({ key }) => isScalar(key) && key.value === "devDependencies");
  const [eol, indent] = [lineBreakOf(text), indentOf(text, root)];
  const lines = entries.map(([name, version]) => `${JSON.stringify(name)}: ${JSON.stringify(version)}`);
  if (pair)
    return isMap(pair.value) ? behindLast(text, pair.value, lines, eol, indent.repeat(2), indent) : text;
  const inner = lines.map((line) => `${indent.repeat(2)}${line}`).join(`,${eol}`);
  return behindLast(text, root, [`"devDependencies": {${eol}${inner}${eol}${indent}}`], eol, indent, "");
}

function behindLast(
  text: string,
  map: YAMLMap,
  lines: readonly string[],
  eol: string,
  indent: string,
  outer: string,
): string {
  const all = lines.map((line) => `${eol}${indent}${line}`).join(",");
  const last = map.items.at(-1);
  if (last) return spliced(text, endOf(last), endOf(last), `,${all}`);
  const [open = 0, close = 0] = map.range ?? [];
  return spliced(text, open, close, `{${all}${eol}${outer}}`);
}

/** What stands before the first key. */
function indentOf(text: string, { items: [first] }: YAMLMap): string {
  const start = isNode(first?.key) ? (first.key.range?.[0] ?? 0) : 0;
  return /(?<=\n)[ \t]+$/.exec(text.slice(0, start))?.[0] ?? "  ";
}

const endOf = ({ value }: Pair) => (isNode(value) ? (value.range?.[1] ?? 0) : 0);

/** What a team's package.json names, each as a range of npm's. */
export type OwnVersions = Readonly<Record<"berth" | "@pulumi/pulumi" | "tsx", string>>;

/**
 * This Berth, and what Pulumi's own command needs beside the program: its library, and what compiles index.ts. The same ranges as
 * Berth's own, so that npm installs each of them once.
 * @param folder in Berth's package, at whatever depth
 */
export function ownVersions(folder: string): OwnVersions {
  for (let at = folder; ; at = dirname(at)) {
    const content = packageIn(at);
    if (content?.["name"] === "berth") {
      const { "@pulumi/pulumi": pulumi, tsx } = dependenciesOf(content);
      if (pulumi === undefined || tsx === undefined)
        throw new Error(`${at}/package.json lacks @pulumi/pulumi or tsx`);
      return { berth: `^${String(content["version"])}`, "@pulumi/pulumi": pulumi, tsx };
    }
    if (at === dirname(at)) throw new Error(`There is no package.json of Berth above ${folder}`);
  }
}
