import { isOlder } from "../../values/versions";

/** What a stack runs unless it says otherwise: the version that Sonatype's description of the REST API in our tests is of. */
export const NEXUS_IMAGE = "sonatype/nexus3:3.94.0";

/** The version that an image's name tells, e.g. of `sonatype/nexus3:3.94.0`. */
export interface NexusVersion {
  /** As written: `3.94.0`. */
  readonly text: string;
}

/** A repository called so, in whatever registry, has Sonatype's numbers in its tags. */
const NEXUS_REPOSITORY = /(?:^|\/)nexus3:v?(\d+)\.(\d+)(?:\.(\d+))?(?![\w.])/;

/**
 * The version of Nexus in an image, as far as its name tells: undefined for `latest`, a digest alone, or somebody's image
 * of another name, whose tag may count something else.
 */
export function nexusVersion(image: string): NexusVersion | undefined {
  const [, major, minor, patch = "0"] = NEXUS_REPOSITORY.exec(image) ?? [];
  return major === undefined ? undefined : { text: `${major}.${minor}.${patch}` };
}

/** @param other `3.77.0` */
export function isBefore(version: NexusVersion, other: string): boolean {
  return isOlder(version.text, other);
}
