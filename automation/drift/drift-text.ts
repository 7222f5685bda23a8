import { diffLines } from "../change/diff-lines";
import { oneLine } from "../change/text-escapes";
import { type Drift, type DriftedResource, driftHeadline } from "./drift";

/** What differs, for a terminal. */
export function driftText(drift: Drift): string {
  if (drift.resources.length === 0) return `No drift: the world is as the stack ${drift.stack} left it.`;
  return [`${driftHeadline(drift)}.`, ...drift.resources.flatMap(linesOf), "", wayBack(drift)].join("\n");
}

/** The two ways to go on. */
export function wayBack({ stack }: Pick<Drift, "stack">): string {
  return `To put it back: berth refresh ${stack}, then berth up ${stack}. To keep it: write it into the settings first.`;
}

function linesOf(resource: DriftedResource): string[] {
  const { name, type, state } = resource;
  const title = `${oneLine(name)} (${oneLine(type)})`;
  if (state === "gone") return ["", `${title}: it is gone`];
  return ["", `${title}: wanted is -, found is +`, ...diffLines(resource).map((line) => `  ${line}`)];
}
