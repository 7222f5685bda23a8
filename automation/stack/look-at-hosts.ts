import type { ContainerInfo } from "dockerode";
import { hasDrained } from "../../components/deploy/processes/draining";
import { dockerHost } from "../../components/docker/docker-host";
import { CONTAINER_TYPE } from "../../components/docker/resource-types";
import { messageOf } from "../../components/values/error-facts";
import { isJsonObject } from "../../components/values/json-object";
import { type KnownNames, knownNames, resourceName, resourcePhrase } from "../engine/resource-words";
import { addressOf, type StackState, type StateResource } from "../engine/stack-state";

/** A container that the last update left running, and that doesn't run. */
export interface Fallen {
  readonly urn: string;
  /** Of its resource: `nexus-container`. */
  readonly name: string;
  /** In the middle of a sentence: `container of Nexus`. */
  readonly phrase: string;
  readonly docker: string;
  readonly id: string;
  /** Somebody removed it, or stopped it, or it ended by itself. */
  readonly state: "gone" | "stopped";
  /** It was to be replaced by an update that failed, and is what serves still. */
  readonly outgoing: boolean;
}

/** A Docker host that could not be asked. */
export interface Silent {
  readonly docker: string;
  readonly problem: string;
}

/** A container of a process of a release before, which has ended (or should have) and is still there. */
export interface Drained {
  readonly docker: string;
  readonly id: string;
  /** The container's. */
  readonly name: string;
}

export interface Look {
  readonly fallen: readonly Fallen[];
  readonly drained: readonly Drained[];
  readonly silent: readonly Silent[];
}

const TRAFFIC_TYPE = "pulumi-nodejs:dynamic/deploy:Traffic";
/** Milliseconds: whoever drops packets keeps nobody waiting. */
const PATIENCE_MS = 10_000;

/** What of a stack's containers doesn't run: one list call for each Docker host, whatever the engine and Nexus do. */
export async function lookAtHosts(state: StackState): Promise<Look> {
  const wanted = shouldRun(state).map((resource) => ({
    resource,
    docker: addressOf(state.providerOf(resource)),
  }));
  const names = knownNames(state);
  const hosts = [...new Set(wanted.map(({ docker }) => docker))];
  const looks = await Promise.all(
    hosts.map((docker) =>
      lookAt(
        docker,
        wanted.filter((one) => one.docker === docker).map(({ resource }) => resource),
        { state, names },
      ),
    ),
  );
  return {
    fallen: looks.flatMap(({ fallen }) => fallen),
    drained: looks.flatMap(({ drained }) => drained),
    silent: looks.flatMap(({ silent }) => silent),
  };
}

/**
 * Not one that a replacement has yet to delete, unless it serves still, as the update failed: then not the one which was to serve in
 * its place.
 */
function shouldRun(state: StackState): StateResource[] {
  const serving = servingNames(state);
  const containers = state.resources.filter(({ type, id }) => type === CONTAINER_TYPE && id !== undefined);
  const outgoing = containers.filter((one) => {
    const name = one.outputs?.["name"];
    return one.delete === true && serving.has(`${addressOf(state.providerOf(one))} ${name}`);
  });
  const replaced = new Set(outgoing.map(({ urn }) => urn));
  return [...containers.filter((one) => one.delete !== true && !replaced.has(one.urn)), ...outgoing];
}

/** Docker host and name of each container to which the last update that succeeded moved an app's traffic, and of each process with it. */
function servingNames({ resources }: StackState): ReadonlySet<string> {
  const moved = resources.filter(({ type, delete: goes }) => type === TRAFFIC_TYPE && goes !== true);
  const targets = moved.flatMap(({ outputs = {} }) => [outputs["servers"], outputs["processes"]]);
  return new Set(
    targets
      .flat()
      .filter(isJsonObject)
      .map(({ docker, container }) => `${docker} ${container}`),
  );
}

interface Known {
  readonly state: StackState;
  readonly names: KnownNames;
}

async function lookAt(
  docker: string,
  wanted: readonly StateResource[],
  { state, names }: Known,
): Promise<Look> {
  const abortSignal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const containers = await dockerHost(docker).listContainers({ all: true, abortSignal });
    const drained = containers
      .filter((one) => hasDrained(one) && state.carriesIdentity(one.Labels))
      .map(({ Id: id, Names }) => ({ docker, id, name: Names[0]!.slice(1) })); // drained ones have a name
    return {
      fallen: wanted.flatMap((resource) => fallen(resource, docker, containers, names)),
      drained,
      silent: [],
    };
  } catch (error) {
    const problem = abortSignal.aborted ? `no answer in ${PATIENCE_MS / 1000} s` : messageOf(error);
    return { fallen: [], drained: [], silent: [{ docker, problem }] };
  }
}

function fallen(
  resource: StateResource,
  docker: string,
  there: readonly ContainerInfo[],
  names: KnownNames,
): Fallen[] {
  const { urn, id } = resource;
  const container = there.find(({ Id }) => Id === id);
  const runs = container && ["running", "restarting", "paused"].includes(container.State);
  if (runs) return [];
  const told = { urn, name: resourceName(urn), phrase: resourcePhrase(urn, names) };
  const state = container ? "stopped" : "gone";
  return [{ ...told, docker, id: id!, state, outgoing: resource.delete === true }];
}

/** That a host was left out of the look, and why. */
export function silentText({ docker, problem }: Silent): string {
  return `Could not look whether everything runs on ${docker}: ${problem}`;
}

/** `container of Nexus (unix:///…) is gone`. */
export function fallenText({ phrase, docker, state, outgoing }: Fallen): string {
  const what = outgoing ? ", which serves as the last update failed," : "";
  return `${phrase} (${docker})${what} is ${state}`;
}
