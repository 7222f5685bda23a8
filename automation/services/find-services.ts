import type { ContainerInfo } from "dockerode";
import { PROCESS_LABEL, RUN_LABEL } from "../../components/base/stack-identity";
import { drainsUntil, hasDrained } from "../../components/deploy/processes/draining";
import { dockerHosts, type Settings } from "../../components/settings/settings";
import type { StackState } from "../engine/stack-state";
import { expectedServices } from "./expected-services";
import { labelledName, type Naming, type PresentName, presentNaming } from "./present-names";
import type { Draining, ExpectedService, Service, ServiceContainer, ServiceState } from "./service";
import { servingContainer } from "./serving-container";
import { type HostAnswer, stackContainers } from "./stack-containers";

/** Every service of a stack, in the order of the settings, as the Docker hosts have it now. @param state tells what is ours */
export async function findServices(state: StackState, settings: Settings): Promise<Service[]> {
  const answers = await stackContainers(state, dockerHosts(settings));
  return servicesOf(expectedServices(settings), answers, presentNaming(state, settings));
}

/**
 * The services that are wanted, and those that are there besides: of an app that left the settings, of an interrupted run.
 * @param naming what a container is
 */
export async function servicesOf(
  expected: readonly ExpectedService[],
  answers: readonly HostAnswer[],
  naming: Naming = labelledName,
): Promise<Service[]> {
  const found = answers.flatMap(({ docker, containers }) =>
    containers.flatMap((container) => {
      const service = serviceOf(naming(container), docker, expected);
      return service ? [{ service, container }] : [];
    }),
  );
  const all = expected.filter((one) => !isOldEdges(one, found));
  for (const { service } of found) if (!all.some((known) => isSame(known, service))) all.push(service);
  return Promise.all(
    all.map(async (service): Promise<Service> => {
      const theirs = found.filter((one) => isSame(one.service, service)).map(({ container }) => container);
      const problem = answers.find(({ docker }) => docker === service.docker)?.problem;
      const edge = edgeOf(service, answers, naming);
      const runs = runsOf(service, answers, naming);
      const isWanted = expected.includes(service);
      const how = await told(service, theirs, { problem, edge, isWanted });
      return { ...how, ...(runs.length > 0 && { runs }) };
    }),
  );
}

interface Around {
  readonly problem: string | undefined;
  /** Of its server. */
  readonly edge: string | undefined;
  /** By the settings. */
  readonly isWanted: boolean;
}

async function told(
  service: ExpectedService,
  containers: readonly ContainerInfo[],
  { problem, edge, isWanted }: Around,
): Promise<Service> {
  if (problem !== undefined) return { ...service, state: "unreachable", idle: [], problem };
  const drains = containers.flatMap(drainingOf);
  const working = containers.filter((one) => drainsUntil(one) === undefined);
  const known = { ...service, ...(drains.length > 0 && { drains }) };
  const serving = await servingContainer(service, working, edge);
  if (!serving) return { ...known, state: isWanted ? "missing" : "draining", idle: [] };
  const others = working.filter((one) => one !== serving);
  const what = { ...known, state: stateOf(serving), container: containerOf(serving) };
  if (isEdge(service)) return { ...what, idle: [], spares: others.map(({ Id }) => Id) };
  const newer = others.filter(({ Created }) => Created >= serving.Created).map(nameOf);
  return { ...what, idle: others.map(nameOf), ...(newer.length > 0 && { newer }) };
}

type Found = { readonly service: ExpectedService; readonly container: ContainerInfo };

/** An edge of a version before doors publishes its ports itself: nobody misses a door there. */
function isOldEdges({ name, docker, door }: ExpectedService, found: readonly Found[]): boolean {
  if (door === undefined || found.some(({ service }) => isSame(service, { name, docker }))) return false;
  return found.some(
    ({ service, container }) =>
      service.docker === docker &&
      service.name === name.replace(/-\d+$/, "") &&
      container.Ports.some(({ PublicPort }) => PublicPort === door),
  );
}

