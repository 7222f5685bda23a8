import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import type { Shape } from "../base/shape";
import { dockerHost } from "../docker/docker-host";
import { askerAt, edgeVolume } from "../edge/running-edge";
import type { EdgeSoftwareName } from "../edge/software";
import type { HealthSettings } from "../settings/health-settings";
import { messageOf } from "../values/error-facts";
import { isJsonObject } from "../values/json-object";
import { type HealthWish, type Unfit, untilHealthy } from "./health";
import { healthWish } from "./health-wish";
import { processPlaces, processWish, startStopped, stopNew } from "./processes/readiness";
import { type Edge, removeOldRoute, removeRoute, servedNow } from "./route";
import { switchAll } from "./switch-all";
import { notFit } from "./traffic-failure";
import type { ProcessTarget, Target, Wanted } from "./traffic-wish";

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
  /** Host names under which it does as well. @default none */
  readonly otherHosts?: pulumi.Input<readonly string[]>;
  /** Port on which it does, where it isn't the app's. */
  readonly publish?: pulumi.Input<number>;
  /** Addresses and CIDRs of the proxies in front that it believes. @default none */
  readonly trustedProxies?: pulumi.Input<readonly string[]>;
  /** Name or address of the server, by which a check asks for the app where it has no host name. */
  readonly address?: pulumi.Input<string>;
}

/** A container of one of its processes. */
export interface TrafficProcess {
  /** Its server, as settings name it. */
  readonly name: pulumi.Input<string>;
  readonly docker: pulumi.Input<string>;
  readonly edge: pulumi.Input<string>;
  readonly process: pulumi.Input<string>;
  readonly container: pulumi.Input<string>;
  /** @default it has to go on running */
  readonly health?: pulumi.Input<HealthSettings> | undefined;
}

export interface TrafficArgs {
  readonly app: pulumi.Input<string>;
  readonly servers: pulumi.Input<pulumi.Input<TrafficServer>[]>;
  /** Port of the app in its container, and the one on which the edge listens. Absent where it has processes alone, and no servers. */
  readonly port?: pulumi.Input<number> | undefined;
  readonly publish?: pulumi.Input<number> | undefined;
  /** What has to be fit as well before any traffic moves. @default none */
  readonly processes?: pulumi.Input<pulumi.Input<TrafficProcess>[]> | undefined;
  /** Seconds until the containers must be healthy. */
  readonly healthTimeout: pulumi.Input<number>;
  /** How they show that they are. @default the image's own check, else their port */
  readonly health?: pulumi.Input<HealthSettings> | undefined;
}

/** What an older version kept: one resource for each server. */
type Old = Edge & { readonly container: string };

/**
 * Moves an app's traffic to its new containers, on all of its servers or on none: waits until every one of them is
 * healthy, then has edge after edge send requests there, which drops no connection. If one isn't healthy, or one edge
 * refuses, this step fails and whoever served before serves on everywhere: the engine deletes replaced containers only
 * after every step has succeeded. The app's processes are waited for as well, and stop where the traffic doesn't move.
 */
export class Traffic extends DynamicResource {
  constructor(name: string, args: TrafficArgs, opts?: pulumi.CustomResourceOptions) {
    super("deploy.Traffic", name, args, opts);
  }
}

const place = {
  docker: z.string(),
  edge: z.string(),
  software: z.optional(z.enum(["caddy", "nginx"])),
  container: z.string(),
};
const health = z.optional(z.custom<HealthSettings>((value) => value === "none" || isJsonObject(value)));
const wanted: Shape<Wanted> = z.looseObject({
  app: z.string(),
  servers: z.array(
    z.looseObject({
      ...place,
      name: z.string(),
      host: z.optional(z.string()),
      otherHosts: z.optional(z.array(z.string())),
      publish: z.optional(z.number()),
      trustedProxies: z.optional(z.array(z.string())),
      address: z.optional(z.string()),
    }),
  ),
  port: z.optional(z.number()),
  publish: z.optional(z.number()),
  processes: z.optional(z.array(z.looseObject({ ...place, name: z.string(), process: z.string(), health }))),
  healthTimeout: z.number(),
  health,
});
const old: Shape<Old> = z.looseObject({ ...place, app: z.string() });
const state: Shape<Wanted | Old> = z.union([wanted, old]);

const traffic = dynamicProvider({
  id: ({ app }) => app,
  inputs: wanted,
  state,
  changedBy: ["app", "port", "publish"],
  isDue: (state, want) =>
    routed(state) !== routed(want) || (!isOld(state) && processPlaces(state) !== processPlaces(want)),
  apply: async (want, before) => {
    const outs = await moveTraffic(want, before && !isOld(before) ? before : undefined);
    if (before) await leaveServers(before, want);
    return outs;
  },
  find: asFound,
  remove: async (state) => {
    if (isOld(state)) return removeOldRoute(state);
    await Promise.all(state.servers.map((server) => removeRoute(edgeOf(state, server))));
  },
});

export const providers = { Traffic: traffic };

async function moveTraffic(want: Wanted, before: Wanted | undefined): Promise<Wanted> {
  try {
    await startStopped(want);
    const unfit = await waitForAll(want);
    if (unfit.size > 0) throw new Error(await notFit(want, unfit));
    await switchAll(want);
    return { ...want };
  } catch (error) {
    const stopped = await stopNew(want, before);
    throw stopped.length === 0 ? error : new Error([messageOf(error), ...stopped].join("\n"));
  }
}

/** What edges are told, as JSON. How health is checked changes nothing there. */
function routed(state: Wanted | Old): string | undefined {
  return isOld(state) ? undefined : JSON.stringify(state.servers.map(({ address: _, ...told }) => told));
}

/** Waits for all at once; where one can't become healthy nobody waits for the others any more. */
async function waitForAll(want: Wanted): Promise<Map<Target | ProcessTarget, Unfit>> {
  const unfit = new Map<Target | ProcessTarget, Unfit>();
  const limit = { seconds: want.healthTimeout, over: () => unfit.size > 0 };
  const wait = async (target: Target | ProcessTarget, wish: Promise<HealthWish>) => {
    const found = await untilHealthy(dockerHost(target.docker), target.container, await wish, limit);
    if (found) unfit.set(target, found);
  };
  await Promise.all([
    ...want.servers.map((server) => wait(server, serverWish(want, server))),
    ...(want.processes ?? []).map((target) => wait(target, wishOfProcess(target))),
  ]);
  return unfit;
}

async function wishOfProcess(target: ProcessTarget): Promise<HealthWish> {
  return processWish(target, (await askerAt(target)) ?? target.edge);
}

async function serverWish({ port, health }: Wanted, server: Target): Promise<HealthWish> {
  const edge = (await askerAt(server)) ?? server.edge;
  return healthWish({ ...server, edge, port: port! }, health); // there are no servers without it
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
