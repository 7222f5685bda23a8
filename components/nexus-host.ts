import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { labels } from "./labels";
import { PublishedPorts } from "./published-ports";
import type { NexusSettings } from "./settings";

/** Megabytes that Nexus needs beside its heap: direct memory, metaspace, threads. */
const BESIDE_HEAP_MB = 1024;
/** The UI and the REST API inside the container. */
const UI_PORT = 8081;
/** A stop of Nexus takes about 5 s; killed earlier, its database has to be repaired. */
const STOP_GRACE_SECONDS = 60;

/** The machine's part of Nexus: network, volume, image and container. Its configuration is NexusConfiguration's. */
export class NexusHost extends pulumi.ComponentResource {
  /** Base address of UI and REST API, without a trailing slash. */
  readonly url: pulumi.Output<string>;
  /** Id of the container. */
  readonly container: pulumi.Output<string>;

  constructor(name: string, settings: NexusSettings, opts?: pulumi.ComponentResourceOptions) {
    super("berth:nexus:NexusHost", name, { image: settings.image }, opts);
    const host = new docker.Provider(`${name}-docker`, { host: settings.docker }, { parent: this });
    const child = { parent: this, provider: host };

    const network = new docker.Network(`${name}-network`, { labels: labels(`${name}-network`) }, child);
    const data = new docker.Volume(
      `${name}-data`,
      { labels: labels(`${name}-data`) },
      { ...child, protect: !settings.allowDataLoss },
    );
    const image = new docker.RemoteImage(`${name}-image`, { name: settings.image, keepLocally: true }, child);
    const ports = new PublishedPorts(
      `${name}-ports`,
      {
        docker: settings.docker,
        bind: settings.bind,
        ports: publishedPorts(settings),
        owner: `${name}-container`,
      },
      { parent: this },
    );
    const container = new docker.Container(
      `${name}-container`,
      {
        image: image.imageId,
        ...containerOf(settings),
        labels: labels(`${name}-container`),
        networksAdvanced: [{ name: network.name, aliases: [name] }],
        volumes: [{ volumeName: data.name, containerPath: "/nexus-data" }],
      },
      { ...child, dependsOn: [ports] },
    );
    this.container = container.id;
    this.url = pulumi.output(`http://${settings.hostname}:${settings.port}`);
    this.registerOutputs({ url: this.url, container: this.container });
  }
}

/** Every port that Nexus is reached by, on the Docker host: the UI's, then those of the docker repositories. */
function publishedPorts({ port, repositories }: NexusSettings): number[] {
  const repositoryPorts = Object.values(repositories).flatMap(({ port: http, httpsPort }) => [
    http,
    httpsPort,
  ]);
  return [port, ...repositoryPorts.filter((used) => used !== undefined)];
}

function containerOf(settings: NexusSettings) {
  const { bind, port, memory } = settings;
  const heap = memory - BESIDE_HEAP_MB;
  const published = publishedPorts(settings).map((external) => ({
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
