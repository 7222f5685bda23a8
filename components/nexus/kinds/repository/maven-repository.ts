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

interface MavenArgs {
  /** @default RELEASE */
  readonly versionPolicy?: pulumi.Input<"RELEASE" | "SNAPSHOT" | "MIXED">;
  /** STRICT: only paths as Maven makes them. @default STRICT */
  readonly layoutPolicy?: pulumi.Input<"STRICT" | "PERMISSIVE">;
  /** Whether a browser shows a file or saves it. */
  readonly contentDisposition?: pulumi.Input<"ATTACHMENT" | "INLINE">;
}

export interface MavenHostedArgs extends HostedArgs, MavenArgs {}

export interface MavenProxyArgs extends ProxyArgs, MavenArgs {
  /** Send name and password before the remote asks for them. */
  readonly preemptiveAuth?: pulumi.Input<boolean>;
}

export const mavenHosted = repositoryKind("maven", "hosted");
export const mavenProxy = repositoryKind("maven", "proxy");
export const mavenGroup = repositoryKind("maven", "group");

/** Packages of Java: your own. */
export class MavenHosted extends Repository {
  constructor(name: string, args: MavenHostedArgs, opts?: pulumi.CustomResourceOptions) {
    super(mavenHosted, name, { ...hostedFields(args), maven: mavenFields(args) }, opts);
  }
}

/** Packages of Java: a remote's, kept. */
export class MavenProxy extends Repository {
  constructor(name: string, args: MavenProxyArgs, opts?: pulumi.CustomResourceOptions) {
    const fields = proxyFields(args, { preemptive: args.preemptiveAuth });
    super(mavenProxy, name, { ...fields, maven: mavenFields(args) }, opts);
  }
}

/** Packages of Java: several repositories under one name. */
export class MavenGroup extends Repository {
  constructor(name: string, args: GroupArgs, opts?: pulumi.CustomResourceOptions) {
    super(mavenGroup, name, groupFields(args), opts);
  }
}

function mavenFields(args: MavenArgs): object | undefined {
  const { versionPolicy = "RELEASE", layoutPolicy = "STRICT", contentDisposition } = args;
  return given({ versionPolicy, layoutPolicy, contentDisposition });
}
