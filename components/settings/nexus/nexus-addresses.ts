import type { FixedRoute } from "../../edge/software/edge-software";
import { httpsAddress, withPort } from "../../edge/software/places";
import type { TlsSettings } from "../tls-settings";
import type { NexusSettings } from "./nexus-settings";

/** The UI and the REST API inside the container. */
export const UI_PORT = 8081;

type Place = Pick<NexusSettings, "hostname" | "port" | "repositories" | "tls">;

/** Base address of UI and REST API, without a trailing slash. */
export function nexusUrl({ hostname, port, tls }: Place): string {
  return tls ? httpsAddress(hostname, tls.port) : `http://${hostname}:${port}`;
}

/** A docker repository as images name it: `nexus.example.com:8082`, or its own host name. */
export function registryAddress({ hostname, repositories, tls }: Place, repository: string): string {
  const own = tls?.names[repository];
  if (tls && own !== undefined) return withPort(own, tls.port);
  const { port } = repositories[repository]!;
  return tls ? withPort(hostname, port!) : `${hostname}:${port}`;
}

/** Every docker repository that is reached by an address of its own. */
export function registryAddresses(place: Place): string[] {
  const { repositories } = place;
  return Object.keys(repositories)
    .filter((name) => repositories[name]!.port !== undefined)
    .map((name) => registryAddress(place, name));
}

/** Host name of a repository's own → port of its https, where plain http on it is sent on to. */
export function nexusRedirects({ names, port }: TlsSettings): Record<string, number> {
  return Object.fromEntries(Object.values(names).map((own) => [own, port]));
}

/** What an edge serves in front of Nexus: its UI, then each docker repository. @param container Nexus, for the edge */
export function nexusRoutes({ hostname, repositories, tls }: Place, container: string): FixedRoute[] {
  if (!tls) return [];
  const ui = { host: hostname, publish: tls.port, container, port: UI_PORT };
  const registries = Object.entries(repositories).flatMap(([name, { port }]) => {
    if (port === undefined) return [];
    const own = tls.names[name];
    return [{ host: own ?? hostname, publish: own === undefined ? port : tls.port, container, port }];
  });
  return [ui, ...registries];
}

/** Every port that Nexus, or the edge in front of it, is reached by on the Docker host. */
export function publishedPorts(place: Place): number[] {
  const { port, repositories, tls } = place;
  if (tls) {
    const plain = tls.redirectFrom === false ? [] : [tls.redirectFrom];
    return [...new Set([...nexusRoutes(place, "").map(({ publish }) => publish), ...plain])];
  }
  const own = Object.values(repositories).flatMap(({ port: http, httpsPort }) => [http, httpsPort]);
  return [port, ...own.filter((used) => used !== undefined)];
}
