import * as pulumi from "@pulumi/pulumi";

/** Name and secret password of an account. */
export interface Account {
  readonly username: string;
  readonly password: pulumi.Output<string>;
}

/** How a Nexus's docker repositories are spoken to. */
export interface RegistryAccess {
  /** https, also to a loopback address; plain http else, as a port of Nexus itself speaks it. */
  readonly tls: pulumi.Input<boolean>;
  /** PEM of the authority of its certificate, where that isn't a public one. */
  readonly ca?: pulumi.Input<string> | undefined;
}

/** The same for a RegistryClient, with its values known. State of older versions has no `tls`: plain http. */
export function clientAccess({ tls = false, ca }: Partial<pulumi.Unwrap<RegistryAccess>>) {
  return { insecure: !tls, secure: tls, ca };
}

/** A registry (`host:port`), or a repository or image in one, and how it is spoken to. */
export interface Reached {
  readonly at: pulumi.Input<string>;
  readonly access: RegistryAccess;
}

/** The environment in which `berth copy` reaches these registries; others it reaches as it always does. */
export function accessEnvironment(reached: readonly Reached[]) {
  const known = pulumi.all(
    reached.map(({ at, access: { tls, ca } }) =>
      pulumi.all([at, tls, ca]).apply(([where, isHttps, pem]) => ({
        registry: where.replace(/\/.*$/, ""),
        isHttps,
        pem: pem ?? "",
      })),
    ),
  );
  const those = (https: boolean) =>
    known.apply((all) =>
      [...new Set(all.filter(({ isHttps }) => isHttps === https).map(({ registry }) => registry))].join(","),
    );
  return {
    BERTH_INSECURE: those(false),
    BERTH_SECURE: those(true),
    BERTH_CA: known.apply((all) => [...new Set(all.flatMap(({ pem }) => pem || []))].join("\n")),
  };
}
