import { join } from "node:path";
import { cacheDir, type Places } from "../../lib/places";

/** Where the sandbox keeps its Pulumi. */
export interface PulumiPlaces {
  /** The CLI that was downloaded or built, and what its building needs; outlives the sandbox. */
  readonly cache: string;
  /** What `sandbox up` puts together out of it. */
  readonly home: string;
}

export const pulumiPlaces = (places: Places): PulumiPlaces => ({
  cache: join(cacheDir(places), "pulumi"),
  home: join(places.home, "pulumi"),
});

/** For the PATH: `pulumi`, and beside it what runs programs where it brings nothing for that. */
export const pulumiBin = ({ home }: PulumiPlaces) => join(home, "bin");
/** `$PULUMI_HOME`, with the plugins. */
export const pulumiHome = ({ home }: PulumiPlaces) => join(home, "home");
