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

export const helmHosted = repositoryKind("helm", "hosted", more);
export const helmProxy = repositoryKind("helm", "proxy", more);
// Came later than the others, in versions that Sonatype's documents before 3.94 don't tell.
export const helmGroup = repositoryKind("helm", "group");

/** Charts of Helm. */
export class HelmHosted extends Repository {
  constructor(name: string, args: HostedArgs, opts?: pulumi.CustomResourceOptions) {
    super("HelmHosted", name, hostedFields(args), opts);
  }
}

export class HelmProxy extends Repository {
  constructor(name: string, args: ProxyArgs, opts?: pulumi.CustomResourceOptions) {
    super("HelmProxy", name, proxyFields(args), opts);
  }
}

export class HelmGroup extends Repository {
  constructor(name: string, args: GroupArgs, opts?: pulumi.CustomResourceOptions) {
    super("HelmGroup", name, groupFields(args), opts);
  }
}
