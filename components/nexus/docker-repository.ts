import type * as pulumi from "@pulumi/pulumi";
import type { Kind } from "./kind";
import { type ContentArgs, NexusObject } from "./nexus-object";

interface DockerRepositoryArgs extends ContentArgs {
  readonly name: pulumi.Input<string>;
  readonly blobStore: pulumi.Input<string>;
  /** Port of Nexus on which `docker` talks to this repository; without one it is reached through a group. */
  readonly httpPort?: pulumi.Input<number>;
}

export interface DockerHostedArgs extends DockerRepositoryArgs {
  /** ALLOW_ONCE: a tag, once pushed, stays what it is. */
  readonly writePolicy: pulumi.Input<"ALLOW" | "ALLOW_ONCE" | "DENY">;
}

export interface DockerProxyArgs extends DockerRepositoryArgs {
  readonly remoteUrl: pulumi.Input<string>;
  /** HUB for the public Docker Hub, REGISTRY for any other registry. */
  readonly indexType: pulumi.Input<"HUB" | "REGISTRY">;
  readonly remoteUsername?: pulumi.Input<string>;
  /** Secret. Never told by Nexus and sent again with every change, or it would be lost. */
  readonly remotePassword?: pulumi.Input<string>;
}

export interface DockerGroupArgs extends DockerRepositoryArgs {
  /** In the order in which they are asked. */
  readonly members: pulumi.Input<pulumi.Input<string>[]>;
}

export class DockerHosted extends NexusObject {
  constructor(name: string, args: DockerHostedArgs, opts?: pulumi.CustomResourceOptions) {
    const { server, adopt, writePolicy } = args;
    const storage = { ...storageOf(args), writePolicy };
    super("DockerHosted", name, { server, adopt, ...common(args), storage }, opts);
  }
}

export class DockerProxy extends NexusObject {
  constructor(name: string, args: DockerProxyArgs, opts?: pulumi.CustomResourceOptions) {
    const { server, adopt, remoteUrl, indexType, remoteUsername: username, remotePassword: password } = args;
    const authentication = username && password ? { type: "username", username, password } : undefined;
    const fields = {
      storage: storageOf(args),
      proxy: { remoteUrl, contentMaxAge: 1440, metadataMaxAge: 1440 }, // minutes; Nexus's own defaults
      negativeCache: { enabled: false, timeToLive: 1440 }, // a base image pushed a minute ago must be found
      httpClient: { blocked: false, autoBlock: true, ...(authentication && { authentication }) },
      dockerProxy: { indexType },
    };
    super("DockerProxy", name, { server, adopt, ...common(args), ...fields }, opts);
  }
}

export class DockerGroup extends NexusObject {
  constructor(name: string, args: DockerGroupArgs, opts?: pulumi.CustomResourceOptions) {
    const { server, adopt, members } = args;
    const fields = { storage: storageOf(args), group: { memberNames: members } };
    super("DockerGroup", name, { server, adopt, ...common(args), ...fields }, opts);
  }
}

/** One of Nexus's three types of docker repository; `/v1/repositories/docker/<type>` (shared/nexus-rest.md). */
function dockerRepository(type: "hosted" | "proxy" | "group"): Kind {
  const collection = `/v1/repositories/docker/${type}`;
  return {
    noun: `docker ${type} repository`,
    id: (want) => String(want.name),
    read: async (call, id) => {
      const answer = await call("GET", `${collection}/${encodeURIComponent(id)}`, [200, 404]);
      if (answer.status === 404) return undefined;
      // Nexus tells routingRuleName and takes routingRule.
      const { routingRuleName, ...body } = answer.body as Record<string, unknown>;
      return routingRuleName ? { ...body, routingRuleName, routingRule: routingRuleName } : body;
    },
    create: (call, want) => call("POST", collection, [201], want),
    update: (call, id, { url: _url, format: _format, type: _type, ...merged }) =>
      call("PUT", `${collection}/${encodeURIComponent(id)}`, [204], merged),
    remove: (call, id) => call("DELETE", `/v1/repositories/${encodeURIComponent(id)}`, [204, 404]),
    fixed: ["name", "storage.blobStoreName"],
    anyCase: ["writePolicy"],
    writeOnly: ["password"],
  };
}

export const dockerHosted = dockerRepository("hosted");
export const dockerProxy = dockerRepository("proxy");
export const dockerGroup = dockerRepository("group");

function common(args: DockerRepositoryArgs): object {
  // forceBasicAuth false lets `docker login` get a Bearer token (realm DockerToken).
  const docker = {
    v1Enabled: false,
    forceBasicAuth: false,
    ...(args.httpPort && { httpPort: args.httpPort }),
  };
  return { name: args.name, online: true, docker };
}

function storageOf(args: DockerRepositoryArgs): object {
  return { blobStoreName: args.blobStore, strictContentTypeValidation: true };
}
