import type { ContainerInfo } from "dockerode";
import { dockerHost } from "../../components/docker-host";
import { messageOf } from "../message-of";

/** What one Docker host answered about a stack. */
export interface HostAnswer {
  readonly docker: string;
  /** The stack's containers there, stopped ones too. */
  readonly containers: readonly ContainerInfo[];
  /** Why it could not be asked. */
  readonly problem?: string;
}

/** Milliseconds that a Docker host has to answer: one that drops packets would keep everybody waiting for minutes. */
const PATIENCE_MS = 15_000;

/** The containers of a stack on these Docker hosts, found by their labels. A host that doesn't answer is told, not thrown. */
export function stackContainers(stack: string, hosts: readonly string[]): Promise<HostAnswer[]> {
  return Promise.all(hosts.map((docker) => ask(stack, docker)));
}

async function ask(stack: string, docker: string): Promise<HostAnswer> {
  const filters = { label: ["berth.project=berth", `berth.stack=${stack}`] };
  const abortSignal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const containers = await dockerHost(docker).listContainers({ all: true, filters, abortSignal });
    return { docker, containers };
  } catch (error) {
    const problem = abortSignal.aborted ? `no answer in ${PATIENCE_MS / 1000} s` : messageOf(error);
    return { docker, containers: [], problem };
  }
}
