import type { EdgeCertificates, EdgeForm, EdgeSoftware, EdgeTls, FixedRoute, Site } from "./edge-software";
import { bracketed, ENDING_FILE, PRIVATE_NETWORKS, STREAM_SECONDS, sitesFolder, TLS_FILES } from "./places";
import { type Redirect, redirectsOf } from "./redirects";
/**
 * Caddy 2, configured in its own language, the Caddyfile. It limits neither the size of a request nor its time. Behind
 * doors it has to be 2.7 or newer, which understands the PROXY protocol.
 */
export const caddy: EdgeSoftware = {
  image: "library/caddy:2",
  configFile: "/etc/caddy/Caddyfile",
  start: "import /etc/caddy/main/*.caddy\n",
  mainFile: "/etc/caddy/main/edge.caddy",
  sites: sitesFolder,
  extension: "caddy",
  stopSignal: "SIGTERM",
  main: (tls, form = "doors") =>
    lines(...(tls ? withTls(tls, form) : withoutTls(form)), `import ${sitesFolder(form)}/*.caddy`),
  site,
  parse,
  targets,
  // Forced, as a renewed certificate is in the file of the one before.
  load: "caddy reload --force --config /etc/caddy/Caddyfile --adapter caddyfile 2>&1",
};

const indented = (line: string) => `\t${line}`;

function options(own: readonly string[], form: EdgeForm): string[] {
  const servers = ["protocols h1 h2", ...(form === "doors" ? LISTENERS : [])];
  return ["{", ...own.map(indented), "\tservers {", ...servers.map((line) => `\t\t${line}`), "\t}", "}"];
}

/** https://caddyserver.com/docs/caddyfile/options#proxy-protocol; TLS is inside of what doors say. */
const LISTENERS = [
  "listener_wrappers {",
  "\tproxy_protocol {",
  `\t\tallow ${PRIVATE_NETWORKS.join(" ")}`,
  "\t}",
  "\ttls",
  "}",
];

/** A site that is still the one of an edge with TLS names the certificate, until the app's traffic is set anew. */
function withoutTls(form: EdgeForm): string[] {
  return [...options(["auto_https off"], form), "(certificate) {", "}"];
}

/** Inside the edge's container only, where no app is: a site that has its host's certificate made. */
const RESERVED_PORT = 1;

function withTls(tls: EdgeTls, form: EdgeForm): string[] {
  const { certificates, host, port, redirectFrom, redirects = {}, routes, hosts } = tls;
  return [
    ...options(
      [
        "auto_https disable_redirects", // redirects are below: Caddy's own know nothing of other ports
        `https_port ${port}`,
        ...(redirectFrom === false ? [] : [`http_port ${redirectFrom}`]),
        `default_sni ${host}`,
        "skip_install_trust",
        ...(form === "doors" ? otherDirectory(certificates) : []),
      ],
      form,
    ),
    "(certificate) {",
    ...certificateLines(certificates).map(indented),
    "}",
    ...hosts.flatMap((name) => [...opening({ host: name, publish: RESERVED_PORT }), "}"]),
    ...routes.flatMap((route) => routeLines(route, form)),
    ...(redirectFrom === false
      ? []
      : redirectLines(redirectFrom, redirectsOf({ ...redirects, "": port }, tls), form)),
  ];
}

/**
 * One of a pair asks for the certificate of a new name before the doors turn to it, so that the challenge reaches the other one, which
 * has no such site. It answers by what both keep on their volume, below the address of the directory that it goes by for names it doesn't
 * know (certmagic, solvers.go).
 */
