import { exchange } from "./exchange";

interface Place {
  /** Base address without a trailing slash. */
  readonly url: string;
  /** PEM of the authority of its certificate, where it has one of its own. */
  readonly ca?: string | undefined;
}

const POLL_TIMEOUT_MS = 5000;

/** What keeps Nexus from taking writes; undefined where nothing does. */
export async function whatIsMissing(place: Place): Promise<string | undefined> {
  const writable = await ask(place, "/service/rest/v1/status/writable");
  if (!("status" in writable)) return `it is still starting, or not reached from here: ${writable.reason}`;
  if (writable.page) return `not Nexus but a web page answers at ${place.url} (${writable.status})`;
  if (writable.status === 200) return undefined;
  const alive = await ask(place, "/service/rest/v1/status");
  if (writable.status === 503 && "status" in alive && alive.status === 200)
    return "it is read-only: is a backup running? Else release it in its settings";
  return `it is still starting: its /status/writable answers ${writable.status}`;
}

function ask({ url, ca }: Place, path: string) {
  return exchange({ url, ca, username: "", password: "" }, "GET", path, undefined, POLL_TIMEOUT_MS);
}
