import assert from "node:assert/strict";
import { dockerProvider } from "../../pulumi/src/providers/docker";
import { formatGoDuration, goDuration } from "../../pulumi/src/providers/docker/container/go-duration";
import { containerRequest } from "../../pulumi/src/providers/docker/container/request";
import { repoDigestOf } from "../../pulumi/src/providers/docker/local-image";
import { type Props, UNKNOWN } from "../../pulumi/src/providers/provider";
import { Resource } from "./resource";

const CONTAINER = "docker:index/container:Container";
const DIGEST =
  "127.0.0.1:5101/golden@sha256:9784e197f44639a7024c95d3b16966ebae038abda159f0383b1c7ed979c16ac2";

/** What the program of the recordings gives its container, and the outputs that the real plugin recorded for it. */
const GIVEN: Props = {
  image: DIGEST,
  restart: "unless-stopped",
  wait: true,
  waitTimeout: 60,
  destroyGraceSeconds: 5,
  envs: ["VERSION=1", "GREETING=hi"],
  ports: [{ internal: 8000, ip: "127.0.0.1" }],
  networksAdvanced: [{ name: "net-bddf625", aliases: ["web"] }],
  volumes: [{ volumeName: "data-c200c17", containerPath: "/data" }],
  uploads: [{ file: "/etc/web.conf", content: "version=1\n" }],
  labels: [{ label: "app", value: "web" }],
  memory: 256,
  logDriver: "json-file",
  logOpts: { "max-size": "10m" },
};
const RECORDED: Props = JSON.parse(
  '{"attach":false,"bridge":"","capabilities":null,"cgroupParent":null,"cgroupnsMode":null,"command":["python3","-m","http.server","8000"],"containerLogs":null,"containerReadRefreshTimeoutMilliseconds":15000,"cpuPeriod":null,"cpuQuota":null,"cpuSet":"","cpuShares":0,"cpus":null,"destroyGraceSeconds":5,"deviceReadBps":[],"deviceReadIops":[],"deviceRequests":[],"deviceWriteBps":[],"deviceWriteIops":[],"devices":[],"dns":null,"dnsOpts":null,"dnsSearches":null,"domainname":"","entrypoints":[],"envs":["GREETING=hi","VERSION=1"],"exitCode":null,"gpus":null,"groupAdds":null,"healthcheck":{"interval":"1s","retries":10,"startInterval":"0s","startPeriod":"0s","tests":["CMD-SHELL","python3"],"timeout":"0s"},"hostname":"ebc890024bbe","hosts":[],"id":"ebc890024bbe4b9f5ebbb1d7ddaa8e8753423add83d70d9dcd7ee0ef821c9a63","image":"127.0.0.1:5101/golden@sha256:9784e197f44639a7024c95d3b16966ebae038abda159f0383b1c7ed979c16ac2","init":false,"ipcMode":"private","labels":[{"label":"app","value":"web"}],"logDriver":"json-file","logOpts":{"max-size":"10m"},"logs":false,"maxRetryCount":0,"memory":256,"memoryReservation":0,"memorySwap":512,"mounts":[],"mustRun":true,"name":"web-0a1f5a5","networkDatas":[{"gateway":"172.18.0.1","globalIpv6Address":"","globalIpv6PrefixLength":0,"ipAddress":"172.18.0.2","ipPrefixLength":16,"ipv6Gateway":"","macAddress":"02:42:ac:12:00:02","networkName":"net-bddf625"}],"networkMode":"bridge","networksAdvanced":[{"aliases":["web"],"driverOpts":[],"gwPriority":null,"ipv4Address":"","ipv6Address":"","linkLocalIps":[],"macAddress":"","name":"net-bddf625"}],"pidMode":null,"platform":"linux","ports":[{"external":32773,"internal":8000,"ip":"127.0.0.1","protocol":"tcp"}],"privileged":false,"publishAllPorts":false,"readOnly":false,"removeVolumes":true,"restart":"unless-stopped","rm":false,"runtime":"runc","securityOpts":[],"shmSize":64,"start":true,"stdinOpen":false,"stopSignal":"","stopTimeout":0,"storageOpts":null,"sysctls":null,"tmpfs":null,"tty":false,"ulimits":[],"uploads":[{"content":"version=1\\n","contentBase64":"","executable":false,"file":"/etc/web.conf","permissions":"","source":"","sourceHash":""}],"user":"","usernsMode":"","volumes":[{"containerPath":"/data","fromContainer":"","hostPath":"","readOnly":null,"selinuxRelabel":"","volumeName":"data-c200c17"}],"wait":true,"waitTimeout":60,"workingDir":"/"}',
);

