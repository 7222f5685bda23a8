import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A TCP proxy that resets every connection after so many bytes, until it has done that so many times. */
export class CuttingProxy {
  host = "";
  /** Connections that were cut. */
  cuts = 0;
  private readonly open = new Set<Socket>();
  private readonly server: Server;

  /** @param bytes in both directions together, for the first connection, the second, … */
  constructor(
    private readonly upstream: string,
    private readonly bytes: number[],
  ) {
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
    let left = this.bytes.shift() ?? Number.POSITIVE_INFINITY;
    const count = (chunk: Buffer) => {
      left -= chunk.length;
      if (left > 0 || near.destroyed) return;
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
}
