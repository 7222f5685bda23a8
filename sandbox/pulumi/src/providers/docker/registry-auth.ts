import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** As the Docker API wants it in X-Registry-Auth. */
export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

const HUB = "docker.io";
const HUB_NAMES = [HUB, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];
/** The key under which Docker's tools keep the login of Docker Hub. */
export const HUB_KEY = "https://index.docker.io/v1/";

/** Host and port of a registry's address: without scheme and path, Docker Hub under one name. */
export function registryHost(address: string): string {
  const host = address.replace(/^[a-z]+:\/\//i, "").replace(/\/.*$/, "");
  return HUB_NAMES.includes(host) ? HUB : host;
}

/** The registry that an image's name points to: its first part if that is a host, else Docker Hub. */
export function registryOfImage(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const host = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return host ? registryHost(first) : HUB;
}

/** `host:port/path` of an image's name, without tag and digest. */
export function repositoryOf(image: string): string {
  const name = image.replace(/@.*$/, "");
  const slash = name.lastIndexOf("/");
  const colon = name.indexOf(":", slash + 1);
  return colon < 0 ? name : name.slice(0, colon);
}

/**
 * The logins in Docker's own configuration file (`$DOCKER_CONFIG/config.json`, else `~/.docker`): those kept
 * in it as base64; credential helpers are not asked. No file, no logins.
 */
export function configFileAuths(environment: NodeJS.ProcessEnv = process.env): RegistryAuth[] {
  const directory = environment["DOCKER_CONFIG"] ?? join(homedir(), ".docker");
  const file = join(directory, "config.json");
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return Object.entries(parseAuths(content, file)).flatMap(([address, entry]) => {
    const [username, ...password] = Buffer.from(entry.auth ?? "", "base64")
      .toString()
      .split(":");
    if (username === undefined || username === "" || password.length === 0) return [];
    return [{ username, password: password.join(":"), serveraddress: registryHost(address) }];
  });
}

function parseAuths(content: string, file: string): { [address: string]: { auth?: string } } {
  try {
    return (JSON.parse(content) as { auths?: { [address: string]: { auth?: string } } }).auths ?? {};
  } catch {
    // The parser's own message would quote the file, and with it a login.
    throw new Error(`Read ${file}: it is not JSON; correct it or point DOCKER_CONFIG elsewhere`);
  }
}
