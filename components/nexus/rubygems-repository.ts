import type * as pulumi from "@pulumi/pulumi";
import {
  type GroupArgs,
  groupFields,
  type HostedArgs,
  hostedFields,
  type ProxyArgs,
  proxyFields,
  Repository,
  repositoryKind,
} from "./repository";

const more = { elsewhere: "Sonatype's own images and downloads have them" };

export const rubygemsHosted = repositoryKind("rubygems", "hosted", more);
export const rubygemsProxy = repositoryKind("rubygems", "proxy", more);
export const rubygemsGroup = repositoryKind("rubygems", "group", more);

/** Gems of Ruby. */
export class RubygemsHosted extends Repository {
  constructor(name: string, args: HostedArgs, opts?: pulumi.CustomResourceOptions) {
    super("RubygemsHosted", name, hostedFields(args), opts);
  }
}

export class RubygemsProxy extends Repository {
  constructor(name: string, args: ProxyArgs, opts?: pulumi.CustomResourceOptions) {
    super("RubygemsProxy", name, proxyFields(args), opts);
  }
}

export class RubygemsGroup extends Repository {
  constructor(name: string, args: GroupArgs, opts?: pulumi.CustomResourceOptions) {
    super("RubygemsGroup", name, groupFields(args), opts);
  }
}
