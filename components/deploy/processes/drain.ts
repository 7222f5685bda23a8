import type * as pulumi from "@pulumi/pulumi";
import type { ContainerInfo } from "dockerode";
import * as z from "zod/mini";
import { dynamicProvider } from "../../base/dynamic-provider";
import { DynamicResource } from "../../base/dynamic-resource";
import type { Shape } from "../../base/shape";
import { APP_LABEL, IDENTITY_LABEL, PROCESS_LABEL, RUN_LABEL } from "../../base/stack-identity";
import { dockerHost } from "../../docker/docker-host";
import { messageOf, statusOf } from "../../values/error-facts";
import { beginDrain, endDrain } from "./draining";

export interface DrainArgs {
  readonly app: pulumi.Input<string>;
  /** Its name before. */
  readonly was?: pulumi.Input<string> | undefined;
  /** The stack's, by which its containers are known. */
  readonly identity: pulumi.Input<string>;
  /** Docker hosts that the app runs on. */
  readonly hosts: pulumi.Input<string>[];
  /** Ids of the containers of the release that runs: all others of the app are of one before. */
  readonly current: pulumi.Input<string>[];
}

interface Wanted {
  readonly app: string;
  readonly was?: string;
  readonly identity: string;
  readonly hosts: readonly string[];
  readonly current: readonly string[];
}

/**
 * The end of an app's processes of releases before, once the traffic has moved: what served before ends first, then each process gets its
 * stop signal and ends when it has done what it had begun, while the update goes on. The engine leaves their containers alone
 * (`retainOnDelete`), as it would wait for them with the stack locked. Where the app goes, or a server, this waits for them.
 */
export class Drain extends DynamicResource {
  constructor(name: string, args: DrainArgs, opts?: pulumi.CustomResourceOptions) {
    super("deploy.Drain", name, args, opts);
  }
}

const wanted: Shape<Wanted> = z.looseObject({
  app: z.string(),
  was: z.optional(z.string()),
  identity: z.string(),
  hosts: z.array(z.string()),
  current: z.array(z.string()),
});

const drain = dynamicProvider({
  id: ({ app }) => `drain of ${app}`,
  inputs: wanted,
  state: wanted,
  changedBy: ["app", "hosts", "current"],
  apply: async (want, before) => {
    const names = [want.app, want.was, before?.app];
    const left = (before?.hosts ?? []).filter((host) => !want.hosts.includes(host));
    await onEach(want.hosts, (docker) => beginOn({ ...want, docker, names }));
    await onEach(left, (docker) => endOn({ ...want, docker, names }));
    return { ...want };
  },
  remove: (state) =>
    onEach(state.hosts, (docker) => endOn({ ...state, current: [], docker, names: [state.app, state.was] })),
});

export const providers = { Drain: drain };

interface Place extends Pick<Wanted, "app" | "identity" | "current"> {
  readonly docker: string;
  /** All that the app was called. */
  readonly names: readonly (string | undefined)[];
}

async function onEach(hosts: readonly string[], work: (docker: string) => Promise<void>): Promise<void> {
  await Promise.all(hosts.map(work));
}

async function beginOn(place: Place): Promise<void> {
  const docker = dockerHost(place.docker);
  await said(place, async () => {
    const olds = await oldContainers(place);
    // Its last requests may have work for the processes: it ends before they do. The engine removes it.
    const served = olds.filter(({ Labels, State }) => !(PROCESS_LABEL in Labels) && State === "running");
    await Promise.all(served.map(({ Id }) => docker.getContainer(Id).stop().catch(unlessStopped)));
    const processes = olds.filter(({ Labels }) => PROCESS_LABEL in Labels);
    await Promise.all(processes.map((one) => beginDrain(docker, one)));
  });
}

async function endOn(place: Place): Promise<void> {
  await said(place, async () => {
    const processes = (await oldContainers(place)).filter(({ Labels }) => PROCESS_LABEL in Labels);
    await Promise.all(processes.map((one) => endDrain(dockerHost(place.docker), one)));
  });
}

/** Those of the app that aren't of the release that runs. */
async function oldContainers({ docker, identity, names, current }: Place): Promise<ContainerInfo[]> {
  const filters = { label: [`${IDENTITY_LABEL}=${identity}`, APP_LABEL] };
  const all = await dockerHost(docker).listContainers({ all: true, filters });
  return all.filter(
    ({ Id, Labels }) =>
      names.includes(Labels[APP_LABEL]) && Labels[RUN_LABEL] === undefined && !current.includes(Id),
  );
}

async function said({ app, docker }: Place, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    throw new Error(
      `${app}: its new release has the traffic, and what ran before could not be ended on ${docker}: ${messageOf(error)}\n` +
        "Next: berth up again, which ends it.",
    );
  });
}

function unlessStopped(error: Error): void {
  if (![304, 404].includes(statusOf(error) ?? 0)) throw error;
}