describe("the docker provider, held against recordings of the real plugin", () => {
  const resource = (type: string, name = "web") => new Resource(dockerProvider.create(), type, name);

  async function recorded(outputs = RECORDED): Promise<Resource> {
    const container = resource(CONTAINER);
    container.inputs = { ...(await container.check(GIVEN)), name: "web-0a1f5a5" };
    container.state = { id: String(outputs["id"]), outputs };
    return container;
  }

  it("checks a container's inputs into the same inputs", async () => {
    const inputs = await resource(CONTAINER).check(GIVEN);
    assert.match(String(inputs["name"]), /^web-[0-9a-f]{7}$/);
    assert.deepEqual(inputs, {
      ...GIVEN,
      __defaults: [
        "containerReadRefreshTimeoutMilliseconds",
        "mustRun",
        "name",
        "networkMode",
        "removeVolumes",
        "start",
      ],
      containerReadRefreshTimeoutMilliseconds: 15000,
      mustRun: true,
      name: inputs["name"],
      networkMode: "bridge",
      removeVolumes: true,
      start: true,
      labels: [{ __defaults: [], label: "app", value: "web" }],
      networksAdvanced: [{ __defaults: [], aliases: ["web"], name: "net-bddf625" }],
      ports: [{ __defaults: ["protocol"], internal: 8000, ip: "127.0.0.1", protocol: "tcp" }],
      uploads: [{ __defaults: [], content: "version=1\n", file: "/etc/web.conf" }],
      volumes: [{ __defaults: [], containerPath: "/data", volumeName: "data-c200c17" }],
    });
  });

  it("keeps an automatic name over updates and makes a new one for a new resource", async () => {
    const container = await recorded();
    assert.equal((await container.check(GIVEN))["name"], "web-0a1f5a5");
    container.state = undefined;
    assert.notEqual((await container.check(GIVEN))["name"], "web-0a1f5a5");
    assert.equal((await container.check({ ...GIVEN, name: "own" }))["name"], "own");
  });

  it("sees in an unchanged container only the swap that Docker added", async () => {
    const diff = await (await recorded()).diff(GIVEN);
    assert.deepEqual(diff, {
      changes: true,
      replaces: [],
      deleteBeforeReplace: true,
      detailed: { memorySwap: "delete" },
    });
  });

  it("replaces a container for a new image, environment and upload", async () => {
    const container = await recorded({ ...RECORDED, memorySwap: null });
    const diff = await container.diff({
      ...GIVEN,
      image: UNKNOWN,
      envs: ["VERSION=2", "GREETING=hi"],
      uploads: [{ file: "/etc/web.conf", content: "version=2\n" }],
    });
    assert.deepEqual(diff.detailed, {
      "envs[0]": "add-replace",
      "envs[1]": "delete-replace",
      image: "update-replace",
      uploads: "update-replace",
    });
    assert.deepEqual([...diff.replaces].sort(), ["envs", "image", "uploads"]);
  });

  it("replaces a container whose creation failed halfway", async () => {
    const halfway = {
      command: null,
      entrypoints: null,
      networkDatas: null,
      healthcheck: null,
      memorySwap: null,
    };
    const diff = await (await recorded({ ...RECORDED, ...halfway })).diff(GIVEN);
    assert.deepEqual(diff.detailed, {
      command: "add-replace",
      entrypoints: "add-replace",
      networkDatas: "add",
    });
  });

  it("previews a container with all that only Docker decides unknown", async () => {
    const outputs = await resource(CONTAINER).preview({ ...GIVEN, image: UNKNOWN });
    for (const name of ["id", "image", "command", "hostname", "networkDatas", "healthcheck", "platform"]) {
      assert.equal(outputs[name], UNKNOWN, name);
    }
    assert.deepEqual(outputs["ports"], [
      { internal: 8000, external: UNKNOWN, ip: "127.0.0.1", protocol: "tcp" },
    ]);
    assert.deepEqual(outputs["networksAdvanced"], RECORDED["networksAdvanced"]);
    assert.deepEqual(outputs["volumes"], RECORDED["volumes"]);
    assert.deepEqual(Object.keys(outputs).sort(), Object.keys(RECORDED).sort());
  });

  it("compares labels, ports, networks and volumes without regard to order", async () => {
    const container = resource(CONTAINER);
    const inputs: Props = {
      image: "x",
      ports: [{ internal: 1, external: 11 }, { internal: 2 }],
      labels: [
        { label: "a", value: "1" },
        { label: "b", value: "2" },
      ],
    };
    container.inputs = await container.check(inputs);
    container.state = {
      id: "c",
      outputs: { ...(await container.preview(inputs)), name: container.inputs["name"]! },
    };
    const turned = {
      ...inputs,
      ports: [...(inputs["ports"] as Props[])].reverse(),
      labels: [...(inputs["labels"] as Props[])].reverse(),
    };
    assert.deepEqual(Object.keys((await container.diff(turned)).detailed), []);
    const moved = await container.diff({
      ...inputs,
      ports: [{ internal: 1, external: 12 }, { internal: 2 }],
    });
    assert.deepEqual(moved.detailed, { ports: "update-replace" });
  });

  it("creates remote images before deleting, and replaces them by name", async () => {
    const image = resource("docker:index/remoteImage:RemoteImage", "pulled");
    image.inputs = await image.check({ name: DIGEST, keepLocally: true });
    assert.deepEqual(image.inputs, { __defaults: [], name: DIGEST, keepLocally: true });
    image.state = {
      id: `sha256:f7${DIGEST}`,
      outputs: {
        build: null,
        forceRemove: null,
        imageId: "sha256:f7",
        keepLocally: true,
        name: DIGEST,
        platform: null,
        pullTriggers: null,
        repoDigest: DIGEST,
        triggers: null,
      },
    };
    assert.deepEqual(await image.diff({ name: UNKNOWN, keepLocally: true }), {
      changes: true,
      replaces: ["name"],
      deleteBeforeReplace: false,
      detailed: { name: "update-replace" },
    });
  });

  it("names networks and volumes, with the plugin's defaults", async () => {
    const network = await resource("docker:index/network:Network", "net").check({});
    assert.match(String(network["name"]), /^net-[0-9a-f]{7}$/);
    assert.deepEqual([network["__defaults"], network["ipamDriver"]], [["ipamDriver", "name"], "default"]);
    assert.deepEqual((await resource("docker:index/volume:Volume", "data").check({}))["__defaults"], [
      "name",
    ]);
  });
});

