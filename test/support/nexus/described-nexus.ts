import { X509Certificate } from "node:crypto";
import { complaints, describedDocument, describedPath } from "./api-description";
import { type Call, type Reply, scriptedNexus } from "./scripted-nexus";

type Json = { readonly [field: string]: unknown };

/** What there is one of per server, as a new one has it. */
const SINGLE: { readonly [path: string]: unknown } = {
  "/v1/security/realms/available": [{ id: "NexusAuthenticatingRealm" }, { id: "DockerToken" }],
  "/v1/security/realms/active": ["NexusAuthenticatingRealm"],
  "/v1/security/anonymous": { enabled: false, userId: "anonymous", realmName: "NexusAuthorizingRealm" },
  "/v1/security/ssrf-protection": { enabled: true, allowedDomains: [], allowedIPs: [] },
  "/v1/system/eula": { accepted: false, disclaimer: "read this" },
  "/v1/http": {
    userAgent: null,
    timeout: null,
    retries: null,
    nonProxyHosts: [],
    httpProxy: null,
    httpsProxy: null,
  },
  "/v1/tasks/templates": [{ type: "blobstore.compact" }],
  "/v1/security/roles/nx-anonymous": { id: "nx-anonymous" },
};

/** Answers to a successful change that aren't 204 (measured on 3.71). */
const OTHER_STATUS: readonly (readonly [RegExp, number])[] = [
  [/^POST \/v1\/(repositories|security\/privileges|security\/ssl)/, 201],
  [/^POST \/v1\/security\/(users|roles)/, 200],
  [/^PUT \/v1\/security\/anonymous/, 200],
  [/^(POST|PUT) \/internal\/cleanup-policies/, 200],
];

/**
 * A Nexus of the version that Sonatype describes, as far as one can be made of a description: it keeps what it is sent, tells
 * it again, and refuses every call and every body that the description doesn't have.
 * @param ignored fields that it may get without a word, as the real one does
 */
export async function describedNexus({ ignored }: { readonly ignored: readonly string[] }) {
  const objects = new Map<string, unknown>(Object.entries(SINGLE));
  const judged: string[] = [];
  const nexus = await scriptedNexus((call) => {
    const path = call.path.replace("/service/rest", "").split("?")[0]!;
    if (path === "/swagger.json") return { status: 200, body: describedDocument() };
    if (call.method === "GET") return found(objects, path, call.path);
    const pattern = describedPath(call.method, path);
    if (!pattern) return { status: 404 };
    const wrong = complaints(call.method, pattern, without(call.body, ignored));
    judged.push(`${call.method} ${pattern}`);
    if (wrong.length > 0) return { status: 400, body: wrong.map((message) => ({ id: "*", message })) };
    return changed(objects, call, path);
  });
  const server = { url: nexus.url, username: "admin", password: "s3cret" };
  return { ...nexus, server, judged, objects };
}

function found(objects: ReadonlyMap<string, unknown>, path: string, whole: string): Reply {
  if (objects.has(path)) return { status: 200, body: objects.get(path) };
  if (path === "/v1/tasks")
    return { status: 200, body: { items: below(objects, path), continuationToken: null } };
  if (path === "/v1/components" || path === "/v1/assets")
    return { status: 200, body: { items: [], continuationToken: null } };
  if (
    path === "/v1/security/users" ||
    path === "/v1/security/ssl/truststore" ||
    path === "/v1/repositorySettings"
  )
    return {
      status: 200,
      body: below(objects, path === "/v1/repositorySettings" ? "/v1/repositories" : path),
    };
  if (path === "/v1/blobstores") {
    const stores = below(objects, "/v1/blobstores").map(({ name }) => ({
      name,
      blobCount: 0,
      totalSizeInBytes: 0,
    }));
    return { status: 200, body: stores };
  }
  return { status: 404, body: { message: `nothing at ${whole}` } };
}

function below(objects: ReadonlyMap<string, unknown>, path: string): Json[] {
  const inside = [...objects].filter(([key]) => key.startsWith(`${path}/`) && !(key in SINGLE));
  return inside.map(([, object]) => object as Json);
}

function changed(objects: Map<string, unknown>, { method, body }: Call, path: string): Reply {
  const line = `${method} ${path}`;
  const status = OTHER_STATUS.find(([pattern]) => pattern.test(line))?.[1] ?? 204;
  if (method === "DELETE") {
    const gone = [...objects.keys()].filter((key) => key === path || isTyped(key, path));
    for (const key of gone) objects.delete(key);
    return { status: gone.length > 0 ? 204 : 404 };
  }
  if (path.endsWith("/change-password")) return { status };
  const place = placeOf(method, path, body);
  objects.set(place, kept(objects.get(place), path, body));
  return { status, body: status === 200 ? objects.get(place) : undefined };
}

/** A repository, or a blob store, is deleted without its format and type. */
function isTyped(key: string, path: string): boolean {
  const [, collection, name] = /^(\/v1\/(?:repositories|blobstores))\/([^/]+)$/.exec(path) ?? [];
  return collection !== undefined && key.startsWith(`${collection}/`) && key.endsWith(`/${name}`);
}

/** Where the object is told from then on. */
function placeOf(method: string, path: string, body: unknown): string {
  const privilege = /^(\/v1\/security\/privileges)\/[\w-]+(\/[^/]+)?$/.exec(path);
  if (path in SINGLE) return path;
  if (method === "PUT") return privilege ? `${privilege[1]}${privilege[2]}` : path;
  if (typeof body === "string") return `${path}/${new X509Certificate(body).fingerprint}`;
  const { userId, id, name } = body as Json;
  return `${privilege ? privilege[1] : path}/${String(userId ?? id ?? name)}`;
}

/** With what Nexus adds, and without the secrets that it never tells. */
function kept(before: unknown, path: string, body: unknown): unknown {
  if (typeof body === "string") return { id: new X509Certificate(body).fingerprint, pem: body };
  if (Array.isArray(body)) return body;
  const told = withoutSecrets(body) as Json;
  const [, collection, first, second] =
    /^\/v1\/(repositories|tasks|security)(?:\/([^/]+)\/([^/]+))?/.exec(path) ?? [];
  if (collection === "repositories")
    return { ...told, format: first, type: second, url: "http://nexus.test/" };
  if (collection === "tasks") {
    const { frequency, ...task } = told as { frequency: Json } & Json;
    return { ...(before as Json), ...task, id: told["name"], cronExpression: null, ...frequency };
  }
  if (first === "privileges") return { ...told, type: second, readOnly: false };
  return collection === "security" ? { ...(before as Json), ...told } : told;
}

function without(value: unknown, fields: readonly string[]): unknown {
  if (Array.isArray(value) || typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([field]) => !fields.includes(field));
  return Object.fromEntries(entries.map(([field, inner]) => [field, without(inner, fields)]));
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  const secret = /password|passphrase|keypair|secretAccessKey/i;
  const entries = Object.entries(value).filter(([field]) => !secret.test(field));
  return Object.fromEntries(entries.map(([field, inner]) => [field, withoutSecrets(inner)]));
}
