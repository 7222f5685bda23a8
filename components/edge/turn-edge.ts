import { setTimeout as sleep } from "node:timers/promises";
import { connectionsFrom, type Socket, socketsIn } from "../docker/connections";
import { statusOf } from "../values/error-facts";
import { doorLeadsTo, turnDoor } from "./door";
import { type Member, type RunningEdge, runIn } from "./running-edge";
import { ENDING_FILE } from "./software/places";

/** Milliseconds: kept connections end with their next response, which most clients ask for soon. */
const DRAIN_MS = 3000;
/** The same of an edge that stands alone: new connections come all the time, and it is never without. */
const DRAIN_ALONE_MS = 1500;
const LOOK_MS = 100;

/**
 * Does something with each of a pair while nobody is connected to it: with the idle one, then the doors lead there, then
 * with the one before. Where that fails the doors lead where they led. Of a pair of which one is gone the other one is served
 * as well as can be.
 */
export async function renewPair(edge: RunningEdge, work: (member: Member) => Promise<void>): Promise<void> {
  const [{ pair }, former] = [edge, edge.active];
  const next = pair.find(({ name }) => name !== former?.name);
  if (!next) return renewOnly(edge, pair[0], work);
  if (edge.unsettled) await leadAll(edge, former?.name); // some may lead to the next one already
  // Of a new edge the authority asks for its proof as soon as it has its configuration.
  if (!former) await turn(edge, next.name, undefined);
  await drained(next, DRAIN_MS);
  await work(next);
  await runIn(next.container, ["rm", "-f", ENDING_FILE]);
  if (former) {
    await turn(edge, next.name, former.name);
    await runIn(former.container, ["touch", ENDING_FILE]);
  }
  try {
    // Nobody notices: the doors lead away from it. As it was it would serve something else at the next turn.
    for (const spare of pair.filter((one) => one !== next)) {
      await drained(spare, DRAIN_MS);
      await work(spare);
    }
  } catch (error) {
    // What refuses goes on with what it had.
    if (former) {
      await runIn(former.container, ["rm", "-f", ENDING_FILE]);
      await turn(edge, former.name, next.name);
      await runIn(next.container, ["touch", ENDING_FILE]);
    }
    throw error;
  }
}

/** @param only undefined: none of the pair runs */
async function renewOnly(
  edge: RunningEdge,
  only: Member | undefined,
  work: (member: Member) => Promise<void>,
) {
  if (!only) throw new Error(`neither ${edge.notes.edges.join(" nor ")} runs: start it, or berth up again`);
  await withoutKept(only, () => work(only));
}

/** Does something with an edge that has requests all the time, when no connection is kept that they could come by. */
export async function withoutKept(member: Member, work: () => Promise<void>): Promise<void> {
  await runIn(member.container, ["touch", ENDING_FILE]);
  try {
    await drained(member, DRAIN_ALONE_MS);
    await work();
  } finally {
    await runIn(member.container, ["rm", "-f", ENDING_FILE]);
  }
}

/** All doors or none. */
async function turn(edge: RunningEdge, to: string, from: string | undefined): Promise<void> {
  try {
    await leadAll(edge, to);
  } catch (error) {
    await leadAll(edge, from);
    throw error;
  }
  await edge.note({ ...edge.notes, active: to });
}

/** Has every door lead to an edge. One that is gone is nobody's way in. @param to undefined: nowhere, nothing is done */
export async function leadAll(edge: RunningEdge, to: string | undefined): Promise<void> {
  if (to === undefined) return;
  // All of them are done before it is said that one failed: a door must not be turned twice at once.
  const turned = await Promise.allSettled(
    edge.notes.doors.map(async ({ port, container: name }) => {
      const door = edge.docker.getContainer(name);
      if (!(await isRunning(door)) || (await doorLeadsTo(door)) === to) return;
      await turnDoor(door, port, to).catch((error: Error) => {
        throw new Error(`the door ${name} did not turn to ${to}: ${error.message}`);
      });
    }),
  );
  const failed = turned.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
}

async function isRunning(container: Member["container"]): Promise<boolean> {
  try {
    return (await container.inspect()).State.Running;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

/** Waits until nobody is connected: twice in a row, as a connection may be about to come about. */
async function drained(member: Member, patience: number): Promise<void> {
  const deadline = Date.now() + patience;
  for (let quiet = 0; quiet < 2 && Date.now() < deadline; ) {
    quiet = connectionsFrom(await socketsOf(member)) === 0 ? quiet + 1 : 0;
    if (quiet < 2) await sleep(LOOK_MS);
  }
}

export async function socketsOf({ container }: Member): Promise<Socket[]> {
  // Without IPv6 there is only the first.
  const text = await runIn(container, ["sh", "-c", "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null || true"]);
  return socketsIn(text);
}
