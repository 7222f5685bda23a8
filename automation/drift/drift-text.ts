import { CONTAINER_TYPE } from "../../components/docker/resource-types";
import { diffLines, oneLine } from "../change/note/markdown";
import { type Drift, type DriftedResource, driftHeadline } from "./drift";

/** What differs, for a terminal. */
export function driftText(drift: Drift): string {
  const { resources, stack, unseen } = drift;
  const notSeen = unseen.map(
    ({ why, count }) => `Not looked at: ${count} ${count === 1 ? "resource" : "resources"}, as ${why}.`,
  );
  if (resources.length === 0)
    return unseen.length === 0
      ? `No drift: the world is as the stack ${stack} left it.`
      : [`No drift in what could be looked at.`, ...notSeen].join("\n");
  return [`${driftHeadline(drift)}.`, ...resources.flatMap(linesOf), ...notSeen, "", wayBack(drift)].join(
    "\n",
  );
}

/** The two ways to go on. */
export function wayBack({ stack, resources }: Pick<Drift, "stack" | "resources">): string {
  if (resources.some(({ outgoing }) => outgoing))
    return (
      "The last update failed, and the release before it serves, or should. " +
      `To bring that back: berth rollback ${stack}. To try again what failed: berth up ${stack}.`
    );
  if (resources.every(isFallen)) return `To bring it back: berth up ${stack}.`;
  return `To put it back: berth refresh ${stack}, then berth up ${stack}. To keep it: write it into the settings first.`;
}

/** A container that doesn't run, which every `up` looks for. */
function isFallen({ type, state, properties }: DriftedResource): boolean {
  return type === CONTAINER_TYPE && (state === "gone" || properties[0]?.path === "state");
}

function linesOf(resource: DriftedResource): string[] {
  const title = oneLine(resource.what);
  if (resource.state === "gone") return ["", `${title}: gone`];
  if (isFallen(resource)) return ["", `${title}: stopped`];
  return ["", `${title}: wanted is -, found is +`, ...diffLines(resource).map((line) => `  ${line}`)];
}
