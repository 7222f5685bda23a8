import type { ContainerCreateOptions, HostConfig } from "dockerode";
import type { Props, Value } from "../../provider";
import { count, isObject, objects, text, textMap, texts } from "../../schema/value";
import { labelsToMap } from "../table-resource";
import { goDuration } from "./go-duration";

const MEGABYTE = 1024 * 1024;

/** What `POST /containers/create` is sent for these inputs. Networks and uploads follow in calls of their own. */
export function containerRequest(inputs: Props): ContainerCreateOptions {
  const ports = objects(inputs["ports"]);
  return given({
    name: text(inputs["name"]),
    Image: text(inputs["image"]),
    Hostname: inputs["hostname"],
    Domainname: inputs["domainname"],
    User: inputs["user"],
    WorkingDir: inputs["workingDir"],
    Cmd: inputs["command"],
    Entrypoint: inputs["entrypoints"],
    Env: inputs["envs"],
    Labels: inputs["labels"] === undefined ? undefined : labelsToMap(inputs["labels"]),
    StopSignal: inputs["stopSignal"],
    StopTimeout: inputs["stopTimeout"],
    Healthcheck: healthcheck(inputs["healthcheck"]),
    ExposedPorts: Object.fromEntries(ports.map((port) => [portKey(port), {}])),
    Volumes: Object.fromEntries(
      objects(inputs["volumes"])
        .filter((volume) => text(volume["containerPath"]) !== "")
        .map((volume) => [text(volume["containerPath"]), {}]),
    ),
    HostConfig: hostConfig(inputs, ports),
  }) as ContainerCreateOptions;
}

function hostConfig(inputs: Props, ports: Props[]): HostConfig {
  const capabilities = isObject(inputs["capabilities"]) ? inputs["capabilities"] : {};
  return given({
    NetworkMode: inputs["networkMode"],
    PortBindings: portBindings(ports),
    PublishAllPorts: inputs["publishAllPorts"],
    Binds: binds(inputs["volumes"]),
    VolumesFrom: sources(inputs["volumes"]),
    ExtraHosts: objects(inputs["hosts"]).map((host) => `${text(host["host"])}:${text(host["ip"])}`),
    Dns: inputs["dns"],
    DnsOptions: inputs["dnsOpts"],
    DnsSearch: inputs["dnsSearches"],
    GroupAdd: inputs["groupAdds"],
    Sysctls: inputs["sysctls"],
    Privileged: inputs["privileged"],
    ReadonlyRootfs: inputs["readOnly"],
    AutoRemove: inputs["rm"],
    Init: inputs["init"] === true,
    Tmpfs: inputs["tmpfs"],
    CapAdd: texts(capabilities["adds"]),
    CapDrop: texts(capabilities["drops"]),
    SecurityOpt: inputs["securityOpts"],
    Ulimits: objects(inputs["ulimits"]).map(({ name, soft, hard }) => ({
      Name: name,
      Soft: soft,
      Hard: hard,
    })),
    Devices: objects(inputs["devices"]).map((device) => ({
      PathOnHost: text(device["hostPath"]),
      PathInContainer: text(device["containerPath"]) || text(device["hostPath"]),
      CgroupPermissions: text(device["permissions"]) || "rwm",
    })),
    LogConfig: { Type: text(inputs["logDriver"]), Config: textMap(inputs["logOpts"]) },
    ShmSize: inputs["shmSize"] === undefined ? undefined : count(inputs["shmSize"]) * MEGABYTE,
    NanoCpus: inputs["cpus"] === undefined ? undefined : Math.round(Number(inputs["cpus"]) * 1e9),
    ...resourceLimits(inputs),
  }) as HostConfig;
}

/** The limits that Docker also changes on a running container. Sizes are megabytes; a swap of -1 is unlimited. */
export function resourceLimits(inputs: Props): Partial<HostConfig> {
  const swap = count(inputs["memorySwap"]);
  return given({
    RestartPolicy: { Name: text(inputs["restart"]), MaximumRetryCount: count(inputs["maxRetryCount"]) },
    CpuShares: count(inputs["cpuShares"]),
    CpusetCpus: text(inputs["cpuSet"]),
    Memory: count(inputs["memory"]) * MEGABYTE,
    MemoryReservation: count(inputs["memoryReservation"]) * MEGABYTE,
    MemorySwap: swap === 0 ? undefined : swap > 0 ? swap * MEGABYTE : swap,
  });
}

function portKey(port: Props): string {
  return `${count(port["internal"])}/${text(port["protocol"])}`;
}

function portBindings(ports: Props[]) {
  const bindings: { [port: string]: { HostIp: string; HostPort: string }[] } = {};
  for (const port of ports) {
    const external = count(port["external"]);
    bindings[portKey(port)] = [
      ...(bindings[portKey(port)] ?? []),
      { HostIp: text(port["ip"]), HostPort: external === 0 ? "" : String(external) },
    ];
  }
  return bindings;
}

function binds(volumes: Value | undefined): string[] {
  return objects(volumes).flatMap((volume) => {
    const from = text(volume["hostPath"]) || text(volume["volumeName"]);
    const mode = volume["readOnly"] === true ? "ro" : "rw";
    return from === "" ? [] : [`${from}:${text(volume["containerPath"])}:${mode}`];
  });
}

function sources(volumes: Value | undefined): string[] {
  return objects(volumes)
    .map((volume) => text(volume["fromContainer"]))
    .filter((from) => from !== "");
}

function healthcheck(check: Value | undefined) {
  if (!isObject(check)) return undefined;
  return {
    Test: texts(check["tests"]),
    Interval: goDuration(text(check["interval"])),
    Timeout: goDuration(text(check["timeout"])),
    StartPeriod: goDuration(text(check["startPeriod"])),
    Retries: count(check["retries"]),
  };
}

function given(properties: { [name: string]: unknown }): { [name: string]: unknown } {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}
