import { textTable, wrapped } from "../terminal/text-table";
import type { Change, Operation, PlannedChange, ReleaseChange, ToldRelease } from "./model/change";
import { diffLines, oneLine } from "./note/markdown";

/** What is lost or interrupted stands first. */
const ORDER: readonly Operation[] = ["delete", "replace", "forget", "update", "import", "create"];
const PROVIDER = /^pulumi:providers:/;

/**
 * What an update would do, for a terminal: each app's release before and after, then a line for each resource, and below what is
 * replaced why.
 * @param diff each changed property below it, too
 */
export function changeText(
  { releases, resources }: Pick<Change, "releases" | "resources">,
  diff: boolean,
  columns = 80,
): string[] {
  const inOrder = [...resources].sort((one, other) => rank(one) - rank(other));
  const rows = inOrder.map(({ operation, name, what = name }) => [operation, oneLine(what)]);
  const lines = rows.length === 0 ? [] : textTable(["", ""], rows).split("\n").slice(1);
  const indent = " ".repeat(Math.max(0, ...rows.map(([operation]) => operation!.length)) + 2);
  return [
    ...releases.map(releaseLine),
    ...lines.flatMap((line, index) => {
      const one = inOrder[index]!;
      return [line, ...reasonLines(one, indent, columns), ...(diff ? propertyLines(one) : [])];
    }),
  ];
}

/** The engine's providers, which are nothing in the world, stand below all else. */
function rank({ operation, type }: PlannedChange): number {
  return ORDER.indexOf(operation) + (PROVIDER.test(type) ? ORDER.length : 0);
}

/** `blog on web1: 3f2a91c04d7e → 6b1d0e5a9c42` */
export function releaseLine({ app, before, after, where = [] }: ReleaseChange): string {
  const on = where.length > 0 ? ` on ${where.join(", ")}` : "";
  return oneLine(`${app}${on}: ${nameOf(before)} → ${nameOf(after)}`);
}

function nameOf(release: ToldRelease | undefined): string {
  return release?.tag ?? release?.digest?.slice(0, 19) ?? "not deployed";
}

function reasonLines({ because }: PlannedChange, indent: string, columns: number): string[] {
  return because === undefined ? [] : wrapped(`${indent}because ${oneLine(because)}`, columns, indent);
}

function propertyLines(resource: PlannedChange): string[] {
  return diffLines(resource).map((line) => `    ${line}`);
}
