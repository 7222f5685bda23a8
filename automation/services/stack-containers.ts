import type { ContainerInfo } from "dockerode";
import { RESOURCE_LABEL } from "../../components/base/stack-identity";
import { dockerHost } from "../../components/docker/docker-host";
import { messageOf } from "../../components/values/error-facts";
import type { StackState } from "../engine/stack-state";

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

/** The stack's own containers on these Docker hosts, none of a neighbour's. A host that doesn't answer is told, not thrown. */
export function stackContainers(state: Owning, hosts: readonly string[]): Promise<HostAnswer[]> {
  return Promise.all(hosts.map((docker) => ask(state, docker)));
}

type Owning = Pick<StackState, "owns">;

async function ask(state: Owning, docker: string): Promise<HostAnswer> {
  const filters = { label: [RESOURCE_LABEL] };
  const abortSignal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const all = await dockerHost(docker).listContainers({ all: true, filters, abortSignal });
    return { docker, containers: all.filter(({ Id, Labels }) => state.owns({ id: Id, labels: Labels })) };
  } catch (error) {
    const problem = abortSignal.aborted ? `no answer in ${PATIENCE_MS / 1000} s` : messageOf(error);
    return { docker, containers: [], problem };
  }
}
