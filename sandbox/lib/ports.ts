import { holderOf } from "./listening";
import type { Places } from "./places";
import { SandboxError } from "./sandbox-error";
import { isOwnProcess } from "./service";

interface PortUse {
  port: number;
  purpose: string;
  /** Published by a container once the stack is up. */
  byDocker?: boolean;
}

export function portUses({ ports }: Places): PortUse[] {
  return [
    { port: ports.nexus, purpose: "Nexus", byDocker: true },
    { port: ports.nexusHosted, purpose: "Nexus's docker repository for releases", byDocker: true },
    { port: ports.nexusGroup, purpose: "Nexus's docker group", byDocker: true },
    { port: ports.nexusCache, purpose: "Nexus's docker repository for build caches", byDocker: true },
    { port: ports.gitlab, purpose: "GitLab" },
    { port: ports.gitlabRegistry, purpose: "GitLab's registry" },
    { port: ports.upstream, purpose: "the registry of base images" },
    { port: ports.app, purpose: "the app on the server", byDocker: true },
  ];
}

/** Fails with every port that somebody else holds, before anything is started. */
export function refuseTakenPorts(places: Places): void {
  const taken = portUses(places)
    .map((use) => ({ use, holder: holderOf(use.port) }))
    .filter(({ use, holder }) => holder && !isExpected(places, use, holder))
    .map(
      ({ use, holder }) => `127.0.0.1:${use.port} (for ${use.purpose}) is held by ${describe(holder ?? {})}`,
    );
  if (taken.length === 0) return;
  throw new SandboxError(`ports are taken, end what holds them and try again:\n  ${taken.join("\n  ")}`);
}

function isExpected(places: Places, use: PortUse, holder: { pid?: number; command?: string }): boolean {
  if (holder.pid !== undefined && isOwnProcess(places, holder.pid)) return true;
  return use.byDocker === true && holder.command === "docker-proxy";
}

function describe({ pid, command }: { pid?: number; command?: string }): string {
  return pid === undefined
    ? "a process that this user may not see"
    : `${command ?? "a process"} (pid ${pid})`;
}
