import type { Settings } from "../../components/settings/settings";
import type { StackState } from "../engine/stack-state";

type Renaming = Pick<Settings, "apps" | "servers">;

/** What an update would rename, a sentence each: what the state knows under the name of before, and not under that of today. */
export function toldRenames({ resources }: Pick<StackState, "resources">, settings: Renaming): string[] {
  const known = new Set(
    resources.filter((one) => !one.delete).map(({ urn }) => urn.split("::").slice(2).join("::")),
  );
  const component = (type: string, { name, was }: Renamed) =>
    was !== undefined && known.has(`${type}::${was}`) && !known.has(`${type}::${name}`);
  const { apps, servers } = settings;
  return [
    ...servers
      .filter((one) => component("berth:app:ServerHost", one))
      .map(({ name, was }) => `server ${was} is now ${name}: what runs and lies there stays`),
    ...apps
      .filter((one) => component("berth:app:AppDeployment", one))
      .map(({ name, was }) => `app ${was} is now ${name}: its volumes and traffic go over`),
    ...apps.flatMap((app) =>
      Object.entries(app.volumes)
        .filter(([name, { was }]) => volumeIsRenamed(known, { app, servers, name, was }))
        .map(([name, { was }]) => `volume ${was} of app ${app.name} is now ${name}: it keeps what it holds`),
    ),
  ];
}

interface Renamed {
  readonly name: string;
  readonly was?: string | undefined;
}

interface RenamedVolume extends Renamed {
  readonly app: Renamed & { readonly servers: readonly string[] };
  readonly servers: readonly Renamed[];
}

/** On any of the app's servers, under whatever name app and server have in the state. */
function volumeIsRenamed(known: ReadonlySet<string>, { app, servers, name, was }: RenamedVolume): boolean {
  if (was === undefined) return false;
  const places = servers
    .filter((server) => app.servers.includes(server.name))
    .flatMap((server) => namesOf(app).flatMap((one) => namesOf(server).map((other) => `${one}-${other}`)));
  const isKnown = (end: string) => places.some((place) => known.has(`${VOLUME}::${place}-${end}`));
  return isKnown(was) && !isKnown(name);
}

const VOLUME = "berth:app:AppDeployment$docker:index/volume:Volume";

const namesOf = ({ name, was }: Renamed) => (was === undefined ? [name] : [name, was]);
