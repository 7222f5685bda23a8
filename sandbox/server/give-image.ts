import type Docker from "dockerode";
import { followStream, imageIfAny } from "../docker/client";

/**
 * Puts an image of the main Docker into the server's, as it is, unless it is there already. What it had under that name
 * goes, unless it is in use.
 * @returns whether it had to be sent
 */
export async function giveImage(main: Docker, server: Docker, name: string): Promise<boolean> {
  const [wanted, there] = [await main.getImage(name).inspect(), await imageIfAny(server, name)];
  if (there?.Id === wanted.Id) return false;
  const archive = await main.getImage(name).get();
  await followStream(server, await server.loadImage(archive));
  const old = there && server.getImage(there.Id);
  await old?.remove().catch((error: { statusCode?: number }) => {
    if (error.statusCode !== 409) throw error;
  });
  return true;
}
