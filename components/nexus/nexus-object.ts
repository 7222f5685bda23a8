import * as pulumi from "@pulumi/pulumi";
import { moduleProvider } from "../dynamic-module";
import type { KindName } from "./kinds";
import type { NexusServer } from "./transport";

export interface NexusObjectArgs {
  readonly server: pulumi.Input<pulumi.Unwrap<NexusServer>>;
  /** Take over an object of this name that already exists, instead of failing. */
  readonly adopt?: pulumi.Input<boolean>;
}

/** For what holds content. */
export interface ContentArgs extends NexusObjectArgs {
  /** Lets it be deleted with what it holds. */
  readonly allowDataLoss?: pulumi.Input<boolean>;
}

/** A dynamic resource of one kind. Type token: `pulumi-nodejs:dynamic/nexus:<Kind>`. */
export abstract class NexusObject extends pulumi.dynamic.Resource {
  constructor(
    kind: KindName,
    name: string,
    args: NexusObjectArgs & { readonly [field: string]: unknown },
    opts?: pulumi.CustomResourceOptions,
  ) {
    const props = { ...args, code: `components/nexus/kinds#${kind}` };
    super(moduleProvider, name, props, opts, "nexus", kind);
  }
}
