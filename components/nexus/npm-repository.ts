import type * as pulumi from "@pulumi/pulumi";
import {
  type HostedArgs,
  hostedFields,
  type ProxyArgs,
  proxyFields,
  Repository,
  repositoryKind,
} from "./repository";
import { notWritable, type WritableGroupArgs, writableGroupFields } from "./writable-group";

const more = { elsewhere: "Sonatype's own images and downloads have them" };

export const npmHosted = repositoryKind("npm", "hosted", more);
export const npmProxy = repositoryKind("npm", "proxy", more);
export const npmGroup = repositoryKind("npm", "group", { ...more, refusal: notWritable });

/** Packages of JavaScript. */
export class NpmHosted extends Repository {
  constructor(name: string, args: HostedArgs, opts?: pulumi.CustomResourceOptions) {
    super("NpmHosted", name, hostedFields(args), opts);
  }
}

export class NpmProxy extends Repository {
  constructor(name: string, args: ProxyArgs, opts?: pulumi.CustomResourceOptions) {
    super("NpmProxy", name, proxyFields(args), opts);
  }
}

export class NpmGroup extends Repository {
  constructor(name: string, args: WritableGroupArgs, opts?: pulumi.CustomResourceOptions) {
    super("NpmGroup", name, writableGroupFields(args), opts);
  }
}
