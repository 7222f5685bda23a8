import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import { type Shape, unread } from "../base/shape";
import { RegistryClient } from "../registry/client";
import { parseReference } from "../registry/reference";
import { clientAccess, type RegistryAccess } from "../registry/registry-access";
import { RegistryError } from "../registry/wire/errors";
import { isKind, kindsIn } from "./image-kinds";
import { whyUnknown } from "./nexus-log";

export interface BaseAvailableArgs extends RegistryAccess {
  /** The base image as the builder names it: `host:port/library/python:3.11-slim`. */
  readonly image: pulumi.Input<string>;
  readonly username: pulumi.Input<string>;
  /** Secret. */
  readonly password: pulumi.Input<string>;
  /** Docker host and container of Nexus, whose log says what the upstream registry answered; no host where Nexus isn't ours. */
  readonly docker?: pulumi.Input<string> | undefined;
  readonly container: pulumi.Input<string>;
  /** What it has to be for: `linux/arm64`. @default nobody looks */
  readonly platform?: pulumi.Input<string> | undefined;
}

type Wanted = pulumi.Unwrap<BaseAvailableArgs>;

/**
 * A base image that Nexus can deliver. Nexus turns an upstream's "too many requests" into "manifest unknown", so the image's
 * manifest is asked for before the builder pulls it, and Nexus's log tells what was behind a refusal.
 */
export class BaseAvailable extends DynamicResource {
  declare readonly image: pulumi.Output<string>;

  constructor(name: string, args: BaseAvailableArgs, opts?: pulumi.CustomResourceOptions) {
    super("nexus.BaseAvailable", name, args, opts);
  }
}

const wanted: Shape<Wanted> = z.looseObject({
  image: z.string(),
  username: z.string(),
  password: z.string(),
  docker: z.optional(z.string()),
  container: z.string(),
  tls: z.boolean(),
  ca: z.optional(z.string()),
  platform: z.optional(z.string()),
});

const baseAvailable = dynamicProvider({
  id: ({ image }) => image,
  inputs: wanted,
  state: unread,
  changedBy: ["image", "container", "platform"],
  apply: askFor,
});

export const providers = { BaseAvailable: baseAvailable };

async function askFor(want: Wanted): Promise<Wanted> {
  const { registry, repository, tag, digest } = parseReference(want.image);
  const { username, password } = want;
  const credentials = { [registry]: { username, password } };
  const client = new RegistryClient({ registry, credentials, ...clientAccess(want), access: "pull" });
  try {
    const reference = digest ?? tag ?? "latest";
    if (await client.headManifest(repository, reference)) {
      if (want.platform !== undefined)
        refuseOthers(want.image, want.platform, (await client.getManifest(repository, reference)).bytes);
      return { ...want };
    }
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

function refuseOthers(image: string, platform: string, manifest: Buffer): void {
  const kinds = kindsIn(manifest);
  if (kinds.length === 0 || kinds.some((kind) => isKind(kind, platform))) return;
  throw new Error(
    `The base image ${image} is for ${kinds.join(", ")}, and this build is for ${platform}: take one that is, ` +
      "or build for one of these (build.platform)",
  );
}
