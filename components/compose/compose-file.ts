import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { IDENTITY_LABEL, type Labels } from "../base/stack-identity";
import { edgeTls, makesCertificates } from "../edge/edge-tls";
import { edgeSoftware } from "../edge/software";
import { CONFIG_PATH, DATA_PATH, EDGE_GRACE, TLS_FILES } from "../edge/software/places";
import { containerOf } from "../nexus/nexus-container";
import { nexusRedirects, nexusRoutes, publishedPorts } from "../settings/nexus/nexus-addresses";
import type { MadeNexus } from "../settings/nexus/nexus-settings";
import { PLACES, SERVICES } from "./services";

export interface ComposeArgs {
  /** Name of the compose project: of its containers, network and volumes. */
  readonly name: string;
  readonly settings: MadeNexus;
  /** Runs the services `check` and `configure`. */
  readonly nodeImage: string;
  /** Names of the secrets that `configure` gets. */
  readonly secrets: readonly string[];
  /** Path in the edge's container → content, of what the settings give as files. */
  readonly certificateFiles: Readonly<Record<string, string>>;
}

/** A compose file, and what has to lie beside it. */
export interface ComposeFile {
  readonly document: object;
  /** Path from the compose file → content. */
  readonly files: Readonly<Record<string, string>>;
  /** Name of a secret → content, of those that `configure` doesn't get. */
  readonly secretFiles: Readonly<Record<string, string>>;
}

const LOGS = { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } };
/** Name of the secret that is the key of a given certificate. */
const TLS_KEY = "tls.key";

/** The same Nexus, and the same proxy in front of it, as the stack has. */
export function composeFile(args: ComposeArgs): ComposeFile {
  const { name, settings, nodeImage, secrets, certificateFiles } = args;
  const edge = settings.tls && edgeOf(settings, certificateFiles);
  const volumes = ["data", "memory", ...(edge?.hasData ? ["edge-data"] : [])];
  const configure = {
    ...programOf(nodeImage, SERVICES.configure, volumes),
    secrets,
    depends_on: { [edge ? SERVICES.edge : SERVICES.nexus]: { condition: "service_started" } },
  };
  // By it a look at ports knows its own containers, and every stack that they are somebody else's.
  const labels = { [IDENTITY_LABEL]: name };
  const services = {
    [SERVICES.check]: programOf(nodeImage, SERVICES.check, ["data"]),
    [SERVICES.nexus]: { ...nexusOf(settings), labels },
    ...(edge && { [SERVICES.edge]: { ...edge.service, labels: { ...labels, ...edge.labels } } }),
    [SERVICES.configure]: configure,
    [SERVICES.ready]: readyOf(settings),
  };
  const kept = [...secrets, ...Object.keys(edge?.secretFiles ?? {})];
  return {
    document: {
      name,
      services,
      volumes: Object.fromEntries(volumes.map((volume) => [volume, {}])),
      secrets: Object.fromEntries(kept.map((secret) => [secret, { file: `./secrets/${secret}` }])),
    },
    files: edge?.files ?? {},
    secretFiles: edge?.secretFiles ?? {},
  };
}

function nexusOf(settings: MadeNexus): object {
  const { envs, memory, hosts, destroyGraceSeconds, logDriver, logOpts, ports } = containerOf(settings);
  return {
    image: settings.image,
    restart: "always",
    environment: envs,
    volumes: [`data:${PLACES.data}`],
    ...(ports.length > 0 && {
      ports: ports.map(({ ip, external, internal }) => published(ip, external, internal)),
    }),
    extra_hosts: hosts.map(({ host, ip }) => `${host}:${ip}`),
    ...(!settings.tls && aliasesOf(settings)),
    mem_limit: `${memory}m`,
    memswap_limit: `${memory}m`,
    stop_grace_period: `${destroyGraceSeconds}s`,
    logging: { driver: logDriver, options: logOpts },
    depends_on: { [SERVICES.check]: { condition: "service_completed_successfully" } },
  };
}

/** Megabytes. */
const EDGE_MEMORY = "256m";

interface Edge {
  readonly service: object;
  readonly labels: Labels;
  readonly files: Readonly<Record<string, string>>;
  readonly secretFiles: Readonly<Record<string, string>>;
  /** It makes certificates, and keeps them on a volume. */
  readonly hasData: boolean;
}

