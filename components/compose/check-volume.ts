import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { isBefore, nexusVersion } from "../settings/nexus/nexus-version";
import { messageOf } from "../values/error-facts";

/** As Nexus's log begins each start: `Started Sonatype Nexus OSS 3.71.0-06`. */
const STARTED = /Started Sonatype Nexus \S+ (\d+\.\d+\.\d+)/g;

/** Nexus of this version and later has no OrientDB any more. */
const WITHOUT_ORIENT = "3.71.0";

/**
 * What keeps this image's Nexus from using a volume, undefined where nothing is known to; and what a person should know of it.
 * Nexus migrates what an older one has left, and can't read what a newer one has.
 */
export function checkVolume(data: string, image: string): { refusal?: string; notice?: string } {
  const mine = nexusVersion(image);
  if (mine === undefined || !existsSync(join(data, "db"))) return {};
  const last = lastVersion(join(data, "log"));
  const back = last !== undefined && isBefore(mine, last);
  if (back)
    return {
      refusal:
        `The volume was last used by Nexus ${last}, and ${image} is older: it can't read what that has written. ` +
        `Set berth:nexus.image to ${last} or newer and write the compose file again, or give it another volume.`,
    };
  const isOrient = existsSync(join(data, "db", "component")) && !existsSync(join(data, "db", "nexus.mv.db"));
  if (isOrient && !isBefore(mine, WITHOUT_ORIENT))
    return {
      refusal:
        `The volume holds an OrientDB database, which Nexus reads up to 3.70 only, and ${image} is newer. ` +
        "Set berth:nexus.image to sonatype/nexus3:3.70.4, migrate to H2 there with Sonatype's database migrator, then come back.",
    };
  const isUpgrade = last !== undefined && nexusVersion(`nexus3:${last}`)?.text !== mine.text;
  if (!isUpgrade) return {};
  return {
    notice: `Nexus ${last} has left this volume, and ${mine.text} migrates it: there is no way back but a backup.`,
  };
}

/** The version of the last start that the logs tell, newest log first; undefined where none of them does. */
function lastVersion(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const dated = readdirSync(folder).filter((name) => /^nexus-\d{4}-\d\d-\d\d\.log(\.gz)?$/.test(name));
  for (const name of ["nexus.log", ...dated.sort().reverse()]) {
    const version = [...logText(join(folder, name)).matchAll(STARTED)].at(-1)?.[1];
    if (version !== undefined) return version;
  }
  return undefined;
}

function logText(file: string): string {
  if (!existsSync(file)) return "";
  const bytes = readFileSync(file);
  return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

/** A log that can't be read tells nothing, and is no reason not to start. */
export function checkedVolume(data: string, image: string): { refusal?: string; notice?: string } {
  try {
    return checkVolume(data, image);
  } catch (error) {
    return { notice: `Which Nexus has left this volume can't be told: ${messageOf(error)}` };
  }
}
