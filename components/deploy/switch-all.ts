import { errorOf, messageOf } from "../values/error-facts";
import { type Edge, type MoveBack, moveRoute, servedNow } from "./route";
import type { Target, Wanted } from "./traffic-wish";

interface Switched {
  readonly server: Target;
  /** The container that served before; empty: none. */
  readonly old: string;
  readonly back: MoveBack;
}

/**
 * Gives every server's edge the new route, one after the other. Where one fails all that were switched go back to what they
 * had, the last one first.
 * @throws Error naming the edge that failed, what it said, and what each server serves now
 */
export async function switchAll(want: Wanted): Promise<void> {
  const done: Switched[] = [];
  for (const server of want.servers) {
    const edge: Edge = { ...placeOf(server), app: want.app };
    let old = "";
    try {
      old = await servedNow(edge);
      done.push({ server, old, back: await moveRoute(edge, destinationOf(want, server)) });
    } catch (error) {
      const back = [`${server.name}: ${old || "nothing"} serves, as before.`, ...(await goBack(done))];
      throw new Error(refused(want, server, errorOf(error), back));
    }
  }
}

export function placeOf({ docker, edge, software }: Target) {
  return { docker, edge, software };
}

function destinationOf({ port, publish }: Wanted, server: Target) {
  const { container, host, otherHosts, trustedProxies } = server;
  // Without ports there are no servers.
  return { container, port: port!, publish: server.publish ?? publish!, host, otherHosts, trustedProxies };
}

/** @returns a line for each server that was switched: what it serves now */
async function goBack(done: readonly Switched[]): Promise<string[]> {
  const lines: string[] = [];
  for (const { server, old, back } of [...done].reverse()) {
    try {
      await back();
      lines.push(`${server.name}: ${old || "nothing"} serves, as before.`);
    } catch (error) {
      const what = old ? `back to ${old}` : "away again";
      lines.push(
        `${server.name}: its traffic could not be moved ${what}; ${server.container} or ${old || "nothing"} serves: ${messageOf(error)}`,
      );
    }
  }
  return lines;
}

function refused({ app, servers }: Wanted, at: Target, error: Error, back: readonly string[]): string {
  const all = servers.length > 1 ? ", on any server" : "";
  return [
    `${app}: the edge proxy of ${at.name} did not take the new route; no traffic has moved${all}. It said:`,
    error.message.trim(),
    ...back,
    `Left running: ${servers.map(({ container }) => container).join(", ")}, healthy and without traffic; the next up that ` +
      "succeeds uses or removes them.",
    `Next: see what ails that edge (berth logs ${at.name}-edge), then berth up again.`,
  ].join("\n");
}
