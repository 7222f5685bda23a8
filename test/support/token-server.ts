import type { KeyObject } from "node:crypto";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { issuer, registryService, signRegistryToken } from "../../sandbox/gitlab/registry-token";

/** Seconds that a registry token lives (GitLab's setting), and that distribution goes on taking it after that. */
const LIFETIME = 300;
const LEEWAY = 60;

interface Answer {
  /** Seconds that the registry takes the token; what the client is told may differ. @default 300 */
  readonly valid?: number;
  /** What the client is told. @default 300 */
  readonly expiresIn?: number;
}

/** A token server for a real registry, with GitLab's signature, that gives whatever is asked for to whom it knows. */
export class TokenServer {
  /** Every token request: its method and the scopes it asked for. */
  readonly asked: { readonly method: string; readonly scopes: readonly string[] }[] = [];
  host = "";
  private readonly server = http.createServer((request, response) => {
    this.serve(request, response).catch((error) => response.destroy(error));
  });

  /**
   * @param isKnown judges the `Authorization` header, or the refresh token of a form.
   * @param answer to the n-th request, counted from 1.
   */
  constructor(
    private readonly key: KeyObject,
    private readonly isKnown: (login: string) => boolean,
    private readonly answer: (n: number) => Answer = () => ({}),
  ) {}

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** For the registry's configuration. */
  auth(rootCertificate: string): string {
    const realm = `http://${this.host}/token`;
    return `auth: {token: {realm: "${realm}", service: ${registryService}, issuer: ${issuer}, rootcertbundle: ${rootCertificate}}}`;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const query = new URL(request.url ?? "/", "http://x").searchParams;
    const isPost = request.method === "POST";
    const scopes = isPost ? (form.get("scope") ?? "").split(" ") : query.getAll("scope");
    this.asked.push({ method: request.method ?? "", scopes });
    const login = isPost ? form.get("refresh_token") : request.headers.authorization;
    if (!this.isKnown(login ?? "")) return void response.writeHead(401).end("who is that?");
    const { valid = LIFETIME, expiresIn = LIFETIME } = this.answer(this.asked.length);
    const signedAt = Math.floor(Date.now() / 1000) + valid - LIFETIME - LEEWAY;
    const token = signRegistryToken(this.key, "test", scopes.map(accessOf), signedAt);
    response.end(JSON.stringify({ [isPost ? "access_token" : "token"]: token, expires_in: expiresIn }));
  }
}

function accessOf(scope: string) {
  const [type = "", name = "", actions = ""] = scope.split(":");
  return { type, name, actions: actions.split(",") } as Parameters<typeof signRegistryToken>[2][number];
}
