import { speaksTls } from "./nexus-addresses";
import type { NexusSettings } from "./nexus-settings";
import { isBefore, nexusVersion } from "./nexus-version";

/** What a repository's settings come to where they say nothing and the rest of `berth:nexus` decides. */
export interface RepositoryDefaults {
  /** Where its content lies. */
  readonly blobStore: string;
  /** Of docker repositories. */
  readonly forceBasicAuth: boolean;
  /** Of proxies with an https remote; false is Nexus's own, and isn't sent. */
  readonly useTrustStore: boolean;
}

/** From this version on, a Nexus that speaks plain http names `null://…` as its token server (sonatype/nexus-public#565). */
const NULL_REALM_SINCE = "3.77.0";

export function repositoryDefaults(nexus: NexusSettings): RepositoryDefaults {
  return {
    blobStore: nexus.url === undefined ? "docker" : "default",
    // No docker daemon gets a token at null://; a name and a password it can send to every version.
    forceBasicAuth: !tokensWork(nexus),
    // Nexus trusts Java's own authorities besides (measured on 3.71).
    useTrustStore: Object.keys(nexus.certificates).length > 0,
  };
}

function tokensWork(nexus: NexusSettings): boolean {
  if (nexus.url !== undefined || nexus.tls !== undefined) return speaksTls(nexus);
  const version = nexusVersion(nexus.image);
  return version !== undefined && isBefore(version, NULL_REALM_SINCE);
}
