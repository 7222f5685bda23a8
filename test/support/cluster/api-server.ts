import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "../../../components/values/json-object";
import { Authority, type Issued } from "../http/authority";

const TOKEN = "the-token-of-this-test";

/** A request without its answer. */
export interface Made {
  readonly verb: string;
  readonly path: string;
  readonly body?: JsonObject;
}

/**
 * Kubernetes's API as far as Berth asks it, over TLS: objects of one namespace, by the paths and the Status answers of
 * https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
export class ApiServer {
  readonly authority = new Authority();
  readonly made: Made[] = [];
  /** `deployments/blog` → the object; `pods/blog-1/log` → its log. */
  readonly objects = new Map<string, JsonObject | string>();
  /** `get deployments`: what the account may not. */
  readonly forbidden = new Set<string>();
  /** Status that the next requests get, one each. */
  readonly failures: number[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), "berth-kube-"));
  private server: https.Server | undefined;
  private port = 0;
  private written = 0;

  async start(issued: Issued = this.authority.issue(["127.0.0.1"])): Promise<this> {
    const tls = { cert: readFileSync(issued.certificate), key: readFileSync(issued.key) };
    const server = https.createServer(tls, (request, response) => void this.serve(request, response));
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
    return this;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** Writes one, with the contexts `test` and `other`. @param user as of a kubeconfig */
  kubeconfig(user: object = { token: TOKEN }, ca = this.authority.ca): string {
    const path = join(this.folder, `kubeconfig-${this.written++}`);
    const text = {
      clusters: [{ name: "c", cluster: { server: this.url, "certificate-authority-data": base64(ca) } }],
      users: [{ name: "u", user }],
      contexts: ["test", "other"].map((name) => ({ name, context: { cluster: "c", user: "u" } })),
      "current-context": "test",
    };
    writeFileSync(path, JSON.stringify(text, undefined, 1));
    return path;
  }

  /** Nobody answers on the port any more. */
  async pause(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  async stop(): Promise<void> {
    await this.pause();
    this.authority.remove();
    rmSync(this.folder, { recursive: true });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<ServerResponse> {
    const url = new URL(request.url ?? "/", this.url);
    const body = await bodyOf(request);
    const [resource = "", name, sub] = url.pathname.split("/namespaces/shop/")[1]?.split("/") ?? [];
    const verb = verbOf(request.method ?? "GET", name);
    this.made.push({ verb, path: url.pathname + url.search, ...(body && { body }) });
    const kind = sub === undefined ? resource : `${resource}/${sub}`;
    const failure = this.failures.shift();
    if (failure !== undefined)
      return refuse(response, failure, "the server is currently unable to handle the request");
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return refuse(response, 401, "Unauthorized");
    if (this.forbidden.has(`${verb} ${kind}`))
      return refuse(response, 403, `${kind} is forbidden: User "ci" cannot ${verb} resource "${kind}"`);
    return this.answer(response, {
      verb,
      kind,
      resource,
      key: [resource, name, sub].filter(Boolean).join("/"),
      body,
    });
  }

  private answer(
    response: ServerResponse,
    {
      verb,
      kind,
      resource,
      key,
      body,
    }: { verb: string; kind: string; resource: string; key: string; body: JsonObject | undefined },
  ): ServerResponse {
    if (verb === "list") return send(response, 200, { items: this.listed(resource) });
    if (verb === "create") return this.create(response, resource, body ?? {});
    const found = this.objects.get(key);
    if (found === undefined) return refuse(response, 404, `${kind} "${key.split("/")[1]}" not found`);
    if (verb === "update") this.objects.set(key, body ?? {});
    if (verb === "delete") this.objects.delete(key);
    return send(response, 200, verb === "update" ? (body ?? {}) : found);
  }

  private create(response: ServerResponse, resource: string, body: JsonObject): ServerResponse {
    const { name } = body["metadata"] as { name: string };
    const key = `${resource}/${name}`;
    if (this.objects.has(key)) return refuse(response, 409, `${resource} "${name}" already exists`);
    this.objects.set(key, body);
    return send(response, 201, body);
  }

  private listed(resource: string): unknown[] {
    const own = new RegExp(`^${resource}/[^/]+$`);
    return [...this.objects].filter(([key]) => own.test(key)).map(([, object]) => object);
  }
}

function verbOf(method: string, name: string | undefined): string {
  const verbs: Record<string, string> = { POST: "create", PUT: "update", DELETE: "delete" };
  return verbs[method] ?? (name === undefined ? "list" : "get");
}

async function bodyOf(request: IncomingMessage): Promise<JsonObject | undefined> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return parts.length > 0 ? JSON.parse(Buffer.concat(parts).toString()) : undefined;
}

function send(response: ServerResponse, status: number, body: unknown): ServerResponse {
  const isText = typeof body === "string";
  response.writeHead(status, { "content-type": isText ? "text/plain" : "application/json" });
  return response.end(isText ? body : JSON.stringify(body));
}

function refuse(response: ServerResponse, code: number, message: string): ServerResponse {
  return send(response, code, { kind: "Status", apiVersion: "v1", status: "Failure", message, code });
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
