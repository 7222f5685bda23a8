import type { Target, Wanted } from "../traffic";
import { type Edge, type Route, routeOf, routeTo, servedBy, setRoute } from "./route";

interface Switched {
  readonly server: Target;
  readonly edge: Edge;
  readonly before: Route;
}

/**
 * Gives every server's edge the new route, one after the other. Where one fails all that were tried go back to what they
 * had, the last one first.
 * @throws Error naming the edge that failed, what it said, and what each server serves now
 */
export async function switchAll(want: Wanted): Promise<void> {
  const tried: Switched[] = [];
  for (const server of want.servers) {
    const edge = { ...server, app: want.app };
    try {
      tried.push({ server, edge, before: await routeOf(edge) });
      await setRoute(edge, routeTo(edge, destinationOf(want, server)));
    } catch (error) {
      const back = await goBack(tried);
      throw new Error(refused(want, server, error as Error, back));
    }
  }
}

function destinationOf({ port, publish }: Wanted, server: Target) {
  const { container, host, trustedProxies } = server;
  return { container, port, publish: server.publish ?? publish, host, trustedProxies };
}

/** @returns a line for each server that was tried: what it serves now */
async function goBack(tried: readonly Switched[]): Promise<string[]> {
  const lines: string[] = [];
  for (const { server, edge, before } of [...tried].reverse()) {
    const old = servedBy(edge, before);
    try {
      await setRoute(edge, before);
      lines.push(`${server.name}: ${old ?? "nothing"} serves, as before.`);
    } catch (error) {
      const what = old ? `back to ${old}` : "away again";
      lines.push(
        `${server.name}: its traffic could not be moved ${what}; ${server.container} or ${old ?? "nothing"} serves: ${(error as Error).message}`,
      );
    }
  }
  return lines;
}

function refused({ app, servers }: Wanted, at: Target, error: Error, back: readonly string[]): string {
  const all = servers.length > 1 ? ", on any server" : "";
  return [
    `${app}: the edge proxy ${at.edge} of ${at.name} did not take the new route; no traffic has moved${all}. It said:`,
    error.message.trim(),
    ...back,
    `Left running: ${servers.map(({ container }) => container).join(", ")}, healthy and without traffic; the next up that ` +
      "succeeds uses or removes them.",
    `Next: see what ails that edge (docker logs ${at.edge} on ${at.docker}), then berth up again.`,
  ].join("\n");
}
