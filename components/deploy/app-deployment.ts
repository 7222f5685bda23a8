import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { aliasesOf, placeAliases } from "../base/renames";
import { APP_LABEL, PROCESS_LABEL } from "../base/stack-identity";
import { VolumeGuard } from "../docker/volume-guard";
import {
  type AppSettings,
  isServed,
  MOST_KEPT,
  type ProcessSettings,
  processesOn,
} from "../settings/app-settings";
import { type ContainerPlace, containerArgs } from "./container-spec";
import { OldImages } from "./images/old-images";
import { Drain } from "./processes/drain";
import { ReleaseCommand } from "./release-command";
import { plainVariables, secretVariables } from "./secret-env/secret-env";
import { SECRETS_FOLDER } from "./secret-text";
import { SecretVolume } from "./secret-volume";
import type { ServerHost } from "./server-host";
import { Smoke } from "./smoke";
import { Traffic } from "./traffic";

export interface AppDeploymentArgs {
  readonly app: AppSettings;
  /** repository@digest in Nexus. */
  readonly image: pulumi.Input<string>;
  /** Digests of its releases so far, the newest first: servers keep the images of those that a rollback takes soonest. @default none is known */
  readonly releases?: pulumi.Input<readonly string[]> | undefined;
  readonly servers: readonly ServerHost[];
}

type VolumeSettings = AppSettings["volumes"][string] & { readonly name: string };

/** The ends of resources' names. */
const [IMAGE, SECRETS, CONTAINER] = [{ name: "image" }, { name: "secrets" }, { name: "container" }];

/** An app's place on one server: what its container needs to be there. */
interface Place {
  readonly server: ServerHost;
  /** Of its resources: `blog-web1`. */
  readonly name: string;
  /** Options of its resources. */
  readonly child: pulumi.CustomResourceOptions;
  readonly image: docker.RemoteImage;
  readonly mounts: ContainerPlace["mounts"];
  /** Where the program gets secrets as variables. */
  readonly start?: { entrypoints: pulumi.Output<string[]>; command: pulumi.Output<string[]> };
}

/** A container of the app at one of its places. */
interface Started {
  readonly place: Place;
  readonly container: docker.Container;
}

/** One that serves nobody. */
type StartedProcess = Started & { readonly process: ProcessSettings };

/**
 * An app on its servers: pulled by digest, prepared by its release command, started beside the old one, and given the
 * traffic once it is healthy on all of them. Its processes start with it, and are waited for as well.
 */
export class AppDeployment extends pulumi.ComponentResource {
  /** Where people reach the app, on its first server; undefined for one that serves nobody. */
  readonly url: pulumi.Output<string> | undefined;
  /** What moves its traffic. */
  readonly traffic: Traffic;

  constructor(name: string, args: AppDeploymentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:app:AppDeployment", name, {}, pulumi.mergeOptions(opts, aliasesOf(args.app)));
    const { app } = args;
    const pulled = args.servers.map((server) => this.pull(server, args));
    const places = args.servers.map((server, index) => this.prepare(server, app, pulled[index]!));
    // Everywhere before anything is touched: a server that can't pull stops the update while all serve the old release.
    const released = this.release(app, args.image, places[0]!, pulled);
    const after = [...pulled, ...released];
    const serving = isServed(app)
      ? places.map((place) => ({ place, container: this.start(place, app, after) }))
      : [];
    const processes = places.flatMap((place) =>
      processesOn(app, place.server.settings.name).map((process) => ({
        place,
        process,
        container: this.start(place, process, after),
      })),
    );
    this.traffic = this.moveTraffic(app, serving, processes);
    const smoke = this.smoke(app, serving);
    const drain = this.drain(app, places, [...serving, ...processes], [this.traffic, ...smoke]);
    this.removeOldImages(args, [this.traffic, ...smoke, ...drain]);
    const [first] = args.servers; // settings have at least one
    this.url = isServed(app) ? this.traffic.urn.apply(() => first!.urlOf(app)) : undefined;
    this.registerOutputs({ url: this.url });
  }

