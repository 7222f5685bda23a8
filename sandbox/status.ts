import { existsSync } from "node:fs";
import { join } from "node:path";
import { dockerAt, imageIfAny, whyNoAnswer } from "./docker/client";
import { findDocker, mainDockerService } from "./docker/main-docker";
import { isGitlab } from "./gitlab/start";
import { isUpstream } from "./images/base-images";
import { recipes } from "./images/recipes";
import { isRegistry } from "./lib/distribution";
import { isListening } from "./lib/listening";
import { type Places, pidFile, serverSocket } from "./lib/places";
import { readLiveProcess } from "./lib/process-file";
import { SandboxError } from "./lib/sandbox-error";
import { textTable } from "./lib/text-table";
import { partsTable, sandboxParts } from "./parts";
import { pulumiBin, pulumiPlaces } from "./pulumi/install/pulumi-places";
import { isShared } from "./server/start";

export interface StandIn {
  name: string;
  state: "up" | "down";
  address: string;
  pid?: number;
  /** What a person should know of it. */
  note?: string;
}

/** Every stand-in with its state, in the order in which the pipeline meets them. */
export async function sandboxStatus(places: Places): Promise<StandIn[]> {
  if (process.getuid?.() !== 0) throw new SandboxError("the sandbox belongs to root: run this as root");
  const { ports } = places;
  const main = await findDocker(places);
  const standIn = (
    name: string,
    service: string,
    isUp: boolean,
    address: string,
    note?: string,
  ): StandIn => ({
    name,
    state: isUp ? "up" : "down",
    address,
    pid: readLiveProcess(pidFile(places, service))?.pid,
    note,
  });
  const mainNote = main && !main.isOwn ? "this machine's, not started by the sandbox" : undefined;
  return [
    standIn("Docker", mainDockerService, main !== undefined, `unix://${main?.socket ?? ""}`, mainNote),
    standIn("GitLab", "gitlab", await isGitlab(ports.gitlab), `http://127.0.0.1:${ports.gitlab}`),
    standIn(
      "GitLab registry",
      "gitlab-registry",
      await isRegistry(ports.gitlabRegistry),
      `127.0.0.1:${ports.gitlabRegistry}`,
    ),
    standIn(
      "base image registry",
      "upstream",
      await isRegistry(ports.upstream),
      `127.0.0.1:${ports.upstream}`,
    ),
    pulumiState(places),
    ...(await imageStates(places, main?.socket)),
    await serverState(places, standIn),
    relayState(places, standIn),
  ];
}

/** Prints what runs, and what of it all is real; gives the exit code. */
export async function printStatus(places: Places, json: boolean): Promise<number> {
  const services = await sandboxStatus(places);
  const parts = sandboxParts(places);
  const said = json
    ? `${JSON.stringify({ parts, services }, null, 2)}\n`
    : `${partsTable(parts)}\n${table(services)}`;
  process.stdout.write(said);
  return services.every((one) => one.state === "up") ? 0 : 3;
}

function pulumiState(places: Places): StandIn {
  const address = join(pulumiBin(pulumiPlaces(places)), "pulumi");
  return { name: "Pulumi", state: existsSync(address) ? "up" : "down", address };
}

type MakeStandIn = (name: string, service: string, isUp: boolean, address: string, note?: string) => StandIn;

async function serverState(places: Places, standIn: MakeStandIn): Promise<StandIn> {
  const socket = serverSocket(places);
  const isUp = (await whyNoAnswer(socket)) === undefined;
  const note = isShared(places) ? "the same Docker: no network namespace can be made here" : undefined;
  return standIn("server", "server", isUp, `unix://${socket}`, note);
}

function relayState(places: Places, standIn: MakeStandIn): StandIn {
  const { ports, server } = places;
  const isUp = isShared(places)
    ? readLiveProcess(pidFile(places, "relays")) !== undefined
    : isListening(ports.app, "127.0.0.1") && isListening(ports.gitlabRegistry, server.hostAddress);
  return standIn("relays", "relays", isUp, `127.0.0.1:${ports.app} → server`);
}

async function imageStates(places: Places, socket: string | undefined): Promise<StandIn[]> {
  const nexus = `${places.imagePrefix}/nexus3:3.71.0`;
  const hasNexus = socket !== undefined && (await imageIfAny(dockerAt(socket), nexus)) !== undefined;
  const bases = await Promise.all(
    recipes.map(async (recipe) => ({
      name: "base image",
      state: (await isUpstreamNow(places, recipe)) ? ("up" as const) : ("down" as const),
      address: `127.0.0.1:${places.ports.upstream}/${recipe.repository}:${recipe.tag}`,
    })),
  );
  return [{ name: "Nexus image", state: hasNexus ? "up" : "down", address: nexus }, ...bases];
}

async function isUpstreamNow(places: Places, recipe: (typeof recipes)[number]): Promise<boolean> {
  return (await isRegistry(places.ports.upstream)) && isUpstream(places, recipe);
}

function table(status: StandIn[]): string {
  return textTable(
    status.map((one) => [one.name, one.state, one.address, one.pid ? `pid ${one.pid}` : "", one.note ?? ""]),
  );
}
