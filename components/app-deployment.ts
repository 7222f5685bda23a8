import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { labels } from "./labels";
import type { ServerHost } from "./server-host";
import type { AppSettings } from "./settings";
import { Traffic } from "./traffic";

export interface AppDeploymentArgs {
  readonly app: AppSettings;
  /** repository@digest in Nexus. */
  readonly image: pulumi.Input<string>;
  readonly servers: readonly ServerHost[];
}

/** Seconds that a replaced container gets to answer the requests it has begun. */
const DRAIN_SECONDS = 30;

/** An app on its servers: pulled by digest, started beside the old one, given the traffic once it is healthy. */
export class AppDeployment extends pulumi.ComponentResource {
  /** Where people reach the app, on its first server. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: AppDeploymentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:app:AppDeployment", name, {}, opts);
    const switched = args.servers.map((server) => this.deployTo(server, args));
    const first = args.servers[0]!; // settings have at least one
    this.url = pulumi
      .all(switched.map((traffic) => traffic.urn))
      .apply(() => `http://${first.settings.address}:${args.app.publish}`);
    this.registerOutputs({ url: this.url });
  }

  private deployTo(server: ServerHost, { app, image }: AppDeploymentArgs): Traffic {
    const name = `${app.name}-${server.settings.name}`;
    const child = { parent: this, provider: server.provider };
    const pulled = new docker.RemoteImage(`${name}-image`, { name: image, keepLocally: true }, child);
    const volumes = Object.entries(app.volumes).map(([volume, containerPath]) => {
      const resource = `${name}-${volume}`;
      return {
        volumeName: new docker.Volume(resource, { labels: labels(resource) }, child).name,
        containerPath,
      };
    });
    const container = new docker.Container(
      `${name}-container`,
      {
        image: pulled.name, // not its repoDigest: the real plugin mixes up registries that differ by port only
        envs: Object.entries(app.env).map(([key, value]) => `${key}=${value}`),
        networksAdvanced: [{ name: server.network }],
        volumes,
        labels: [...labels(`${name}-container`), { label: "berth.app", value: app.name }],
        memory: app.memory,
        memorySwap: app.memory, // set beside memory, else it shows as a change on every run
        restart: "unless-stopped",
        destroyGraceSeconds: DRAIN_SECONDS,
        logDriver: "json-file",
        logOpts: { "max-size": "10m", "max-file": "3" },
      },
      { ...child, deleteBeforeReplace: false }, // the provider would delete first
    );
    const { publish, port, healthTimeout } = app;
    const route = {
      docker: server.settings.docker,
      edge: server.edge,
      app: app.name,
      publish,
      port,
      healthTimeout,
    };
    return new Traffic(`${name}-traffic`, { ...route, container: container.name }, { parent: this });
  }
}
