import { httpsAddress, oneAtATime, TLS_FILES } from "./places";
import type { EdgeSoftware, EdgeTls, FixedRoute } from "./software";

/** Seconds without a byte: a registry hashes a large layer before it answers, and a slow line sends one for long. */
const SILENCE = "900s";

/** nginx, with given certificates only. */
export const nginx: EdgeSoftware = {
  image: "library/nginx:1",
  configFile: "/etc/nginx/nginx.conf",
  sites: "/config/sites",
  extension: "conf",
  main: (tls) => lines(...main(tls)),
  site: (site) => lines(...serverLines(site)),
  load: oneAtATime("nginx -t -q && nginx -s reload"),
  servedBy: (text) => /set \$upstream ([^;\s]+);/.exec(text)?.[1],
};

function main(tls: EdgeTls | undefined): string[] {
  return [
    "worker_processes auto;",
    "error_log stderr notice;",
    "pid /run/nginx.pid;",
    "events {",
    "\tworker_connections 4096;",
    "}",
    "http {",
    ...[...COMMON, ...(tls ? tlsLines(tls) : []), "include /config/sites/*.conf;"].map(indented),
    "}",
  ];
}

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

function tlsLines({ host, port, redirectFrom, redirects = {}, routes }: EdgeTls): string[] {
  return [
    `ssl_certificate ${TLS_FILES.certificate};`,
    `ssl_certificate_key ${TLS_FILES.key};`,
    "ssl_protocols TLSv1.2 TLSv1.3;",
    "ssl_session_cache shared:tls:10m;",
    ...routes.flatMap(serverLines),
    ...(redirectFrom === false ? [] : redirectLines(redirectFrom, { "": port, ...redirects }, host)),
  ];
}

/** @param to by host name; the empty name is for every other one, which is sent to `host` */
function redirectLines(from: number, to: { readonly [host: string]: number }, host: string): string[] {
  return Object.entries(to).flatMap(([name, port]) => [
    "server {",
    name === "" ? `\tlisten ${from} default_server;` : `\tlisten ${from};`,
    ...(name === "" ? [] : [`\tserver_name ${name};`]),
    `\treturn 308 ${httpsAddress(name || host, port)}$request_uri;`,
    "}",
  ]);
}

function serverLines({ publish, container, port, host }: Served): string[] {
  return [
    "server {",
    host === undefined ? `\tlisten ${publish};` : `\tlisten ${publish} ssl http2;`,
    ...(host === undefined ? [] : [`\tserver_name ${host};`]),
    `\tset $upstream ${container};`,
    "\tlocation / {",
    `\t\tproxy_pass http://$upstream:${port};`,
    "\t}",
    "}",
  ];
}

const indented = (line: string) => `\t${line}`;

function lines(...text: string[]): string {
  return `${text.join("\n")}\n`;
}
