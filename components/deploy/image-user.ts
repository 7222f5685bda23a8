import type Docker from "dockerode";
import { getFiles } from "../docker/idle-container";

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Numbers of the user that a container runs as: `""` (root), `user`, `user:group`, names or numbers; names are those of
 * the image. As Docker does it: without a group the user's own, and root's for a number that the image has no name for.
 * @throws Error naming what the image doesn't know
 */
export async function ownerOf(container: Docker.Container, wanted: string): Promise<Owner> {
  const [user = "", group] = (wanted || "0").split(":");
  const known = (await linesOf(container, "passwd")).find(([name, , id]) => name === user || id === user);
  const uid = numberOf(user) ?? numberOf(known?.[2]);
  if (uid === undefined) throw unknown(wanted, `user ${user}`, "/etc/passwd");
  if (group === undefined) return { uid, gid: numberOf(known?.[3]) ?? 0 };
  const groups = numberOf(group) === undefined ? await linesOf(container, "group") : [];
  const gid = numberOf(group) ?? numberOf(groups.find(([name]) => name === group)?.[2]);
  if (gid === undefined) throw unknown(wanted, `group ${group}`, "/etc/group");
  return { uid, gid };
}

async function linesOf(container: Docker.Container, file: "passwd" | "group"): Promise<string[][]> {
  const text = (await getFiles(container, `/etc/${file}`))?.get(file)?.toString() ?? "";
  return text.split("\n").map((line) => line.split(":"));
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function unknown(wanted: string, what: string, file: string): Error {
  return new Error(
    `the image runs as "${wanted}" and its ${file} has no ${what}: set the app's \`user\` to numbers`,
  );
}