  private pull(server: ServerHost, { app, image }: AppDeploymentArgs): docker.RemoteImage {
    const child = {
      parent: this,
      provider: server.provider,
      ...placeAliases(app.name, server.settings, IMAGE),
    };
    const name = `${app.name}-${server.settings.name}-image`;
    return new docker.RemoteImage(name, { name: image, keepLocally: true }, child);
  }

  private prepare(server: ServerHost, app: AppSettings, image: docker.RemoteImage): Place {
    const name = `${app.name}-${server.settings.name}`;
    const child = { parent: this, provider: server.provider };
    const mounts = Object.entries(app.volumes).map(([key, volume]) => {
      const made = this.volume(server, app, { ...volume, name: key });
      return { volume: made.name, path: volume.path, readOnly: false };
    });
    const place = { server, name, child, image };
    if (Object.keys(app.secrets).length === 0) return { ...place, mounts };
    const { volume, entrypoint, command } = this.secrets(place, app);
    mounts.push({ volume, path: SECRETS_FOLDER, readOnly: true });
    if (secretVariables(app).length === 0) return { ...place, mounts };
    return {
      ...place,
      mounts,
      start: { entrypoints: entrypoint, command: command as pulumi.Output<string[]> },
    };
  }

  private secrets({ server, name, image }: Pick<Place, "server" | "name" | "image">, app: AppSettings) {
    const { user, secrets: values } = app;
    const variables = secretVariables(app);
    const whose = { docker: server.settings.docker, image: image.name, user };
    const labels = server.identity.labels(`${name}-secrets`);
    return new SecretVolume(
      `${name}-secrets`,
      { ...whose, values, labels, ...(variables.length > 0 && { variables }) },
      { parent: this, ...placeAliases(app.name, server.settings, SECRETS) },
    );
  }

  /** A volume that keeps what it holds through renames, and a guard before it. */
  private volume(server: ServerHost, app: AppSettings, volume: VolumeSettings): docker.Volume {
    const { identity, provider, settings } = server;
    const resource = `${app.name}-${settings.name}-${volume.name}`;
    const made = new docker.Volume(
      resource,
      { labels: identity.dockerLabels(resource) },
      {
        parent: this,
        provider,
        ...placeAliases(app.name, settings, volume),
        ignoreChanges: ["labels"], // other labels would make another volume
      },
    );
    const guard = { name: `${volume.name}-guard`, ...(volume.was && { was: `${volume.was}-guard` }) };
    new VolumeGuard(
      `${resource}-guard`,
      {
        docker: settings.docker,
        volume: made.name,
        what: `app ${app.name}: volume ${volume.name} on ${settings.name}`,
        setting: `berth:apps.${app.name}.volumes.${volume.name}: { path: ${volume.path}, allowDataLoss: true }`,
        allowDataLoss: volume.allowDataLoss,
        image: server.edgeImage,
        labels: identity.labels(`${resource}-guard`),
      },
      { parent: this, ...placeAliases(app.name, settings, guard) },
    );
    return made;
  }

  /** On the first server; the others see what it did to the data that they share. */
  private release(
    app: AppSettings,
    image: pulumi.Input<string>,
    { server, mounts, start }: Place,
    pulled: readonly docker.RemoteImage[],
  ): ReleaseCommand[] {
    const { releaseCommand: command, releaseTimeout: timeout } = app;
    if (!command) return [];
    const { memory, cpus, user, readOnly, tmpfs, capabilities } = app;
    const { ulimits, extraHosts, dns, devices, gpus, shmSize, hostPaths } = app;
    const options = { ulimits, extraHosts, dns, devices, gpus, shmSize, hostPaths };
    const limits = { memory, cpus, user, readOnly, tmpfs, capabilities, ...options };
    const container = pulumi.output({
      ...limits,
      env: plainVariables(app),
      ...(start && { entrypoint: start.entrypoints }),
      network: server.network,
      mounts: [...mounts],
    });
    const labels = server.identity.labels(`${app.name}-release`);
    const what = {
      app: app.name,
      docker: server.settings.docker,
      image,
      command,
      timeout,
      container,
      labels,
    };
    return [new ReleaseCommand(`${app.name}-release`, what, { parent: this, dependsOn: [...pulled] })];
  }

