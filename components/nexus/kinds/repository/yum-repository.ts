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
  SONATYPES_OWN_HAVE_THEM,
} from "./repository";

export interface YumHostedArgs extends HostedArgs {
  /** How many folders down its lists (`repodata`) lie, 0 to 5: with 1, each folder at the top is a repository. @default 0 */
  readonly repodataDepth?: pulumi.Input<number>;
  /** STRICT: only packages and lists, at paths as yum has them. @default STRICT */
  readonly deployPolicy?: pulumi.Input<"STRICT" | "PERMISSIVE">;
}

/** Nexus signs lists that it makes itself: a proxy's and a group's. */
interface SigningArgs {
  /** Secret: the PGP key that signs its lists, ASCII-armoured (`gpg --armor --export-secret-key`). @default they aren't signed */
  readonly signingKey?: pulumi.Input<string>;
  /** Secret: the key's passphrase, where it has one. */
  readonly passphrase?: pulumi.Input<string>;
}

export interface YumProxyArgs extends ProxyArgs, SigningArgs {}
export interface YumGroupArgs extends GroupArgs, SigningArgs {}

const more = { elsewhere: SONATYPES_OWN_HAVE_THEM };
const signed = { ...more, writeOnly: ["keypair", "passphrase"] };

export const yumHosted = repositoryKind("yum", "hosted", more);
export const yumProxy = repositoryKind("yum", "proxy", signed);
export const yumGroup = repositoryKind("yum", "group", signed);

/** Packages of Red Hat, Fedora and their like: your own. */
export class YumHosted extends Repository {
  constructor(name: string, args: YumHostedArgs, opts?: pulumi.CustomResourceOptions) {
    const { repodataDepth = 0, deployPolicy = "STRICT" } = args;
    super(yumHosted, name, { ...hostedFields(args), yum: { repodataDepth, deployPolicy } }, opts);
  }
}

/** Packages of Red Hat, Fedora and their like: a remote's, kept. */
export class YumProxy extends Repository {
  constructor(name: string, args: YumProxyArgs, opts?: pulumi.CustomResourceOptions) {
    super(yumProxy, name, { ...proxyFields(args), yumSigning: signingOf(args) }, opts);
  }
}

/** Packages of Red Hat, Fedora and their like: several repositories under one name. */
export class YumGroup extends Repository {
  constructor(name: string, args: YumGroupArgs, opts?: pulumi.CustomResourceOptions) {
    super(yumGroup, name, { ...groupFields(args), yumSigning: signingOf(args) }, opts);
  }
}

function signingOf({ signingKey: keypair, passphrase }: SigningArgs): object | undefined {
  return given({ keypair, passphrase });
}
