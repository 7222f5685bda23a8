import type { ContainerInspectInfo } from "dockerode";
import type { Props, Value } from "../../provider";
import { isObject, isZero, texts } from "../../schema/value";
import { formatGoDuration } from "./go-duration";

const MEGABYTE = 1024 * 1024;

/** What the typings of dockerode leave out of an inspection. */
interface Inspection extends ContainerInspectInfo {
  readonly Platform: string;
}

/**
 * The outputs of a container as it was found. Environment, labels, uploads, volumes and networks stay as
 * recorded: an inspection mixes them with the image's own, and the plugin doesn't read them back either.
 */
export function containerOutputs(found: ContainerInspectInfo, recorded: Props): Props {
  const config = found.Config;
  return {
    ...recorded,
    envs: recorded["envs"] ?? [],
    labels: recorded["labels"] ?? [],
    ...lifeOutputs(found, recorded),
    ...hostOutputs(found, recorded),
    id: found.Id,
    name: found.Name.replace(/^\//, ""),
    image: String(recorded["image"]).startsWith("sha256:") ? found.Image : config.Image,
    platform: (found as Inspection).Platform,
    hostname: config.Hostname,
    domainname: config.Domainname,
    command: config.Cmd ?? [],
    entrypoints: typeof config.Entrypoint === "string" ? [config.Entrypoint] : (config.Entrypoint ?? []),
    user: config.User,
    workingDir: config.WorkingDir,
    stopSignal: (config as { StopSignal?: string }).StopSignal ?? "",
    stopTimeout: (config as { StopTimeout?: number }).StopTimeout ?? 0,
    healthcheck: healthcheckOutput(config.Healthcheck),
    networkDatas: networkDatas(found),
    bridge: (found.NetworkSettings as { Bridge?: string }).Bridge ?? "",
  };
}

/** A container that should run and doesn't is recorded as `mustRun: false`, so that the next update starts it. */
function lifeOutputs(found: ContainerInspectInfo, recorded: Props): Props {
  const running = found.State.Running;
  const mustRun = recorded["mustRun"] === true;
  return {
    exitCode: running ? null : found.State.ExitCode,
    mustRun: running ? (recorded["mustRun"] ?? null) : false,
    ports:
      (running || mustRun) && !isZero(recorded["ports"]) ? portOutputs(found) : (recorded["ports"] ?? []),
    containerLogs: recorded["containerLogs"] ?? null,
  };
}

function hostOutputs(found: ContainerInspectInfo, recorded: Props): Props {
  const host = found.HostConfig;
  const swap = host.MemorySwap ?? 0;
  return {
    rm: host.AutoRemove ?? false,
    readOnly: host.ReadonlyRootfs ?? false,
    privileged: host.Privileged ?? false,
    publishAllPorts: host.PublishAllPorts ?? false,
    restart: host.RestartPolicy?.Name || "no",
    maxRetryCount: host.RestartPolicy?.MaximumRetryCount ?? 0,
    init: host.Init ?? false,
    runtime: host.Runtime ?? "",
    ipcMode: host.IpcMode ?? "",
    networkMode: host.NetworkMode ?? "",
    usernsMode: host.UsernsMode ?? "",
    securityOpts: host.SecurityOpt ?? [],
    capabilities: capabilityOutputs(found, recorded["capabilities"]),
    dns: orNull(host.Dns),
    dnsOpts: orNull(host.DnsOptions),
    dnsSearches: orNull(host.DnsSearch),
    groupAdds: orNull(host.GroupAdd),
    sysctls: host.Sysctls ?? null,
    tmpfs: (host.Tmpfs as Props | undefined) ?? null,
    hosts: (host.ExtraHosts ?? []).map(hostOutput),
    ulimits: (host.Ulimits ?? []).map(
      ({ Name, Soft, Hard }: { Name?: string; Soft?: number; Hard?: number }) => ({
        name: Name ?? "",
        soft: Soft ?? 0,
        hard: Hard ?? 0,
      }),
    ),
    devices: (host.Devices ?? []).map(
      (device: { PathOnHost?: string; PathInContainer?: string; CgroupPermissions?: string }) => ({
        hostPath: device.PathOnHost ?? "",
        containerPath: device.PathInContainer ?? "",
        permissions: device.CgroupPermissions ?? "",
      }),
    ),
    memory: (host.Memory ?? 0) / MEGABYTE,
    memoryReservation: (host.MemoryReservation ?? 0) / MEGABYTE,
    memorySwap: swap > 0 ? swap / MEGABYTE : swap,
    shmSize: (host.ShmSize ?? 0) / MEGABYTE,
    cpus: (host.NanoCpus ?? 0) > 0 ? String((host.NanoCpus ?? 0) / 1e9) : null,
    cpuShares: host.CpuShares ?? 0,
    cpuSet: host.CpusetCpus ?? "",
    logDriver: host.LogConfig?.Type ?? "",
    logOpts: isZero(recorded["logOpts"]) ? null : (host.LogConfig?.Config ?? {}),
  };
}

function orNull(list: string[] | null | undefined): Value {
  return list === null || list === undefined || list.length === 0 ? null : list;
}

/** `name:address`; the address may hold colons. */
function hostOutput(entry: string): Props {
  const colon = entry.indexOf(":");
  return { host: entry.slice(0, colon), ip: entry.slice(colon + 1) };
}

/** As the program wrote them where they mean the same: Docker may add or drop the prefix `CAP_`. */
function capabilityOutputs(found: ContainerInspectInfo, recorded: Value | undefined): Value {
  const adds = found.HostConfig.CapAdd ?? [];
  const drops = found.HostConfig.CapDrop ?? [];
  if (adds.length + drops.length === 0) return null;
  const plain = (list: string[]) =>
    [...list]
      .map((name) => name.replace(/^CAP_/, ""))
      .sort()
      .join();
  const same =
    isObject(recorded) &&
    plain(texts(recorded["adds"])) === plain(adds) &&
    plain(texts(recorded["drops"])) === plain(drops);
  return same ? recorded : { adds, drops };
}

function healthcheckOutput(check: ContainerInspectInfo["Config"]["Healthcheck"]): Value {
  if (check === undefined || check === null) return null;
  return {
    tests: check.Test ?? [],
    interval: formatGoDuration(check.Interval ?? 0),
    timeout: formatGoDuration(check.Timeout ?? 0),
    startPeriod: formatGoDuration(check.StartPeriod ?? 0),
    startInterval: "0s",
    retries: check.Retries ?? 0,
  };
}

/** Docker lists a binding to every address twice, for IPv4 and IPv6; the program asked for one of them. */
function portOutputs(found: ContainerInspectInfo): Props[] {
  return Object.entries(found.NetworkSettings.Ports ?? {})
    .sort(([left], [right]) => Number.parseInt(left, 10) - Number.parseInt(right, 10))
    .flatMap(([key, bindings]) =>
      ((bindings ?? []) as { HostIp: string; HostPort: string }[])
        .filter(({ HostIp }, _, all) => HostIp !== "::" || !all.some((other) => other.HostIp === "0.0.0.0"))
        .map(({ HostIp, HostPort }) => ({
          internal: Number.parseInt(key, 10),
          external: Number(HostPort),
          ip: HostIp,
          protocol: key.split("/")[1] ?? "tcp",
        })),
    );
}

function networkDatas(found: ContainerInspectInfo): Props[] {
  return Object.entries(found.NetworkSettings.Networks ?? {})
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([networkName, data]) => ({
      networkName,
      ipAddress: data.IPAddress,
      ipPrefixLength: data.IPPrefixLen,
      gateway: data.Gateway,
      globalIpv6Address: data.GlobalIPv6Address,
      globalIpv6PrefixLength: data.GlobalIPv6PrefixLen,
      ipv6Gateway: data.IPv6Gateway,
      macAddress: data.MacAddress,
    }));
}
