import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type Docker from "dockerode";
import type { ContainerInfo } from "dockerode";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import type { Shape } from "../base/shape";
import { type Labels, RUN_LABEL } from "../base/stack-identity";
import { dockerHost } from "../docker/docker-host";
import { putFiles, withIdleContainer } from "../docker/idle-container";
import { errorOf, messageOf, statusOf } from "../values/error-facts";
import { ownerOf } from "./image-user";
import { drainsUntil } from "./processes/draining";
import {
  type ContainerStart,
  SECRET_ENV_FILE,
  secretEnvProgram,
  startWithSecrets,
} from "./secret-env/secret-env";
import { SECRETS_FOLDER } from "./secret-text";

export interface SecretVolumeArgs {
  readonly docker: pulumi.Input<string>;
  /** The app's image, which is on that host already: whose user may read the files. */
  readonly image: pulumi.Input<string>;
  /** Whom the app runs as. @default as the image says */
  readonly user?: pulumi.Input<string> | undefined;
  /** File name → what is in it. */
  readonly values: pulumi.Input<{ readonly [name: string]: pulumi.Input<string> }>;
  /** Those of them that the image's program gets as environment variables. @default none */
  readonly variables?: pulumi.Input<string[]> | undefined;
  /** Of the volume. */
  readonly labels: pulumi.Input<Labels>;
}

interface Wanted {
  readonly docker: string;
  readonly image: string;
  readonly user?: string;
  readonly values: { readonly [name: string]: string };
  readonly variables?: readonly string[];
  readonly labels: Labels;
}

/** What is read of a state: the engine's id is the volume's name, too. */
type Place = Pick<Wanted, "docker"> & Partial<Pick<Wanted, "labels">> & Partial<Filled>;

type Filled = Partial<ContainerStart> & { readonly volume: string };

/**
 * An app's secrets as files of a volume, each readable by the app's user alone. Docker tells of a volume's name only; in
 * the state the values are encrypted. Another value or image makes another volume: the old container keeps what it has
 * until it goes, and a rollback brings its own.
 */
export class SecretVolume extends DynamicResource {
  /** The volume's name; mounted read-only at /run/secrets. */
  declare readonly volume: pulumi.Output<string>;
  /** How the app's container is to start, for its `variables`; of no meaning without any. */
  declare readonly entrypoint: pulumi.Output<string[]>;
  declare readonly command: pulumi.Output<string[] | undefined>;

  constructor(name: string, args: SecretVolumeArgs, opts?: pulumi.CustomResourceOptions) {
    const props = { ...args, values: pulumi.secret(args.values), ...OUTPUTS };
    const secretly = pulumi.mergeOptions(opts, { additionalSecretOutputs: ["values"] });
    super("deploy.SecretVolume", name, props, secretly);
  }
}

const OUTPUTS = { volume: undefined, entrypoint: undefined, command: undefined };

const REPLACED_WITH = ["docker", "image", "user", "values", "variables"] as const;

const labels = z.record(z.string(), z.string());
const wanted: Shape<Wanted> = z.looseObject({
  docker: z.string(),
  image: z.string(),
  user: z.optional(z.string()),
  values: labels,
  variables: z.optional(z.array(z.string())),
  labels,
});
const state: Shape<Place> = z.looseObject({ docker: z.string(), labels: z.optional(labels) });

const secretVolume = dynamicProvider({
  id: ({ volume = "" }) => volume,
  inputs: wanted,
  state,
  changedBy: REPLACED_WITH,
  replacedBy: REPLACED_WITH,
  apply: async (want, before, id) =>
    id === undefined ? { ...want, ...(await filledVolume(want)) } : { ...before, ...want, volume: id },
  find: async (state, id) => ((await isThere(state, id)) ? state : undefined),
  remove: async ({ docker, labels }, id) => {
    const host = dockerHost(docker);
    await host
      .getVolume(id)
      .remove()
      .catch(async (error: Error) => {
        if (statusOf(error) !== 409 || !(await isOfPassing(host, id))) unlessGone(error);
      });
    if (labels) await removeUnused(host, { labels }); // what such a container had, and has no more
  },
});

export const providers = { SecretVolume: secretVolume };

async function filledVolume(want: Wanted): Promise<Filled> {
  const docker = dockerHost(want.docker);
  await removeUnused(docker, want);
  const name = `${want.labels["berth.resource"]}-${randomBytes(4).toString("hex")}`;
  await docker.createVolume({ Name: name, Labels: want.labels });
  try {
    const { image, labels } = want;
    const binds = [`${name}:${SECRETS_FOLDER}`];
    const start = await withIdleContainer(docker, { image, binds, labels }, (container) =>
      fill(docker, container, want),
    );
    return { volume: name, ...start };
  } catch (error) {
    await docker.getVolume(name).remove().catch(unlessGone);
    throw new Error(`Secrets on ${want.docker}: ${messageOf(error)}`);
  }
}

/** @returns how the app's container is to start, where that is another way than the image's own */
async function fill(
  docker: Docker,
  container: Docker.Container,
  want: Wanted,
): Promise<ContainerStart | undefined> {
  const { variables = [] } = want;
  const { Config } = await docker.getImage(want.image).inspect();
  const owner = await ownerOf(container, want.user ?? Config.User);
  const files = Object.entries(want.values).map(([name, content]) => ({
    name,
    content,
    mode: 0o400,
    ...owner,
  }));
  const entries = [{ name: "./", mode: 0o500, ...owner }, ...files];
  if (variables.length === 0) {
    await putFiles(container, SECRETS_FOLDER, entries);
    return undefined;
  }
  const program = { name: SECRET_ENV_FILE, content: await secretEnvProgram(docker), mode: 0o500, ...owner };
  await putFiles(container, SECRETS_FOLDER, [...entries, program]);
  return startWithSecrets(variables, Config);
}

/** Of a run that was killed before it could note them; one that a container has, Docker doesn't remove. */
async function removeUnused(docker: Docker, { labels }: Pick<Wanted, "labels">): Promise<void> {
  const filters = { label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) };
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? [])
    await docker.getVolume(Name).remove().catch(unlessInUse);
}

/** Whether commands by hand (`berth run`) and processes that drain alone have it still, which end by themselves. */
async function isOfPassing(docker: Docker, volume: string): Promise<boolean> {
  const users = await docker.listContainers({ all: true, filters: { volume: [volume] } });
  const isPassing = (one: ContainerInfo) =>
    one.Labels[RUN_LABEL] !== undefined || drainsUntil(one) !== undefined;
  return users.length > 0 && users.every(isPassing);
}

async function isThere({ docker }: Place, volume: string): Promise<boolean> {
  try {
    await dockerHost(docker).getVolume(volume).inspect();
    return true;
  } catch (error) {
    unlessGone(errorOf(error));
    return false;
  }
}

function unlessGone(error: Error): void {
  if (statusOf(error) !== 404) throw error;
}

function unlessInUse(error: Error): void {
  if (![404, 409].includes(statusOf(error) ?? 0)) throw error;
}
