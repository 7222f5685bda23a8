import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { StackIdentity } from "../base/stack-identity";
import { providerArgs } from "../docker/docker-host";
import { PublishedPorts } from "../docker/published-ports";
import { VolumeGuard } from "../docker/volume-guard";
import { DOOR_IMAGE } from "../edge/door";
import { EdgeProxy, type EdgeSummary, type KeptEdge } from "../edge/edge-proxy";
import { edgeSoftware } from "../edge/software";
import type { RegistryAccess } from "../registry/registry-access";
import { nexusRedirects, nexusRoutes, nexusUrl, publishedPorts } from "../settings/nexus/nexus-addresses";
import type { MadeNexus } from "../settings/nexus/nexus-settings";
import { containerOf } from "./nexus-container";

export interface NexusHostArgs {
  readonly settings: MadeNexus;
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
    const redirects = nexusRedirects(tls);
    return new EdgeProxy(
      name,
      {
        docker: address,
        bind,
        provider,
        identity,
        network: network.name,
        old: this.args.oldEdge,
        image: image.imageId,
        doorImage: doorImage.imageId,
        ports: publishedPorts(settings),
        tls: { settings: tls, path: "nexus.tls", host, hosts: [], routes, redirects },
        dependsOn: [nexus], // which may hold the ports until then
      },
      { parent: this },
    );
  }
}
