import type { IncomingMessage, ServerResponse } from "node:http";
import { LoopbackServer } from "./loopback-server";

/** What happens to one request: an answer in the server's place, its own answer lost on the way, or nothing. */
export type Mishap =
  | { readonly status: number; readonly body: string; readonly headers?: Record<string, string> }
  | "broken off"
  | "answer lost"
  | "passed on";

/** Stands before a server, passes requests on, and lets some of them come to harm. */
export class FailingFront extends LoopbackServer {
  readonly requests: string[] = [];
  /** Headers of answers that are left out, by their names in small letters. */
  hide: (name: string) => boolean = () => false;
  private readonly mishaps: { method: string; mishap: Mishap }[] = [];

  constructor(private readonly to: () => string) {
    super();
  }

  /** Of the next requests with this method; one mishap each, in their order. */
  next(method: string, ...mishaps: Mishap[]): void {
    this.mishaps.push(...mishaps.map((mishap) => ({ method, mishap })));
  }

  protected override async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method} ${request.url}`);
    const index = this.mishaps.findIndex(({ method }) => method === request.method);
    const [found] = index < 0 ? [] : this.mishaps.splice(index, 1);
    if (found?.mishap === "broken off") return void response.destroy();
    if (typeof found?.mishap === "object") {
      request.resume();
      response.writeHead(found.mishap.status, found.mishap.headers).end(found.mishap.body);
      return;
    }
    const answer = await this.pass(request);
    if (found?.mishap === "answer lost") return void response.destroy();
    response
      .writeHead(answer.status, [...answer.headers].filter(([name]) => !this.hide(name)).flat())
      .end(Buffer.from(await answer.arrayBuffer()));
  }

  private async pass(request: IncomingMessage): Promise<Response> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { host: _host, connection: _connection, ...headers } = request.headers;
    delete headers["content-length"];
    return fetch(this.to() + request.url, {
      method: request.method!,
      headers: headers as Record<string, string>,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    });
  }
}
