import type Docker from "dockerode";
import type { DockerVersion } from "dockerode";
import { IDENTITY_LABEL } from "../../components/base/stack-identity";
import { builderAddress } from "../../components/docker/builder-address";
import { dockerKey } from "../../components/docker/docker-address";
import { dockerHost } from "../../components/docker/docker-host";
import { hostDisk } from "../../components/docker/host-disk";
import { bytesText } from "../../components/values/bytes-text";
import { isOlder } from "../../components/values/versions";
import { dockerAdvice } from "./docker-advice";
import { type Finding, fail, ok, warn } from "./finding";
import type { Check } from "./run-checks";
import type { KnownSettings } from "./subject";

/** A Docker that the stack uses. */
export interface Host {
  readonly address: string;
  /** What it is used for: `builder`, `Nexus`, a server's name. */
  readonly roles: readonly string[];
}

/** Of Docker 20.10, the oldest that Berth is tested on. */
const OLDEST_API = "1.41";

/** Bytes free, below which no image fits, and below which a few updates fill it. */
const [FULL, NEARLY_FULL] = [1e9, 5e9] as const;
/** Milliseconds that clocks may differ: sessions and tokens that are valid "from now" begin to fail … */
const [SLOW_CLOCK, WRONG_CLOCK] = [5_000, 60_000] as const;

export const hostName = ({ roles }: Pick<Host, "roles">) => `Docker of ${roles.join(", ")}`;

export const buildsSomething = ({ apps }: KnownSettings) =>
  apps === undefined || apps.some(({ build, release }) => build && !release);

/** Each Docker once, whatever it is used for. @throws where the environment or docker's configuration names none that can be followed */
export function hostsOf(settings: KnownSettings): Host[] {
  const { nexus, servers = [] } = settings;
  const used = [
    ...(buildsSomething(settings) ? [{ address: builderAddress(), role: "builder" }] : []),
    ...(nexus?.docker === undefined ? [] : [{ address: nexus.docker, role: "Nexus" }]),
    ...servers.map(({ name, docker }) => ({ address: docker, role: name })),
  ];
  const keys = [...new Set(used.map(({ address }) => dockerKey(address)))];
  return keys.map((key) => {
    const same = used.filter(({ address }) => dockerKey(address) === key);
    return { address: same[0]!.address, roles: same.map(({ role }) => role) };
  });
}

/** The part of `docker info` that counts here. */
interface Info {
  readonly Name?: string;
  readonly DockerRootDir?: string;
  readonly SystemTime?: string;
}

interface Seen {
  readonly version: DockerVersion;
  readonly info: Info;
  /** Milliseconds by which its clock is ahead of this machine's. */
  readonly ahead: number;
}

type Cancellable = (options: { readonly abortSignal: AbortSignal }) => Promise<unknown>;

/**
 * Whether it is there and new enough; then its disk, its clock, what it runs.
 * @param identity of the stack, on what looks
 * @param builder what platform the Docker is that builds
 */
export function hostChecks(
  host: Host,
  identity: () => Promise<string>,
  builder: () => Promise<string | undefined>,
): Check[] {
  const name = hostName(host);
  const needs = [name];
  let seen: Seen | undefined;
  const reach = async (abortSignal: AbortSignal) => {
    const docker = dockerHost(host.address);
    const asked = Date.now();
    // Its types know no options.
    const [version, info] = await Promise.all([
      (docker.version as Cancellable).call(docker, { abortSignal }) as Promise<DockerVersion>,
      (docker.info as Cancellable).call(docker, { abortSignal }) as Promise<Info>,
    ]);
    seen = { version, info, ahead: aheadOf(info.SystemTime, asked) };
    return versionFinding(name, host.address, version);
  };
  return [
    { name, run: (signal) => reach(signal).catch((error: Error) => unreached(name, host.address, error)) },
    {
      name: `${name}: disk`,
      needs,
      run: async () =>
        diskFinding(`${name}: disk`, dockerHost(host.address), host.address, seen!.info, await identity()),
    },
    { name: `${name}: clock`, needs, run: async () => clockFinding(`${name}: clock`, seen!.ahead) },
    {
      name: `${name}: platform`,
      needs,
      run: async () => platformFinding(`${name}: platform`, seen!.version, host, await builder()),
    },
  ];
}

