import type { EdgeForm, EdgeSoftware, EdgeTls, FixedRoute, Site } from "./edge-software";
import { ENDING_FILE, PRIVATE_NETWORKS, sitesFolder, TLS_FILES } from "./places";
import { type Redirect, redirectsOf } from "./redirects";
import { reloadNginx } from "./reload-nginx";

/** Seconds without a byte: a registry hashes a large layer before it answers, and a slow line sends one for long. */
const SILENCE = "900s";

/** An edge behind doors starts with it already, whatever its main file is. */
const PROCESSES = [
  "worker_processes auto;",
  "error_log stderr notice;",
  "pid /run/nginx.pid;",
  "events {",
  "\tworker_connections 4096;",
  "}",
];

/** nginx, with given certificates only. */
export const nginx: EdgeSoftware = {
  image: "library/nginx:1",
  configFile: "/etc/nginx/nginx.conf",
  start: lines(...PROCESSES, "include /etc/nginx/main/*.conf;"),
  mainFile: "/etc/nginx/main/edge.conf",
  sites: sitesFolder,
  extension: "conf",
  stopSignal: "SIGQUIT",
  main: (tls, form = "doors") => lines(...(form === "doors" ? [] : PROCESSES), ...http(tls, form)),
  site: (site, form = "doors") => lines(...serverLines(site, form, siteListens(site, form))),
  parse,
  load: reloadNginx(),
};

function http(tls: EdgeTls | undefined, form: EdgeForm): string[] {
  const parts = [
    ...COMMON,
    ...forwardedLines(tls?.trustedProxies ?? [], form),
    ...UPGRADES,
    ...(form === "doors" ? BEHIND_DOORS : []),
    ...(tls ? tlsLines(tls, form) : []),
  ];
  return ["http {", ...[...parts, `include ${sitesFolder(form)}/*.conf;`].map(indented), "}"];
}

/** Whose request it is, as the door says. */
const BEHIND_DOORS = [
  ...PRIVATE_NETWORKS.map((network) => `set_real_ip_from ${network};`),
  "real_ip_header proxy_protocol;",
];

type Served = Omit<FixedRoute, "host"> & { readonly host?: string | undefined };

const COMMON = [
  "access_log off;",
  "server_tokens off;",
  "client_max_body_size 0;",
  `client_body_timeout ${SILENCE};`,
  `proxy_read_timeout ${SILENCE};`,
  `proxy_send_timeout ${SILENCE};`,
  `send_timeout ${SILENCE};`,
  "proxy_http_version 1.1;",
  "proxy_request_buffering off;", // an upload goes through as it comes, and so does a download
  "proxy_buffering off;",
  "proxy_set_header Host $http_host;",
];

const UPGRADES = [
  "proxy_set_header Upgrade $http_upgrade;",
  "proxy_set_header Connection $connection_upgrade;",
  "map $http_upgrade $connection_upgrade {",
  "\tdefault upgrade;",
  "\t'' '';",
  "}",
  // Docker's own: a name is looked up with each request, so that nginx starts before what it stands in front of.
  "resolver 127.0.0.11 valid=2s ipv6=off;",
];

/** Where a trusted proxy's request that is served instead of being sent on comes in again, by TLS. */
const LOOPBACK = "127.0.0.1";

/** Without its port: Nexus from 3.78 on adds that once more (nexus-public 611, 651). */
const HOST = "$host";
/** As it was written then: another text would be loaded. */
const OLDER_HOST = "$http_host";

/** What an app is told of its client: what nginx sees itself, and of a trusted proxy what that says. */
function forwardedLines(trusted: readonly string[], form: EdgeForm): string[] {
  const host = form === "older" ? OLDER_HOST : HOST;
  if (trusted.length === 0) return forwarded("$remote_addr", host, "$scheme", "$server_port");
  return [
    // By who is connected, to the door where there is one, whatever address headers name.
    ...block("geo $remote_addr $trusted", [
      "default 0;",
      ...trusted.map((address) => `${address} 1;`),
      `${LOOPBACK}/32 2;`,
    ]),
    ...block('map "$trusted:$http_x_forwarded_for" $forwarded_for', [
      "default $remote_addr;",
      '"~^1:(?<clients>.+)$" "$clients, $remote_addr";',
      '"~^2:(?<all>.+)$" $all;',
    ]),
    ...block('map "$trusted:$http_x_forwarded_host" $forwarded_host', [
      `default ${HOST};`,
      '"~^[12]:(?<host_name>.+)$" $host_name;',
    ]),
    ...block('map "$trusted:$http_x_forwarded_proto" $forwarded_proto', [
      "default $scheme;",
      '"~^[12]:(?<proto>https?)$" $proto;',
    ]),
    ...block('map "$trusted:$http_x_forwarded_proto" $tls_ended', ["default 0;", '"1:https" 1;']),
    // The one of plain http is nobody's port where TLS has ended: with its second coming the request gets the right one.
    ...block('map "$trusted:$http_x_forwarded_port:$tls_ended$scheme" $forwarded_port', [
      "default $server_port;",
      '"~^[12]:(?<named_port>\\d+):" $named_port;',
      '"1::1http" "";',
    ]),
    ...forwarded("$forwarded_for", "$forwarded_host", "$forwarded_proto", "$forwarded_port"),
  ];
}

