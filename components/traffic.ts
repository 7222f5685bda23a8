import type * as pulumi from "@pulumi/pulumi";
import { type Unfit, untilHealthy } from "./deploy/health";
import { healthWish } from "./deploy/health-wish";
import { type Edge, removeOldRoute, removeRoute, servedNow } from "./deploy/route";
import { switchAll } from "./deploy/switch-all";
import { notFit } from "./deploy/traffic-failure";
import { dockerHost } from "./docker-host";
import { type ModuleProvider, ModuleResource } from "./dynamic-module";
import { askerAt, edgeVolume } from "./edge/running-edge";
import type { EdgeSoftwareName } from "./edge/software";
import type { HealthSettings } from "./health-settings";

/** One of the servers that an app runs on. */
export interface TrafficServer {
  /** As settings name it. */
  readonly name: pulumi.Input<string>;
  /** Docker host on which both containers run. */
  readonly docker: pulumi.Input<string>;
  /** The edge proxy, by the volume of its configuration. */
  readonly edge: pulumi.Input<string>;
  /** What runs there. @default caddy */
  readonly software?: pulumi.Input<EdgeSoftwareName>;
  /** Container that is to get the traffic, by its name on the edge's network. */
  readonly container: pulumi.Input<string>;
  /** Host name under which the edge serves the app there, with TLS. @default none: plain http */
  readonly host?: pulumi.Input<string>;
  /** Port on which it does, where it isn't the app's. */
  readonly publish?: pulumi.Input<number>;
  /** Addresses and CIDRs of the proxies in front that it believes. @default none */
  readonly trustedProxies?: pulumi.Input<readonly string[]>;
  /** Name or address of the server, by which a check asks for the app where it has no host name. */
  readonly address?: pulumi.Input<string>;
}

export interface TrafficArgs {
  readonly app: pulumi.Input<string>;
  readonly servers: pulumi.Input<pulumi.Input<TrafficServer>[]>;
  /** Port of the app in its container, and the one on which the edge listens. */
  readonly port: pulumi.Input<number>;
  readonly publish: pulumi.Input<number>;
  /** Seconds until the containers must be healthy. */
  readonly healthTimeout: pulumi.Input<number>;
  /** How they show that they are. @default the image's own check, else their port */
  readonly health?: pulumi.Input<HealthSettings> | undefined;
}

/** What a server's part of it is to be, as a provider gets it. */
export type Target = Omit<Edge, "app"> & {
  readonly name: string;
  readonly container: string;
  readonly host?: string;
  readonly publish?: number;
  readonly trustedProxies?: readonly string[];
  readonly address?: string;
};

export interface Wanted {
  readonly app: string;
  readonly servers: readonly Target[];
  readonly port: number;
  readonly publish: number;
  readonly healthTimeout: number;
  readonly health?: HealthSettings;
}

/** What an older version kept: one resource for each server. */
type Old = Edge & { readonly container: string };

/**
 * Moves an app's traffic to its new containers, on all of its servers or on none: waits until every one of them is
 * healthy, then has edge after edge send requests there, which drops no connection. If one isn't healthy, or one edge
 * refuses, this step fails and whoever served before serves on everywhere: the engine deletes replaced containers only
 * after every step has succeeded.
 */
export class Traffic extends ModuleResource {
  constructor(name: string, args: TrafficArgs, opts?: pulumi.CustomResourceOptions) {
    super("deploy:Traffic", name, { ...args, code: "components/traffic#Traffic" }, opts);
  }
}

const traffic: ModuleProvider = {
  check: async (_olds, news) => ({ inputs: news, failures: [] }),
  diff: async (_id, olds, news) => ({
    changes:
      (["app", "port", "publish"] as const).some((key) => olds[key] !== news[key]) ||
      JSON.stringify(routed(olds)) !== JSON.stringify(routed(news)),
  }),
  create: async (inputs) => ({ id: inputs.app, outs: await moveTraffic(inputs as Wanted) }),
  update: async (_id, olds, news) => {
    const outs = await moveTraffic(news as Wanted);
    await leaveServers(olds as Wanted, news as Wanted);
    return { outs };
  },
  read: async (id, props) => ({ id, props: await asFound(props as Wanted | Old) }),
  delete: async (_id, props) => {
    if (isOld(props)) return removeOldRoute(props);
    await Promise.all(props.servers.map((server: Target) => removeRoute(edgeOf(props as Wanted, server))));
  },
};

export const providers = { Traffic: traffic };

async function moveTraffic(want: Wanted): Promise<Wanted> {
  const unfit = await waitForAll(want);
  if (unfit.size > 0) throw new Error(await notFit(want, unfit));
  await switchAll(want);
  return { ...want };
}

/** What edges are told. How health is checked changes nothing there. */
function routed({ servers }: { readonly servers?: readonly Target[] }) {
  return servers?.map(({ address: _address, ...told }) => told);
}

/** Waits for all at once; where one can't become healthy nobody waits for the others any more. */
async function waitForAll(want: Wanted): Promise<Map<Target, Unfit>> {
  const unfit = new Map<Target, Unfit>();
  const limit = { seconds: want.healthTimeout, over: () => unfit.size > 0 };
  await Promise.all(
    want.servers.map(async (server) => {
      const edge = (await askerAt(server)) ?? server.edge;
      const wish = healthWish({ ...server, edge, port: want.port }, want.health);
      const found = await untilHealthy(dockerHost(server.docker), server.container, wish, limit);
      if (found) unfit.set(server, found);
    }),
  );
  return unfit;
}

/**
 * Takes the route away from servers that the app is no longer to run on; under another name it runs on none of them. What
 * it has been given elsewhere is there by now.
 */
async function leaveServers(olds: Wanted | Old, want: Wanted): Promise<void> {
  const isRenamed = olds.app !== want.app;
  if (isOld(olds)) return isRenamed ? removeOldRoute(olds) : undefined;
  const stay = isRenamed ? [] : await Promise.all(want.servers.map(edgeId));
  for (const server of olds.servers)
    if (!stay.includes(await edgeId(server))) await removeRoute(edgeOf(olds, server));
}

/** The state of an older version names an edge by its container. */
async function edgeId(server: Target): Promise<string> {
  return `${server.docker} ${await edgeVolume(server)}`;
}

async function asFound(props: Wanted | Old): Promise<Wanted | Old> {
  if (isOld(props)) return { ...props, container: await servedNow(props) };
  const servers = props.servers.map(async (server) => ({
    ...server,
    container: await servedNow(edgeOf(props, server)),
  }));
  return { ...props, servers: await Promise.all(servers) };
}

function isOld(props: object): props is Old {
  return !("servers" in props);
}

function edgeOf({ app }: Pick<Wanted, "app">, server: Target): Edge {
  return { ...server, app };
}
