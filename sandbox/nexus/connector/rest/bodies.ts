import { isObject } from "../http-tools";
import type { DockerRepository, Remote, RepositoryType } from "../record";
import type { DockerSettings } from "./validation";

type Json = Record<string, unknown>;

/** A remote that is never asked: the repository is blocked, and content is never read through the real server. */
const NO_REMOTE = {
  proxy: { remoteUrl: "http://127.0.0.1:9/", contentMaxAge: -1, metadataMaxAge: -1 },
  negativeCache: { enabled: false, timeToLive: 1440 },
  httpClient: { blocked: true, autoBlock: false },
};

/**
 * Type of the raw repository that stands for a docker one in the real Nexus. For a hosted one it is a proxy: that
 * routes no PUT, so that asking whether a caller may PUT leaves nothing behind. In a raw hosted repository every
 * permitted PUT leaves an empty component, even where the write policy is DENY (measured on 3.71).
 */
export const coreType = (type: RepositoryType): RepositoryType => (type === "hosted" ? "proxy" : type);

/** The body of a request for that raw repository. */
export function coreBody(type: RepositoryType, body: Json): Json {
  const { docker: _docker, dockerProxy: _dockerProxy, raw: _raw, ...rest } = body;
  if (type !== "hosted") return rest;
  const { component: _component, ...plain } = rest;
  if (!isObject(body.storage)) return { ...plain, ...NO_REMOTE };
  const { latestPolicy: _latest, writePolicy: _policy, ...storage } = body.storage;
  return { ...plain, ...NO_REMOTE, storage };
}

/** What to remember of a request that the real Nexus has accepted. */
export function recordOf(type: RepositoryType, body: Json, settings: DockerSettings): DockerRepository {
  const repository: DockerRepository = {
    name: String(body.name),
    type,
    online: body.online === true || body.online === "true",
    docker: settings.docker,
  };
  const storage = isObject(body.storage) ? body.storage : {};
  if (type === "hosted") {
    repository.writePolicy = String(storage.writePolicy);
    repository.proprietaryComponents =
      isObject(body.component) && body.component.proprietaryComponents === true;
  }
  if (settings.latestPolicy !== undefined) repository.latestPolicy = settings.latestPolicy;
  if (settings.dockerProxy) repository.dockerProxy = settings.dockerProxy;
  if (type === "proxy") repository.remote = remoteOf(body);
  if (type === "group" && isObject(body.group))
    repository.members = (body.group.memberNames as unknown[]).map(String);
  return repository;
}

function remoteOf(body: Json): Remote {
  const part = (name: string): Json => (isObject(body[name]) ? (body[name] as Json) : {});
  const { remoteUrl, metadataMaxAge } = part("proxy");
  const { enabled, timeToLive } = part("negativeCache");
  const { blocked, authentication } = part("httpClient");
  const remote: Remote = {
    url: String(remoteUrl),
    metadataMaxAge: Number(metadataMaxAge),
    negativeCacheEnabled: enabled === true,
    negativeCacheTtl: Number(timeToLive),
    blocked: blocked === true,
  };
  if (isObject(authentication) && authentication.username) {
    remote.username = String(authentication.username);
    remote.password = String(authentication.password ?? "");
  }
  return remote;
}

/** What GET says: the real server's answer for the raw repository, with the docker parts instead of the raw ones. */
export function dockerView(core: Json, repository: DockerRepository): Json {
  const { raw: _raw, format: _format, type: _type, ...rest } = core;
  const view: Json = repository.type === "hosted" ? hostedView(rest, repository) : { ...rest };
  if (repository.type === "group" && isObject(core.group))
    view.group = { ...core.group, writableMember: null };
  view.docker = repository.docker;
  if (repository.dockerProxy) view.dockerProxy = repository.dockerProxy;
  return { ...view, format: "docker", type: repository.type };
}

function hostedView(core: Json, repository: DockerRepository): Json {
  const { proxy: _proxy, negativeCache: _cache, httpClient: _client, routingRuleName: _rule, ...view } = core;
  const latest = repository.latestPolicy === undefined ? {} : { latestPolicy: repository.latestPolicy };
  const storage = isObject(core.storage) ? core.storage : {};
  return {
    ...view,
    storage: { ...storage, writePolicy: repository.writePolicy, ...latest },
    component: { proprietaryComponents: repository.proprietaryComponents ?? false },
  };
}
