import type { ContainerCreateOptions } from "dockerode";
import type { AppSettings } from "../app-settings";

type Limits = Pick<AppSettings, "memory" | "cpus" | "user" | "readOnly" | "tmpfs" | "capabilities">;

/** What may be written where and at whose cost, in the words of the docker provider. */
export function limitsOf(app: Limits) {
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
    Cmd: [...command],
    ...(user !== undefined && { User: user }),
    Env: envOf(spec.env),
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      NetworkMode: spec.network,
      Binds: spec.mounts.map((mount) => `${mount.volume}:${mount.path}:${mount.readOnly ? "ro" : "rw"}`),
      Memory: memory * 1024 * 1024,
      MemorySwap: memory * 1024 * 1024,
      NanoCpus: Math.round(cpus * 1e9),
      ReadonlyRootfs: readOnly,
      Tmpfs: Object.fromEntries(tmpfsOf(spec).map((folder) => [folder, TMPFS])),
      CapDrop: ["ALL"],
      CapAdd: capabilities.map((one) => `CAP_${one}`),
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
    },
  };
}

export function envOf(env: { readonly [name: string]: string }): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}
