import type { FixedRoute } from "../../edge/software/edge-software";
import { httpsAddress, withPort } from "../../edge/software/places";
import type { NexusTlsSettings } from "../tls-settings";
import type { MadeNexus, OwnNexus } from "./nexus-settings";

/** The UI and the REST API inside the container. */
export const UI_PORT = 8081;

type MadePlace = Pick<MadeNexus, "url" | "hostname" | "port" | "repositories" | "tls">;
type OwnPlace = Pick<OwnNexus, "url" | "hostname" | "port" | "repositories" | "tls">;
/** Where the settings put Nexus, and which of its docker ports are reached. */
export type Place = MadePlace | OwnPlace;

/** Base address of UI and REST API, without a trailing slash. */
export function nexusUrl(place: Place): string {
  if (place.url !== undefined) return place.url;
  const { hostname, port, tls } = place;
  return tls ? httpsAddress(hostname, tls.port) : `http://${hostname}:${port}`;
}

/** Whether Nexus, and its docker repositories with it, is spoken to by https. */
export const speaksTls = (place: Place) => nexusUrl(place).startsWith("https:");

/** A docker repository as images name it: `nexus.example.com:8082`, or its own host name. */
export function registryAddress(place: Place, repository: string): string {
  const { port, httpsPort, address } = place.repositories[repository]!;
  if (place.url !== undefined) {
    const { hostname, protocol } = new URL(place.url);
    return address ?? `${hostname}:${protocol === "https:" ? (httpsPort ?? port) : port}`;
  }
  const { hostname, tls } = place;
  const own = tls?.names[repository];
  if (tls && own !== undefined) return withPort(own, tls.port);
  return tls ? withPort(hostname, port!) : `${hostname}:${port}`;
}

/** Every docker repository that is reached by an address of its own. */
export function registryAddresses(place: Place): string[] {
  return Object.keys(place.repositories)
    .filter((name) => hasAddress(place, name))
    .map((name) => registryAddress(place, name));
}

/** Whether a docker repository is reached by an address of its own. */
export function hasAddress(place: Place, repository: string): boolean {
  const { port, httpsPort, address } = place.repositories[repository] ?? {};
  if (place.url === undefined) return port !== undefined;
  return (address ?? port ?? (speaksTls(place) ? httpsPort : undefined)) !== undefined;
}

/** Host name of a repository's own → port of its https, where plain http on it is sent on to. */
export function nexusRedirects({ names, port }: NexusTlsSettings): Record<string, number> {
  return Object.fromEntries(Object.values(names).map((own) => [own, port]));
}

/** What an edge serves in front of Nexus: its UI, then each docker repository. @param container Nexus, for the edge */
export function nexusRoutes({ hostname, repositories, tls }: MadePlace, container: string): FixedRoute[] {
  if (!tls) return [];
  const ui = { host: hostname, publish: tls.port, container, port: UI_PORT };
  const registries = Object.entries(repositories).flatMap(([name, { port }]) => {
    if (port === undefined) return [];
    const own = tls.names[name];
    return [{ host: own ?? hostname, publish: own === undefined ? port : tls.port, container, port }];
  });
  return [ui, ...registries];
}

/** Every port that a Nexus of the stack's own making, or the edge in front of it, is reached by on the Docker host. */
export function publishedPorts(place: MadePlace): number[] {
  const { port, repositories, tls } = place;
  if (tls) {
    const plain = tls.redirectFrom === false ? [] : [tls.redirectFrom];
    return [...new Set([...nexusRoutes(place, "").map(({ publish }) => publish), ...plain])];
  }
  const own = Object.values(repositories).flatMap(({ port: http, httpsPort }) => [http, httpsPort]);
  return [port, ...own.filter((used) => used !== undefined)];
}
