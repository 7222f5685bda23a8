import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * A TCP proxy that resets the connection that carries the last of so many bytes, until it has done that so many times. It counts
 * over all connections: what is cut doesn't hang on how much each of them happens to carry.
 */
export class CuttingProxy {
  host = "";
  /** Connections that were cut. */
  cuts = 0;
  private readonly open = new Set<Socket>();
  private readonly server: Server;
  private left: number;

  /** @param bytes in both directions together, until the first cut, from there to the second, … */
  constructor(
    private readonly upstream: string,
    private readonly bytes: number[],
  ) {
    this.left = this.next();
    this.server = createServer((socket) => this.serve(socket));
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(near: Socket): void {
    const [host, port] = this.upstream.split(":");
    const far = connect(Number(port), host);
    const count = (chunk: Buffer) => {
      if (near.destroyed) return;
      this.left -= chunk.length;
      if (this.left > 0) return;
      this.left = this.next();
      this.cuts++;
      near.resetAndDestroy();
      far.destroy();
    };
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.open.add(one);
      one.on("data", count);
      one.pipe(other);
      // A reset is what it is for; the other side learns of it.
      one.on("error", () => other.destroy());
      one.on("close", () => this.open.delete(one));
    }
  }

  private next(): number {
    return this.bytes.shift() ?? Number.POSITIVE_INFINITY;
  }
}
