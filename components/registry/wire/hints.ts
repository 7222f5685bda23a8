import { tlsFailure } from "../../http/tls-trust";
import type { RegistryFault } from "./errors";

export interface HintContext {
  host: string;
  method: string;
  repository: string;
  status: number;
  /** Were credentials for this host given at all? */
  credentials: boolean;
  faults: RegistryFault[];
}

/** The next step after a refused request, as one sentence; undefined where there is nothing to add. */
export function hintFor({
  host,
  method,
  repository,
  status,
  credentials,
  faults,
}: HintContext): string | undefined {
  const action = method === "GET" || method === "HEAD" ? "pull from" : "push to";
  const said = faults.map((fault) => `${fault.code} ${fault.message}`).join(" ");
  switch (status) {
    case 400:
      if (/HTTP request.*HTTPS (?:server|port)/i.test(said))
        return `${host} speaks https, and was spoken to in plain http: leave --insecure out, and name it by the name in its certificate`;
      return /redeploy|updating asset|allow.?once/i.test(said)
        ? `Repository ${repository} at ${host} lets nothing be written twice: use a new tag`
        : undefined;
    case 401:
      return credentials
        ? `The user name or password for ${host} was refused, or the account may not ${action} ${repository}`
        : `No credentials for ${host} were given: it wants some to ${action} ${repository}`;
    case 403:
      return credentials
        ? `The account given for ${host} may not ${action} ${repository}`
        : `Nobody may ${action} ${repository} at ${host} without an account: give credentials`;
    case 404:
      return `Check that ${repository} and what is asked of it exist at ${host}; some registries also say this to an account without rights, and a proxy while its upstream is down`;
    case 413:
      return `A proxy in front of ${host} limits the size of requests: raise its limit (nginx: client_max_body_size)`;
    case 429:
      return `The rate limit of ${host} is used up (Docker Hub: 10 pulls an hour without an account, 100 with one): give credentials, or pull through Nexus`;
    case 500:
    case 507:
      return `The registry failed by itself: look into the log of ${host} and at its free disk space`;
    default:
      return status > 500 ? `${host} was not available: try again when it is` : undefined;
  }
}

/** Where a request ended that the registry sent on to another address: an upload's, or a redirect's. */
export function elsewhereHint(registry: URL, elsewhere: URL): string {
  return registry.hostname === elsewhere.hostname && registry.protocol !== elsewhere.protocol
    ? `${registry.host} is reached by ${scheme(registry)} and names itself by ${scheme(elsewhere)}: let the proxy in front of it send Host and X-Forwarded-Proto correctly`
    : `The registry ${registry.host} sent this request on to ${elsewhere.host}, where its credentials don't go`;
}

function scheme({ protocol }: URL): string {
  return protocol.replace(":", "");
}

/** The next step after a connection that came to nothing. */
export function connectionHint(error: NodeJS.ErrnoException, host: string): string | undefined {
  const { code = "" } = error;
  if (code === "ECONNREFUSED") return `Nothing listens there: is ${host} running, and is the port right?`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return `The name of ${host} is not known here: check its spelling and DNS`;
  if (code.startsWith("HPE_"))
    return `What ${host} answers is not HTTP: is the port right, and does a registry listen there?`;
  const tls = tlsFailure(error);
  if (tls?.reason.startsWith("it does not speak TLS"))
    return `${host} seems to speak plain http: allow that for this registry ("insecure") if the network is trusted: --insecure ${host}`;
  return tls && `${host}: ${tls.reason}; ${tls.cure}`;
}
