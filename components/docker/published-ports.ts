import { readFileSync, realpathSync } from "node:fs";
import { createServer } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import type Docker from "dockerode";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import type { Shape } from "../base/shape";
import { IDENTITY_LABEL, RESOURCE_LABEL } from "../base/stack-identity";
import { isTaken, type Socket } from "./connections";
import { dockerHost } from "./docker-host";
import { hostSockets } from "./host-sockets";

export interface PublishedPortsArgs {
  /** Docker host whose ports they are. */
  readonly docker: pulumi.Input<string>;
  /** Address on which they are published. */
  readonly bind: pulumi.Input<string>;
  readonly ports: pulumi.Input<number[]>;
  /** Where each of them is chosen, below `berth:`, for errors. @default nexus */
  readonly settings?: pulumi.Input<string[]>;
  /** Resource name of the container that publishes them, or of the edge whose doors do. */
  readonly owner: pulumi.Input<string>;
  /** The owner's name before, where it was renamed: the same containers have the ports then. */
  readonly ownerWas?: pulumi.Input<string> | undefined;
  /** Of the stack: whatever else holds one of the ports is somebody else's. */
  readonly identity: pulumi.Input<string>;
}

type Wanted = pulumi.Unwrap<PublishedPortsArgs>;
/** What a state says, also one of before identities. */
type Published = Pick<Wanted, "docker" | "bind" | "ports" | "owner">;

/**
 * Ports that are about to be published. It makes nothing: its check says at preview who has one of them already, a container
 * or any process of that host, which Docker itself would say only after everything before has been changed. It looks only
 * for ports that are new.
 */
export class PublishedPorts extends DynamicResource {
  constructor(name: string, args: PublishedPortsArgs, opts?: pulumi.CustomResourceOptions) {
    super("docker.PublishedPorts", name, args, opts);
  }
}

const published = { docker: z.string(), bind: z.string(), ports: z.array(z.number()), owner: z.string() };
const wanted: Shape<Wanted> = z.looseObject({
  ...published,
  settings: z.optional(z.array(z.string())),
  ownerWas: z.optional(z.string()),
  identity: z.string(),
});
const state: Shape<Published> = z.looseObject(published);

const publishedPorts = dynamicProvider({
  id: ({ owner }) => `ports of ${owner}`,
  inputs: wanted,
  state,
  changedBy: ["docker", "bind", "ports", "settings", "owner"],
  failures: (want, before) => clashes(before, want),
  apply: async (want, before) => {
    const { identity } = want;
    if (before && before.owner !== want.owner && before.owner !== want.ownerWas)
      await freePorts({ ...before, identity });
    return { ...want };
  },
});

export const providers = { PublishedPorts: publishedPorts };

/**
 * Stops what has published them so far, where something else of the stack is to: the engine makes that one before it deletes
 * the old one.
 */
async function freePorts({
  docker,
  bind,
  identity,
  owner,
  ports,
}: Published & Pick<Wanted, "identity">): Promise<void> {
  const host = dockerHost(docker);
  const isOwners = new RegExp(`^${owner}(-\\d+)?$`); // or a door's
  // What was made before identities is known by an address that only one container can have: ours, as the state says.
  const isThere = ({ IP, PublicPort = 0 }: Docker.Port) => IP === bind && ports.includes(PublicPort);
  const isOurs = ({ Labels, Ports }: Docker.ContainerInfo) =>
    Labels[IDENTITY_LABEL] === identity || (Labels[IDENTITY_LABEL] === undefined && Ports.some(isThere));
  for (const one of await host.listContainers({ filters: { label: [RESOURCE_LABEL] } }))
    if (isOwners.test(one.Labels[RESOURCE_LABEL] ?? "") && isOurs(one))
      await host.getContainer(one.Id).stop();
}

async function clashes(olds: Published | undefined, want: Wanted): Promise<pulumi.dynamic.CheckFailure[]> {
  const sameHost = olds?.docker === want.docker && olds?.bind === want.bind;
  const fresh = want.ports.filter((port) => !(sameHost && olds.ports?.includes(port)));
  if (fresh.length === 0) return [];
  const host = dockerHost(want.docker);
  const containers = await publishedBy(host, want).catch(unlessOutOfReach);
  if (!containers) return [];
  // A container's port has a process of Docker's as well; what is our own is about to be given up.
  const others = fresh.filter((port) => !containers.has(port));
  const sockets = others.length > 0 ? await hostSockets(host, labelsOf(want)) : [];
  const failures: pulumi.dynamic.CheckFailure[] = [];
  for (const port of fresh) {
    const by = containers.get(port) ?? (await takenByProcess(want, port, sockets));
    if (!by || by === OURS) continue;
    const setting = want.settings?.[want.ports.indexOf(port)] ?? "nexus";
    const reason = `port ${port} of ${want.docker} is taken by ${by}; choose another in berth:${setting}, or free it`;
    failures.push({ property: "ports", reason });
  }
  return failures;
}

const OURS = "ours";

/** Port → `container NAME (IMAGE)`, or that it is one of this stack's, which gives it up or has it for this. */
async function publishedBy(host: Docker, want: Wanted): Promise<Map<number, string>> {
  const taken = new Map<number, string>();
  for (const { Names, Image, Ports, Labels } of await host.listContainers()) {
    const ours = Object.entries(labelsOf(want)).every(([label, value]) => Labels[label] === value);
    for (const { PublicPort } of Ports.filter(({ Type }) => Type === "tcp")) {
      const who = ours ? OURS : `container ${Names[0]?.replace(/^\//, "")} (${Image})`;
      if (PublicPort) taken.set(PublicPort, who);
    }
  }
  return taken;
}

function labelsOf({ identity }: Wanted) {
  return { [IDENTITY_LABEL]: identity };
}

/** A preview may run where the Docker host can't be reached; an update says so by itself. */
function unlessOutOfReach(error: NodeJS.ErrnoException): undefined {
  if (!error.code) throw error;
}

/** @param sockets of the host; without them a port of this machine's own Docker is tried */
async function takenByProcess(
  { docker, bind }: Wanted,
  port: number,
  sockets: readonly Socket[] | undefined,
) {
  if (sockets) return isTaken(sockets, bind, port) ? "another process" : undefined;
  if (!docker.startsWith("unix://") || !listensHere(docker.slice("unix://".length))) return undefined;
  return new Promise<string | undefined>((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      // An address of another namespace (EADDRNOTAVAIL) tells nothing about the port.
      resolve(error.code === "EADDRINUSE" ? "another process" : undefined),
    );
    server.listen(port, bind, () => server.close(() => resolve(undefined)));
  });
}

/** Connections of clients here are listed under the same path; this flag is of who listens. */
const LISTENING = /^\S+ \S+ \S+ 00010000 \S+ \S+ +\d+ (\/.*)$/gm;

/**
 * Whether who listens on a unix socket has this machine's ports: Docker may run in a network namespace of its own, and the
 * kernel lists a socket only where it was made (proc_net(5), /proc/net/unix).
 */
function listensHere(socket: string): boolean {
  try {
    const path = realpathSync(socket);
    const listening = readFileSync("/proc/net/unix", "utf8").matchAll(LISTENING);
    return [...listening]
      .map(([, listed]) => listed!)
      .some((listed) => listed === socket || listed === path || realOf(listed) === path);
  } catch {
    return false; // no Linux, or no such socket: nothing can be said of its ports
  }
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined; // it has gone meanwhile
  }
}
