import { dockerHost, lastLogLines } from "../docker/docker-host";
import { atMost } from "../values/at-most";

/** Docker host and container of a Nexus; no host where it isn't ours. */
export interface NexusLog {
  readonly docker?: string | undefined;
  readonly container?: string | undefined;
}

const LINES = 200;
/** Milliseconds for its Docker to hand it out: a preview of a merge request may have no way to it. */
const PATIENCE_MS = 5_000;

/**
 * What Nexus's own log says about its last look at the upstream registry: it turns an upstream's "too many requests", and one that is
 * down, into "manifest unknown".
 */
export async function whyUnknown(nexus: NexusLog, repository: string): Promise<string> {
  const log = await logOf(nexus);
  if (log === undefined)
    return "Nexus and the registries behind it don't have it, or don't hand it out. Nexus's own log says what an upstream answered.";
  const about = log.split("\n").filter((line) => line.includes(repository));
  if (about.some((line) => /\b429\b|toomanyrequests/i.test(line))) {
    return (
      "the upstream registry answered 429, its limit of pulls is used up. Log in there: set " +
      "berth:nexus.repositories.hub.username and .password, or wait (Docker Hub counts by the hour)."
    );
  }
  const last = about.at(-1);
  return last
    ? `Nexus's log says: ${last.trim().slice(0, 300)}`
    : "Nexus and the registries behind it don't have it. Is its name spelt as there, with library/ for Docker Hub's own?";
}

/** Undefined where it can't be read: that something isn't to be had is to be said all the same. */
async function logOf({ docker, container }: NexusLog): Promise<string | undefined> {
  if (docker === undefined || container === undefined) return undefined;
  try {
    return await atMost(
      lastLogLines(dockerHost(docker).getContainer(container), LINES),
      PATIENCE_MS,
      undefined,
    );
  } catch {
    return undefined;
  }
}
