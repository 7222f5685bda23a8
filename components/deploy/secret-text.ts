import { basename } from "node:path/posix";
import type Docker from "dockerode";
import { getFiles } from "../docker/idle-container";
import { Secrets } from "../http/secrets";

/** Where a container finds its secrets, one file each. */
export const SECRETS_FOLDER = "/run/secrets";

/** Stands where a text can't be shown. */
export const NOT_SHOWN = "(not shown: it might hold secrets, which could not be read to leave them out)";

/**
 * Takes the values of a container's secret files out of a text, in whatever form; undefined where they can't be read, so that nobody
 * shows what may hold them.
 */
export async function secretHider(
  container: Docker.Container,
): Promise<((text: string) => string) | undefined> {
  const secrets = new Secrets();
  try {
    const files = await getFiles(container, SECRETS_FOLDER);
    // A name that begins with a dot is no secret's, but Berth's own program beside them.
    const values = [...(files ?? [])].filter(([name]) => !basename(name).startsWith("."));
    secrets.keep(...values.map(([, content]) => String(content)));
  } catch {
    return undefined;
  }
  return (text) => secrets.scrub(text, "[secret]");
}
