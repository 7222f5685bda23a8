/** What a stack runs unless it says otherwise: the version that Sonatype's description of the REST API in our tests is of. */
export const NEXUS_IMAGE = "sonatype/nexus3:3.94.0";

/** The version that an image's name tells, e.g. of `sonatype/nexus3:3.94.0`. */
export interface NexusVersion {
  /** As written: `3.94.0`. */
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** A repository called so, in whatever registry, has Sonatype's numbers in its tags. */
const NEXUS_REPOSITORY = /(?:^|\/)nexus3:v?(\d+)\.(\d+)(?:\.(\d+))?(?![\w.])/;

/**
 * The version of Nexus in an image, as far as its name tells: undefined for `latest`, a digest alone, or somebody's image
 * of another name, whose tag may count something else.
 */
export function nexusVersion(image: string): NexusVersion | undefined {
  const [, major, minor, patch = "0"] = NEXUS_REPOSITORY.exec(image) ?? [];
  if (major === undefined) return undefined;
  const numbers = { major: Number(major), minor: Number(minor), patch: Number(patch) };
  return { text: `${major}.${minor}.${patch}`, ...numbers };
}

/** @param other `3.77.0` */
export function isBefore(version: NexusVersion, other: string): boolean {
  const [major = 0, minor = 0, patch = 0] = other.split(".").map(Number);
  return (version.major - major || version.minor - minor || version.patch - patch) < 0;
}
