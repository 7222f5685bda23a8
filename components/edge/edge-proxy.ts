import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { StackIdentity } from "../base/stack-identity";
import { DOOR_CONFIG, doorConfig } from "./door";
import { EdgeConfiguration } from "./edge-configuration";
import { EdgeFiles } from "./edge-files";
import { EdgeReady } from "./edge-ready";
import { type EdgeTlsWish, edgeTls, makesCertificates } from "./edge-tls";
import { type GivenFiles, givenFiles } from "./given-files";
import type { OldEdge } from "./running-edge";
import { type EdgeSoftwareName, edgeSoftware } from "./software";
import { CONFIG_PATH, DATA_PATH, EDGE_GRACE } from "./software/places";

export interface EdgeProxyArgs {
  /** Docker host that runs it, and its provider. */
  readonly docker: string;
  readonly provider: docker.Provider;
  /** Whose it is. */
  readonly identity: StackIdentity;
  /** Network on which it finds what it stands in front of. */
  readonly network: pulumi.Input<string>;
  /** References of its image and of its doors', on that Docker host already. */
  readonly image: pulumi.Input<string>;
  readonly doorImage: pulumi.Input<string>;
  /** Its container of an older version, which is kept as it is for as long as one of its ports is wanted. */
  readonly old?: KeptEdge | undefined;
  /** Ports that its doors publish, and the address on which. @default every address */
  readonly ports: readonly number[];
  readonly bind?: string;
  /** Absent: plain http. */
  readonly tls?: EdgeTlsArgs | undefined;
  /** What the doors have to wait for. */
  readonly dependsOn?: pulumi.Resource[];
}

/** As the state has it. */
export interface KeptEdge extends OldEdge {
  readonly ports: readonly number[];
  readonly image: string;
}

export interface EdgeTlsArgs extends EdgeTlsWish {
  /** Where the settings stand, for errors: `nexus.tls`. */
  readonly path: string;
}

/** Seconds: an authority may want to look several times before it certifies a name. */
const ACME_TIMEOUT = 180;
const TIMEOUT = 60;

/** Seconds, as EDGE_GRACE. */
const DOOR_GRACE = 30;

/** A door keeps what it was made with, for as long as its port is wanted: to replace it would be a gap. */
const DOOR_KEEPS = ["image", "labels", "uploads", "logDriver", "logOpts", "stopSignal"];
/** All that versions before doors have set. */
const OLD_KEEPS = [
  ...["image", "ports", "networksAdvanced", "volumes", "uploads"],
  ...["restart", "labels", "logDriver", "logOpts"],
];

const LOGS = { logDriver: "json-file", logOpts: { "max-size": "10m", "max-file": "3" } };

/**
 * A reverse proxy at the edge of a Docker host: http for apps, or TLS in front of apps or of Nexus. One container a port, its
 * door, publishes it and leads to one of two containers with the proxy; the other one of them is there for whatever changes
 * (docs/decisions/0020).
 */
export class EdgeProxy extends pulumi.ComponentResource {
  /** The edge, for whoever gives it sites: known once it has its configuration. */
  readonly edge: pulumi.Output<string>;
  readonly software: EdgeSoftwareName;
  /** PEM of the authority of its certificates, where that isn't a public one. */
  readonly ca: pulumi.Output<string> | undefined;
  /** Known once it serves. */
  readonly ready: pulumi.Output<unknown>;
  /** What the next run is to know of it. */
  readonly summary: EdgeSummary;

  constructor(
    private readonly name: string,
    private readonly args: EdgeProxyArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("berth:edge:EdgeProxy", name, {}, opts);
    const { tls, ports } = args;
    this.software = tls?.settings.proxy ?? "caddy";
    // Servers had these as children of their own once.
    const aliases = opts?.parent ? [{ parent: opts.parent }] : [];
    const child = { parent: this, provider: args.provider, aliases };
    const volume = (use: string, containerPath: string) => {
      const labels = args.identity.dockerLabels(`${name}-${use}`);
      // Other labels would make another volume, and the certificates of this one would be gone.
      const made = new docker.Volume(`${name}-${use}`, { labels }, { ...child, ignoreChanges: ["labels"] });
      return { volumeName: made.name, containerPath };
    };
    const makes = tls !== undefined && makesCertificates(tls.settings);
    const config = volume("config", CONFIG_PATH);
    const volumes = [config, ...(makes ? [volume("data", DATA_PATH)] : [])];
    const given = tls && givenFiles(tls.settings, tls);
    const files = given && this.filesOf(given, config.volumeName);

    const old = args.old?.ports.some((port) => ports.includes(port)) ? args.old : undefined;
    const free = ports.filter((port) => !old?.ports.includes(port));
    const kept = old && this.kept(old, child);
    const pair = old && free.length === 0 ? [] : this.pair(volumes, { ...child, dependsOn: files ?? [] });
    const doors = free.map((port) => this.door(port, child));
    const configuration = new EdgeConfiguration(
      `${name}-configuration`,
      {
        name,
        docker: args.docker,
        volume: config.volumeName,
        software: this.software,
        ...(tls && { tls: edgeTls(tls) }),
        edges: pair.map((one) => one.name),
        doors: doors.map(({ port, container }) => container.name.apply((own) => ({ port, container: own }))),
        ...(old && { old: { container: old.container, ports: old.ports } }),
      },
      { parent: this, dependsOn: [...(kept ? [kept] : []), ...pair, ...(files ? [files] : [])] },
    );
    this.edge = configuration.edge;
    this.summary = { doors: free, ...(old && { old }) };
    const [container] = [...pair, ...(kept ? [kept] : [])];
    const ready = tls && this.awaited(container!, configuration, tls, given?.ca);
    this.ca = given?.ca === undefined && tls?.settings.certificates !== "own" ? undefined : caOf(ready!);
    this.ready = (ready ?? configuration).urn;
    this.registerOutputs({ edge: this.edge });
  }

