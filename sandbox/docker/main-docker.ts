import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyFolder, mountsBelow } from "../lib/mounts";
import { type Places, pidFile } from "../lib/places";
import { readLiveProcess } from "../lib/process-file";
import { runCommand } from "../lib/run-command";
import { SandboxError } from "../lib/sandbox-error";
import { startService } from "../lib/service";
import { chosenSocket, standardSocket, whyNoAnswer } from "./client";

/** Of the service, where the sandbox itself runs the main Docker. */
export const mainDockerService = "dockerd";

export interface MainDocker {
  socket: string;
  /** Whether the sandbox started it (and stops it again). */
  isOwn: boolean;
}

/** The Docker of this machine where one answers. */
export async function findDocker(places: Places): Promise<MainDocker | undefined> {
  const candidates = [...new Set([standardSocket, chosenSocket()])];
  for (const socket of candidates) {
    if ((await whyNoAnswer(socket)) === undefined) return { socket, isOwn: isOwnRunning(places) };
  }
  return undefined;
}

/** Starts a Docker for the machine. It outlives this process, until `down`. */
export async function startDocker(places: Places): Promise<MainDocker> {
  await ensureCgroups();
  for (const folder of [places.home, places.run]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(ownMarker(places), "");
  const execRoot = join(places.run, "docker-exec");
  const dockerdPid = join(execRoot, "docker.pid");
  await startService(places, {
    name: mainDockerService,
    command: "dockerd",
    args: ["--exec-root", execRoot, "--pidfile", dockerdPid, "--host", `unix://${standardSocket}`],
    prepare: () => emptyFolder(execRoot),
    isReady: async () => (await whyNoAnswer(standardSocket)) === undefined,
    readyTimeoutMs: 60_000,
    graceMs: 30_000,
  });
  return { socket: standardSocket, isOwn: true };
}

/** Whether the sandbox once started the main Docker, running or not. */
export const wasOwn = (places: Places) => existsSync(ownMarker(places));

const ownMarker = (places: Places) => join(places.home, "own-docker");

const isOwnRunning = (places: Places) => readLiveProcess(pidFile(places, mainDockerService)) !== undefined;

/** Without systemd nobody may have mounted them; containers cannot be without. */
async function ensureCgroups(): Promise<void> {
  const mounted = mountsBelow("/sys/fs/cgroup", readFileSync("/proc/self/mountinfo", "utf8"));
  if (mounted.length > 0) return;
  const result = await runCommand("mount", ["-t", "cgroup2", "cgroup2", "/sys/fs/cgroup"]);
  if (result.code === 0) return;
  throw new SandboxError(
    `no Docker can run here: this machine has no cgroups and mounting them failed (${result.stderr.trim()}). ` +
      "Run the sandbox on a Linux machine or virtual machine as root, or in a privileged container",
  );
}
