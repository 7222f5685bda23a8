import type { ContainerArgs } from "@pulumi/docker";
import type { Input } from "@pulumi/pulumi";
import type { ContainerCreateOptions } from "dockerode";
import type { AppSettings } from "../settings/app-settings";

type Served = Limits &
  Pick<AppSettings, "env" | "restart" | "drainTimeout" | "log"> & {
    /** Of a process; what serves runs what its image says. */
    readonly command?: string[];
  };
type Limits = Pick<
  AppSettings,
  | "memory"
  | "cpus"
  | "user"
  | "readOnly"
  | "tmpfs"
  | "capabilities"
  | "ulimits"
  | "extraHosts"
  | "dns"
  | "devices"
  | "gpus"
  | "shmSize"
  | "hostPaths"
>;

/** What a container of the app is made with beside its settings. */
export interface ContainerPlace {
  readonly image: Input<string>;
  readonly network: Input<string>;
  readonly mounts: readonly { volume: Input<string>; path: string; readOnly: boolean }[];
  readonly labels: ContainerArgs["labels"];
  /** Absent: as the image says. */
  readonly start?: Pick<ContainerArgs, "entrypoints" | "command">;
}

/** A container that serves, or one of a process, in the words of the docker provider. */
export function containerArgs(app: Served, place: ContainerPlace): ContainerArgs {
  const { image, network, mounts, labels, start } = place;
  const log = logOf(app);
  return {
    image,
    ...start,
    ...(app.command && { command: app.command, healthcheck: NO_CHECK }),
    envs: envOf(app.env),
    networksAdvanced: [{ name: network }],
    volumes: [
      ...mounts.map(({ volume, path, readOnly }) => ({
        volumeName: volume,
        containerPath: path,
        ...(readOnly && { readOnly }),
      })),
      ...hostPathsOf(app).map(({ host, path, readOnly }) => ({
        hostPath: host,
        containerPath: path,
        ...(readOnly && { readOnly }),
      })),
    ],
    labels,
    ...limitsOf(app),
    ...optionsOf(app),
    restart: app.restart,
    destroyGraceSeconds: app.drainTimeout,
    stopTimeout: app.drainTimeout, // of a stop by anybody else, and of Docker's own end
    logDriver: log.driver,
    ...(Object.keys(log.options).length > 0 && { logOpts: log.options }),
  };
}

/**
 * The image's check is of what serves. Of its times Docker takes those that are zero here, and every update would find that they differ.
 */
const NO_CHECK = { tests: ["NONE"], interval: "30s", timeout: "30s", startPeriod: "1s", retries: 1 };

/** Nobody's disk is filled by what an app says. */
const LOG = { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } };

/** The drivers that write files of their own, and take the same options for their sizes. */
const OF_FILES = ["json-file", "local"];

function logOf({ log }: Pick<Served, "log">): NonNullable<Served["log"]> {
  if (!log) return LOG;
  return OF_FILES.includes(log.driver) ? { ...log, options: { ...LOG.options, ...log.options } } : log;
}

function hostPathsOf({ hostPaths = {} }: Limits) {
  return Object.entries(hostPaths).map(([host, rest]) => ({ host, ...rest }));
}

/** What few apps have, in the words of the docker provider. */
function optionsOf({ ulimits, extraHosts, dns, devices, gpus, shmSize }: Limits) {
  return {
    ...(dns && { dns }),
    ...(gpus && { gpus }),
    ...(shmSize !== undefined && { shmSize }),
    ...(ulimits && { ulimits: Object.entries(ulimits).map(([name, limits]) => ({ name, ...limits })) }),
    ...(extraHosts && { hosts: Object.entries(extraHosts).map(([host, ip]) => ({ host, ip })) }),
    ...(devices && {
      devices: devices.map(({ path, inside = path, permissions }) => ({
        hostPath: path,
        containerPath: inside,
        permissions,
      })),
    }),
  };
}

