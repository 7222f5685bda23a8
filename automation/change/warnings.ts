import { nexusWarnings } from "../../components/nexus-advisories";
import type { Settings } from "../../components/settings";

/** What there is to warn of in these settings, a line each: told with every preview, as nothing turns it off. */
export function warningsOf({ nexus }: Settings): string[] {
  return nexusWarnings(nexus);
}