function otherDirectory(certificates: EdgeCertificates): string[] {
  if (certificates.from !== "acme" || certificates.directory === undefined) return [];
  const { directory, directoryCa } = certificates;
  return [`acme_ca ${directory}`, ...(directoryCa ? [`acme_ca_root ${TLS_FILES.directoryCa}`] : [])];
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

function redirectLines(from: number, redirects: readonly Redirect[], form: EdgeForm): string[] {
  return redirects.flatMap(({ name, address, served }) => {
    const redirect = `redir ${address}{uri} 308`;
    return [
      `http://${bracketed(name)}:${from} {`,
      ...endingLines(form),
      ...(served ? endedLines(served, redirect, form) : [redirect]).map(indented),
      "}",
    ];
  });
}

function endedLines(served: NonNullable<Redirect["served"]>, redirect: string, form: EdgeForm): string[] {
  return [
    "@ended {",
    `\tremote_ip ${served.trustedProxies.join(" ")}`,
    "\theader X-Forwarded-Proto https",
    "}",
    ...matcherLines(served),
    "handle @ended {",
    ...servedLines(served, form).map(indented),
    "}",
    "handle {",
    `\t${redirect}`,
    "}",
  ];
}

function routeLines(route: FixedRoute, form: EdgeForm): string[] {
  const served = [...toldLines(route), ...proxyLines(`${route.container}:${route.port}`, route, form)];
  return [...opening(route), ...endingLines(form), ...served.map(indented), "}"];
}

type ServedApp = Pick<Site, "app" | "publish" | "trustedProxies">;

function site(wish: Site, form: EdgeForm = "doors"): string {
  const served = [...matcherLines(wish), ...servedLines(wish, form)];
  return lines(...opening(wish), ...endingLines(form), ...served.map(indented), "}");
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

function servedLines(wish: ServedApp, form: EdgeForm): string[] {
  return [
    ...toldLines(wish),
    "handle @served {",
    "\tmap {http.matchers.file.relative} {target} {",
    "\t\t~^/?(.+)$ $1", // older versions have no slash in front
    "\t}",
    ...proxyLines("{target}", wish, form).map(indented),
    "}",
    "handle {",
    `\trespond "${wish.app} is not deployed" 503`,
    "}",
  ];
}

/** Host and port that a trusted proxy names are its own and stay; everybody else gets this one's. */
function toldLines({ publish, trustedProxies = [] }: Pick<Site, "publish" | "trustedProxies">): string[] {
  if (trustedProxies.length === 0) return [];
  const told = (what: string, own: string) => [
    `vars forwarded_${what} ${own}`,
    `@told_${what} {`,
    `\tremote_ip ${trustedProxies.join(" ")}`,
    `\theader X-Forwarded-${capitalized(what)} *`,
    "}",
    // Caddy runs the ones with a matcher after the one without.
    `vars @told_${what} forwarded_${what} {header.X-Forwarded-${capitalized(what)}}`,
  ];
  return [...told("host", "{host}"), ...told("port", String(publish))];
}

function opening({ host, publish }: Pick<Site, "host" | "publish">): string[] {
  if (host === undefined) return [`:${publish} {`];
  return [`https://${bracketed(host)}:${publish} {`, "\timport certificate"];
}

/** A response that hands a connection over to a websocket ends none. */
function endingLines(form: EdgeForm): string[] {
  if (form === "older") return [];
  const file = ENDING_FILE.lastIndexOf("/");
  return [
    "\t@ending {",
    "\t\tfile {",
    `\t\t\troot ${ENDING_FILE.slice(0, file)}`,
    `\t\t\ttry_files ${ENDING_FILE.slice(file + 1)}`,
    "\t\t}",
    "\t\tnot header Upgrade *",
    "\t}",
    "\theader @ending Connection close",
  ];
}

function proxyLines(
  target: string,
  { host: ownHost, publish, trustedProxies = [] }: Pick<Site, "host" | "publish" | "trustedProxies">,
  form: EdgeForm,
): string[] {
  const [host, port] =
    trustedProxies.length > 0 ? ["{vars.forwarded_host}", "{vars.forwarded_port}"] : ["{host}", publish];
  // To the letter as it was then: another text would be loaded, and Caddy loses connections at that.
  const isOlder = form === "older" && trustedProxies.length === 0;
  return [
    `reverse_proxy ${target} {`,
    // Of this handler and not of `servers`, where Caddy has it from 2.6.3 on: a list that changes loads a site and no main file.
    ...(trustedProxies.length > 0 ? [`\ttrusted_proxies ${trustedProxies.join(" ")}`] : []),
    // Caddy sets the other ones itself, and believes none that another client sends. Its own host has the port in it, which Nexus
    // from 3.78 on adds once more (nexus-public 611, 651).
    ...(isOlder ? [] : [`\theader_up X-Forwarded-Host ${host}`]),
    ...(isOlder && ownHost === undefined ? [] : [`\theader_up X-Forwarded-Port ${port}`]),
    "\tlb_try_duration 5s", // covers the moment in which an app restarts
    "\tlb_try_interval 100ms",
    ...(form === "doors" ? [`\tstream_close_delay ${STREAM_SECONDS}s`] : []), // 2.7 and newer have it
    "}",
  ];
}

/** The address; who serves is in its target, or in the site where that is from before there were targets. */
function parse(text: string): Omit<Site, "app"> | undefined {
  const [, host, port] = /^(?:https:\/\/(\S+))?:(\d+) \{$/m.exec(text) ?? [];
  if (port === undefined) return undefined;
  const [, container = "", inside = "0"] =
    /^\S+ \{\n(?:\timport certificate\n)?\treverse_proxy ([^:\s{]+):(\d+)/m.exec(text) ?? [];
  const place = { container, port: Number(inside), publish: Number(port) };
  return host === undefined ? place : { ...place, host: host.replace(/^\[|\]$/g, "") };
}

function targets(app: string): string {
  return `/config/targets/${app}`;
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function lines(...text: string[]): string {
  return `${text.join("\n")}\n`;
}
