import { isLoopback } from "./loopback";

/**
 * Where a registry's API is.
 * @param registry a host as it is in a reference, which was checked when that was parsed
 * @param secure https although it is a loopback address
 */
export function registryOrigin(registry: string, insecure: boolean, secure = false): URL {
  // Docker Hub's references name a host that has no API.
  const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
  const scheme = insecure || (isLoopback(host) && !secure) ? "http" : "https";
  return new URL(`${scheme}://${host}`);
}
