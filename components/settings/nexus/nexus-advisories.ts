import type { NexusSettings } from "./nexus-settings";
import { isBefore, NEXUS_IMAGE, type NexusVersion, nexusVersion } from "./nexus-version";

/** A published vulnerability of Nexus. */
interface Advisory {
  readonly number: string;
  /** Affected from this version on … */
  readonly since: string;
  /** … up to the one before this. */
  readonly mended: string;
  readonly what: string;
}

/** Those that let somebody take over the server; Sonatype publishes all. */
const ADVISORIES: readonly Advisory[] = [
  {
    number: "CVE-2026-3199",
    since: "3.22.1",
    mended: "3.91.0",
    what: "an account that may create tasks can run code on the server",
  },
];

/** What is known against the version that `image` names, a line each. Nothing where the name tells no version. */
export function nexusWarnings({ image }: Pick<NexusSettings, "image">): string[] {
  const version = image === undefined ? undefined : nexusVersion(image);
  return version ? warningsOf(version, " (berth:nexus.image)") : [];
}

/** The same against a version that a server tells of itself: `3.71.0`. */
export function versionWarnings(text: string): string[] {
  const version = nexusVersion(`nexus3:${text}`);
  return version ? warningsOf(version, "") : [];
}

function warningsOf(version: NexusVersion, from: string): string[] {
  const affecting = ADVISORIES.filter(
    ({ since, mended }) => !isBefore(version, since) && isBefore(version, mended),
  );
  return affecting.map(
    ({ number, mended, what }) =>
      `Nexus ${version.text}${from} has the vulnerability ${number}: ${what}. ` +
      `Mended in ${mended}; Berth's default is ${NEXUS_IMAGE}.`,
  );
}
