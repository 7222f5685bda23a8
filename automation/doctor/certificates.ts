import { isIP } from "node:net";
import { checkServerIdentity, connect, type PeerCertificate, type TLSSocket } from "node:tls";
import { isLoopback } from "../../components/http/private-address";
import { proxyFor } from "../../components/http/proxy-for";
import { tlsFailure, trusting } from "../../components/http/tls-trust";
import { nexusUrl, speaksTls } from "../../components/settings/nexus/nexus-addresses";
import { allOwnHosts } from "../../components/settings/tls-settings";
import { daysText, daysUntil } from "../../components/values/plain-words";

import { type Finding, fail, ok, warn } from "./finding";
import { hostOf, nameCheck } from "./names";
import type { Check } from "./run-checks";
import { hasNexus, type KnownSettings, nexusPlace, type Subject } from "./subject";

/** Days: who renews by himself has done it a month before the end, and who does it by hand needs some. */
const SOON = 14;
/** Milliseconds for one look. */
const PATIENCE_MS = 10_000;

export interface Place {
  /** `https://gitlab.example.com` */
  readonly url: string;
  /** Whose certificate it is, in words: `GitLab`. */
  readonly whose: string;
  /** Its proxy renews it by itself, many times a day: how long it is good says nothing. */
  readonly isShortLived: boolean;
}

/** Every place that speaks https, each once. @param settings servers whose apps nobody serves yet are no places */
export function placesOf({ nexus, gitlab, servers = [] }: KnownSettings): Place[] {
  const gitlabs = gitlab
    ? [gitlab.url, ...(isLoopback(gitlab.registry) ? [] : [`https://${gitlab.registry}`])].map((url, at) => ({
        url,
        whose: at === 0 ? "GitLab" : "GitLab's registry",
        isShortLived: false,
      }))
    : [];
  const ofNexus =
    nexus && speaksTls(nexus)
      ? [{ url: nexusUrl(nexus), whose: "Nexus", isShortLived: nexus.tls?.certificates === "own" }]
      : [];
  const ofServers = servers.flatMap(({ name, tls }) =>
    (tls ? allOwnHosts(tls) : []).map((host) => ({
      url: `https://${host}:${tls!.port}`,
      whose: name,
      isShortLived: tls!.certificates === "own",
    })),
  );
  const all = [...gitlabs, ...ofNexus, ...ofServers].filter(({ url }) => url.startsWith("https:"));
  const same = (one: string, other: string) => new URL(one).origin === new URL(other).origin;
  return all.filter((one, at) => all.findIndex(({ url }) => same(url, one.url)) === at);
}

export function certificateChecks(subject: Subject): Check[] {
  return placesOf(subject.settings).map((place) => {
    const url = new URL(place.url);
    const { host } = url;
    return {
      name: `certificate of ${host}`,
      needs: [nameCheck(hostOf(url))],
      run: () => placeFindings(subject, place, `certificate of ${host}`),
    };
  });
}

/** None of a Nexus that isn't there yet. */
export async function placeFindings(
  subject: Pick<Subject, "settings" | "state" | "outputs">,
  place: Place,
  what: string,
): Promise<Finding[]> {
  const isNexus = place.whose === "Nexus";
  if (isNexus && !(await hasNexus(subject))) return [];
  const ca = isNexus ? (await nexusPlace(subject))?.ca : undefined;
  return [await certificateFinding(what, place, ca)];
}

/** @param ca PEM of the authority, where it is known and not public */
export async function certificateFinding(
  what: string,
  place: Place,
  ca: string | undefined,
  now = new Date(),
): Promise<Finding> {
  const url = new URL(place.url);
  const proxy = proxyFor(url);
  if (proxy)
    return ok(
      what,
      `not looked at: the way there is through the proxy ${proxy.address.origin} (${proxy.variable})`,
    );
  const shown = await shownBy(url, ca);
  if (shown instanceof Error) {
    const tls = tlsFailure(shown);
    return fail(
      what,
      tls ? tls.reason : shown.message,
      `openssl s_client -connect ${hostAndPort(url)} < /dev/null${tls ? ` # ${tls.cure}` : ""}`,
    );
  }
  const { certificate, problem } = shown;
  const until = new Date(certificate.valid_to);
  const days = daysUntil(until, now);
  const day = until.toISOString().slice(0, 10);
  if (days < 0) return fail(what, `${place.whose}'s expired on ${day}`, renewal(place, url));
  const tls = problem && tlsFailure(problem);
  if (problem) return fail(what, tls ? tls.reason : problem.message, trust(tls?.cure, url));
  if (place.isShortLived) return ok(what, "of the proxy's own authority, which renews it by itself");
  const text = `good for ${daysText(days)}, until ${day}`;
  return days < SOON ? warn(what, text, renewal(place, url)) : ok(what, text);
}

const renewal = ({ whose }: Place, url: URL) =>
  `openssl s_client -connect ${hostAndPort(url)} < /dev/null | openssl x509 -noout -issuer -enddate # who made it: have it renewed there, and restart what shows it (${whose})`;

const trust = (cure: string | undefined, url: URL) =>
  `openssl s_client -showcerts -connect ${hostAndPort(url)} < /dev/null # shows it; ${cure ?? "is it the right one?"}`;

const hostAndPort = ({ host, port }: URL) => (port === "" ? `${host}:443` : host);

interface Shown {
  readonly certificate: PeerCertificate;
  /** Why a client that checks it would not go on. */
  readonly problem: NodeJS.ErrnoException | undefined;
}

/** The certificate itself, whether it is trusted or not. */
function shownBy(url: URL, ca: string | undefined): Promise<Shown | Error> {
  const host = hostOf(url);
  const name = isIP(host) === 0 ? { servername: host } : {};
  return new Promise((resolve) => {
    // What is wrong is to be told with the certificate, and nothing is sent.
    const way = { host, port: Number(url.port || 443), ...name, ...trusting(ca), rejectUnauthorized: false };
    const socket: TLSSocket = connect(way, () => {
      resolve({ certificate: socket.getPeerCertificate(), problem: problemOf(host, socket) });
      socket.destroy();
    });
    socket.setTimeout(PATIENCE_MS, () =>
      socket.destroy(new Error(`no answer within ${PATIENCE_MS / 1000} s`)),
    );
    socket.on("error", resolve);
  });
}

/** Node keeps of it the code alone. */
function problemOf(host: string, socket: TLSSocket): NodeJS.ErrnoException | undefined {
  if (!socket.authorizationError) return undefined;
  const code = String(socket.authorizationError);
  const named = checkServerIdentity(host, socket.getPeerCertificate());
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID" && named) return named;
  return Object.assign(new Error("nobody vouches for it who is trusted here"), { code });
}
