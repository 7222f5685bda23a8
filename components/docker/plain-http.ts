import { BlockList, isIP } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import { type Shape, unread } from "../base/shape";
import { addressesOf } from "../http/private-address";
import { dockerHost } from "./docker-host";

export interface PlainHttpArgs {
  /** Docker host that pulls. */
  readonly docker: pulumi.Input<string>;
  /** `host:port` of the registries that it pulls from in plain http. */
  readonly registries: pulumi.Input<string[]>;
}

type Wanted = pulumi.Unwrap<PlainHttpArgs>;

/** Of GET /info (Docker's API): what it takes plain http from. */
interface Info {
  readonly RegistryConfig?: {
    /** By `host:port`. */
    readonly IndexConfigs?: { readonly [registry: string]: { readonly Secure?: boolean } };
    /** Ranges of addresses; loopback is always one. */
    readonly InsecureRegistryCIDRs?: readonly string[];
  };
}

/**
 * Registries that a Docker host is to pull from in plain http, which it does only where its daemon was told. It makes
 * nothing: its check says so at preview, before a Nexus is made that no daemon can pull from.
 */
export class PlainHttp extends DynamicResource {
  constructor(name: string, args: PlainHttpArgs, opts?: pulumi.CustomResourceOptions) {
    super("docker.PlainHttp", name, args, opts);
  }
}

const wanted: Shape<Wanted> = z.looseObject({ docker: z.string(), registries: z.array(z.string()) });

const plainHttp = dynamicProvider({
  id: ({ docker }) => `plain http to ${docker}`,
  inputs: wanted,
  state: unread,
  changedBy: ["docker", "registries"],
  // Every time: the daemon, or the machine behind the name, may be another by now.
  failures: refusals,
  apply: (want) => ({ ...want }),
});

export const providers = { PlainHttp: plainHttp };

async function refusals({ docker, registries }: Wanted): Promise<pulumi.dynamic.CheckFailure[]> {
  const info = await askDocker(docker);
  if (!info) return [];
  const judged = await Promise.all(registries.map((registry) => takesPlainHttp(info, registry)));
  const refused = registries.filter((_, index) => !judged[index]);
  if (refused.length === 0) return [];
  const list = refused.map((registry) => JSON.stringify(registry)).join(", ");
  const reason =
    `Docker at ${docker} would not pull from ${refused.join(" and ")} in plain http. ` +
    "Either put https in front of Nexus (berth:nexus.tls), or let that Docker do it: " +
    `add ${list} to "insecure-registries" in its /etc/docker/daemon.json and run \`systemctl reload docker\` there.`;
  return [{ property: "registries", reason }];
}

/** Undefined where it can't be asked, as from a merge request's preview: an update that needs it will say why. */
async function askDocker(docker: string): Promise<Info | undefined> {
  try {
    const info: Info = await dockerHost(docker).info();
    return info;
  } catch {
    return undefined;
  }
}

/** As the daemon decides it: a registry by its name and port, else any address of its name in one of the ranges. */
async function takesPlainHttp({ RegistryConfig = {} }: Info, registry: string): Promise<boolean> {
  const { IndexConfigs = {}, InsecureRegistryCIDRs = [] } = RegistryConfig;
  const known = IndexConfigs[registry]?.Secure;
  if (known !== undefined) return !known;
  const ranges = new BlockList();
  for (const range of InsecureRegistryCIDRs) {
    const [address = "", bits] = range.split("/");
    ranges.addSubnet(address, Number(bits), isIP(address) === 6 ? "ipv6" : "ipv4");
  }
  const host = registry.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  const addresses = isIP(host) ? [host] : await addressesOf(host);
  return addresses.some((address) => ranges.check(address, isIP(address) === 6 ? "ipv6" : "ipv4"));
}
