import { lookup } from "node:dns/promises";
import { connect, createServer, type Server } from "node:net";
import { isLoopback } from "../http/private-address";
import type { PlannedPort } from "./nexus-plan";

/**
 * Where clients reach a service on the loopback of its machine, a container has another loopback: there the same ports lead to
 * the service for as long as this is open, so that it can be tried by the address that clients use. Any other name leads
 * there by itself, as the service has it on its network.
 */
export async function relayLoopback(
  host: string,
  ports: readonly PlannedPort[],
  service: string,
): Promise<{ close(): void }> {
  if (!isLoopback(host)) return { close: () => undefined };
  const { address } = await lookup(host);
  const servers = await Promise.all(ports.map((port) => relay(address, port, service)));
  return { close: () => servers.forEach((server) => void server.close()) };
}

function relay(address: string, { outside, inside }: PlannedPort, service: string): Promise<Server> {
  const server = createServer((client) => {
    const behind = connect(inside, service);
    client.pipe(behind).pipe(client);
    client.on("error", () => behind.destroy());
    behind.on("error", () => client.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(outside, address, () => resolve(server.unref()));
  });
}