  private filesOf({ files }: GivenFiles, volume: pulumi.Output<string>): EdgeFiles {
    const { docker, image, identity } = this.args;
    const labels = identity.labels(`${this.name}-files`);
    const what = { docker, image, labels, volume, software: this.software, files };
    return new EdgeFiles(`${this.name}-files`, what, { parent: this });
  }

  /** Both new ones are there, and have their configuration, before the old ones go at the end of the update. */
  private pair(volumes: docker.types.input.ContainerVolume[], child: pulumi.CustomResourceOptions) {
    const { configFile, start, stopSignal } = edgeSoftware[this.software];
    return ["a", "b"].map((which) => {
      const name = `${this.name}-${which}`;
      return new docker.Container(
        name,
        {
          image: this.args.image,
          volumes,
          restart: "unless-stopped",
          stopSignal,
          ...LOGS,
          networksAdvanced: [{ name: this.args.network }],
          uploads: [{ file: configFile, content: start }],
          labels: this.args.identity.dockerLabels(name),
          destroyGraceSeconds: EDGE_GRACE,
        },
        { ...child, deleteBeforeReplace: false },
      );
    });
  }

  private door(port: number, child: pulumi.CustomResourceOptions) {
    const { bind, doorImage, network, dependsOn = [] } = this.args;
    const name = `${this.name}-${port}`;
    const container = new docker.Container(
      name,
      {
        image: doorImage,
        restart: "unless-stopped",
        stopSignal: "SIGQUIT",
        ...LOGS,
        ports: [{ internal: port, external: port, ...(bind && { ip: bind }) }],
        networksAdvanced: [{ name: network }],
        uploads: [{ file: DOOR_CONFIG, content: doorConfig(port) }],
        labels: this.args.identity.dockerLabels(name),
        destroyGraceSeconds: DOOR_GRACE,
      },
      { ...child, ignoreChanges: DOOR_KEEPS, dependsOn },
    );
    return { port, container };
  }

  /** Nothing can take its ports over without a gap: it stays as it is. */
  private kept(old: KeptEdge, child: pulumi.CustomResourceOptions): docker.Container {
    pulumi.output(this.args.image).apply((image) => {
      if (image === old.image) return;
      const ports = old.ports.join(", ");
      const message =
        `${this.name} keeps its image and settings: it is of a version of Berth before doors, and nothing can take ` +
        `its ports (${ports}) over without a gap. How to give it up: docs/deploy.md, "Edges of before"`;
      pulumi.log.warn(message, this);
    });
    return new docker.Container(
      this.name,
      { image: this.args.image },
      { ...child, ignoreChanges: OLD_KEEPS },
    );
  }

  private awaited(
    container: docker.Container,
    configuration: EdgeConfiguration,
    { settings, routes }: EdgeTlsArgs,
    givenCa: string | undefined,
  ): EdgeReady {
    const { certificates } = settings;
    return new EdgeReady(
      `${this.name}-ready`,
      {
        docker: this.args.docker,
        container: container.id,
        own: certificates === "own",
        ...(givenCa !== undefined && { givenCa }),
        addresses: routes.map(({ host, publish }) => ({ host, port: publish })),
        timeout: certificates === "acme" ? ACME_TIMEOUT : TIMEOUT,
      },
      { parent: this, dependsOn: [configuration] },
    );
  }
}

/** An edge as a stack's outputs tell of it. */
export interface EdgeSummary {
  /** Ports that have doors. */
  readonly doors: readonly number[];
  /** The container of before, as long as it has ports that are wanted. */
  readonly old?: KeptEdge;
}

/** It was waited for until it was there. */
function caOf({ ca }: EdgeReady): pulumi.Output<string> {
  return ca.apply((pem) => pem ?? "");
}
