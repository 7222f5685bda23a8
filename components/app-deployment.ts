import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { envOf, limitsOf } from "./deploy/container-spec";
import { SECRETS_FOLDER } from "./deploy/secret-text";
import { labels } from "./labels";
import { ReleaseCommand } from "./release-command";
import { SecretVolume } from "./secret-volume";
import type { ServerHost } from "./server-host";
import type { AppSettings } from "./settings";
import { Traffic } from "./traffic";

export interface AppDeploymentArgs {
  readonly app: AppSettings;
  /** repository@digest in Nexus. */
  readonly image: pulumi.Input<string>;
  readonly servers: readonly ServerHost[];
}

/** An app's place on one server: what its container needs to be there. */
interface Place {
  readonly server: ServerHost;
  /** Of its resources: `blog-web1`. */
  readonly name: string;
  /** Options of its resources. */
  readonly child: pulumi.CustomResourceOptions;
  readonly image: docker.RemoteImage;
  readonly mounts: readonly { volume: pulumi.Output<string>; path: string; readOnly: boolean }[];
}

/**
 * An app on its servers: pulled by digest, prepared by its release command, started beside the old one, and given the
 * traffic once it is healthy on all of them.
 */
export class AppDeployment extends pulumi.ComponentResource {
  /** Where people reach the app, on its first server. */
  readonly url: pulumi.Output<string>;
  /** What moves its traffic. */
  readonly traffic: Traffic;

  constructor(name: string, args: AppDeploymentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:app:AppDeployment", name, {}, opts);
    const { app } = args;
    const pulled = args.servers.map((server) => this.pull(server, args));
    const places = args.servers.map((server, index) => this.prepare(server, app, pulled[index]!));
    // Everywhere before anything is touched: a server that can't pull stops the update while all serve the old release.
    const released = this.release(app, args.image, places[0]!, pulled);
    const containers = places.map((place) => this.start(place, app, [...pulled, ...released]));
    this.traffic = this.moveTraffic(app, places, containers);
    this.url = this.traffic.urn.apply(() => args.servers[0]!.urlOf(app)); // settings have at least one
    this.registerOutputs({ url: this.url });
  }

  private pull(server: ServerHost, { app, image }: AppDeploymentArgs): docker.RemoteImage {
    const child = { parent: this, provider: server.provider };
    const name = `${app.name}-${server.settings.name}-image`;
    return new docker.RemoteImage(name, { name: image, keepLocally: true }, child);
  }

  private prepare(server: ServerHost, app: AppSettings, image: docker.RemoteImage): Place {
    const name = `${app.name}-${server.settings.name}`;
    const child = { parent: this, provider: server.provider };
    const mounts = Object.entries(app.volumes).map(([volume, path]) => {
      const resource = `${name}-${volume}`;
      const made = new docker.Volume(resource, { labels: labels(resource) }, child);
      return { volume: made.name, path, readOnly: false };
    });
    if (Object.keys(app.secrets).length > 0) {
      const { user, secrets: values } = app;
      const whose = { docker: server.settings.docker, image: image.name, user };
      const { volume } = new SecretVolume(`${name}-secrets`, { ...whose, values }, { parent: this });
      mounts.push({ volume, path: SECRETS_FOLDER, readOnly: true });
    }
    return { server, name, child, image, mounts };
  }

  /** On the first server; the others see what it did to the data that they share. */
  private release(
    app: AppSettings,
    image: pulumi.Input<string>,
    { server, mounts }: Place,
    pulled: readonly docker.RemoteImage[],
  ): ReleaseCommand[] {
    const { releaseCommand: command, releaseTimeout: timeout } = app;
    if (!command) return [];
    const { memory, cpus, user, readOnly, tmpfs, capabilities, env } = app;
    const limits = { memory, cpus, user, readOnly, tmpfs, capabilities };
    const container = pulumi.output({ ...limits, env, network: server.network, mounts: [...mounts] });
    const what = { app: app.name, docker: server.settings.docker, image, command, timeout, container };
    return [new ReleaseCommand(`${app.name}-release`, what, { parent: this, dependsOn: [...pulled] })];
  }

  private start(place: Place, app: AppSettings, after: readonly pulumi.Resource[]): docker.Container {
    const { server, name, child, image, mounts } = place;
    const volumes = mounts.map(({ volume, path, readOnly }) => ({
      volumeName: volume,
      containerPath: path,
      ...(readOnly && { readOnly }),
    }));
    return new docker.Container(
      `${name}-container`,
      {
        image: image.name, // not its repoDigest: the real plugin mixes up registries that differ by port only
        envs: envOf(app.env),
        networksAdvanced: [{ name: server.network }],
        volumes,
        labels: [...labels(`${name}-container`), { label: "berth.app", value: app.name }],
        ...limitsOf(app),
        restart: app.restart,
        destroyGraceSeconds: app.drainTimeout,
        stopTimeout: app.drainTimeout, // of a stop by anybody else, and of Docker's own end
        logDriver: "json-file",
        logOpts: { "max-size": "10m", "max-file": "3" },
      },
      // The provider would delete first, and only note another tmpfs.
      { ...child, deleteBeforeReplace: false, replaceOnChanges: ["tmpfs"], dependsOn: [...after] },
    );
  }

  private moveTraffic(app: AppSettings, places: readonly Place[], containers: readonly docker.Container[]) {
    const { publish, port, healthTimeout } = app;
    const servers = places.map(({ server }, index) => ({
      name: server.settings.name,
      docker: server.settings.docker,
      edge: server.edge,
      ...server.placeOf(app),
      container: containers[index]!.name,
    }));
    const what = { app: app.name, servers, publish, port, healthTimeout };
    return new Traffic(`${app.name}-traffic`, what, { parent: this });
  }
}
