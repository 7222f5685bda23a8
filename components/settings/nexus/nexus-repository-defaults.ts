import type { NexusSettings } from "./nexus-settings";
import { isBefore, nexusVersion } from "./nexus-version";

/** What a repository's settings come to where they say nothing and the rest of `berth:nexus` decides. */
export interface RepositoryDefaults {
  /** Of docker repositories. */
  readonly forceBasicAuth: boolean;
  /** Of proxies with an https remote; false is Nexus's own, and isn't sent. */
  readonly useTrustStore: boolean;
}

/** From this version on, a Nexus that speaks plain http names `null://…` as its token server (sonatype/nexus-public#565). */
const NULL_REALM_SINCE = "3.77.0";

export function repositoryDefaults({
  image,
  tls,
  certificates,
}: Pick<NexusSettings, "image" | "tls" | "certificates">): RepositoryDefaults {
  const version = nexusVersion(image);
  const tokensWork = tls !== undefined || (version !== undefined && isBefore(version, NULL_REALM_SINCE));
  return {
    // No docker daemon gets a token at null://; a name and a password it can send to every version.
    forceBasicAuth: !tokensWork,
    // Nexus trusts Java's own authorities besides (measured on 3.71).
    useTrustStore: Object.keys(certificates).length > 0,
  };
}
