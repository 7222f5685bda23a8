import { isObject } from "../http-tools";
import type { DockerRepository, Remote, RepositoryType } from "../record";
import type { DockerSettings } from "./validation";

type Json = Record<string, unknown>;

const WRITE_POLICIES = ["ALLOW", "ALLOW_ONCE", "DENY"];

/**
 * The raw repository that stands for a docker one in the real Nexus. A hosted one is always DENY there: nothing is
 * ever stored in it, and a PUT tells what the caller may do without leaving anything.
 */
export function coreBody(type: RepositoryType, body: Json): Json {
  const { docker: _docker, dockerProxy: _dockerProxy, raw: _raw, ...rest } = body;
  if (!isObject(body.storage)) return rest;
  const { latestPolicy: _latest, ...storage } = body.storage;
  const known = WRITE_POLICIES.includes(String(storage.writePolicy).toUpperCase());
  const writePolicy = type === "hosted" && known ? { writePolicy: "DENY" } : {};
  return { ...rest, storage: { ...storage, ...writePolicy } };
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
  if (type === "hosted") repository.writePolicy = String(storage.writePolicy);
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
  const view: Json = { ...rest };
  if (repository.type === "hosted" && isObject(core.storage)) {
    const latest = repository.latestPolicy === undefined ? {} : { latestPolicy: repository.latestPolicy };
    view.storage = { ...core.storage, writePolicy: repository.writePolicy, ...latest };
  }
  if (repository.type === "group" && isObject(core.group))
    view.group = { ...core.group, writableMember: null };
  view.docker = repository.docker;
  if (repository.dockerProxy) view.dockerProxy = repository.dockerProxy;
  return { ...view, format: "docker", type: repository.type };
}
