import type * as pulumi from "@pulumi/pulumi";
import { UNKNOWN } from "../../../base/shape";
import { isJsonObject } from "../../../values/json-object";
import type { Fields } from "../../object/kind";
import { listIn } from "../../rest/answer-shape";
import type { Call } from "../../rest/call";
import { type Facts, nameOf } from "../../rest/server-abilities";
import {
  given,
  type HostedArgs,
  hostedFields,
  type ProxyArgs,
  proxyFields,
  Repository,
  repositoryKind,
  SONATYPES_OWN_HAVE_THEM,
} from "./repository";
import { notWritable, type WritableGroupArgs, writableGroupFields } from "./writable-group";

/** How `docker` reaches the repository; without any of these it is reached through a group. */
interface DockerArgs {
  /** Port of Nexus on which `docker` talks to this repository. */
  readonly httpPort?: pulumi.Input<number>;
  /** The same with Nexus's own TLS. */
  readonly httpsPort?: pulumi.Input<number>;
  /** First part of a host name under Nexus's own. */
  readonly subdomain?: pulumi.Input<string>;
  /** By path, `<nexus>/<repository>/<image>`, without a port (Nexus 3.83 and later). */
  readonly pathEnabled?: pulumi.Input<boolean>;
  /** Docker's API of 2013. @default false */
  readonly v1Enabled?: pulumi.Input<boolean>;
  /** False lets `docker login` get a Bearer token (realm DockerToken). @default false */
  readonly forceBasicAuth?: pulumi.Input<boolean>;
}

export interface DockerHostedArgs extends HostedArgs, DockerArgs {
  /** The tag `latest` may move although the write policy is ALLOW_ONCE. */
  readonly movableLatest?: pulumi.Input<boolean>;
}

export interface DockerProxyArgs extends ProxyArgs, DockerArgs {
  /** HUB for the public Docker Hub, REGISTRY for any other registry, CUSTOM for an index of its own. */
  readonly indexType: pulumi.Input<"HUB" | "REGISTRY" | "CUSTOM">;
  /** Where `docker search` looks; only with CUSTOM. */
  readonly indexUrl?: pulumi.Input<string>;
}

export interface DockerGroupArgs extends WritableGroupArgs, DockerArgs {}

/** On which Nexus itself listens, in its container. */
const OWN_PORT = 8081;

const more = { refusal, conflict, elsewhere: SONATYPES_OWN_HAVE_THEM };

// Sources disagree whether a server tells latestPolicy: what we sent counts.
export const dockerHosted = repositoryKind("docker", "hosted", { ...more, writeOnly: ["latestPolicy"] });
export const dockerProxy = repositoryKind("docker", "proxy", more);
export const dockerGroup = repositoryKind("docker", "group", more);

/** Images: your own. */
export class DockerHosted extends Repository {
  constructor(name: string, args: DockerHostedArgs, opts?: pulumi.CustomResourceOptions) {
    const fields = hostedFields(args, { latestPolicy: args.movableLatest });
    super(dockerHosted, name, { ...fields, docker: dockerFields(args) }, opts);
  }
}

/** Images: a remote's, kept. */
export class DockerProxy extends Repository {
  constructor(name: string, args: DockerProxyArgs, opts?: pulumi.CustomResourceOptions) {
    const { indexType, indexUrl } = args;
    const docker = { docker: dockerFields(args), dockerProxy: given({ indexType, indexUrl }) };
    super(dockerProxy, name, { ...proxyFields(args), ...docker }, opts);
  }
}

/** Images: several repositories under one name. */
export class DockerGroup extends Repository {
  constructor(name: string, args: DockerGroupArgs, opts?: pulumi.CustomResourceOptions) {
    const fields = writableGroupFields(args);
    super(dockerGroup, name, { ...fields, docker: dockerFields(args) }, opts);
  }
}

function dockerFields(args: DockerArgs): object | undefined {
  const { httpPort, httpsPort, subdomain, pathEnabled, v1Enabled = false, forceBasicAuth = false } = args;
  return given({ v1Enabled, forceBasicAuth, httpPort, httpsPort, subdomain, pathEnabled });
}

function refusal(facts: Facts, want: Fields): string | undefined {
  const it = `"${want["name"]}"`;
  const { docker, storage, dockerProxy } = parts(want);
  if (docker["pathEnabled"] === true) {
    const other = ["httpPort", "httpsPort", "subdomain"].find((way) => docker[way] !== undefined);
    if (other) return `The docker repository ${it} is reached by its path or by ${other}, not by both.`;
    if (!facts.fieldsOf("DockerAttributes").includes("pathEnabled"))
      return (
        `${nameOf(facts)} can't serve the docker repository ${it} by its path; Nexus 3.83 and later can. ` +
        "Give it an httpPort instead."
      );
  }
  const policy = String(storage["writePolicy"]);
  if (storage["latestPolicy"] === true && policy !== UNKNOWN && policy.toUpperCase() !== "ALLOW_ONCE")
    return `movableLatest of the docker repository ${it} is the exception to writePolicy ALLOW_ONCE: set that, too.`;
  if (dockerProxy["indexType"] === "CUSTOM" && dockerProxy["indexUrl"] === undefined)
    return `The docker repository ${it} has indexType CUSTOM: set indexUrl, too.`;
  return notWritable(facts, want);
}

/** @returns which of the wanted ports is another's already */
async function conflict(call: Call, id: string, want: Fields): Promise<string | undefined> {
  const wanted = portsOf(want);
  if (wanted.length === 0) return undefined;
  const taken = (field: string, port: number, by: string) =>
    `The docker repository "${id}" wants ${field} ${port}, which is taken by ${by}. Choose another port.`;
  const own = wanted.find(([, port]) => port === OWN_PORT);
  if (own) return taken(...own, "Nexus itself");
  const [first, second] = wanted;
  if (first && second && first[1] === second[1]) return taken(...second, `its own ${first[0]}`);
  for (const other of listIn(await call("GET", "/v1/repositorySettings", [200]))) {
    if (other["name"] === id) continue;
    for (const [, port] of portsOf(other)) {
      const clash = wanted.find((mine) => mine[1] === port);
      if (clash) return taken(...clash, `the repository "${other["name"]}"`);
    }
  }
  return undefined;
}

function portsOf(repository: Fields): [field: string, port: number][] {
  const { docker } = parts(repository);
  return ["httpPort", "httpsPort"].flatMap((field) => {
    const port = docker[field];
    return port === undefined || port === null || port === UNKNOWN ? [] : [[field, Number(port)]];
  });
}

function parts(fields: Fields) {
  const part = (name: string): Fields => (isJsonObject(fields[name]) ? fields[name] : {});
  return {
    docker: part("docker"),
    storage: part("storage"),
    dockerProxy: part("dockerProxy"),
  };
}
