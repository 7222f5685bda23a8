import type { Fields } from "../../components/nexus/object/kind";
import { listIn } from "../../components/nexus/rest/answer-shape";
import type { Call } from "../../components/nexus/rest/call";
import { nexusUrl, type Place, registryAddress } from "../../components/settings/nexus/nexus-addresses";
import { textTable } from "../terminal/text-table";
import { partOf } from "./translation";

/** A repository as a client needs to know it. */
export interface ListedRepository {
  readonly name: string;
  /** In Nexus's own words: `maven2`, not `maven`. */
  readonly format: string;
  /** hosted, proxy or group */
  readonly type: string;
  /**
   * What a client is told: `http://host:8081/repository/jars`; of docker repositories without a scheme, as images name
   * them: `host:8082`, `host:8081/team`. Undefined for docker repositories that have none, and are reached through a group.
   */
  readonly address?: string;
  readonly blobStore: string;
  readonly online: boolean;
}

/**
 * Every repository of a Nexus by name, whether a stack manages it or not, from GET /v1/repositorySettings.
 * @throws NexusFailure where Nexus can't be reached, or the login isn't an administrator's
 */
export async function listRepositories(call: Call, place: Place): Promise<ListedRepository[]> {
  const found = listIn(await call("GET", "/v1/repositorySettings", [200]));
  return found.map((one) => listed(one, place)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function listed(body: Fields, place: Place): ListedRepository {
  const name = String(body["name"]);
  const format = String(body["format"]);
  const address =
    format === "docker" ? imageAddress(name, body, place) : `${nexusUrl(place)}/repository/${name}`;
  return {
    name,
    format,
    type: String(body["type"]),
    ...(address !== undefined && { address }),
    blobStore: String(partOf(body, "storage")["blobStoreName"]),
    online: body["online"] !== false,
  };
}

/** A port counts where Nexus has it and the settings publish it: nobody outside reaches any other. */
function imageAddress(name: string, body: Fields, place: Place): string | undefined {
  const { httpPort, httpsPort, pathEnabled } = partOf(body, "docker");
  if (pathEnabled === true) return `${new URL(nexusUrl(place)).host}/${name}`;
  const published = place.repositories[name];
  if (published?.address !== undefined) return published.address;
  if (typeof httpPort === "number" && published?.port === httpPort) return registryAddress(place, name);
  const isSecure = typeof httpsPort === "number" && published?.httpsPort === httpsPort;
  return isSecure ? `${new URL(nexusUrl(place)).hostname}:${httpsPort}` : undefined;
}

const HEAD = ["REPOSITORY", "FORMAT", "TYPE", "STATE", "ADDRESS", "BLOB STORE"];

/** A table for people. It has a column of states where one is offline. */
export function repositoriesText(repositories: readonly ListedRepository[]): string {
  const rows = repositories.map(({ name, format, type, online, address, blobStore }) => [
    name,
    format,
    type,
    online ? "" : "offline",
    address ?? "",
    blobStore,
  ]);
  return rows.length === 0 ? "Nexus has no repositories." : textTable(HEAD, rows);
}
