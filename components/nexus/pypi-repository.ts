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

export const pypiHosted = repositoryKind("pypi", "hosted", more);
export const pypiProxy = repositoryKind("pypi", "proxy", more);
export const pypiGroup = repositoryKind("pypi", "group", { ...more, refusal: notWritable });

/** Packages of Python. */
export class PypiHosted extends Repository {
  constructor(name: string, args: HostedArgs, opts?: pulumi.CustomResourceOptions) {
    super("PypiHosted", name, hostedFields(args), opts);
  }
}

export class PypiProxy extends Repository {
  constructor(name: string, args: ProxyArgs, opts?: pulumi.CustomResourceOptions) {
    super("PypiProxy", name, proxyFields(args), opts);
  }
}

export class PypiGroup extends Repository {
  constructor(name: string, args: WritableGroupArgs, opts?: pulumi.CustomResourceOptions) {
    super("PypiGroup", name, writableGroupFields(args), opts);
  }
}
