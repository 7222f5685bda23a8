import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { providerArgs } from "./docker-host";
import { httpsAddress } from "./edge/places";
import { type EdgeSoftwareName, edgeSoftware } from "./edge/software";
import { EdgeProxy } from "./edge-proxy";
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
  /** What must be there before anything is pulled. */
  readonly trust?: pulumi.Resource[];
}

/** Where an edge serves an app, as far as that isn't plain http on the app's own port. */
export interface AppPlace {
  readonly software?: EdgeSoftwareName;
  readonly host?: string;
  readonly publish?: number;
  readonly trustedProxies?: readonly string[];
}

type Named = Pick<AppSettings, "name" | "publish">;

/** A machine that apps run on: its Docker, the network between edge and apps, and the edge proxy. */
export class ServerHost extends pulumi.ComponentResource {
  readonly provider: docker.Provider;
  readonly network: pulumi.Output<string>;
  /** Name of the edge proxy's container. */
  readonly edge: pulumi.Output<string>;
  /** PEM of the authority of its certificates, where it speaks TLS with ones that aren't public. */
  readonly ca: pulumi.Output<string> | undefined;
  readonly settings: ServerSettings;

  constructor(name: string, args: ServerHostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:app:ServerHost", name, {}, opts);
    this.settings = args.server;
    const { docker: address, tls } = args.server;
    const { username, password } = args.puller;
    const registryAuth = [args.dockerHosted, args.dockerGroup].map((address) => ({
      address,
      username,
      password,
    }));
    this.provider = new docker.Provider(
      `${name}-docker`,
      { ...providerArgs(address), registryAuth },
      { parent: this, dependsOn: args.trust ?? [] },
    );
    const child = { parent: this, provider: this.provider };

    const network = new docker.Network(`${name}-network`, { labels: labels(`${name}-network`) }, child);
    const software = edgeSoftware[tls?.proxy ?? "caddy"];
    const usual = pulumi.interpolate`${args.dockerGroup}/${software.image}`;
    const image = new docker.RemoteImage(
      `${name}-edge-image`,
      { name: tls?.image ?? usual, keepLocally: true },
      child,
    );
    const edge = new EdgeProxy(
      `${name}-edge`,
      {
        ...{ docker: address, provider: this.provider, network: network.name },
        // One of that host's own may never have come from a registry.
        image: tls?.image === undefined ? image.repoDigest : image.imageId,
        ports: this.ports(args.apps),
        tls: this.tlsFor(args.apps),
      },
      { parent: this },
    );
    this.network = network.name;
    this.edge = edge.container;
    this.ca = edge.ca;
    this.registerOutputs({ network: this.network, edge: this.edge });
  }

  /** Where people reach an app here. */
  urlOf(app: Named): string {
    const { address } = this.settings;
    const { host, publish = app.publish } = this.placeOf(app);
    return host === undefined ? `http://${address}:${publish}` : httpsAddress(host, publish);
  }

  placeOf({ name, publish }: Named): AppPlace {
    const { address, tls, trustedProxies = [] } = this.settings;
    const front = trustedProxies.length > 0 ? { trustedProxies } : {};
    if (!tls) return front;
    const own = tls.names[name];
    const port = own === undefined ? publish : tls.port;
    return { software: tls.proxy, host: own ?? address, publish: port, ...front };
  }

  private ports(apps: readonly AppSettings[]): number[] {
    const { tls } = this.settings;
    const plain = tls && tls.redirectFrom !== false ? [tls.redirectFrom] : [];
    return [...new Set([...apps.map((app) => this.placeOf(app).publish ?? app.publish), ...plain])];
  }

  /** Plain http is sent on to the app of that name, and without one to the first that has none. */
  private tlsFor(apps: readonly AppSettings[]) {
    const { name, address: host, tls: settings, trustedProxies = [] } = this.settings;
    if (!settings) return undefined;
    const first = apps.find((app) => settings.names[app.name] === undefined);
    const redirects = {
      ...Object.fromEntries(Object.values(settings.names).map((own) => [own, settings.port])),
      ...(first && { [host]: first.publish }),
    };
    const hosts = [...new Set(apps.flatMap((app) => this.placeOf(app).host ?? []))];
    const named = apps.flatMap((app) => {
      const own = settings.names[app.name];
      return own === undefined ? [] : [[own, app.name] as const];
    });
    // The host's own name and every other one lead to the same app.
    const unnamed = first ? [["", first.name] as const, [host, first.name] as const] : [];
    const front = { trustedProxies, apps: Object.fromEntries([...named, ...unnamed]) };
    return { settings, path: `servers.${name}.tls`, host, hosts, routes: [], redirects, ...front };
  }
}
