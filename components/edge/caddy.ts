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
    ...(redirectFrom === false ? [] : redirectLines(redirectFrom, { ...redirects, "": port }, host)),
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

/** @param to by host name; the empty name is for every other one, which is sent to `host` */
function redirectLines(from: number, to: { readonly [host: string]: number }, host: string): string[] {
  return Object.entries(to).flatMap(([name, port]) => [
    `http://${bracketed(name)}:${from} {`,
    `\tredir ${httpsAddress(name || host, port)}{uri} 308`,
    "}",
  ]);
}

function routeLines(route: FixedRoute): string[] {
  return [...opening(route), ...proxyLines(`${route.container}:${route.port}`, route).map(indented), "}"];
}

function site(wish: Site): string {
  return lines(
    ...opening(wish),
    "\t@served file {",
    `\t\troot ${targets(wish.app)}`,
    // A pattern is looked up anew each time: between a listing and a look at what it listed a file may have gone.
    "\t\ttry_files * * *",
    "\t}",
    "\thandle @served {",
    "\t\tmap {http.matchers.file.relative} {target} {",
    "\t\t\t~^/?(.+)$ $1", // older versions have no slash in front
    "\t\t}",
    ...proxyLines("{target}", wish).map((line) => `\t\t${line}`),
    "\t}",
    "\thandle {",
    `\t\trespond "${wish.app} is not deployed" 503`,
    "\t}",
    "}",
  );
}

function opening({ host, publish }: Pick<Site, "host" | "publish">): string[] {
  if (host === undefined) return [`:${publish} {`];
  return [`https://${bracketed(host)}:${publish} {`, "\timport certificate"];
}

function proxyLines(target: string, { publish }: Pick<Site, "publish">): string[] {
  return [
    `reverse_proxy ${target} {`,
    // Caddy sets the other ones itself, and believes none that a client sends. Its own host has the port in it, which Nexus from
    // 3.78 on adds once more (nexus-public 611, 651).
    "\theader_up X-Forwarded-Host {host}",
    `\theader_up X-Forwarded-Port ${publish}`,
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
