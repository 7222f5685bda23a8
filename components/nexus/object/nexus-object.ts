import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../base/dynamic-resource";
import { isJsonObject } from "../../values/json-object";
import type { Kind } from "./kind";

export interface NexusObjectArgs {
  /** Where Nexus answers and who is asking; the password is kept as a secret. */
  readonly server: pulumi.Input<{
    /** Base address without a trailing slash: `http://127.0.0.1:8081`. */
    readonly url: pulumi.Input<string>;
    readonly username: pulumi.Input<string>;
    readonly password: pulumi.Input<string>;
  }>;
  /** Take over an object of this name that already exists, instead of failing. */
  readonly adopt?: pulumi.Input<boolean>;
  /** What was taken over stays in Nexus when it leaves the program. @default false */
  readonly keepFound?: pulumi.Input<boolean>;
}

/** For what holds content. */
export interface ContentArgs extends NexusObjectArgs {
  /** Lets it be deleted with what it holds. */
  readonly allowDataLoss?: pulumi.Input<boolean>;
}

/** Fields that are secret whether the program says so or not. */
const SECRETS = ["password", "passphrase", "keypair", "secretAccessKey", "sessionToken"];

/** A dynamic resource of one kind. Type token: `pulumi-nodejs:dynamic/nexus:<Kind>`. */
export abstract class NexusObject extends DynamicResource {
  constructor(
    kind: Kind,
    name: string,
    args: NexusObjectArgs & { readonly [field: string]: unknown },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(`nexus.${kind.name}`, name, marked(args), opts);
  }
}

/** The arguments with their secrets marked, so that neither state nor output shows them. */
function marked(args: object): { [field: string]: unknown } {
  const entries = Object.entries(args).map(([field, value]): [string, unknown] => {
    if (SECRETS.includes(field) && value !== undefined) return [field, pulumi.secret(value)];
    const isPlain = isJsonObject(value) && !pulumi.Output.isInstance(value) && !(value instanceof Promise);
    return [field, isPlain ? marked(value) : value];
  });
  return Object.fromEntries(entries);
}