function edgeOf(settings: MadeNexus, given: Readonly<Record<string, string>>): Edge {
  const { tls, hostname: host, bind } = settings;
  const software = edgeSoftware[tls!.proxy];
  const routes = nexusRoutes(settings, SERVICES.nexus);
  const main = edgeTls({ settings: tls!, host, hosts: [], routes, redirects: nexusRedirects(tls!) });
  const configuration = software.main(main, "alone");
  const hasData = makesCertificates(tls!);
  const shown = Object.entries(given).filter(([path]) => path !== TLS_FILES.key);
  const files = {
    [`edge/main.${software.extension}`]: configuration,
    ...Object.fromEntries(shown.map(([path, content]) => [fileBeside(path), content])),
  };
  const key = given[TLS_FILES.key];
  const service = {
    image: tls!.image ?? software.image.replace(/^library\//, ""),
    restart: "always",
    ports: publishedPorts(settings).map((one) => published(bind, one, one)),
    volumes: [
      `./edge/main.${software.extension}:${software.configFile}:ro`,
      ...shown.map(([path]) => `./${fileBeside(path)}:${path}:ro`),
      ...(hasData ? [`edge-data:${DATA_PATH}`] : []),
    ],
    ...(key !== undefined && { secrets: [{ source: TLS_KEY, target: TLS_FILES.key }] }),
    ...aliasesOf(settings),
    mem_limit: EDGE_MEMORY,
    memswap_limit: EDGE_MEMORY,
    stop_signal: software.stopSignal,
    stop_grace_period: `${EDGE_GRACE}s`,
    logging: LOGS,
    depends_on: { [SERVICES.nexus]: { condition: "service_started" } },
  };
  // Another text in a file is nothing to Compose: with another label, another container is made.
  const labels = { "berth.edge": digest(JSON.stringify([configuration, given])) };
  return { service, labels, files, secretFiles: key === undefined ? {} : { [TLS_KEY]: key }, hasData };
}

const fileBeside = (path: string) => `edge${path.slice(CONFIG_PATH.length)}`;

/** A container that does one thing and ends. It may read whatever is in the volumes, and do nothing else that root may. */
function programOf(image: string, task: string, volumes: readonly string[]): object {
  const places: Record<string, string> = {
    data: `data:${PLACES.data}:ro`,
    memory: `memory:${PLACES.memory}`,
    "edge-data": `edge-data:${DATA_PATH}:ro`,
  };
  return {
    image,
    entrypoint: ["node", PLACES.program],
    command: [task],
    user: "0:0",
    restart: "no",
    init: true,
    read_only: true,
    cap_drop: ["ALL"],
    cap_add: ["DAC_OVERRIDE"],
    security_opt: ["no-new-privileges:true"],
    environment: { NO_PROXY: "*", no_proxy: "*" }, // what it asks is on the network of the compose file
    volumes: [
      `./configure.cjs:${PLACES.program}:ro`,
      `./nexus.json:${PLACES.plan}:ro`,
      ...volumes.map((volume) => places[volume]),
    ],
    mem_limit: "256m",
    memswap_limit: "256m",
    logging: LOGS,
  };
}

/** It does nothing, with next to nothing, in an image that is there anyway. */
function readyOf({ image }: MadeNexus): object {
  return {
    image,
    entrypoint: ["sleep", "infinity"],
    restart: "always",
    init: true,
    read_only: true,
    network_mode: "none",
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
    mem_limit: "16m",
    memswap_limit: "16m",
    logging: LOGS,
    depends_on: { [SERVICES.configure]: { condition: "service_completed_successfully" } },
  };
}

/** The names by which clients reach it lead there on its own network, too; addresses can't. */
function aliasesOf({ hostname, tls }: MadeNexus): object {
  const names = [hostname, ...Object.values(tls?.names ?? {})];
  const aliases = names.filter((name) => isIP(name) === 0 && name !== "localhost");
  return aliases.length > 0 ? { networks: { default: { aliases } } } : {};
}

/** @param ip an IPv6 address stands in brackets */
function published(ip: string, external: number, internal: number): string {
  return `${ip.includes(":") ? `[${ip}]` : ip}:${external}:${internal}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
