import { createConnection, createServer, type Server, type Socket } from "node:net";

/** One port passed on to another. */
export interface Route {
  from: Endpoint;
  to: Endpoint;
}

export interface Endpoint {
  address: string;
  port: number;
}

/** `10.77.0.1:8082=127.0.0.1:8082` */
export function parseRoute(text: string): Route {
  const [from = "", to = ""] = text.split("=");
  return { from: parseEndpoint(from), to: parseEndpoint(to) };
}

export const formatRoute = ({ from, to }: Route) => `${from.address}:${from.port}=${to.address}:${to.port}`;

/** Listens, and passes every connection on as it is. A target that does not answer ends the connection. */
export function relay(route: Route): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (client) => join(client, route.to));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(route.from.port, route.from.address, () => resolve(server));
  });
}

/** Passes on what comes, both ways, until either side ends. */
export function join(client: Socket, to: Endpoint): void {
  const target = createConnection({ port: to.port, host: to.address, allowHalfOpen: true });
  client.pipe(target).pipe(client);
  // Either side going away ends both; a client sees a reset, as it would from the target itself.
  client.once("error", () => target.destroy());
  target.once("error", () => client.resetAndDestroy());
  client.once("close", () => target.destroy());
  target.once("close", () => client.destroySoon());
}

function parseEndpoint(text: string): Endpoint {
  const match = /^([\d.]+):(\d+)$/.exec(text);
  if (!match) throw new Error(`expected ADDRESS:PORT, got "${text}"`);
  return { address: match[1] ?? "", port: Number(match[2]) };
}
