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
    ...[
      ...COMMON,
      ...forwardedLines(tls?.trustedProxies ?? []),
      ...UPGRADES,
      ...(tls ? tlsLines(tls) : []),
      "include /config/sites/*.conf;",
    ].map(indented),
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

/** What an app is told of its client: what nginx sees itself, and of a trusted proxy what that says. */
function forwardedLines(trusted: readonly string[]): string[] {
  if (trusted.length === 0) return forwarded("$remote_addr", "$http_host", "$scheme", "$server_port");
  return [
    // By who is connected, whatever address headers name.
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
      "default $http_host;",
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

function tlsLines(tls: EdgeTls): string[] {
  const { port, redirectFrom, redirects = {}, routes } = tls;
  return [
    `ssl_certificate ${TLS_FILES.certificate};`,
    `ssl_certificate_key ${TLS_FILES.key};`,
    "ssl_protocols TLSv1.2 TLSv1.3;",
    "ssl_session_cache shared:tls:10m;",
    ...routes.flatMap(serverLines),
    ...(redirectFrom === false ? [] : redirectLines(redirectFrom, { "": port, ...redirects }, tls)),
  ];
}

/** @param to by host name; the empty name is for every other one, which is sent to the edge's own host */
function redirectLines(from: number, to: { readonly [host: string]: number }, tls: EdgeTls): string[] {
  const { host, trustedProxies = [], apps = {} } = tls;
  return Object.entries(to).flatMap(([name, port]) => {
    const redirect = `return 308 ${httpsAddress(name || host, port)}$request_uri;`;
    const serves = trustedProxies.length > 0 && apps[name] !== undefined;
    return block("server", [
      name === "" ? `listen ${from} default_server;` : `listen ${from};`,
      ...(name === "" ? [] : [`server_name ${name};`]),
      // Every other name leads to what the host's own does.
      ...(serves ? endedLines(redirect, name || host, name === "" ? (to[host] ?? port) : port) : [redirect]),
    ]);
  });
}

/**
 * What a trusted proxy sends by plain http is served where its client spoke https: sent on it would come back in the same way. Who
 * serves is in the site's file only, so that it goes there by TLS; the status in between is seen by nobody.
 */
function endedLines(redirect: string, host: string, port: number): string[] {
  return [
    "error_page 418 = @ended;",
    ...block("location /", [...block("if ($tls_ended)", ["return 418;"]), redirect]),
    ...block("location @ended", [
      `proxy_pass https://${LOOPBACK}:${port};`,
      "proxy_ssl_server_name on;",
      `proxy_ssl_name ${host};`,
    ]),
  ];
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
