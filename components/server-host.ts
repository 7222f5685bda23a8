import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { edgeSoftware } from "./edge/software";
import { labels } from "./labels";
import type { Account } from "./nexus-configuration";
import type { AppSettings, ServerSettings } from "./settings";

export interface ServerHostArgs {
  readonly server: ServerSettings;
  /** The apps that run here: the edge proxy publishes their ports. */
  readonly apps: readonly AppSettings[];
  /** `host:port` of Nexus's repositories, and who may pull from them. */
  readonly dockerHosted: pulumi.Input<string>;
  readonly dockerGroup: pulumi.Input<string>;
  readonly puller: Account;
}

/** A machine that apps run on: its Docker, the network between edge and apps, and the edge proxy. */
export class ServerHost extends pulumi.ComponentResource {
  readonly provider: docker.Provider;
  readonly network: pulumi.Output<string>;
  /** Name of the edge proxy's container. */
  readonly edge: pulumi.Output<string>;
  readonly settings: ServerSettings;

  constructor(name: string, args: ServerHostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:app:ServerHost", name, {}, opts);
    this.settings = args.server;
    const { username, password } = args.puller;
    const registryAuth = [args.dockerHosted, args.dockerGroup].map((address) => ({
      address,
      username,
      password,
    }));
    this.provider = new docker.Provider(
      `${name}-docker`,
      { host: args.server.docker, registryAuth },
      { parent: this },
    );
    const child = { parent: this, provider: this.provider };

    const network = new docker.Network(`${name}-network`, { labels: labels(`${name}-network`) }, child);
    const config = new docker.Volume(`${name}-edge-config`, { labels: labels(`${name}-edge-config`) }, child);
    const image = new docker.RemoteImage(
      `${name}-edge-image`,
      { name: pulumi.interpolate`${args.dockerGroup}/${edgeSoftware.caddy.image}`, keepLocally: true },
      child,
    );
    const edge = new docker.Container(
      `${name}-edge`,
      {
        image: image.repoDigest,
        ports: args.apps.map(({ publish }) => ({ internal: publish, external: publish })),
        networksAdvanced: [{ name: network.name }],
        volumes: [{ volumeName: config.name, containerPath: "/config" }],
        uploads: [{ file: edgeSoftware.caddy.configFile, content: edgeSoftware.caddy.main() }],
        restart: "unless-stopped",
        labels: labels(`${name}-edge`),
        logDriver: "json-file",
        logOpts: { "max-size": "10m", "max-file": "3" },
      },
      child,
    );
    this.network = network.name;
    this.edge = edge.name;
    this.registerOutputs({ network: this.network, edge: this.edge });
  }
}