describe("the docker provider's checks", () => {
  const provider = dockerProvider.create();
  const container = new Resource(provider, CONTAINER, "c");

  it("refuses by name what it doesn't have", async () => {
    await assert.rejects(container.check({ image: "x", gpus: "all" }), {
      message: 'docker:index/container:Container: the sandbox does not support "gpus"',
    });
    const nested = {
      image: "x",
      uploads: [{ file: "/a", source: "b" }],
      networksAdvanced: [{ name: "n", gwPriority: 1 }],
    };
    await assert.rejects(
      container.check(nested),
      /"uploads\[0\]\.source"\n.*"networksAdvanced\[0\]\.gwPriority"/s,
    );
    await assert.rejects(
      new Resource(provider, "docker:index/service:Service", "s").check({}),
      /does not support this resource/,
    );
    await assert.rejects(
      provider.invoke("docker:index/getRegistryImage:getRegistryImage", {}),
      /getRegistryImage: the sandbox does not support/,
    );
  });

  it("says what is missing or misshapen, and never quotes the value", async () => {
    await assert.rejects(container.check({}), /missing required property "image"/);
    await assert.rejects(container.check({ image: "x", envs: [{ SECRET: "sesame" }] }), (error: Error) => {
      assert.match(error.message, /"envs" must be a list of strings/);
      return !error.message.includes("sesame");
    });
    await assert.rejects(
      container.check({ image: "x", restart: "sometimes" }),
      /"restart" must be one of no, on-failure/,
    );
    await assert.rejects(
      container.check({ image: "x", uploads: [{ file: "/a" }] }),
      /uploads\[0\].*exactly one of "content"/,
    );
    await assert.rejects(
      container.check({ image: "x", volumes: [{ volumeName: "v" }] }),
      /volumes\[0\].*exactly one of containerPath/,
    );
    await assert.rejects(
      container.check({ image: "x", healthcheck: { interval: "soon" } }),
      /"healthcheck.interval" must be a duration/,
    );
    await container.check({
      image: UNKNOWN,
      uploads: UNKNOWN,
      volumes: [{ volumeName: UNKNOWN, containerPath: "/x" }],
      healthcheck: UNKNOWN,
    });
  });

  it("takes host and logins as the provider's arguments and refuses the others by name", () => {
    const reasons = (config: Props) => provider.checkConfig(config).failures.map(({ reason }) => reason);
    const auth = { address: "127.0.0.1:5000", username: "u", password: "p" };
    assert.deepEqual(
      reasons({ host: "unix:///x", registryAuth: JSON.stringify([auth]), version: "5.2.0" }),
      [],
    );
    assert.deepEqual(reasons({ host: UNKNOWN, registryAuth: UNKNOWN }), []);
    assert.match(reasons({ certMaterial: "x" })[0]!, /does not support "certMaterial"/);
    assert.match(reasons({ host: "npipe:////./pipe" })[0]!, /does not support a host with "npipe:\/\/"/);
    assert.deepEqual(reasons({ host: "ssh://me@there", sshOpts: '["-i", "/key"]' }), []);
    assert.match(reasons({ sshOpts: "-i /key" })[0]!, /"sshOpts" must be a list of strings/);
    assert.match(
      reasons({ registryAuth: JSON.stringify([{ ...auth, configFile: "x" }]) })[0]!,
      /does not support "configFile"/,
    );
    assert.match(reasons({ registryAuth: "sesame" })[0]!, /"registryAuth" must be a list$/);
  });
});

