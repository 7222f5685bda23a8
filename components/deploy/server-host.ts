import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { aliasesOf } from "../base/renames";
import type { StackIdentity } from "../base/stack-identity";
import { providerArgs } from "../docker/docker-host";
import { PublishedPorts } from "../docker/published-ports";
import { DOOR_IMAGE } from "../edge/door";
import { EdgeProxy, type EdgeSummary, type KeptEdge } from "../edge/edge-proxy";
import { type EdgeSoftwareName, edgeSoftware } from "../edge/software";
import { httpsAddress } from "../edge/software/places";
import type { Account } from "../registry/registry-access";
import type { ServedApp } from "../settings/app-settings";
import type { ServerSettings } from "../settings/server-settings";
import { allOwnHosts, ownHosts } from "../settings/tls-settings";
import { EdgeAddresses } from "./edge-addresses";
import { addressesOf, addressOf, EVERY_ADDRESS, edgePorts } from "./server-addresses";

export interface ServerHostArgs {
  readonly server: ServerSettings;
  /** Whose all of it is. */
  readonly identity: StackIdentity;
  /** The apps that run here: the edge proxy publishes their ports. */
  readonly apps: readonly ServedApp[];
  /** `host:port` of Nexus's repositories, and who may pull from them. */
  readonly dockerHosted: pulumi.Input<string>;
  readonly dockerGroup: pulumi.Input<string>;
  readonly puller: Account;
  /** What must be there before anything is pulled. */
  readonly trust?: pulumi.Resource[];
  /** The edge of an older version of Berth, which publishes its ports itself (`previousEdges`). */
  readonly oldEdge?: KeptEdge | undefined;
}

/** Where an edge serves an app, as far as that isn't plain http on the app's own port. */
export interface AppPlace {
  readonly software?: EdgeSoftwareName;
  readonly host?: string;
  /** Names under which it does besides. */
  readonly otherHosts?: readonly string[];
  readonly publish?: number;
  readonly trustedProxies?: readonly string[];
}

type Named = Pick<ServedApp, "name" | "publish">;

/** A machine that apps run on: its Docker, the network between edge and apps, and the edge proxy. */
export class ServerHost extends pulumi.ComponentResource {
  readonly provider: docker.Provider;
  readonly network: pulumi.Output<string>;
  /** The edge proxy, as traffic names it. */
  readonly edge: pulumi.Output<string>;
  readonly edgeSummary: EdgeSummary;
  /** PEM of the authority of its certificates, where it speaks TLS with ones that aren't public. */
  readonly ca: pulumi.Output<string> | undefined;
  /** Id of the edge proxy's image, which is on this host. */
  readonly edgeImage: pulumi.Output<string>;
  readonly settings: ServerSettings;
  readonly identity: StackIdentity;

  constructor(name: string, args: ServerHostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:app:ServerHost", name, {}, pulumi.mergeOptions(opts, aliasesOf(args.server)));
    this.settings = args.server;
    this.identity = args.identity;
    const { docker: address } = args.server;
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

    // Other labels would make another network, and everything on it anew.
    const network = new docker.Network(
      `${name}-network`,
      { labels: args.identity.dockerLabels(`${name}-network`) },
      { ...child, ignoreChanges: ["labels"] },
    );
    const ports = new PublishedPorts(
      `${name}-ports`,
      {
        docker: address,
        bind: EVERY_ADDRESS,
        identity: args.identity.identity,
        ...this.portsToCheck(name, args),
      },
      { parent: this },
    );
    const { imageId, ...images } = this.images(name, args, child);
    const edge = new EdgeProxy(
      `${name}-edge`,
      {
        docker: address,
        provider: this.provider,
        identity: args.identity,
        network: network.name,
        old: args.oldEdge,
        ...images,
        ports: edgePorts(args.server, args.apps),
        tls: this.tlsFor(args.apps),
        dependsOn: [ports],
      },
      { parent: this },
    );
    this.network = network.name;
    this.edge = edge.edge;
    this.edgeImage = imageId;
    this.edgeSummary = edge.summary;
    this.ca = edge.ca;
    this.registerOutputs({ network: this.network, edge: this.edge });
  }

