import { createServer } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import { dockerHost } from "./docker-host";
import { type ModuleProvider, ModuleResource } from "./dynamic-module";
import { IDENTITY_LABEL, RESOURCE_LABEL } from "./stack-identity";

export interface PublishedPortsArgs {
  /** Docker host whose ports they are. */
  readonly docker: pulumi.Input<string>;
  /** Address on which they are published. */
  readonly bind: pulumi.Input<string>;
  readonly ports: pulumi.Input<number[]>;
  /** Resource name of the container that publishes them; it may have them already. */
  readonly owner: pulumi.Input<string>;
  /** Of the stack: whatever else holds one of the ports is somebody else's. */
  readonly identity: pulumi.Input<string>;
}

type Wanted = pulumi.Unwrap<PublishedPortsArgs>;

/**
 * Ports that a container is about to publish. It makes nothing: its check says at preview who has one of them already, which
 * Docker itself would say only after everything before has been changed.
 */
export class PublishedPorts extends ModuleResource {
  constructor(name: string, args: PublishedPortsArgs, opts?: pulumi.CustomResourceOptions) {
    const props = { ...args, code: "components/published-ports#PublishedPorts" };
    super("docker:PublishedPorts", name, props, opts);
  }
}

const publishedPorts: ModuleProvider = {
  check: async (olds, news) => ({ inputs: news, failures: await clashes(olds as Partial<Wanted>, news) }),
  diff: async (_id, olds, news) => ({
    changes: ["docker", "bind", "ports", "owner"].some(
      (key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]),
    ),
  }),
  create: async (inputs) => ({ id: `ports of ${inputs.owner}`, outs: { ...inputs } }),
  read: async (id, props) => ({ id, props: { ...props! } }),
  update: async (_id, olds, news) => {
    if (olds.owner !== news.owner) await freePorts(olds as Wanted);
    return { outs: { ...news } };
  },
  delete: async () => undefined,
};

export const providers = { PublishedPorts: publishedPorts };

/**
 * Stops the container that has published them so far, where another one of the stack is to: the engine makes that one
 * before it deletes the old one.
 */
async function freePorts({ docker, identity, owner }: Wanted): Promise<void> {
  const host = dockerHost(docker);
  const label = [`${IDENTITY_LABEL}=${identity}`, `${RESOURCE_LABEL}=${owner}`];
  for (const { Id } of await host.listContainers({ filters: { label } })) await host.getContainer(Id).stop();
}

async function clashes(olds: Partial<Wanted>, want: Wanted): Promise<pulumi.dynamic.CheckFailure[]> {
  const sameHost = olds?.docker === want.docker && olds?.bind === want.bind;
  const fresh = want.ports.filter((port) => !(sameHost && olds.ports?.includes(port)));
  if (fresh.length === 0) return [];
  const taken = await takenByContainers(want).catch(unlessOutOfReach);
  if (!taken) return [];
  const failures: pulumi.dynamic.CheckFailure[] = [];
  for (const port of fresh) {
    const by = taken.get(port) ?? (await takenByProcess(want, port));
    if (by && by !== want.owner) {
      const reason = `port ${port} of ${want.docker} is taken by ${by}; choose another in berth:nexus, or free it`;
      failures.push({ property: "ports", reason });
    }
  }
  return failures;
}

/** Port → `container NAME (IMAGE)`, or the owner's resource name where it is our own container that has it. */
async function takenByContainers(want: Wanted): Promise<Map<number, string>> {
  const taken = new Map<number, string>();
  for (const { Names, Image, Ports, Labels } of await dockerHost(want.docker).listContainers()) {
    const ours = Labels[IDENTITY_LABEL] === want.identity && Labels[RESOURCE_LABEL] === want.owner;
    for (const { PublicPort } of Ports.filter(({ Type }) => Type === "tcp")) {
      const who = ours ? want.owner : `container ${Names[0]?.replace(/^\//, "")} (${Image})`;
      if (PublicPort) taken.set(PublicPort, who);
    }
  }
  return taken;
}

/** A preview may run where the Docker host can't be reached; an update says so by itself. */
function unlessOutOfReach(error: NodeJS.ErrnoException): undefined {
  if (!error.code) throw error;
}

/** On this machine's own Docker a port is tried; another host's processes can't be seen from here. */
async function takenByProcess({ docker, bind }: Wanted, port: number): Promise<string | undefined> {
  if (!docker.startsWith("unix://")) return undefined;
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      // An address of another namespace (EADDRNOTAVAIL) tells nothing about the port.
      resolve(error.code === "EADDRINUSE" ? "another process" : undefined),
    );
    server.listen(port, bind, () => server.close(() => resolve(undefined)));
  });
}
