import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { dockerAt, standardSocket, whyNoAnswer } from "./docker/client";
import { findDocker, type MainDocker, mainDockerService, startDocker, wasOwn } from "./docker/main-docker";
import { removeImages } from "./docker/remove-images";
import { foreignContainers, removeOwned } from "./docker/remove-owned";
import { locked } from "./lib/lock";
import { removeTree } from "./lib/mounts";
import { cacheDir, type Places, passphraseFile, serverSocket } from "./lib/places";
import { pathWithSystemFolders } from "./lib/requirements";
import { runCommand } from "./lib/run-command";
import { SandboxError } from "./lib/sandbox-error";
import { stopService } from "./lib/service";
import type { Steps } from "./lib/steps";
import { removeOwnPolicy } from "./preflight";
import { removeNamespace } from "./server/namespace";
import { dockerdGraceMs, isShared } from "./server/start";

export interface DownOptions {
  /** Downloads, tarballs and images go as well. */
  purge: boolean;
}

/** Stops and removes everything of the sandbox. What is not there any more is no error: it may have been half up. */
export async function down(places: Places, steps: Steps, options: DownOptions): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new SandboxError("the sandbox must be taken down as root, as it was brought up");
  process.env.PATH = pathWithSystemFolders(process.env.PATH ?? "");
  await locked(places, async () => {
    removeOwnPolicy();
    await stopServer(places, steps);
    await clearMainDocker(places, steps, options);
    await stopServices(places, steps);
    await steps.run("remove files", () => removeFiles(places, steps, options));
  });
  rmSync(places.run, { recursive: true, force: true });
}

async function stopServer(places: Places, steps: Steps): Promise<void> {
  await steps.run("stop the server", async () => {
    const socket = serverSocket(places);
    if (!isShared(places) && (await whyNoAnswer(socket)) === undefined) await endContainers(socket, steps);
    if (await stopService(places, "server", dockerdGraceMs)) steps.note("stopped the server's Docker");
    if (await removeNamespace(places.server))
      steps.note(`removed network namespace ${places.server.namespace}`);
  });
}

/** All of the server's Docker is the sandbox's; its data goes with its folder. */
async function endContainers(socket: string, steps: Steps): Promise<void> {
  const docker = dockerAt(socket);
  const containers = await docker.listContainers({ all: true });
  await Promise.all(containers.map((one) => docker.getContainer(one.Id).remove({ force: true, v: true })));
  for (const { Names } of containers) steps.note(`removed container ${Names[0]?.slice(1)} on the server`);
}

async function clearMainDocker(places: Places, steps: Steps, options: DownOptions): Promise<void> {
  const main = await mainDocker(places);
  if (!main) return;
  await steps.run("clear Docker", async () => {
    const docker = dockerAt(main.socket);
    for (const line of await removeOwned(docker, places)) steps.note(`removed ${line}`);
    const left = await foreignContainers(docker);
    if (left.length > 0)
      steps.note(`left alone, made by Berth for stacks with another state: ${left.join(", ")}`);
    if (options.purge) for (const line of await removeImages(docker, places)) steps.note(line);
  });
}

/** Where the sandbox's own Docker died, its volumes and containers are still on disk: it is started to remove them. */
async function mainDocker(places: Places): Promise<MainDocker | undefined> {
  return (await findDocker(places)) ?? (wasOwn(places) ? startDocker(places) : undefined);
}

async function stopServices(places: Places, steps: Steps): Promise<void> {
  await steps.run("stop services", async () => {
    for (const name of ["relays", "gitlab", "gitlab-registry", "upstream"]) {
      if (await stopService(places, name)) steps.note(`stopped ${name}`);
    }
    if (!wasOwn(places) || !(await stopService(places, mainDockerService, dockerdGraceMs))) return;
    steps.note("stopped the Docker that up started");
    // dockerd leaves its bridge behind; another Docker may use one of that name.
    if ((await whyNoAnswer(standardSocket)) !== undefined)
      await runCommand("ip", ["link", "delete", "docker0"]);
  });
}

async function removeFiles(places: Places, steps: Steps, options: DownOptions): Promise<void> {
  if (!existsSync(places.home)) return;
  // The passphrase stays with the cache: settings files of checkouts hold salts that belong to it.
  const kept = options.purge ? [] : [cacheDir(places), passphraseFile(places)];
  for (const name of readdirSync(places.home).map((entry) => join(places.home, entry))) {
    if (!kept.includes(name) && (await removeTree(name))) steps.note(`removed ${name}`);
  }
  removeIfEmpty(places.home);
  for (const name of readdirSync(places.run).map((entry) => join(places.run, entry))) {
    if (!name.endsWith("lock.pid")) await removeTree(name);
  }
}

/** Stays where it is a volume's mount point. */
function removeIfEmpty(folder: string): void {
  if (readdirSync(folder).length > 0) return;
  try {
    rmdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
  }
}
