import { dockerHosts, type Settings } from "../../components/settings/settings";
import { isJsonObject } from "../../components/values/json-object";

/** Fields of the settings that name a host, with or without a port. */
const HOST_FIELDS = ["hostname", "address", "registry", "names"];

/**
 * Names of hosts and paths of sockets that the settings have, wherever they stand there: no pattern finds `web1.example.com` in an error. Not those that are
 * a server's own name as well.
 */
export function knownHosts(settings: Pick<Settings, "nexus" | "gitlab" | "servers">): string[] {
  const { nexus, gitlab, servers } = settings;
  const hosts = [...dockerHosts(settings), ...hostsIn({ nexus, gitlab, servers }, "")].flatMap(hostOf);
  return [...new Set(hosts)].filter((host) => !servers.some(({ name }) => name === host));
}

function hostsIn(value: unknown, field: string): string[] {
  if (typeof value === "string") return HOST_FIELDS.includes(field) || value.includes("://") ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((one) => hostsIn(one, field));
  if (!isJsonObject(value)) return [];
  // What lies in `names` is a host each, whatever it is called.
  return Object.entries(value).flatMap(([key, inner]) => hostsIn(inner, field === "names" ? field : key));
}

/** Of `ssh://deploy@web1`, of `registry.example.com:5005`; of `unix:///var/run/docker.sock` the path, which errors name by itself. */
function hostOf(address: string): string[] {
  try {
    const url = new URL(address.includes("://") ? address : `http://${address}`);
    const name = url.protocol === "unix:" ? url.pathname : url.hostname;
    return name === "" ? [] : [name];
  } catch {
    return [];
  }
}
