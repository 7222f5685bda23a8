import type { EngineEvent } from "@pulumi/pulumi/automation";
import { VOLUME_TYPE } from "../../components/docker/resource-types";
import {
  describeVolume,
  holdsSomething,
  type VolumeContent,
  volumeContent,
} from "../../components/docker/volume-content";
import { type GuardedVolume, waysOut } from "../../components/docker/volume-guard";
import type { Settings } from "../../components/settings/settings";
import { messageOf } from "../../components/values/error-facts";
import { resourceName } from "../engine/resource-words";
import { addressOf, type StackState, type StateResource } from "../engine/stack-state";
import { CommandError } from "../terminal/exit";

/** A volume that is to be deleted, and what would be lost with it. */
export interface VolumeLoss
  extends Pick<GuardedVolume, "docker" | "volume" | "what" | "allowDataLoss" | "setting"> {
  readonly content: VolumeContent;
  /** Its guard will not let it go: it holds something, and allowDataLoss is not set for it in the state. */
  readonly refused: boolean;
  /** The Docker host on which its app is to go on; the volume isn't deleted, but left behind. */
  readonly movesTo?: string | undefined;
}

const GUARD = "pulumi-nodejs:dynamic/docker:VolumeGuard";

/** Collects from the events of a preview which volumes would be deleted, replaced ones too. */
export class PlannedVolumeDeletions {
  readonly names: string[] = [];

  readonly onEvent = ({ resourcePreEvent }: EngineEvent): void => {
    const { op, type, old } = resourcePreEvent?.metadata ?? {};
    if (type !== VOLUME_TYPE || (op !== "delete" && op !== "delete-replaced") || old?.retainOnDelete) return;
    if (old?.id) this.names.push(old.id);
  };
}

/** The volumes of apps and of Nexus, as a state has them, by their names on their hosts. */
export function dataVolumes(state: StackState): GuardedVolume[] {
  const guards = new Map(
    state.resources.filter(({ type }) => type === GUARD).map(({ outputs }) => [outputs?.["volume"], outputs]),
  );
  return state.resources.filter(holdsData).map((resource) => {
    const guard = guards.get(resource.id) as GuardedVolume | undefined;
    return guard ?? withoutGuard(state, resource);
  });
}

/** A volume that goes, or from which its app goes. */
export type GoingVolume = GuardedVolume & { readonly movesTo?: string | undefined };

/** What of them an `up` with these settings would delete or leave behind, found out without running the program. */
export function volumesOutOfSettings(state: StackState, settings: Settings): GoingVolume[] {
  const wanted = expectedVolumes(settings);
  const known = new Map(
    state.resources.filter(holdsData).map((one) => [one.id, wanted.get(resourceName(one.urn))]),
  );
  return dataVolumes(state).flatMap((guarded) => {
    const docker = known.get(guarded.volume);
    if (docker === undefined) return [guarded];
    const isThere = docker === guarded.docker || guarded.docker === ""; // a state of before may not say where
    return isThere ? [] : [{ ...guarded, movesTo: docker }];
  });
}

/** Looks into each of them; those that hold nothing are left out, as are those that are gone. */
export async function lossesOf(volumes: readonly GoingVolume[]): Promise<VolumeLoss[]> {
  const losses = await Promise.all(
    volumes.map(async (guarded) => {
      const { docker, volume, what, allowDataLoss, setting, movesTo } = guarded;
      const content = await volumeContent(guarded).catch(
        (error: Error): VolumeContent => ({ files: 0, bytes: 0, unknown: messageOf(error) }),
      );
      if (content === undefined || !holdsSomething(content)) return [];
      return [{ docker, volume, what, allowDataLoss, setting, content, movesTo, refused: !allowDataLoss }];
    }),
  );
  return losses.flat();
}

/** `app blog: volume data on main: would be deleted with 214.0 MB in 12 files, …`. */
export function describeLoss({ what, content, refused, movesTo, docker }: VolumeLoss): string {
  const held = describeVolume(content);
  const rule = refused ? "refused unless allowDataLoss is set for it" : "which allowDataLoss lets go";
  const lot =
    movesTo === undefined ? "would be deleted" : `would stay on ${docker}, as ${movesTo} takes over,`;
  return content.unknown === undefined
    ? `${what}: ${lot} with ${held}; ${rule}`
    : `${what}: ${lot}; ${held}; ${rule}`;
}

/** @throws CommandError where a guard would refuse one in the middle of the update */
export function refuseLosses(stack: string, losses: readonly VolumeLoss[]): void {
  const refused = losses.filter((loss) => loss.refused);
  if (refused.length === 0) return;
  throw new CommandError(
    [
      `Nothing was changed. Updating the stack ${stack} would lose data:`,
      ...refused.map(describeLoss),
      ...lossAdvice(refused),
    ].join("\n"),
  );
}

/** What to do about those that are refused. */
export function lossAdvice(losses: readonly VolumeLoss[]): string[] {
  return losses.filter(({ refused }) => refused).map((loss) => `${loss.what}: ${wayOf(loss)}`);
}

function wayOf({ movesTo, docker, volume, ...loss }: VolumeLoss): string {
  if (movesTo === undefined) return waysOut(loss);
  return (
    `Copy the volume ${volume} from ${docker} to ${movesTo} first, under the same name, then let go of the one there with ` +
    `${loss.setting} and one run of up before the move. If ${docker} and ${movesTo} are the same machine, keep the old address.`
  );
}

/** Not the edges', which hold certificates that come again, and not those of secrets. */
function holdsData({ type, urn }: StateResource): boolean {
  return type === VOLUME_TYPE && (urn.includes("berth:app:AppDeployment$") || urn.endsWith("::nexus-data"));
}

/** Names of their resources, those of before included, and the Docker host of each. */
function expectedVolumes({ apps, servers, nexus }: Settings): ReadonlyMap<string, string> {
  const both = (name: string, was: string | undefined) => (was === undefined ? [name] : [name, was]);
  const names = apps.flatMap((app) =>
    servers
      .filter(({ name }) => app.servers.includes(name))
      .flatMap((server) =>
        Object.entries(app.volumes).flatMap(([volume, { was }]) =>
          both(app.name, app.was).flatMap((appName) =>
            both(server.name, server.was).flatMap((serverName) =>
              both(volume, was).map(
                (volumeName) => [`${appName}-${serverName}-${volumeName}`, server.docker] as const,
              ),
            ),
          ),
        ),
      ),
  );
  return new Map([...names, ...(nexus.url === undefined ? [["nexus-data", nexus.docker] as const] : [])]);
}

/** One of before there were guards: what a guard would say of it. */
function withoutGuard(state: StackState, resource: StateResource): GuardedVolume {
  const name = resourceName(resource.urn);
  return {
    docker: addressOf(state.providerOf(resource)),
    volume: resource.id ?? "",
    what:
      name === "nexus-data" ? "Nexus: its data volume, with everything in it" : `volume ${name} of an app`,
    setting:
      name === "nexus-data" ? "berth:nexus.allowDataLoss: true" : "allowDataLoss: true for that volume",
    allowDataLoss: false,
    image: edgeImage(state, resource),
    labels: {},
  };
}

/** An image with a shell that is on the volume's host. */
function edgeImage(state: StackState, { provider }: StateResource): string {
  const image = state.resources.find(
    (one) => one.provider === provider && /-edge-image$|::nexus-image$/.test(one.urn),
  );
  return String(image?.outputs?.["imageId"] ?? "none");
}
