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

/** An app on its servers: pulled by digest, started beside the old one, given the traffic once all of it is healthy. */
export class AppDeployment extends pulumi.ComponentResource {
  /** Where people reach the app, on its first server. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: AppDeploymentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:app:AppDeployment", name, {}, opts);
    const { app, servers } = args;
    // Everywhere before anything is touched: a server that can't pull stops the update while all serve the old release.
    const pulled = servers.map((server) => this.pullOn(server, args));
    const containers = servers.map((server, index) => this.startOn(server, app, pulled[index]!, pulled));
    const { publish, port, healthTimeout } = app;
    const on = servers.map(({ settings, edge }, index) => ({
      name: settings.name,
      docker: settings.docker,
      edge,
      container: containers[index]!.name,
    }));
    const traffic = new Traffic(
      `${name}-traffic`,
      { app: name, servers: on, publish, port, healthTimeout },
      { parent: this },
    );
    const { address } = servers[0]!.settings; // settings have at least one
    this.url = traffic.urn.apply(() => `http://${address}:${publish}`);
    this.registerOutputs({ url: this.url });
  }

  private pullOn(server: ServerHost, { app, image }: AppDeploymentArgs): docker.RemoteImage {
    const child = { parent: this, provider: server.provider };
    return new docker.RemoteImage(
      `${app.name}-${server.settings.name}-image`,
      { name: image, keepLocally: true },
      child,
    );
  }

  private startOn(
    server: ServerHost,
    app: AppSettings,
    pulled: docker.RemoteImage,
    after: readonly docker.RemoteImage[],
  ): docker.Container {
    const name = `${app.name}-${server.settings.name}`;
    const child = { parent: this, provider: server.provider };
    const volumes = Object.entries(app.volumes).map(([volume, containerPath]) => {
      const resource = `${name}-${volume}`;
      return {
        volumeName: new docker.Volume(resource, { labels: labels(resource) }, child).name,
        containerPath,
      };
    });
    return new docker.Container(
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
      { ...child, deleteBeforeReplace: false, dependsOn: [...after] }, // the provider would delete first
    );
  }
}
