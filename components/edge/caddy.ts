import { bracketed, httpsAddress, oneAtATime, TLS_FILES } from "./places";
import type { EdgeCertificates, EdgeSoftware, EdgeTls, FixedRoute, Site } from "./software";

/** Caddy 2, configured in its own language, the Caddyfile. It limits neither the size of a request nor its time. */
export const caddy: EdgeSoftware = {
  image: "library/caddy:2",
  configFile: "/etc/caddy/Caddyfile",
  sites: "/config/sites",
  extension: "caddy",
  main: (tls) => lines(...(tls ? withTls(tls) : WITHOUT_TLS), "import /config/sites/*.caddy"),
  site,
  targets,
  // Forced, as a renewed certificate is in the file of the one before.
  load: oneAtATime("caddy reload --force --config /etc/caddy/Caddyfile --adapter caddyfile"),
  // As sites were written before there were targets.
  servedBy: (text) => /reverse_proxy ([^:\s{]+):/.exec(text)?.[1],
};

const indented = (line: string) => `\t${line}`;

function options(own: readonly string[]): string[] {
  return ["{", ...own.map(indented), "\tservers {", "\t\tprotocols h1 h2", "\t}", "}"];
}

/** A site that is still the one of an edge with TLS names the certificate, until the app's traffic is set anew. */
const WITHOUT_TLS = [...options(["auto_https off"]), "(certificate) {", "}"];

/** Inside the edge's container only, where no app is: a site that has its host's certificate made. */
const RESERVED_PORT = 1;

function withTls(tls: EdgeTls): string[] {
  const { certificates, host, port, redirectFrom, redirects = {}, routes, hosts } = tls;
  return [
    ...options([
      "auto_https disable_redirects", // redirects are below: Caddy's own know nothing of other ports
      `https_port ${port}`,
      ...(redirectFrom === false ? [] : [`http_port ${redirectFrom}`]),
      `default_sni ${host}`,
      "skip_install_trust",
    ]),
    "(certificate) {",
    ...certificateLines(certificates).map(indented),
    "}",
    ...hosts.flatMap((name) => [...opening({ host: name, publish: RESERVED_PORT }), "}"]),
    ...routes.flatMap(routeLines),
    ...(redirectFrom === false ? [] : redirectLines(redirectFrom, { ...redirects, "": port }, tls)),
  ];
}

function certificateLines(certificates: EdgeCertificates): string[] {
  if (certificates.from === "files") return [`tls ${TLS_FILES.certificate} ${TLS_FILES.key}`];
  if (certificates.from === "own") return ["tls {", "\tissuer internal", "}"];
  const { email, directory, directoryCa } = certificates;
  const wishes = [
    ...(directory === undefined ? [] : [`dir ${directory}`]),
    ...(email === undefined ? [] : [`email ${email}`]),
    ...(directoryCa ? [`trusted_roots ${TLS_FILES.directoryCa}`] : []),
  ];
  const issuer = wishes.length === 0 ? ["issuer acme"] : ["issuer acme {", ...wishes.map(indented), "}"];
  return ["tls {", ...issuer.map(indented), "}"];
}

/** @param to by host name; the empty name is for every other one, which is sent to the edge's own host */
function redirectLines(from: number, to: { readonly [host: string]: number }, tls: EdgeTls): string[] {
  const { host, trustedProxies = [], apps = {} } = tls;
  return Object.entries(to).flatMap(([name, port]) => {
    const redirect = `redir ${httpsAddress(name || host, port)}{uri} 308`;
    const app = trustedProxies.length > 0 ? apps[name] : undefined;
    const publish = name === "" ? (to[host] ?? port) : port; // every other name leads to what the host's own does
    const served = app && { app, host: name || host, publish, trustedProxies };
    return [
      `http://${bracketed(name)}:${from} {`,
      ...(served ? endedLines(served, redirect) : [redirect]).map(indented),
      "}",
    ];
  });
}

/** What a trusted proxy sends by plain http is served where its client spoke https: sent on it would come back in the same way. */
function endedLines(
  served: ServedApp & { readonly trustedProxies: readonly string[] },
  redirect: string,
): string[] {
  return [
    "@ended {",
    `\tremote_ip ${served.trustedProxies.join(" ")}`,
    "\theader X-Forwarded-Proto https",
    "}",
    ...matcherLines(served),
    "handle @ended {",
    ...servedLines(served).map(indented),
    "}",
    "handle {",
    `\t${redirect}`,
    "}",
  ];
}

function routeLines(route: FixedRoute): string[] {
  const served = [...portLines(route), ...proxyLines(`${route.container}:${route.port}`, route)];
  return [...opening(route), ...served.map(indented), "}"];
}

type ServedApp = Pick<Site, "app" | "host" | "publish" | "trustedProxies">;

function site(wish: Site): string {
  return lines(...opening(wish), ...[...matcherLines(wish), ...servedLines(wish)].map(indented), "}");
}

function matcherLines({ app }: ServedApp): string[] {
  return [
    "@served file {",
    `\troot ${targets(app)}`,
    // A pattern is looked up anew each time: between a listing and a look at what it listed a file may have gone.
    "\ttry_files * * *",
    "}",
  ];
}

function servedLines(wish: ServedApp): string[] {
  return [
    ...portLines(wish),
    "handle @served {",
    "\tmap {http.matchers.file.relative} {target} {",
    "\t\t~^/?(.+)$ $1", // older versions have no slash in front
    "\t}",
    ...proxyLines("{target}", wish).map(indented),
    "}",
    "handle {",
    `\trespond "${wish.app} is not deployed" 503`,
    "}",
  ];
}

/** The port that a trusted proxy names is its own and stays; everybody else gets this one's. */
function portLines({ publish, trustedProxies = [] }: Pick<Site, "publish" | "trustedProxies">): string[] {
  if (trustedProxies.length === 0) return [];
  return [
    "@own not {",
    `\tremote_ip ${trustedProxies.join(" ")}`,
    "\theader X-Forwarded-Port *",
    "}",
    `request_header @own X-Forwarded-Port ${publish}`,
  ];
}

function opening({ host, publish }: Pick<Site, "host" | "publish">): string[] {
  if (host === undefined) return [`:${publish} {`];
  return [`https://${bracketed(host)}:${publish} {`, "\timport certificate"];
}

function proxyLines(
  target: string,
  { host, publish, trustedProxies = [] }: Pick<Site, "host" | "publish" | "trustedProxies">,
): string[] {
  const port =
    host === undefined || trustedProxies.length > 0 ? [] : [`\theader_up X-Forwarded-Port ${publish}`];
  return [
    `reverse_proxy ${target} {`,
    // Of this handler and not of `servers`, where Caddy has it from 2.6.3 on: a list that changes loads a site and no main file.
    ...(trustedProxies.length > 0 ? [`\ttrusted_proxies ${trustedProxies.join(" ")}`] : []),
    // Caddy sets the other ones itself, and believes none that another client sends.
    ...port,
    "\tlb_try_duration 5s", // covers the moment in which an app restarts
    "\tlb_try_interval 100ms",
    "}",
  ];
}

function targets(app: string): string {
  return `/config/targets/${app}`;
}

function lines(...text: string[]): string {
  return `${text.join("\n")}\n`;
}
