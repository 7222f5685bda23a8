import { setTimeout as sleep } from "node:timers/promises";
import { withEdge } from "./change-edge";
import type { EdgePlace, Member, RunningEdge } from "./running-edge";
import { renewPair, socketsOf } from "./turn-edge";

/** Milliseconds until what was restarted must listen as it did before. */
const LISTEN_MS = 30_000;
const LOOK_MS = 100;

/**
 * Restarts both of an edge's containers, each while the doors lead to the other one, so that no request notices.
 * @param restart by the container's id or name; ends when it runs again
 * @returns false where it isn't a pair that runs: whoever asked has to restart what there is
 * @throws Error where one doesn't listen again; the doors lead to the other one then
 */
export async function restartEdge(
  place: EdgePlace,
  restart: (container: string) => Promise<unknown>,
): Promise<boolean> {
  const done = await withEdge(place, async (edge) => {
    if (edge.pair.length < 2 || !edge.active) return false;
    await renewPair(edge, async (member) => {
      const ports = await portsOf(edge, member);
      await restart(member.name);
      await untilListening(member, ports);
    });
    return true;
  });
  return done ?? false;
}

/** What it listens on; one that had just been started by hand may listen on nothing yet, and is to be as its twin. */
async function portsOf(edge: RunningEdge, member: Member): Promise<number[]> {
  const twins = edge.pair.filter(({ name }) => name !== member.name);
  const sockets = await Promise.all([member, ...twins].map(socketsOf));
  const listening = sockets
    .flat()
    .filter(({ state, address }) => state === "listening" && !address.startsWith("127."));
  return [...new Set(listening.map(({ port }) => port))];
}

async function untilListening(member: Member, ports: readonly number[]): Promise<void> {
  const deadline = Date.now() + LISTEN_MS;
  for (;;) {
    const now = (await socketsOf(member))
      .filter(({ state }) => state === "listening")
      .map(({ port }) => port);
    const missing = ports.filter((port) => !now.includes(port));
    if (missing.length === 0) return;
    if (Date.now() > deadline)
      throw new Error(`${member.name} does not listen on ${missing.join(", ")} after ${LISTEN_MS / 1000} s`);
    await sleep(LOOK_MS);
  }
}
