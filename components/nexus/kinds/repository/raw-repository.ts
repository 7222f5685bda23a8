import type * as pulumi from "@pulumi/pulumi";
import {
  type GroupArgs,
  given,
  groupFields,
  type HostedArgs,
  hostedFields,
  type ProxyArgs,
  proxyFields,
  Repository,
  repositoryKind,
} from "./repository";

interface RawArgs {
  /** Whether a browser shows a file or saves it. @default ATTACHMENT, Nexus's own */
  readonly contentDisposition?: pulumi.Input<"ATTACHMENT" | "INLINE">;
}

export interface RawHostedArgs extends HostedArgs, RawArgs {}
export interface RawProxyArgs extends ProxyArgs, RawArgs {}
export interface RawGroupArgs extends GroupArgs, RawArgs {}

export const rawHosted = repositoryKind("raw", "hosted");
export const rawProxy = repositoryKind("raw", "proxy");
// 3.71 takes a group's content disposition and never tells it; newer servers do.
export const rawGroup = repositoryKind("raw", "group", { writeOnly: ["contentDisposition"] });

/** Any files, by their path. */
export class RawHosted extends Repository {
  constructor(name: string, args: RawHostedArgs, opts?: pulumi.CustomResourceOptions) {
    super(rawHosted, name, { ...hostedFields(args), raw: rawFields(args) }, opts);
  }
}

/** Files: a remote's, kept. */
export class RawProxy extends Repository {
  constructor(name: string, args: RawProxyArgs, opts?: pulumi.CustomResourceOptions) {
    super(rawProxy, name, { ...proxyFields(args), raw: rawFields(args) }, opts);
  }
}

/** Files: several repositories under one name. */
export class RawGroup extends Repository {
  constructor(name: string, args: RawGroupArgs, opts?: pulumi.CustomResourceOptions) {
    super(rawGroup, name, { ...groupFields(args), raw: rawFields(args) }, opts);
  }
}

function rawFields({ contentDisposition }: RawArgs): object | undefined {
  return given({ contentDisposition });
}