  private start(
    place: Place,
    app: AppSettings | ProcessSettings,
    after: readonly pulumi.Resource[],
  ): docker.Container {
    const { server, child, image, mounts, start } = place;
    const { network, identity, settings } = server;
    const process = "process" in app ? app.process : undefined;
    const name = process === undefined ? place.name : `${place.name}-${process}`;
    const end = process === undefined ? CONTAINER : { name: `${process}-${CONTAINER.name}` };
    const labels = identity.dockerLabels(`${name}-container`, {
      ...app.labels,
      [APP_LABEL]: app.name,
      ...(process !== undefined && { [PROCESS_LABEL]: process }),
    });
    return new docker.Container(
      `${name}-container`,
      // Not the image's repoDigest: the real plugin mixes up registries that differ by port only.
      containerArgs(
        { ...app, env: plainVariables(app) },
        { image: image.name, network, mounts, labels, ...(start && { start }) },
      ),
      // The provider would delete first, and only note another tmpfs. A process is ended by Drain.
      {
        ...child,
        ...placeAliases(app.name, settings, end),
        deleteBeforeReplace: false,
        replaceOnChanges: ["tmpfs"],
        ...(process !== undefined && { retainOnDelete: true }),
        dependsOn: [...after],
      },
    );
  }

  /** Once all of them have the traffic. */
  private smoke(app: AppSettings, serving: readonly Started[]): Smoke[] {
    if (!app.smoke || !isServed(app)) return [];
    const servers = serving.map(({ place: { server }, container }) => ({
      name: server.settings.name,
      url: server.urlOf(app),
      ca: server.ca,
      container: container.name,
    }));
    const what = { app: app.name, servers, ...app.smoke };
    return [new Smoke(`${app.name}-smoke`, what, { parent: this, dependsOn: [this.traffic] })];
  }

  /** Before the end nobody knows whether the release before is needed again. */
  private removeOldImages(
    { app, image, releases, servers }: AppDeploymentArgs,
    after: readonly pulumi.Resource[],
  ) {
    const { name, was, keepReleases: keep } = app;
    const hosts = servers.map(({ settings }) => ({ name: settings.name, docker: settings.docker }));
    const known = pulumi.output(releases ?? []).apply((all) => all.slice(0, MOST_KEPT));
    const { identity } = servers[0]!.identity; // settings have at least one
    const what = { app: name, was, identity, image, keep, known, servers: hosts };
    // What it read once is no change in a preview.
    const once = { ignoreChanges: ["known"] };
    new OldImages(`${name}-old-images`, what, { parent: this, dependsOn: [...after], ...once });
  }

  /** Behind the switch: nothing of the release before is ended while it may have to work on. */
  private drain(
    app: AppSettings,
    places: readonly Place[],
    started: readonly Started[],
    after: readonly pulumi.Resource[],
  ): Drain[] {
    if (Object.keys(app.processes).length === 0) return [];
    const hosts = [...new Set(places.map(({ server }) => server.settings.docker))];
    const { identity } = places[0]!.server.identity;
    const current = started.map(({ container }) => container.id);
    const what = { app: app.name, was: app.was, identity, hosts, current };
    return [new Drain(`${app.name}-drain`, what, { parent: this, dependsOn: [...after] })];
  }

  private moveTraffic(app: AppSettings, serving: readonly Started[], started: readonly StartedProcess[]) {
    const { publish, port, healthTimeout, health } = app;
    const at = ({ place: { server }, container }: Started) => ({
      name: server.settings.name,
      docker: server.settings.docker,
      edge: server.edge,
      container: container.name,
    });
    const servers = serving.map((one) => {
      const { server } = one.place;
      return { ...at(one), address: server.settings.address, ...(isServed(app) && server.placeOf(app)) };
    });
    const processes = started.map((one) => ({
      ...at(one),
      process: one.process.process,
      health: one.process.health,
    }));
    const what = { app: app.name, servers, publish, port, healthTimeout, health };
    return new Traffic(`${app.name}-traffic`, processes.length > 0 ? { ...what, processes } : what, {
      parent: this,
    });
  }
}
