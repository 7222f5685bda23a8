import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below every system's range of ports for outgoing connections, of which any process may take one between asking and use. */
const FIRST = 10_000;
const END = 30_000;
/** The core of the sandbox's Nexus listens there, in a container where a repository's port is the one that it is published on. */
const OF_SANDBOX_NEXUS = 18_081;
const given = new Set([OF_SANDBOX_NEXUS]);

/** A port of 127.0.0.1 that nobody listens on now, another one each time. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(FIRST, END);
    if (!given.has(port) && (await isFree(port))) {
      given.add(port);
      return port;
    }
  }
  throw new Error(`no free port of 127.0.0.1 between ${FIRST} and ${END}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  const free = await once(server, "listening").then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE") throw error;
      return false;
    },
  );
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}
