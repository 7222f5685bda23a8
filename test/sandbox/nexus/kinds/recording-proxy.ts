import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Calls of the UI's API that only read are POSTs, too. */
const READING = /"method":"read\w*"/;

/** A reverse proxy before Nexus that notes what would change something: `PUT /service/rest/v1/…`. */
export class RecordingProxy {
  readonly writes: string[] = [];
  private constructor(private readonly server: Server) {}

  static async before(port: number): Promise<RecordingProxy> {
    const server = createServer();
    const proxy = new RecordingProxy(server);
    server.on("request", async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      proxy.note(incoming.method!, incoming.url!, body.toString());
      const { method, headers, url: path } = incoming;
      const asked = request({ host: "127.0.0.1", port, method, headers, path }, (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      });
      asked.on("error", () => outgoing.destroy());
      asked.end(body);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private note(method: string, path: string, body: string): void {
    if (method === "GET" || method === "HEAD") return;
    if (path === "/service/extdirect" && READING.test(body)) return;
    this.writes.push(`${method} ${path}`);
  }
}