/** Milliseconds; what a slow answer can explain is no difference. @param asked when its question went out */
function aheadOf(time: string | undefined, asked: number): number {
  const told = time === undefined ? Number.NaN : Date.parse(time);
  if (Number.isNaN(told)) return 0;
  return Math.min(told - asked, Math.max(0, told - Date.now()));
}

function unreached(name: string, address: string, error: Error): Finding {
  return fail(name, error.message, dockerAdvice(error.message, address));
}

function versionFinding(name: string, address: string, { Version, ApiVersion }: DockerVersion): Finding {
  const text = `${address}: ${Version}, API ${ApiVersion}`;
  if (!isOlder(ApiVersion, OLDEST_API)) return ok(name, text);
  return fail(
    name,
    `${text}, and Berth needs API ${OLDEST_API} or newer (Docker 20.10)`,
    "sudo apt-get update && sudo apt-get install -y --only-upgrade docker.io # on that machine; where it is Docker's own package: docker-ce",
  );
}

async function diskFinding(
  what: string,
  docker: Docker,
  address: string,
  { DockerRootDir: folder = "/var/lib/docker", Name: name = "" }: Info,
  identity: string,
): Promise<Finding> {
  const disk = await hostDisk(docker, { address, folder, name }, { [IDENTITY_LABEL]: identity });
  if (disk === undefined)
    return ok(what, "not looked at: no image there has a `df` to look with, so there are few");
  return spaceFinding(what, disk.free, `of ${bytesText(disk.size)} (${folder})`);
}

/** @param of what it is free of */
export function spaceFinding(what: string, free: number, of: string): Finding {
  const text = `${bytesText(free)} free ${of}`;
  const advice =
    "docker system df && docker image prune --all --filter until=168h && docker builder prune # on that machine: what no container uses, also of others, and what builds keep";
  if (free < FULL) return fail(what, `${text}: no image fits any more`, advice);
  return free < NEARLY_FULL ? warn(what, text, advice) : ok(what, text);
}

/** @param ahead milliseconds */
export function clockFinding(what: string, ahead: number): Finding {
  const seconds = Math.round(Math.abs(ahead) / 1000);
  if (seconds * 1000 < SLOW_CLOCK) return ok(what, "as this machine's");
  const text = `${seconds} s ${ahead > 0 ? "ahead of" : "behind"} this machine's clock`;
  const advice = "sudo timedatectl set-ntp true # on the machine whose clock is wrong";
  if (seconds * 1000 < WRONG_CLOCK) return warn(what, text, advice);
  return fail(
    what,
    `${text}: certificates and tokens that are valid count as not valid yet, or expired`,
    advice,
  );
}

/** @param builder platform of the Docker that builds; undefined where it can't be told, or nothing is built */
export function platformFinding(
  what: string,
  { Os, Arch }: Pick<DockerVersion, "Os" | "Arch">,
  { roles }: Pick<Host, "roles">,
  builder: string | undefined,
): Finding {
  const platform = `${Os}/${Arch}`;
  if (Os !== "linux")
    return fail(
      what,
      `${platform}, and Berth's containers are Linux's`,
      "Switch that Docker to Linux containers",
    );
  if (builder === undefined || builder === platform || roles.includes("builder")) return ok(what, platform);
  const advice = `docker run --privileged --rm tonistiigi/binfmt --install ${Arch} # on the builder`;
  return warn(
    what,
    `${platform}, and the builder is ${builder}: it builds for this one by emulation, where it has that`,
    advice,
  );
}
