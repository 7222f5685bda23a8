import type { IncomingMessage, ServerResponse } from "node:http";
import type { CoreClient } from "../core-client";
import type { RunningRepositories } from "../docker/repositories";
import { BodyTooLarge, readBody, sendJson } from "../http-tools";
import type { Permissions } from "../permissions";
import type { ConnectorRecord, RepositoryType } from "../record";
import { Contents } from "./contents";
import { askAs, type Exchange, sendRewritten } from "./exchange";
import { passThrough } from "./pass-through";
import { Privileges } from "./privileges";
import { Realms } from "./realms";
import { RepositoryReads } from "./repository-reads";
import { RepositoryWrites } from "./repository-writes";
import { Roles } from "./roles";
import { withDocker } from "./swagger";

/** Far above any REST body; uploads of content are never read here. */
const MAX_BODY = 10 * 1024 * 1024;

type Handler = (exchange: Exchange, parts: string[]) => Promise<void>;
type Rule = [methods: string, path: RegExp, handler: Handler];

export interface RouterOptions {
  core: CoreClient;
  record: ConnectorRecord;
  running: RunningRepositories;
  permissions: Permissions;
}

/** Port 8081: what belongs to the Docker format is answered here, all else goes to the real Nexus. */
export class Router {
  private readonly rules: Rule[];

  constructor(private readonly options: RouterOptions) {
    const { core, record, running } = options;
    const writes = new RepositoryWrites(core, record, running);
    const reads = new RepositoryReads(core, record, running);
    const privileges = new Privileges(core, record);
    this.rules = [
      ...repositoryRules(writes, reads),
      ...securityRules(new Roles(core, record), new Realms(core, record), privileges),
      ...contentRules(new Contents(core, record, running)),
      [
        "GET",
        /^\/service\/rest\/swagger\.json$/,
        async (it) => sendRewritten(it.response, await askAs(core, it), withDocker),
      ],
    ];
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { core, record, permissions } = this.options;
    const url = request.url ?? "/";
    const at = url.indexOf("?");
    const path = at < 0 ? url : url.slice(0, at);
    if (request.method !== "GET" && request.method !== "HEAD") {
      // In the same turn as the answer's last byte: the caller's next request finds nothing remembered.
      response.on("prefinish", () => permissions.forget());
    }
    const content = /^\/repository\/([^/]+)(\/|$)/.exec(path);
    if (content && record.repository(decode(content[1]!))) return refusePath(response, decode(content[1]!));
    const found = this.find(request.method ?? "GET", path);
    if (!found) return passThrough(core, request, response);
    try {
      const body = await readBody(request, MAX_BODY);
      await found.handler({ request, response, path, query: at < 0 ? "" : url.slice(at), body }, found.parts);
    } catch (error) {
      if (!(error instanceof BodyTooLarge)) throw error;
      sendJson(response, 413, { message: error.message });
    }
  }

  private find(method: string, path: string): { handler: Handler; parts: string[] } | undefined {
    for (const [methods, pattern, handler] of this.rules) {
      const match = methods.split(" ").includes(method) ? pattern.exec(path) : null;
      if (match) return { handler, parts: match.slice(1).map(decode) };
    }
    return undefined;
  }
}

function repositoryRules(writes: RepositoryWrites, reads: RepositoryReads): Rule[] {
  const type = (part: string | undefined) => part as RepositoryType;
  const docker = (tail: string) =>
    new RegExp(`^/service/rest/v1/repositories/docker/(hosted|proxy|group)${tail}$`);
  const raw = (tail: string) => new RegExp(`^/service/rest/v1/repositories/raw/(hosted|proxy|group)${tail}$`);
  return [
    ["POST", docker(""), (it, [t]) => writes.create(type(t), it)],
    ["PUT", docker("/([^/]+)"), (it, [t, name]) => writes.update(type(t), name!, it)],
    ["GET", docker("/([^/]+)"), (it, [t, name]) => reads.get(type(t), name!, it)],
    ["POST", raw(""), (it) => reads.raw(undefined, it)],
    ["GET PUT", raw("/([^/]+)"), (it, [, name]) => reads.raw(name, it)],
    ["GET", /^\/service\/rest\/v1\/repositories(?:\/[^/]+)?$/, (it) => reads.summaries(it)],
    ["DELETE", /^\/service\/rest\/v1\/repositories\/([^/]+)$/, (it, [name]) => writes.remove(name!, it)],
    [
      "POST",
      /^\/service\/rest\/v1\/repositories\/([^/]+)\/invalidate-cache$/,
      (it, [name]) => reads.invalidate(name!, it),
    ],
    ["GET", /^\/service\/rest\/v1\/repositorySettings$/, (it) => reads.settings(it)],
  ];
}

function securityRules(roles: Roles, realms: Realms, privileges: Privileges): Rule[] {
  return [
    ["GET", /^\/service\/rest\/v1\/security\/roles(?:\/[^/]+)?$/, (it) => roles.read(it)],
    ["POST PUT DELETE", /^\/service\/rest\/v1\/security\/roles(?:\/[^/]+)?$/, (it) => roles.write(it)],
    ["GET", /^\/service\/rest\/v1\/security\/realms\/available$/, (it) => realms.available(it)],
    ["GET PUT", /^\/service\/rest\/v1\/security\/realms\/active$/, (it) => realms.active(it)],
    ["GET", /^\/service\/rest\/v1\/security\/privileges$/, (it) => privileges.list(it)],
    [
      "GET DELETE",
      /^\/service\/rest\/v1\/security\/privileges\/([^/]+)$/,
      (it, [name]) => privileges.one(name!, it),
    ],
    ["POST", /^\/service\/rest\/v1\/security\/privileges\/[^/]+$/, (it) => privileges.write(it)],
    ["PUT", /^\/service\/rest\/v1\/security\/privileges\/[^/]+\/[^/]+$/, (it) => privileges.write(it)],
  ];
}

function contentRules(contents: Contents): Rule[] {
  return [
    ["GET", /^\/service\/rest\/v1\/components$/, (it) => contents.components(it)],
    ["DELETE", /^\/service\/rest\/v1\/components\/([^/]+)$/, (it, [id]) => contents.remove(it, id!)],
    ["GET", /^\/service\/rest\/v1\/assets$/, (it) => contents.assets(it)],
  ];
}

/** Nexus 3.71 has no path-based docker access, and the backing raw repositories are nobody's to see. */
function refusePath(response: ServerResponse, name: string): void {
  const message = `Repository ${name} is a docker repository of the sandbox: it is reached by its httpPort, not by path.`;
  sendJson(response, 400, { errors: [{ code: "UNSUPPORTED", message, detail: null }] });
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
