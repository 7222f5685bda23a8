import { textTable } from "../terminal/text-table";
import type { Change, Operation, PlannedChange, ReleaseChange, ToldRelease } from "./model/change";
import { diffLines, oneLine } from "./note/markdown";

/** What is lost or interrupted stands first. */
const ORDER: readonly Operation[] = ["delete", "replace", "forget", "update", "import", "create"];
const PROVIDER = /^pulumi:providers:/;

/**
 * What an update would do, for a terminal: each app's release before and after, then a line for each resource.
 * @param diff each changed property below it, too
 */
export function changeText(
  { releases, resources }: Pick<Change, "releases" | "resources">,
  diff: boolean,
): string[] {
  const inOrder = [...resources].sort((one, other) => rank(one) - rank(other));
  const rows = inOrder.map(({ operation, name, type }) => [operation, oneLine(name), kindOf(type)]);
  const lines = rows.length === 0 ? [] : textTable(["", "", ""], rows).split("\n").slice(1);
  return [
    ...releases.map(releaseLine),
    ...lines.flatMap((line, index) => [line, ...(diff ? propertyLines(inOrder[index]!) : [])]),
  ];
}

/** The engine's providers, which are nothing in the world, stand below all else. */
function rank({ operation, type }: PlannedChange): number {
  return ORDER.indexOf(operation) + (PROVIDER.test(type) ? ORDER.length : 0);
}

function releaseLine({ app, before, after }: ReleaseChange): string {
  return oneLine(`${app}: ${nameOf(before)} → ${nameOf(after)}`);
}

function nameOf(release: ToldRelease | undefined): string {
  return release?.tag ?? release?.digest?.slice(0, 19) ?? "not deployed";
}

function propertyLines(resource: PlannedChange): string[] {
  return diffLines(resource).map((line) => `    ${line}`);
}

/** `container`, `traffic`, `docker provider`: the last part of a type, in words. */
function kindOf(type: string): string {
  const last = type.replace(/^.*:/, "");
  const words = last.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
  return PROVIDER.test(type) ? `${words} provider` : words;
}
