import type { NexusSettings } from "./nexus-settings";
import { isBefore, nexusVersion } from "./nexus-version";

/** Where Sonatype's licence of the Community Edition is; the server's own disclaimer names the same address. */
export const LICENCE_URL = "https://links.sonatype.com/products/nxrm/ce-eula";

/** The first version that serves nothing until it has been accepted. */
const ASKED_SINCE = "3.77.0";

/**
 * Why these settings can't work: their Nexus would wait for an acceptance that nobody gave. Undefined where the image's name
 * doesn't tell the version; then RegistryReady asks the server.
 */
export function licenceMissing({ image, eula }: Pick<NexusSettings, "image" | "eula">): string | undefined {
  const version = image === undefined ? undefined : nexusVersion(image);
  if (eula || !version || isBefore(version, ASKED_SINCE)) return undefined;
  return (
    `Nexus ${version.text} (${image}) serves nothing until Sonatype's licence is accepted: read it at ${LICENCE_URL}, ` +
    "and write `eula: accepted` if you accept it"
  );
}
