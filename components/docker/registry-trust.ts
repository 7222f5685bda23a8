import type * as pulumi from "@pulumi/pulumi";
import type { StackIdentity } from "../base/stack-identity";
import { isBuilder } from "./builder-address";
import { TrustedCa } from "./trusted-ca";

/** Has a Docker host trust the registries that it pulls from or pushes to; nothing where there is nothing to do. */
export type Trust = (docker: string) => TrustedCa[];

/**
 * One resource for each Docker host, however many ask: a builder may be a server, too.
 * @param identity whose it is
 * @param ca PEM of the registries' authority; undefined where that is a public one, or there is no TLS
 */
export function registryTrust(
  registries: readonly string[],
  ca: pulumi.Output<string> | undefined,
  identity: StackIdentity,
  opts?: pulumi.CustomResourceOptions,
): Trust {
  const known = new Map<string, TrustedCa>();
  return (docker) => {
    if (ca === undefined) return [];
    const name = `trusted-ca-${docker.replace(/[^a-zA-Z0-9]+/g, "-")}`;
    const labels = identity.labels(name);
    const args = { docker, registries: [...registries], ca, labels, fleeting: isBuilder(docker) };
    const trusted = known.get(docker) ?? new TrustedCa(name, args, opts);
    known.set(docker, trusted);
    return [trusted];
  };
}
