import { askHttp, type HttpAnswer } from "../../components/http/ask-http";
import { isLoopback } from "../../components/http/private-address";

/** Milliseconds that a guess at an address may take. */
const GLANCE_MS = 2000;

/** Asks an address once; undefined where nobody answers. */
export type Ask = (url: string) => Promise<HttpAnswer | undefined>;

/** Any way in which a guess is wrong is the same: there is no such server, as far as anybody here can tell. */
export const glance: Ask = (url) =>
  askHttp({ method: "GET", url: new URL(url), headers: {}, timeLimit: GLANCE_MS }).catch(() => undefined);

/**
 * GitLab's container registry: the first of the usual addresses that sends its clients for a token to that GitLab, as the registry
 * protocol has it (`WWW-Authenticate: Bearer realm="https://gitlab…/jwt/auth"`).
 * @returns host:port; undefined where none does
 */
export async function findRegistry(gitlab: string, ask: Ask): Promise<string | undefined> {
  const { hostname, origin } = new URL(gitlab);
  for (const registry of usualRegistries(gitlab)) {
    const answer = await ask(`${isLoopback(hostname) ? "http" : "https"}://${registry}/v2/`);
    const said = String(answer?.headers["www-authenticate"] ?? "");
    if (said.includes(`realm="${origin}/jwt/auth"`)) return registry;
  }
  return undefined;
}

/** Where GitLab's registry is in most installations, the most likely one first. */
export function usualRegistries(gitlab: string): [string, ...string[]] {
  const { hostname } = new URL(gitlab);
  const own = `${hostname}:5050`;
  return isLoopback(hostname) || !/[a-z]/i.test(hostname)
    ? [own]
    : [`registry.${hostname.replace(/^(gitlab|git)\.(?=.+\.)/, "")}`, `registry.${hostname}`, own];
}

export interface FoundNexus {
  readonly url: string;
  /** `Nexus/3.94.0 (COMMUNITY)`, as it says itself. */
  readonly server: string;
}

/** A Nexus on this machine, or at the usual name beside GitLab. @param local whether this machine's Docker is to be used */
export async function findNexus(
  gitlab: string | undefined,
  local: boolean,
  ask: Ask,
): Promise<FoundNexus | undefined> {
  const [, domain] = /^gitlab\.(.+\..+)$/.exec(gitlab === undefined ? "" : new URL(gitlab).hostname) ?? [];
  const places = [
    ...(local ? ["http://127.0.0.1:8081"] : []),
    ...(domain === undefined ? [] : [`https://nexus.${domain}`]),
  ];
  for (const url of places) {
    const answer = await ask(`${url}/service/rest/v1/status`);
    const server = String(answer?.headers["server"] ?? "");
    if (answer?.status === 200 && server.startsWith("Nexus/")) return { url, server };
  }
  return undefined;
}