  /** Where people reach an app here. */
  urlOf(app: Named): string {
    const { host, publish } = addressOf(this.settings, app);
    return host === undefined ? `http://${this.settings.address}:${publish}` : httpsAddress(host, publish);
  }

  placeOf(app: Named): AppPlace {
    const { tls, trustedProxies = [] } = this.settings;
    const [first, ...others] = addressesOf(this.settings, app);
    const otherHosts = others.flatMap(({ host }) => host ?? []);
    const named = { ...first, ...(otherHosts.length > 0 && { otherHosts }) };
    const place = tls ? { software: tls.proxy, ...named } : {};
    return trustedProxies.length > 0 ? { ...place, trustedProxies } : place;
  }

  /**
   * To be called once, with what moves the apps' traffic: afterwards the edge has none but these addresses.
   * @param apps that run here
   */
  keepOnly(apps: readonly Named[], after: readonly pulumi.Resource[]): void {
    const { name, docker: host } = this.settings;
    const wanted = apps.flatMap((app) =>
      addressesOf(this.settings, app).map((address) => ({ app: app.name, ...address })),
    );
    const what = { docker: host, edge: this.edge, wanted };
    new EdgeAddresses(`${name}-addresses`, what, { parent: this, dependsOn: [...after] });
  }

  private portsToCheck(name: string, { server, apps, oldEdge }: ServerHostArgs) {
    const held = oldEdge?.ports ?? [];
    const ports = edgePorts(server, apps).filter((port) => !held.includes(port));
    const settings = ports.map((port) => {
      const app = apps.find((one) => addressOf(server, one).publish === port && !hasOwnHost(server, one));
      if (app) return `apps.${app.name}.publish`;
      return `servers.${name}.tls.${port === server.tls?.port ? "port" : "redirectFrom"}`;
    });
    const { was } = server;
    return { ports, settings, owner: `${name}-edge`, ...(was !== undefined && { ownerWas: `${was}-edge` }) };
  }

  private images(name: string, { server, dockerGroup }: ServerHostArgs, child: pulumi.CustomResourceOptions) {
    const { tls } = server;
    const proxy = tls?.proxy ?? "caddy";
    const pulled = (use: string, own: string | undefined, usual: string) => {
      const image = pulumi.interpolate`${dockerGroup}/${usual}`;
      const what = { name: own ?? image, keepLocally: true };
      const made = new docker.RemoteImage(`${name}-${use}-image`, what, child);
      // One of that host's own may never have come from a registry.
      return { image: own === undefined ? made.repoDigest : made.imageId, imageId: made.imageId };
    };
    const { image, imageId } = pulled("edge", tls?.image, edgeSoftware[proxy].image);
    const own = tls?.doorImage;
    return {
      image,
      imageId,
      // nginx is at its own doors, too.
      doorImage: proxy === "nginx" && own === undefined ? image : pulled("door", own, DOOR_IMAGE).image,
    };
  }

  /** Plain http is sent on to the app of that name, and without one to the first that has none. */
  private tlsFor(apps: readonly ServedApp[]) {
    const { name, address: host, tls: settings, trustedProxies = [] } = this.settings;
    if (!settings) return undefined;
    const first = apps.find((app) => !hasOwnHost(this.settings, app));
    const redirects = {
      ...Object.fromEntries(allOwnHosts(settings).map((own) => [own, settings.port])),
      ...(first && { [host]: first.publish }),
    };
    const addresses = apps.flatMap((app) => addressesOf(this.settings, app));
    const hosts = [...new Set(addresses.flatMap((one) => one.host ?? []))];
    const tls = { settings, path: `servers.${name}.tls`, host, hosts, routes: [], redirects };
    if (trustedProxies.length === 0) return tls;
    const named = apps.flatMap((app) => ownHosts(settings, app.name).map((own) => [own, app.name] as const));
    // The host's own name and every other one lead to the same app.
    const unnamed = first ? [["", first.name] as const, [host, first.name] as const] : [];
    return { ...tls, trustedProxies, apps: Object.fromEntries([...named, ...unnamed]) };
  }
}

function hasOwnHost({ tls }: ServerSettings, { name }: Named): boolean {
  return tls !== undefined && ownHosts(tls, name).length > 0;
}
