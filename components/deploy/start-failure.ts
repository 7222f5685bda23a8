import type Docker from "dockerode";

/** Said by what starts a container's program (runc, older and newer), and not by a program that starts another one. */
const STARTER = String.raw`^(?:exec \S.*|standard_init_linux\.go:\d+: exec user process caused(?: "exec)?.*)`;
const WRONG_FORMAT = new RegExp(`${STARTER}: exec format error`, "m");
const MISSING = new RegExp(`${STARTER}: no such file or directory|executable file not found`, "m");
const FORBIDDEN = new RegExp(`${STARTER}: permission denied|unable to start .*: permission denied`, "m");

/**
 * Why a container's program could not be started, and what to do; undefined where it could, or nothing is known.
 * @param log its last lines
 */
export async function startFailure(
  docker: Docker,
  { Image, State }: Pick<Docker.ContainerInspectInfo, "Image" | "State">,
  log: string,
): Promise<string | undefined> {
  const said = `${State.Error ?? ""}\n${log}`;
  if (WRONG_FORMAT.test(said)) return wrongFormat(docker, Image);
  if (MISSING.test(said))
    return "Its program isn't in the image, or it is a script whose first line names a program that isn't (with Windows line ends, too).";
  if (FORBIDDEN.test(said)) return "Its program may not be executed: have the Dockerfile chmod +x it.";
  return undefined;
}

async function wrongFormat(docker: Docker, image: string): Promise<string> {
  // Where Docker doesn't tell, what it would have told is left out: the failure itself is what counts.
  const about = await Promise.all([docker.getImage(image).inspect(), docker.version()]).catch(
    () => undefined,
  );
  if (about === undefined || about[0].Architecture === about[1].Arch)
    return "Its program is for another kind of machine, or it is a script whose first line names no program (#!/bin/sh).";
  const [{ Os, Architecture }, server] = about;
  return `The image is for ${Os}/${Architecture}, this server is ${server.Arch}: it takes one for ${server.Os}/${server.Arch}.`;
}