/** What may be written where and at whose cost, in the words of the docker provider. */
function limitsOf(app: Limits) {
  const { memory, cpus, user, readOnly, capabilities } = app;
  const folders = tmpfsOf(app);
  return {
    memory,
    memorySwap: memory, // set beside memory, else it shows as a change on every run
    ...(cpus !== undefined && { cpus: String(cpus) }),
    ...(user !== undefined && { user }),
    ...(readOnly && { readOnly }),
    ...(folders.length > 0 && { tmpfs: Object.fromEntries(folders.map((folder) => [folder, TMPFS])) }),
    // With their prefix, as newer Dockers give them back.
    capabilities: { drops: ["ALL"], adds: capabilities.map((one) => `CAP_${one}`) },
  };
}

/** Everybody may write there, as in /tmp; nothing there is run with another's rights. */
const TMPFS = "rw,nosuid,nodev,mode=1777";

function tmpfsOf({ readOnly, tmpfs }: Limits): string[] {
  return tmpfs ?? (readOnly ? ["/tmp"] : []);
}

/** A volume of the app's containers, by its name on the server. */
export interface Mount {
  readonly volume: string;
  readonly path: string;
  readonly readOnly?: boolean;
}

/** What a container of the app is made of, as a dynamic provider gets it. */
export interface ContainerSpec extends Limits {
  readonly env: { readonly [name: string]: string };
  /** Absent: the image's own. */
  readonly entrypoint?: readonly string[];
  readonly network: string;
  readonly mounts: readonly Mount[];
}

/** The same in the words of the Docker API, for a container that runs one command to its end. */
export function oneOff(
  spec: ContainerSpec,
  image: string,
  command: readonly string[],
): ContainerCreateOptions {
  const { memory, cpus = 0, user, readOnly, capabilities } = spec;
  return {
    Image: image,
    ...(spec.entrypoint && { Entrypoint: [...spec.entrypoint] }),
    Cmd: [...command],
    ...(user !== undefined && { User: user }),
    Env: envOf(spec.env),
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      NetworkMode: spec.network,
      Binds: [
        ...spec.mounts.map(({ volume, ...mount }) => ({ host: volume, ...mount })),
        ...hostPathsOf(spec),
      ].map(({ host, path, readOnly }) => `${host}:${path}:${readOnly ? "ro" : "rw"}`),
      Memory: memory * 1024 * 1024,
      MemorySwap: memory * 1024 * 1024,
      NanoCpus: Math.round(cpus * 1e9),
      ReadonlyRootfs: readOnly,
      Tmpfs: Object.fromEntries(tmpfsOf(spec).map((folder) => [folder, TMPFS])),
      CapDrop: ["ALL"],
      CapAdd: capabilities.map((one) => `CAP_${one}`),
      LogConfig: { Type: LOG.driver, Config: LOG.options }, // of which its last lines are told
      ...hostOptionsOf(spec),
    },
  };
}

function hostOptionsOf({ ulimits, extraHosts, dns, devices, gpus, shmSize }: Limits) {
  return {
    ...(dns && { Dns: dns }),
    ...(gpus && { DeviceRequests: [{ Count: -1, Capabilities: [["gpu"]] }] }), // as `docker run --gpus all` asks for them
    ...(shmSize !== undefined && { ShmSize: shmSize * 1024 * 1024 }),
    ...(ulimits && {
      Ulimits: Object.entries(ulimits).map(([Name, { soft: Soft, hard: Hard }]) => ({ Name, Soft, Hard })),
    }),
    ...(extraHosts && { ExtraHosts: Object.entries(extraHosts).map(([host, ip]) => `${host}:${ip}`) }),
    ...(devices && {
      Devices: devices.map(({ path, inside = path, permissions }) => ({
        PathOnHost: path,
        PathInContainer: inside,
        CgroupPermissions: permissions,
      })),
    }),
  };
}

function envOf(env: { readonly [name: string]: string }): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}
