import type Docker from "dockerode";
import { followStream, imageIfAny } from "../docker/client";
import type { Progress } from "../lib/steps";

/** A hub that is there starts to send layers within this time; a network without one may never answer. */
const firstAnswerMs = 8_000;
/** How long nothing may come once layers are on their way. */
const stallMs = 20_000;

/** Pulls an image from the hub and gives it another name. False where the hub cannot be reached. */
export async function pullFromHub(
  docker: Docker,
  source: string,
  name: string,
  progress: Progress,
): Promise<boolean> {
  const had = await imageIfAny(docker, source);
  if (!(await pull(docker, source, progress))) return false;
  const [repo = "", tag] = name.split(":");
  await docker.getImage(source).tag({ repo, tag });
  // Only a name that the pull brought goes again.
  if (!had) await docker.getImage(source).remove({ noprune: true });
  return true;
}

async function pull(docker: Docker, source: string, progress: Progress): Promise<boolean> {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), firstAnswerMs);
  try {
    const [fromImage, tag] = source.split(":");
    const stream = await docker.createImage({ fromImage, tag, abortSignal: abort.signal });
    await followStream(docker, stream, (event) => {
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), stallMs);
      progress(`${event.status ?? ""} ${event.progress ?? ""}`);
    });
    return true;
  } catch {
    // No internet, a limit, a proxy that refuses: whichever it is, the stand-in is made instead.
    return false;
  } finally {
    clearTimeout(timer);
  }
}
