import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A forward proxy on a free loopback port. It alone knows the hosts that it is told of, each by the address of a local server. */
export class ForwardProxy {
  /** What it was asked for, in order: "CONNECT registry.test:443", "GET http://nexus.test/x". */
  readonly asked: string[] = [];
  /** The logins that came along. */
  readonly logins: (string | undefined)[] = [];
  /** A login that it wants: "user:password". */
  login: string | undefined;
  /** Status of every answer of its own. */
  refusal: number | undefined;
  /** Takes what it is asked, and says nothing. */
  isSilent = false;
  private port = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server: http.Server;

  /**
   * @param hosts "registry.test:443" → "127.0.0.1:40001"
   * @param tls with which it speaks TLS itself
   */
  constructor(
    private readonly hosts: Readonly<Record<string, string>>,
    private readonly tls?: { readonly cert: Buffer; readonly key: Buffer },
  ) {
    const forward = (request: IncomingMessage, response: ServerResponse) => this.forward(request, response);
    this.server = tls ? https.createServer(tls, forward) : http.createServer(forward);
    this.server.on("connect", (request, socket) => this.tunnel(request, socket as Socket));
    this.server.on("connection", (socket) => this.sockets.add(socket));
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** @param login as it stands in an address, percent-encoded */
  url(login = ""): string {
    return `http${this.tls ? "s" : ""}://${login ? `${login}@` : ""}127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private tunnel(request: IncomingMessage, near: Socket): void {
    const target = request.url ?? "";
    const status = this.judge(`CONNECT ${target}`, request, this.hosts[target]);
    near.on("error", () => undefined);
    if (this.isSilent) return;
    if (status !== 200) return void near.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const [host, port] = this.hosts[target]!.split(":");
    const far = connect(Number(port), host, () => near.write("HTTP/1.1 200 Connection established\r\n\r\n"));
    this.sockets.add(far);
    far.on("error", () => near.destroy());
    near.on("close", () => far.destroy());
    near.pipe(far).pipe(near);
  }

  private forward(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? "";
    const { host = "" } = URL.canParse(url) ? new URL(url) : {};
    const to = this.hosts[host];
    const status = this.judge(`${request.method} ${url}`, request, to);
    if (status !== 200) return void response.writeHead(status).end("<html>The proxy's own page</html>");
    const { pathname, search } = new URL(url);
    const [hostname, port] = to!.split(":");
    const { method, headers } = request;
    const passed = http.request({ hostname, port, method, path: pathname + search, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    passed.on("error", () => response.destroy());
    request.pipe(passed);
  }

  private judge(asked: string, { headers }: IncomingMessage, to: string | undefined): number {
    const { "proxy-authorization": given } = headers;
    delete headers["proxy-authorization"];
    this.asked.push(asked);
    this.logins.push(given && Buffer.from(given.replace("Basic ", ""), "base64").toString());
    if (this.login !== undefined && this.logins.at(-1) !== this.login) return 407;
    return this.refusal ?? (to === undefined ? 502 : 200);
  }
}