/** The edge proxy of the service's server, which knows where an app's requests go. */
function edgeOf(
  { docker, server }: ExpectedService,
  answers: readonly HostAnswer[],
  naming: Naming,
): string | undefined {
  const there = answers.find((answer) => answer.docker === docker)?.containers ?? [];
  const edges = there.filter((one) => plainResource(naming(one)) === `${server}-edge`);
  return (edges.find(({ State }) => State === "running") ?? edges[0])?.Id;
}

/** The commands by hand beside an app or a process. */
function runsOf(
  { docker, app, process, server }: ExpectedService,
  answers: readonly HostAnswer[],
  naming: Naming,
) {
  const there = answers.find((answer) => answer.docker === docker)?.containers ?? [];
  const isOne = ({ Labels }: ContainerInfo) =>
    app !== undefined && Labels[RUN_LABEL] !== undefined && Labels[PROCESS_LABEL] === process;
  return there.filter((one) => isOne(one) && naming(one).resource === `${app}-${server}-run`).map(nameOf);
}

/** Which service a container is one of; undefined for what serves nobody, as a container that only fills a volume. */
function serviceOf(
  present: PresentName,
  docker: string,
  expected: readonly ExpectedService[],
): ExpectedService | undefined {
  const { resource, app, process } = present;
  const name = plainResource(present);
  if (!/-container$|-edge(-[ab]|-\d+)?$/.test(resource)) return undefined;
  if (app === undefined) {
    const { server, door } = expected.find((one) => one.name === name) ?? {};
    return { name, docker, ...(server && { server }), ...(door && { door }) };
  }
  const end = process === undefined ? "" : `-${process}`;
  const place = name.endsWith(end) ? name.slice(0, name.length - end.length) : name;
  const server = place.startsWith(`${app}-`) ? place.slice(app.length + 1) : place;
  const service = { name: `${server}/${app}`, docker, app, server };
  return process === undefined ? service : { ...service, name: `${service.name}/${process}`, process };
}

/** `blog-main-container` → `blog-main`, `main-edge-a` → `main-edge`, `main-edge-8080` as it is. */
function plainResource({ resource }: PresentName): string {
  return resource.replace(/-container$/, "").replace(/-edge-[ab]$/, "-edge");
}

/** One of several containers, of which one is active. */
function isEdge({ name, app, door }: ExpectedService): boolean {
  return app === undefined && door === undefined && name.endsWith("-edge");
}

function drainingOf(info: ContainerInfo): Draining[] {
  const until = drainsUntil(info);
  return until === undefined ? [] : [{ name: nameOf(info), until, ended: hasDrained(info) }];
}

const isSame = (one: ExpectedService, other: ExpectedService) =>
  one.name === other.name && one.docker === other.docker;

function containerOf(info: ContainerInfo): ServiceContainer {
  const published = info.Ports.filter(({ PublicPort, IP }) => PublicPort && !IP?.includes(":"));
  return {
    id: info.Id,
    name: nameOf(info),
    image: info.Image,
    created: new Date(info.Created * 1000),
    status: info.Status,
    ports: [...new Set(published.map(({ IP, PublicPort }) => `${IP}:${PublicPort}`))].sort(),
  };
}

/** The engine's list of a container's words, and the health that Docker puts in parentheses behind them. */
export function stateOf({ State, Status }: Pick<ContainerInfo, "State" | "Status">): ServiceState {
  if (State === "restarting" || State === "paused") return State;
  if (State !== "running") return "stopped";
  if (Status.includes("(unhealthy)")) return "unhealthy";
  return Status.includes("(health: starting)") ? "starting" : "running";
}

export function nameOf({ Names, Id }: Pick<ContainerInfo, "Names" | "Id">): string {
  return Names[0]?.replace(/^\//, "") ?? Id.slice(0, 12);
}
