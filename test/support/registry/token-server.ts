import type { KeyObject } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { issuer, registryService, signRegistryToken } from "../../../sandbox/gitlab/registry-token";
import { LoopbackServer } from "../http/loopback-server";

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
export class TokenServer extends LoopbackServer {
  /** Every token request: its method and the scopes it asked for. */
  readonly asked: { readonly method: string; readonly scopes: readonly string[] }[] = [];

  /**
   * @param isKnown judges the `Authorization` header, or the refresh token of a form.
   * @param answer to the n-th request, counted from 1.
   */
  constructor(
    private readonly key: KeyObject,
    private readonly isKnown: (login: string) => boolean,
    private readonly answer: (n: number) => Answer = () => ({}),
  ) {
    super();
  }

  /** For the registry's configuration. */
  auth(rootCertificate: string): string {
    const realm = `http://${this.host}/token`;
    return `auth: {token: {realm: "${realm}", service: ${registryService}, issuer: ${issuer}, rootcertbundle: ${rootCertificate}}}`;
  }

  protected override async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
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
