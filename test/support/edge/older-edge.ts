import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { standardSocket } from "../../../sandbox/docker/client";

/**
 * What 21692b3 made of one server and its apps, without certificates: the same resources with the same names, parents and
 * inputs. Their texts are recorded here, as today's code writes other ones.
 */
export function olderServer(
  image: string,
  apps: readonly OlderApp[],
  app: OlderContainer,
): pulumi.Output<string> {
  const server = new Bare("berth:app:ServerHost", "web");
  const provider = new docker.Provider(
    "web-docker",
    { host: `unix://${standardSocket}` },
    { parent: server },
  );
  const child = { parent: server, provider };
  const network = new docker.Network("web-network", { labels: labels("web-network") }, child);
  const pulled = new docker.RemoteImage("web-edge-image", { name: image, keepLocally: true }, child);
  const proxy = new Bare("berth:edge:EdgeProxy", "web-edge", { parent: server });
  const inside = { parent: proxy, provider, aliases: [{ parent: server }] };
  const config = new docker.Volume("web-edge-config", { labels: labels("web-edge-config") }, inside);
  const edge = new docker.Container(
    "web-edge",
    {
      image: pulled.repoDigest,
      ports: apps.map(({ publish }) => ({ internal: publish, external: publish })),
      networksAdvanced: [{ name: network.name }],
      volumes: [{ volumeName: config.name, containerPath: "/config" }],
      uploads: [{ file: "/etc/caddy/Caddyfile", content: OLDER_CADDYFILE }],
      restart: "unless-stopped",
      labels: labels("web-edge"),
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "3" },
    },
    inside,
  );
  for (const { name, port } of apps) app(name, port, network.name, provider);
  return edge.name;
}

export interface OlderApp {
  readonly name: string;
  readonly publish: number;
  readonly port: number;
}

export type OlderContainer = (
  name: string,
  port: number,
  network: pulumi.Output<string>,
  provider: docker.Provider,
) => docker.Container;

/** A resource of the state, as its traffic was kept then. */
export function olderTraffic({ name, publish, port }: OlderApp, edge: string, container: string) {
  const server = { name: "web", docker: `unix://${standardSocket}`, edge, container };
  return { app: name, servers: [server], publish, port, healthTimeout: 30 };
}

const OLDER_CADDYFILE = `{
	auto_https off
	servers {
		protocols h1 h2
	}
}
(certificate) {
}
import /config/sites/*.caddy
`;

/** The file /config/sites/<app>.caddy. */
export function olderSite({ name, publish }: OlderApp): string {
  return `# Written by berth for all servers of the app.
:${publish} {
	@served file {
		root /config/targets/${name}
		try_files * * *
	}
	handle @served {
		map {http.matchers.file.relative} {target} {
			~^/?(.+)$ $1
		}
		reverse_proxy {target} {
			lb_try_duration 5s
			lb_try_interval 100ms
		}
	}
	handle {
		respond "${name} is not deployed" 503
	}
}
`;
}

class Bare extends pulumi.ComponentResource {
  constructor(type: string, name: string, opts?: pulumi.ComponentResourceOptions) {
    super(type, name, {}, opts);
  }
}

function labels(resource: string) {
  return [
    { label: "berth.project", value: pulumi.getProject() },
    { label: "berth.stack", value: pulumi.getStack() },
    { label: "berth.resource", value: resource },
  ];
}
