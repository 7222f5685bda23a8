import type * as pulumi from "@pulumi/pulumi";
import { dockerHost, lastLogLines } from "./docker-host";
import { type ModuleProvider, ModuleResource } from "./dynamic-module";
import { RegistryClient } from "./registry/client";
import { RegistryError } from "./registry/errors";
import { parseReference } from "./registry/reference";
import { clientAccess, type RegistryAccess } from "./registry-access";

export interface BaseAvailableArgs extends RegistryAccess {
  /** The base image as the builder names it: `host:port/library/python:3.11-slim`. */
  readonly image: pulumi.Input<string>;
  readonly username: pulumi.Input<string>;
  /** Secret. */
  readonly password: pulumi.Input<string>;
  /** Docker host and container of Nexus, whose log says what the upstream registry answered. */
  readonly docker: pulumi.Input<string>;
  readonly container: pulumi.Input<string>;
}

type Wanted = pulumi.Unwrap<BaseAvailableArgs>;

/**
 * A base image that Nexus can deliver. Nexus turns an upstream's "too many requests" into "manifest unknown", so the image's
 * manifest is asked for before the builder pulls it, and Nexus's log tells what was behind a refusal.
 */
export class BaseAvailable extends ModuleResource {
  declare readonly image: pulumi.Output<string>;

  constructor(name: string, args: BaseAvailableArgs, opts?: pulumi.CustomResourceOptions) {
    const props = { ...args, code: "components/base-available#BaseAvailable" };
    super("nexus:BaseAvailable", name, props, opts);
  }
}

const baseAvailable: ModuleProvider = {
  check: async (_olds, news) => ({ inputs: news, failures: [] }),
  diff: async (_id, olds, news) => ({
    changes: olds.image !== news.image || olds.container !== news.container,
  }),
  create: async (inputs) => ({ id: inputs.image, outs: await askFor(inputs as Wanted) }),
  update: async (_id, _olds, news) => ({ outs: await askFor(news as Wanted) }),
  read: async (id, props) => ({ id, props: { ...props! } }),
  delete: async () => undefined,
};

export const providers = { BaseAvailable: baseAvailable };

async function askFor(want: Wanted): Promise<Wanted> {
  const { registry, repository, tag, digest } = parseReference(want.image);
  const { username, password } = want;
  const credentials = { [registry]: { username, password } };
  const client = new RegistryClient({ registry, credentials, ...clientAccess(want), access: "pull" });
  try {
    if (await client.headManifest(repository, digest ?? tag ?? "latest")) return { ...want };
    throw new Error(`The base image ${want.image} is not to be had: ${await whyUnknown(want, repository)}`);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    throw new Error(
      `The base image ${want.image} is not to be had: ${await whyUnknown(want, repository)} (${error.message})`,
    );
  } finally {
    client.close();
  }
}

/** What Nexus's own log says about its last look at the upstream registry. */
async function whyUnknown({ docker, container }: Wanted, repository: string): Promise<string> {
  const log = await lastLogLines(dockerHost(docker).getContainer(container), 200);
  const about = log.split("\n").filter((line) => line.includes(repository));
  if (about.some((line) => /\b429\b|toomanyrequests/i.test(line))) {
    return (
      "the upstream registry answered 429, its limit of pulls is used up. Log in there: set " +
      "berth:nexus.repositories.hub.username and .password, or wait (Docker Hub counts by the hour)."
    );
  }
  const last = about.at(-1);
  return last
    ? `Nexus's log says: ${last.trim().slice(0, 300)}`
    : "Nexus and the registries behind it don't have it. Is its name spelt as there, with library/ for Docker Hub's own?";
}