describe("what the docker provider asks of Docker", () => {
  it("turns sizes, shares, durations, ports and volumes into Docker's units", async () => {
    const inputs = await new Resource(dockerProvider.create(), CONTAINER, "c").check({
      image: "i",
      memory: 2,
      memorySwap: -1,
      cpus: "1.5",
      shmSize: 1,
      ports: [
        { internal: 53, protocol: "udp", external: 5353 },
        { internal: 53, protocol: "udp" },
      ],
      volumes: [
        { volumeName: "v", containerPath: "/v", readOnly: true },
        { fromContainer: "other" },
        { containerPath: "/anonymous" },
      ],
      healthcheck: { tests: ["CMD", "x"], interval: "1m30s", timeout: "500ms" },
    });
    const request = containerRequest(inputs);
    const host = request.HostConfig!;
    assert.deepEqual(
      [host.Memory, host.MemorySwap, host.NanoCpus, host.ShmSize],
      [2097152, -1, 1.5e9, 1048576],
    );
    assert.deepEqual(host.PortBindings, {
      "53/udp": [
        { HostIp: "0.0.0.0", HostPort: "5353" },
        { HostIp: "0.0.0.0", HostPort: "" },
      ],
    });
    assert.deepEqual([host.Binds, host.VolumesFrom], [["v:/v:ro"], ["other"]]);
    assert.deepEqual(request.Volumes, { "/v": {}, "/anonymous": {} });
    assert.deepEqual([request.Healthcheck?.Interval, request.Healthcheck?.Timeout], [90e9, 5e8]);
    assert.equal(request.Env, undefined);
  });

  it("reads and writes durations as Go does", () => {
    for (const [text, nanoseconds] of [
      ["0s", 0],
      ["1s", 1e9],
      ["1m30s", 90e9],
      ["1h0m0s", 3600e9],
      ["500ms", 5e8],
      ["1.5s", 1.5e9],
      ["250µs", 250e3],
    ] as const) {
      assert.equal(goDuration(text), nanoseconds, text);
      assert.equal(formatGoDuration(nanoseconds), text);
    }
    assert.equal(goDuration("90s"), 90e9);
  });

  it("finds an image's digest in its own repository, whatever else knows it", () => {
    const image = { RepoDigests: ["127.0.0.1:8082/app@sha256:aa", "127.0.0.1:5050/team/app@sha256:aa"] };
    const digest = (name: string) => repoDigestOf(name, image as Parameters<typeof repoDigestOf>[1]);
    assert.equal(digest("127.0.0.1:5050/team/app:1"), "127.0.0.1:5050/team/app@sha256:aa");
    assert.equal(digest("127.0.0.1:8082/app@sha256:aa"), "127.0.0.1:8082/app@sha256:aa");
    assert.equal(digest("other"), "127.0.0.1:8082/app@sha256:aa");
    assert.equal(repoDigestOf("x", { RepoDigests: [] } as unknown as Parameters<typeof repoDigestOf>[1]), "");
  });
});
