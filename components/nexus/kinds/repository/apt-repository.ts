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

export interface AptHostedArgs extends HostedArgs {
  /** The one distribution it serves, e.g. `bookworm`. */
  readonly distribution: pulumi.Input<string>;
  /** Secret: the PGP key that signs its lists, ASCII-armoured (`gpg --armor --export-secret-key`). */
  readonly signingKey: pulumi.Input<string>;
  /** Secret: the key's passphrase, where it has one. */
  readonly passphrase?: pulumi.Input<string>;
}

export interface AptProxyArgs extends ProxyArgs {
  readonly distribution: pulumi.Input<string>;
  /** The remote has no distributions, only a folder of packages. @default false */
  readonly flat?: pulumi.Input<boolean>;
}

export const aptHosted = repositoryKind("apt", "hosted", { writeOnly: ["keypair", "passphrase"] });
export const aptProxy = repositoryKind("apt", "proxy");
// Sonatype's OpenAPI documents up to 3.94 have no such call (sonatype/nexus-public#740 asks for it).
export const aptGroup = repositoryKind("apt", "group", { elsewhere: "no version up to 3.94 has them" });

/** Packages of Debian: your own, signed. */
export class AptHosted extends Repository {
  constructor(name: string, args: AptHostedArgs, opts?: pulumi.CustomResourceOptions) {
    const { distribution, signingKey: keypair, passphrase } = args;
    const apt = { apt: { distribution }, aptSigning: given({ keypair, passphrase }) };
    super(aptHosted, name, { ...hostedFields(args), ...apt }, opts);
  }
}

/** Packages of Debian: a remote's, kept. */
export class AptProxy extends Repository {
  constructor(name: string, args: AptProxyArgs, opts?: pulumi.CustomResourceOptions) {
    const { distribution, flat = false } = args;
    super(aptProxy, name, { ...proxyFields(args), apt: { distribution, flat } }, opts);
  }
}

/** Packages of Debian: several repositories under one name. */
export class AptGroup extends Repository {
  constructor(name: string, args: GroupArgs, opts?: pulumi.CustomResourceOptions) {
    super(aptGroup, name, groupFields(args), opts);
  }
}
