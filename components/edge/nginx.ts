import { ENDING_FILE, httpsAddress, PRIVATE_NETWORKS, sitesFolder, TLS_FILES } from "./places";
import { reloadNginx } from "./reload-nginx";
import type { EdgeForm, EdgeSoftware, EdgeTls, FixedRoute, Site } from "./software";

/** Seconds without a byte: a registry hashes a large layer before it answers, and a slow line sends one for long. */
const SILENCE = "900s";

/** nginx, with given certificates only. */
export const nginx: EdgeSoftware = {
  image: "library/nginx:1",
  configFile: "/etc/nginx/nginx.conf",
  start: lines(
    "worker_processes auto;",
    "error_log stderr notice;",
    "pid /run/nginx.pid;",
    "events {",
    "\tworker_connections 4096;",
    "}",
    "include /etc/nginx/main/*.conf;",
  ),
  mainFile: "/etc/nginx/main/edge.conf",
  sites: sitesFolder,
  extension: "conf",
  stopSignal: "SIGQUIT",
  main: (tls, form = "doors") => lines(...(form === "doors" ? [] : ALONE), ...http(tls, form)),
  site: (site, form = "doors") => lines(...serverLines(site, form)),
  parse,
  load: reloadNginx(),
};

/** What an edge behind doors starts with already. */
const ALONE = [
  "worker_processes auto;",
  "error_log stderr notice;",
  "pid /run/nginx.pid;",
  "events {",
  "\tworker_connections 4096;",
  "}",
];

function http(tls: EdgeTls | undefined, form: EdgeForm): string[] {
  const parts = [...COMMON, ...(form === "doors" ? BEHIND_DOORS : []), ...(tls ? tlsLines(tls, form) : [])];
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
  "proxy_set_header X-Forwarded-For $remote_addr;",
  "proxy_set_header X-Forwarded-Host $host;", // without its port: Nexus from 3.78 on adds that once more (nexus-public 611, 651)
  "proxy_set_header X-Forwarded-Proto $scheme;",
  "proxy_set_header X-Forwarded-Port $server_port;",
  "proxy_set_header Upgrade $http_upgrade;",
  "proxy_set_header Connection $connection_upgrade;",
  "map $http_upgrade $connection_upgrade {",
  "\tdefault upgrade;",
  "\t'' '';",
  "}",
  // Docker's own: a name is looked up with each request, so that nginx starts before what it stands in front of.
  "resolver 127.0.0.11 valid=2s ipv6=off;",
];

function tlsLines({ host, port, redirectFrom, redirects = {}, routes }: EdgeTls, form: EdgeForm): string[] {
  return [
    `ssl_certificate ${TLS_FILES.certificate};`,
    `ssl_certificate_key ${TLS_FILES.key};`,
    "ssl_protocols TLSv1.2 TLSv1.3;",
    "ssl_session_cache shared:tls:10m;",
    ...routes.flatMap((route) => serverLines(route, form)),
    ...(redirectFrom === false ? [] : redirectLines(redirectFrom, { "": port, ...redirects }, host, form)),
  ];
}

/** @param to by host name; the empty name is for every other one, which is sent to `host` */
function redirectLines(
  from: number,
  to: { readonly [host: string]: number },
  host: string,
  form: EdgeForm,
): string[] {
  return Object.entries(to).flatMap(([name, port]) => [
    "server {",
    `\tlisten ${from}${name === "" ? " default_server" : ""}${protocol(form)};`,
    ...(name === "" ? [] : [`\tserver_name ${name};`]),
    ...(form === "older" ? [] : ["\tkeepalive_timeout 0;"]), // whoever is sent on needs this connection no more
    `\treturn 308 ${httpsAddress(name || host, port)}$request_uri;`,
    "}",
  ]);
}

/**
 * No setting of nginx that ends a connection takes a variable, but a location has its own: the one for ending is entered
 * by an error that no app is asked for, with the request as it came.
 */
function serverLines({ publish, container, port, host }: Served, form: EdgeForm): string[] {
  const pass = `proxy_pass http://$upstream:${port};`;
  const ending = form !== "older";
  return [
    "server {",
    `\tlisten ${publish}${host === undefined ? "" : " ssl http2"}${protocol(form)};`,
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
