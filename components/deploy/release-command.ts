import type * as pulumi from "@pulumi/pulumi";
import type Docker from "dockerode";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import type { Shape } from "../base/shape";
import type { Labels } from "../base/stack-identity";
import { dockerHost, lastLogLines } from "../docker/docker-host";
import { atMost } from "../values/at-most";
import { messageOf, statusOf } from "../values/error-facts";
import { isJsonObject } from "../values/json-object";
import { type ContainerSpec, oneOff } from "./container-spec";
import { NOT_SHOWN, secretHider } from "./secret-text";
import { startFailure } from "./start-failure";

export interface ReleaseCommandArgs {
  readonly app: pulumi.Input<string>;
  readonly docker: pulumi.Input<string>;
  /** repository@digest: the release. */
  readonly image: pulumi.Input<string>;
  readonly command: pulumi.Input<string[]>;
  /** Seconds. */
  readonly timeout: pulumi.Input<number>;
  readonly container: pulumi.Input<pulumi.Unwrap<ContainerSpec>>;
  /** Of the container. */
  readonly labels: pulumi.Input<Labels>;
}

interface Wanted {
  readonly app: string;
  readonly docker: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly timeout: number;
  readonly container: ContainerSpec;
  readonly labels: Labels;
}

type Done = Wanted & { readonly done: readonly string[] };

/** Of which release a container ran the command. */
const RELEASE = "berth.release";
/** How many releases are remembered: more than anybody goes back. */
const REMEMBERED = 500;
const LOG_LINES = 50;

/**
 * A command that runs once for each release, in the new image with all that the app has, before anything is replaced; if
 * it fails the update ends there. It remembers for which releases it has run: a rollback doesn't run it again.
 */
export class ReleaseCommand extends DynamicResource {
  constructor(name: string, args: ReleaseCommandArgs, opts?: pulumi.CustomResourceOptions) {
    super("deploy.ReleaseCommand", name, args, opts);
  }
}

const wanted: Shape<Wanted> = z.looseObject({
  app: z.string(),
  docker: z.string(),
  image: z.string(),
  command: z.array(z.string()),
  timeout: z.number(),
  container: z.custom<ContainerSpec>(isJsonObject),
  labels: z.record(z.string(), z.string()),
});
const state: Shape<Partial<Done>> = z.looseObject({ done: z.optional(z.array(z.string())) });

const releaseCommand = dynamicProvider({
  id: ({ app }) => `${app} releases`,
  inputs: wanted,
  state,
  changedBy: ["image"],
  apply: (want, before) => ranFor(want, before?.done ?? []),
});

export const providers = { ReleaseCommand: releaseCommand };

async function ranFor(want: Wanted, done: readonly string[]): Promise<Done> {
  const release = want.image.replace(/^.*@/, "");
  if (!done.includes(release)) await run(want, release);
  const others = done.filter((one) => one !== release);
  return { ...want, done: [...others, release].slice(-REMEMBERED) };
}

async function run(want: Wanted, release: string): Promise<void> {
  const docker = dockerHost(want.docker);
  const container = (await leftOver(docker, want, release)) ?? (await start(docker, want, release));
  try {
    const exitCode = await ended(container, want.timeout);
    if (exitCode !== 0) throw new Error(await failure(container, want, exitCode));
  } finally {
    await container.remove({ force: true, v: true });
  }
}

/**
 * What a killed run left behind. Its container went on by itself: where it is this release's and hasn't failed it is
 * the one to wait for, as two migrations at a time do harm. Another release's is waited for and removed.
 */
async function leftOver(
  docker: Docker,
  want: Wanted,
  release: string,
): Promise<Docker.Container | undefined> {
  const filters = { label: Object.entries(want.labels).map(([key, value]) => `${key}=${value}`) };
  let ours: Docker.Container | undefined;
  for (const { Id, State, Labels } of await docker.listContainers({ all: true, filters })) {
    const container = docker.getContainer(Id);
    const exitCode = State === "created" ? undefined : await ended(container, want.timeout);
    if (Labels[RELEASE] === release && exitCode === 0) ours = container;
    else await container.remove({ force: true, v: true });
  }
  return ours;
}

async function start(docker: Docker, want: Wanted, release: string): Promise<Docker.Container> {
  const container = await docker.createContainer({
    ...oneOff(want.container, want.image, want.command),
    Labels: { ...want.labels, [RELEASE]: release },
  });
  try {
    await container.start();
    return container;
  } catch (error) {
    await container.remove({ force: true, v: true });
    throw new Error(
      `${want.app}: the release command could not be started on ${want.docker}: ${messageOf(error)}`,
    );
  }
}

/** The exit code; undefined where it took too long, and was killed. */
async function ended(container: Docker.Container, seconds: number): Promise<number | undefined> {
  const waiting: Promise<{ StatusCode: number }> = container.wait();
  const exit = await atMost(waiting, seconds * 1000, undefined);
  if (exit) return exit.StatusCode;
  await container.kill().catch(unlessEnded);
  await waiting;
  return undefined;
}

function unlessEnded(error: Error): void {
  if (statusOf(error) !== 409) throw error;
}

async function failure(
  container: Docker.Container,
  want: Wanted,
  exitCode: number | undefined,
): Promise<string> {
  const how =
    exitCode === undefined
      ? `did not end within ${want.timeout} s (releaseTimeout) and was killed`
      : `ended with exit code ${exitCode}`;
  const [hide, raw, found] = await Promise.all([
    secretHider(container),
    lastLogLines(container, LOG_LINES),
    container.inspect(),
  ]);
  const reason = await startFailure(dockerHost(want.docker), found, raw);
  const log = hide ? hide(raw) : NOT_SHOWN;
  return [
    `${want.app}: the release command \`${want.command.join(" ")}\` of ${want.image} ${how}; no container was replaced and ` +
      "no traffic has moved, the release before serves on.",
    ...(reason === undefined ? [] : [reason]),
    "Its last log lines:",
    log,
    "Next: mend it and berth up again, which runs it again, or berth rollback. What it did to its data stays done.",
  ].join("\n");
}
