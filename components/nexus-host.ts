import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { providerArgs } from "./docker-host";
import { DOOR_IMAGE } from "./edge/door";
import { edgeSoftware } from "./edge/software";
import { EdgeProxy, type EdgeSummary, type KeptEdge } from "./edge-proxy";
import { nexusRoutes, nexusUrl, publishedPorts, UI_PORT } from "./nexus-addresses";
import { PublishedPorts } from "./published-ports";
import type { RegistryAccess } from "./registry-access";
import type { NexusSettings } from "./settings";
import type { StackIdentity } from "./stack-identity";
import { VolumeGuard } from "./volume-guard";

/** Megabytes that Nexus needs beside its heap: direct memory, metaspace, threads. */
const BESIDE_HEAP_MB = 1024;
/** A stop of Nexus takes about 5 s; killed earlier, its database has to be repaired. */
const STOP_GRACE_SECONDS = 60;

export interface NexusHostArgs {
  readonly settings: NexusSettings;
  /** Whose all of it is. */
  readonly identity: StackIdentity;
  /** The edge of an older version of Berth, which publishes its ports itself (`previousEdges`). */
  readonly oldEdge?: KeptEdge | undefined;
}

/** The machine's part of Nexus: network, volume, image and container, and the edge that speaks TLS for it. Its configuration is NexusConfiguration's. */
export class NexusHost extends pulumi.ComponentResource {
  /** Base address of UI and REST API, without a trailing slash. */
  readonly url: pulumi.Output<string>;
  /** Id of the container. */
  readonly container: pulumi.Output<string>;
  /** PEM of the authority of its certificate, where it speaks TLS with one that isn't public. */
  readonly ca: pulumi.Output<string> | undefined;
  /** How its docker repositories are spoken to. */
  readonly access: RegistryAccess;
  /** The edge that speaks TLS for it, undefined without TLS. */
  readonly edgeSummary: EdgeSummary | undefined;

  constructor(
    name: string,
    private readonly args: NexusHostArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const { settings, identity, oldEdge } = args;
    super("berth:nexus:NexusHost", name, { image: settings.image }, opts);
    // What must be there before Nexus is, its provider waits for: everything else here waits for the provider.
    const first = { parent: this, dependsOn: opts?.dependsOn ?? [] };
    const host = new docker.Provider(`${name}-docker`, providerArgs(settings.docker), first);
    const child = { parent: this, provider: host };
    // A stack of before identities keeps the labels that it has: other ones would replace volume, network and Nexus.
    const labelled = { ...child, ignoreChanges: ["labels"] };

    const network = new docker.Network(
      `${name}-network`,
      { labels: identity.dockerLabels(`${name}-network`) },
      labelled,
    );
    const data = new docker.Volume(
      `${name}-data`,
      { labels: identity.dockerLabels(`${name}-data`) },
      labelled,
    );
    const image = new docker.RemoteImage(`${name}-image`, { name: settings.image, keepLocally: true }, child);
    new VolumeGuard(
      `${name}-data-guard`,
      {
        docker: settings.docker,
        volume: data.name,
        what: "Nexus: its data volume, with everything in it",
        setting: "berth:nexus.allowDataLoss: true",
        allowDataLoss: settings.allowDataLoss,
        image: image.imageId,
        labels: identity.labels(`${name}-data-guard`),
      },
      { parent: this },
    );
    const ports = new PublishedPorts(
      `${name}-ports`,
      {
        docker: settings.docker,
        bind: settings.bind,
        ports: publishedPorts(settings).filter((port) => !oldEdge?.ports.includes(port)),
        owner: settings.tls ? `${name}-edge` : `${name}-container`,
        identity: identity.identity,
      },
      { parent: this },
    );
    const container = new docker.Container(
      `${name}-container`,
      {
        image: image.imageId,
        ...containerOf(settings),
        labels: identity.dockerLabels(`${name}-container`),
        networksAdvanced: [{ name: network.name, aliases: [name] }],
        volumes: [{ volumeName: data.name, containerPath: "/nexus-data" }],
      },
      { ...labelled, dependsOn: [ports] },
    );
    this.container = container.id;
    const edge =
      settings.tls && this.edge(`${name}-edge`, name, { settings, identity }, host, network, container);
    this.ca = edge?.ca;
    this.edgeSummary = edge?.summary;
    this.access = { tls: edge !== undefined, ...(edge?.ca && { ca: edge.ca }) };
    this.url = (edge?.ready ?? pulumi.output(undefined)).apply(() => nexusUrl(settings));
    this.registerOutputs({ url: this.url, container: this.container });
  }

  /** @param alias Nexus's name on the network */
  private edge(
    name: string,
    alias: string,
    { settings, identity }: NexusHostArgs,
    provider: docker.Provider,
    network: docker.Network,
    nexus: docker.Container,
  ): EdgeProxy {
    const tls = settings.tls!;
    // From the public hub: through Nexus nothing can be pulled before its edge runs.
    const hub = edgeSoftware[tls.proxy].image.replace(/^library\//, "");
    const image = new docker.RemoteImage(
      `${name}-image`,
      { name: tls.image ?? hub, keepLocally: true },
      { parent: this, provider },
    );
    const doorImage =
      tls.proxy === "nginx" && tls.doorImage === undefined
        ? image
        : new docker.RemoteImage(
            `${name}-door-image`,
            { name: tls.doorImage ?? DOOR_IMAGE.replace(/^library\//, ""), keepLocally: true },
            { parent: this, provider },
          );
    const { docker: address, bind, hostname: host } = settings;
    const routes = nexusRoutes(settings, alias);
    const redirects = Object.fromEntries(Object.values(tls.names).map((own) => [own, tls.port]));
    return new EdgeProxy(
      name,
      {
        ...{ docker: address, bind, provider, identity, network: network.name, old: this.args.oldEdge },
        ...{ image: image.imageId, doorImage: doorImage.imageId },
        ports: publishedPorts(settings),
        tls: { settings: tls, path: "nexus.tls", host, hosts: [], routes, redirects },
        dependsOn: [nexus], // which may hold the ports until then
      },
      { parent: this },
    );
  }
}

function containerOf(settings: NexusSettings) {
  const { bind, port, memory, tls } = settings;
  const heap = memory - BESIDE_HEAP_MB;
  // With TLS it is reached by its edge alone, on their network.
  const published = (tls ? [] : publishedPorts(settings)).map((external) => ({
    ip: bind,
    internal: external === port ? UI_PORT : external,
    external,
  }));
  return {
    envs: [`INSTALL4J_ADD_VM_PARAMS=-Xms${heap}m -Xmx${heap}m -XX:MaxDirectMemorySize=512m`],
    ports: published,
    // An upstream registry on the same machine is reached by the name that Docker Desktop uses too.
    hosts: [{ host: "host.docker.internal", ip: "host-gateway" }],
    memory,
    memorySwap: memory, // set beside memory, else it shows as a change on every run
    restart: "unless-stopped",
    destroyGraceSeconds: STOP_GRACE_SECONDS,
    logDriver: "json-file",
    logOpts: { "max-size": "20m", "max-file": "3" },
  };
}
