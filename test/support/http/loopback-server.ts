import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An http server on a free port of the loopback; a request whose serving fails is broken off. */
export abstract class LoopbackServer {
  /** `127.0.0.1:PORT`, once started. */
  host = "";
  /** How many connections clients have opened. */
  connections = 0;
  private readonly server = http.createServer((request, response) => {
    this.serve(request, response).catch((error) => response.destroy(error));
  });

  protected abstract serve(request: IncomingMessage, response: ServerResponse): Promise<void>;

  async start(): Promise<this> {
    this.server.on("connection", () => this.connections++);
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
