import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type Docker from "dockerode";
import { ownerOf } from "./deploy/image-user";
import { SECRETS_FOLDER } from "./deploy/secret-text";
import { dockerHost } from "./docker-host";
import { type ModuleProvider, ModuleResource } from "./dynamic-module";
import { putFiles, withIdleContainer } from "./idle-container";
import type { Labels } from "./stack-identity";

export interface SecretVolumeArgs {
  readonly docker: pulumi.Input<string>;
  /** The app's image, which is on that host already: whose user may read the files. */
  readonly image: pulumi.Input<string>;
  /** Whom the app runs as. @default as the image says */
  readonly user?: pulumi.Input<string> | undefined;
  /** File name → what is in it. */
  readonly values: pulumi.Input<{ readonly [name: string]: pulumi.Input<string> }>;
  /** Of the volume. */
  readonly labels: pulumi.Input<Labels>;
}

interface Wanted {
  readonly docker: string;
  readonly image: string;
  readonly user?: string;
  readonly values: { readonly [name: string]: string };
  readonly labels: Labels;
}

/**
 * An app's secrets as files of a volume, each readable by the app's user alone. Docker tells of a volume's name only; in
 * the state the values are encrypted. Another value or image makes another volume: the old container keeps what it has
 * until it goes, and a rollback brings its own.
 */
export class SecretVolume extends ModuleResource {
  /** The volume's name; mounted read-only at /run/secrets. */
  declare readonly volume: pulumi.Output<string>;

  constructor(name: string, args: SecretVolumeArgs, opts?: pulumi.CustomResourceOptions) {
    const props = { ...args, values: pulumi.secret(args.values), volume: undefined };
    const secretly = pulumi.mergeOptions(opts, { additionalSecretOutputs: ["values"] });
    super("deploy:SecretVolume", name, { ...props, code: "components/secret-volume#SecretVolume" }, secretly);
  }
}

const REPLACED_WITH = ["docker", "image", "user", "values"] as const;

const secretVolume: ModuleProvider = {
  check: async (_olds, news) => ({ inputs: news, failures: [] }),
  diff: async (_id, olds, news) => {
    const replaces = REPLACED_WITH.filter((key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]));
    return { changes: replaces.length > 0, replaces, deleteBeforeReplace: false };
  },
  create: async (inputs) => {
    const volume = await filledVolume(inputs as Wanted);
    return { id: volume, outs: { ...inputs, volume } };
  },
  read: async (id, props) =>
    (await isThere(props as Wanted, id)) ? { id, props: props! } : { id: "", props: {} },
  update: async (_id, olds, news) => ({ outs: { ...news, volume: olds.volume } }),
  delete: async (id, props) => {
    await dockerHost(props.docker).getVolume(id).remove().catch(unlessGone);
  },
};

export const providers = { SecretVolume: secretVolume };

async function filledVolume(want: Wanted): Promise<string> {
  const docker = dockerHost(want.docker);
  await removeUnused(docker, want);
  const name = `${want.labels["berth.resource"]}-${randomBytes(4).toString("hex")}`;
  await docker.createVolume({ Name: name, Labels: want.labels });
  try {
    const { image, labels } = want;
    const binds = [`${name}:${SECRETS_FOLDER}`];
    await withIdleContainer(docker, { image, binds, labels }, (container) => fill(docker, container, want));
    return name;
  } catch (error) {
    await docker.getVolume(name).remove().catch(unlessGone);
    throw new Error(`Secrets on ${want.docker}: ${(error as Error).message}`);
  }
}

async function fill(docker: Docker, container: Docker.Container, want: Wanted): Promise<void> {
  const user = want.user ?? (await docker.getImage(want.image).inspect()).Config.User;
  const owner = await ownerOf(container, user);
  const files = Object.entries(want.values).map(([name, content]) => ({
    ...{ name, content, mode: 0o400 },
    ...owner,
  }));
  await putFiles(container, SECRETS_FOLDER, [{ name: "./", mode: 0o500, ...owner }, ...files]);
}

/** Of a run that was killed before it could note them; one that a container has, Docker doesn't remove. */
async function removeUnused(docker: Docker, { labels }: Wanted): Promise<void> {
  const filters = { label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) };
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? [])
    await docker.getVolume(Name).remove().catch(unlessInUse);
}

async function isThere({ docker }: Wanted, volume: string): Promise<boolean> {
  try {
    await dockerHost(docker).getVolume(volume).inspect();
    return true;
  } catch (error) {
    unlessGone(error as Error);
    return false;
  }
}

function unlessGone(error: Error): void {
  if ((error as { statusCode?: number }).statusCode !== 404) throw error;
}

function unlessInUse(error: Error): void {
  if (![404, 409].includes((error as { statusCode?: number }).statusCode ?? 0)) throw error;
}
