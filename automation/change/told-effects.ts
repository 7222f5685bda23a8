import { CONTAINER_TYPE } from "../../components/docker/resource-types";
import { EDGE_GRACE } from "../../components/edge/software/places";
import type { AppSettings } from "../../components/settings/app-settings";
import type { Settings } from "../../components/settings/settings";
import type { StackState } from "../engine/stack-state";
import type { PlannedChange, ReleaseChange } from "./model/change";

/** What an update does to those who use what is there, as far as that is decided before. */
export interface Effects {
  /** Commands that run once for their release, a sentence each. */
  readonly runsOnce: readonly string[];
  /** What is not there for a while, or for good, a sentence each. Undefined where it isn't known that there is no more. */
  readonly interrupts?: readonly string[];
}

type Planned = Pick<PlannedChange, "urn" | "type" | "name" | "what" | "operation">;

/** Of a proxy: `main-edge-a`, one of the pair, or `main-edge-8080`, a door. */
const OF_EDGE = /\$berth:edge:EdgeProxy\$.*::(.+)-edge-(?:[ab]|(\d+))$/;

/** Components and resources that change without a failed request: that is what Berth is for (docs/safety.md). */
const UNNOTICED = [
  /\bberth:(app:(AppDeployment|AppImage|ServerHost)|registry:Republish)\b/,
  /^pulumi-nodejs:dynamic\/registry:/,
  /^pulumi:(providers:|pulumi:Stack$)/,
];
const RELEASE_COMMAND = "pulumi-nodejs:dynamic/deploy:ReleaseCommand";

export function toldEffects(
  resources: readonly Planned[],
  { apps }: Pick<Settings, "apps">,
  before: Pick<StackState, "resources">,
): Effects {
  const touched = resources.filter(({ operation }) => operation !== "create" && operation !== "import");
  const interrupts = [...new Set(touched.flatMap(interruption))]; // a pair of edges is one
  const isKnown = interrupts.length > 0 || (touched.length > 0 && touched.every(isUnnoticed));
  return { runsOnce: commandsOnce(resources, apps, before), ...(isKnown && { interrupts }) };
}

/** Where each release is to run: its servers, and the clusters' files. */
export function withPlaces(
  releases: readonly ReleaseChange[],
  apps: readonly Pick<AppSettings, "name" | "servers">[],
): ReleaseChange[] {
  return releases.map((release) => {
    const where = apps.find(({ name }) => name === release.app)?.servers ?? [];
    return release.after && where.length > 0 ? { ...release, where } : release;
  });
}

function interruption({ urn, type, operation, name, what = name }: Planned): string[] {
  if (type !== CONTAINER_TYPE) return [];
  if (operation === "delete") return [`${what}: it ends, and nothing comes in its place`];
  if (operation !== "replace") return [];
  if (urn.endsWith("::nexus-container"))
    return ["Nexus, until its new container is ready: nothing is pushed or pulled meanwhile; apps serve on"];
  const [, host, port] = OF_EDGE.exec(urn) ?? [];
  if (host === undefined) return [];
  const isNexus = urn.includes("berth:nexus:NexusHost$"); // a server may have that name, too
  return [ofEdge(isNexus ? "Nexus" : host, isNexus ? "to Nexus" : `to apps on ${host}`, port)];
}

/**
 * Of a pair that is replaced, the old ones get no new request and EDGE_GRACE seconds for those that they have. nginx counts a
 * websocket among these, Caddy doesn't. A port can't be at two doors at once.
 */
function ofEdge(host: string, where: string, port: string | undefined): string {
  if (port !== undefined) return `port ${port} of ${host}, until its new door has it`;
  return `websockets ${where}, and requests there that take longer than ${EDGE_GRACE} s: they end`;
}

function isUnnoticed({ urn, type }: Planned): boolean {
  const within = urn.split("::").at(-2) ?? "";
  return UNNOTICED.some((one) => one.test(within) || one.test(type));
}

/** Not those that have run for their release: a rollback runs none again. */
function commandsOnce(
  resources: readonly Planned[],
  apps: readonly Pick<AppSettings, "name" | "releaseCommand" | "release">[],
  { resources: state }: Pick<StackState, "resources">,
): string[] {
  const commands = resources.filter(
    ({ type, operation }) => type === RELEASE_COMMAND && operation !== "delete",
  );
  return commands.flatMap(({ urn, name }) => {
    const app = apps.find((one) => `${one.name}-release` === name);
    if (!app?.releaseCommand) return [];
    const done = state.find((one) => one.urn === urn)?.outputs?.["done"];
    const digest = app.release?.digest;
    if (digest !== undefined && Array.isArray(done) && done.some((image) => String(image).endsWith(digest)))
      return [];
    return [`${app.name}: ${app.releaseCommand.join(" ")}, before anything is replaced`];
  });
}