function forwarded(client: string, host: string, scheme: string, port: string): string[] {
  return [
    `proxy_set_header X-Forwarded-For ${client};`,
    `proxy_set_header X-Forwarded-Host ${host};`,
    `proxy_set_header X-Forwarded-Proto ${scheme};`,
    `proxy_set_header X-Forwarded-Port ${port};`,
  ];
}

const block = (head: string, inner: readonly string[]) => [`${head} {`, ...inner.map(indented), "}"];

function tlsLines(tls: EdgeTls, form: EdgeForm): string[] {
  const { port, redirectFrom, redirects = {}, routes } = tls;
  return [
    `ssl_certificate ${TLS_FILES.certificate};`,
    `ssl_certificate_key ${TLS_FILES.key};`,
    "ssl_protocols TLSv1.2 TLSv1.3;",
    "ssl_session_cache shared:tls:10m;",
    ...routes.flatMap((route) => serverLines(route, form)),
    ...(redirectFrom === false
      ? []
      : redirectLines(redirectFrom, redirectsOf({ "": port, ...redirects }, tls), form)),
  ];
}

function redirectLines(from: number, redirects: readonly Redirect[], form: EdgeForm): string[] {
  return redirects.flatMap(({ name, address, served }) => {
    const redirect = `return 308 ${address}$request_uri;`;
    return block("server", [
      `listen ${from}${name === "" ? " default_server" : ""}${protocol(form)};`,
      ...(name === "" ? [] : [`server_name ${name};`]),
      ...(form === "older" ? [] : ["keepalive_timeout 0;"]), // whoever is sent on needs this connection no more
      ...(served ? endedLines(redirect, served) : [redirect]),
    ]);
  });
}

/** Who serves is in the site's file only, so that it goes there by TLS; the status in between is seen by nobody. */
function endedLines(redirect: string, { host, publish }: NonNullable<Redirect["served"]>): string[] {
  return [
    "error_page 418 = @ended;",
    ...block("location /", [...block("if ($tls_ended)", ["return 418;"]), redirect]),
    ...block("location @ended", [
      `proxy_pass https://${LOOPBACK}:${publish};`,
      "proxy_ssl_server_name on;",
      `proxy_ssl_name ${host};`,
    ]),
  ];
}

/** Behind doors a port expects the PROXY protocol, which nginx itself doesn't speak where it passes on http. */
function siteListens({ host, publish }: Site, form: EdgeForm): string[] {
  return host !== undefined && form === "doors" ? [`listen ${LOOPBACK}:${publish} ssl;`] : [];
}

/**
 * No setting of nginx that ends a connection takes a variable, but a location has its own: the one for ending is entered
 * by an error that no app is asked for, with the request as it came.
 */
function serverLines(
  { publish, container, port, host }: Served,
  form: EdgeForm,
  listens: readonly string[] = [],
): string[] {
  const pass = `proxy_pass http://$upstream:${port};`;
  const ending = form !== "older";
  return [
    "server {",
    `\tlisten ${publish}${host === undefined ? "" : " ssl http2"}${protocol(form)};`,
    ...listens.map(indented),
    ...(host === undefined ? [] : [`\tserver_name ${host};`]),
    `\tset $upstream ${container};`,
    ...(ending ? ["\terror_page 418 = @ending;"] : []),
    "\tlocation / {",
    ...(ending ? [`\t\tif (-f ${ENDING_FILE}) {`, "\t\t\treturn 418;", "\t\t}"] : []),
    `\t\t${pass}`,
    "\t}",
    ...(ending ? ["\tlocation @ending {", "\t\tkeepalive_timeout 0;", `\t\t${pass}`, "\t}"] : []),
    "}",
  ];
}

const protocol = (form: EdgeForm) => (form === "doors" ? " proxy_protocol" : "");

function parse(text: string): Omit<Site, "app"> | undefined {
  const publish = /^\s*listen (\d+)/m.exec(text)?.[1];
  const container = /set \$upstream ([^;\s]+);/.exec(text)?.[1];
  const port = /proxy_pass http:\/\/\$upstream:(\d+);/.exec(text)?.[1];
  if (publish === undefined || container === undefined || port === undefined) return undefined;
  const place = { container, port: Number(port), publish: Number(publish) };
  const host = /^\s*server_name ([^;\s]+);/m.exec(text)?.[1];
  return host === undefined ? place : { ...place, host };
}

function indented(line: string): string {
  return `\t${line}`;
}

function lines(...text: string[]): string {
  return `${text.join("\n")}\n`;
}
