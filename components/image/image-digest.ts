import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import { isKnown, type Shape } from "../base/shape";
import { RegistryClient } from "../registry/client";
import type { Manifest } from "../registry/manifest";
import { parseReference } from "../registry/reference";
import { clientAccess, type RegistryAccess } from "../registry/registry-access";
import { RegistryError } from "../registry/wire/errors";
import { isKind, kindsOf, platformOf } from "./image-kinds";
import { whyUnknown } from "./nexus-log";
import { wholeImage } from "./whole-image";

export interface ImageDigestArgs extends RegistryAccess {
  readonly app: pulumi.Input<string>;
  /** As Nexus's group names it: `host:port/library/redis:7`; by its digest where the settings give no tag. */
  readonly image: pulumi.Input<string>;
  /** What the tag points to, where that was looked up before. */
  readonly digest?: pulumi.Input<string> | undefined;
  /** Who reads it; the password is secret. */
  readonly username: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
  /** Docker host and container of Nexus, whose log says what the upstream registry answered; no host where Nexus isn't ours. */
  readonly docker?: pulumi.Input<string> | undefined;
  readonly container: pulumi.Input<string>;
  /** Whose Dockers are asked whether they run such an image. */
  readonly servers: pulumi.Input<readonly { readonly name: string; readonly docker: string }[]>;
}

type Wanted = pulumi.Unwrap<ImageDigestArgs>;
type State = { readonly digest?: string | undefined; readonly servers?: readonly object[] | undefined };

/**
 * An image of somebody else: that Nexus has it, that the servers run it, and the digest that it is. Where nobody could look the tag
 * up before the update, as on a stack that has no Nexus yet, it is looked up here.
 */
export class ImageDigest extends DynamicResource {
  declare readonly digest: pulumi.Output<string>;

  constructor(name: string, args: ImageDigestArgs, opts?: pulumi.CustomResourceOptions) {
    super("nexus.ImageDigest", name, { ...args, digest: args.digest }, opts);
  }
}

const wanted: Shape<Wanted> = z.looseObject({
  app: z.string(),
  image: z.string(),
  digest: z.optional(z.string()),
  username: z.string(),
  password: z.string(),
  docker: z.optional(z.string()),
  container: z.string(),
  servers: z.array(z.looseObject({ name: z.string(), docker: z.string() })),
  tls: z.boolean(),
  ca: z.optional(z.string()),
});
const state: Shape<State> = z.looseObject({
  digest: z.optional(z.string()),
  servers: z.optional(z.array(z.looseObject({}))),
});

const imageDigest = dynamicProvider({
  id: ({ app }) => `image of ${app}`,
  inputs: wanted,
  state,
  changedBy: ["app", "image", "digest", "servers"],
  failures: async (want, before) => {
    // In a preview of a new stack there is nobody to ask.
    if (!isKnown(want) || want.digest === undefined || wasLookedAt(want, before)) return [];
    const reason = await withRegistry(want, async (client) => {
      const { repository } = parseReference(want.image);
      return misfit(client, want, await client.getManifest(repository, referenceOf(want)));
    }).catch(ofRegistry);
    return typeof reason === "string" ? [{ property: "servers", reason }] : [];
  },
  apply: found,
});

export const providers = { ImageDigest: imageDigest };

function wasLookedAt({ digest, servers }: Wanted, before: State | undefined): boolean {
  return digest === before?.digest && JSON.stringify(servers) === JSON.stringify(before?.servers);
}

/** Whoever applies it says why it isn't to be had. */
function ofRegistry(error: unknown): undefined {
  if (!(error instanceof RegistryError)) throw error;
}

async function found(want: Wanted): Promise<Wanted & State> {
  const { repository } = parseReference(want.image);
  const gone = async (more = "") =>
    new Error(
      `${want.app}: the image ${want.image} is not to be had: ${await whyUnknown(want, repository)}${more}`,
    );
  return withRegistry(want, async (client) => {
    const head = await client.headManifest(repository, referenceOf(want));
    if (!head) throw await gone();
    const whole = await wholeImage(client, repository, head.digest);
    if ("missing" in whole) throw await gone(` (of ${head.digest} it lacks ${whole.missing})`);
    const problem = await misfit(client, want, whole.manifest);
    if (problem !== undefined) throw new Error(problem);
    return { ...want, digest: head.digest };
  }).catch(async (error: unknown) => {
    throw error instanceof RegistryError ? await gone(` (${error.message})`) : error;
  });
}

/** Why one of the servers doesn't run it; undefined where they do, and where nobody says. */
async function misfit(client: RegistryClient, want: Wanted, manifest: Manifest): Promise<string | undefined> {
  const { repository } = parseReference(want.image);
  const kinds = await kindsOf(client, repository, manifest);
  if (kinds.length === 0) return undefined;
  const servers = await Promise.all(
    want.servers.map(async ({ name, docker }) => ({ name, kind: await platformOf(docker) })),
  );
  const other = servers.find(({ kind }) => kind !== undefined && !kinds.some((one) => isKind(one, kind)));
  if (other === undefined) return undefined;
  return (
    `berth:apps.${want.app}.image: ${want.image} is for ${kinds.join(", ")}, and ${other.name} is ${other.kind}, which does not run it: ` +
    "take one that is for it as well"
  );
}

function referenceOf({ image, digest }: Pick<Wanted, "image" | "digest">): string {
  const given = parseReference(image);
  return digest ?? given.digest ?? given.tag!;
}

async function withRegistry<T>(want: Wanted, ask: (client: RegistryClient) => Promise<T>): Promise<T> {
  const { registry } = parseReference(want.image);
  const { username, password } = want;
  const credentials = { [registry]: { username, password } };
  const client = new RegistryClient({ registry, credentials, ...clientAccess(want), access: "pull" });
  try {
    return await ask(client);
  } finally {
    client.close();
  }
}
