import assert from "node:assert/strict";
import type { Props } from "../../../sandbox/pulumi/src/providers/provider";
import { CONTAINER, HEALTHY, inspect, NETWORK, NO_CHANGES, run, useDocker, VOLUME } from "./fixture";
import { BASE, docker } from "./harness";

const WEB = ["sh", "-c", "echo hello > /index.html; echo started; exec httpd -f -p 8000 -h /"];

describe("docker's Container on a real Docker", function () {
  this.timeout(600_000);
  const resource = useDocker();

  it("brings a container up in its network, with files, limits and a published port", async () => {
    const network = resource(NETWORK, "web");
    const volume = resource(VOLUME, "web");
    await network.create({});
    await volume.create({});
    const inputs: Props = {
      image: BASE,
      command: WEB,
      envs: ["B=2", "A=1"],
      ports: [{ internal: 8000, ip: "127.0.0.1" }],
      volumes: [
        { volumeName: volume.state!.id, containerPath: "/data" },
        { hostPath: "/etc/hostname", containerPath: "/h", readOnly: true },
      ],
      networksAdvanced: [{ name: String(network.state!.outputs["name"]), aliases: ["web"] }],
      hosts: [
        { host: "host.docker.internal", ip: "host-gateway" },
        { host: "six", ip: "::1" },
      ],
      labels: [{ label: "app", value: "web" }],
      uploads: [
        { file: "/etc/web.conf", content: "grüße\n" },
        { file: "/run.sh", contentBase64: Buffer.from("#!/bin/sh\n").toString("base64"), executable: true },
        { file: "/secret", content: "x", permissions: "0400" },
      ],
      healthcheck: HEALTHY,
      restart: "unless-stopped",
      memory: 64,
      memorySwap: 64,
      logDriver: "json-file",
      logOpts: { "max-size": "10m" },
      wait: true,
      waitTimeout: 30,
      destroyGraceSeconds: 1,
    };
    const container = resource(CONTAINER, "web");
    const outputs = await container.create(inputs);
    const [port] = outputs["ports"] as Props[];
    assert.equal(
      await (await fetch(`http://127.0.0.1:${String(port!["external"])}/index.html`)).text(),
      "hello\n",
    );
    const found = await inspect(container);
    assert.deepEqual(Object.keys(found.NetworkSettings.Networks), [network.state!.outputs["name"]]);
    assert.ok(Object.values(found.NetworkSettings.Networks)[0]!.Aliases.includes("web"));
    assert.ok(found.HostConfig.ExtraHosts.includes("host.docker.internal:host-gateway"));
    assert.equal(found.HostConfig.Memory, 64 * 1024 * 1024);
    assert.equal(found.HostConfig.RestartPolicy?.Name, "unless-stopped");
    assert.deepEqual(found.Config.Env.slice(0, 2), ["B=2", "A=1"]);
    assert.equal(await run(container, ["cat", "/etc/web.conf"]), "grüße\n");
    assert.equal(await run(container, ["stat", "-c", "%a", "/run.sh", "/secret"]), "744\n400\n");
    assert.equal(outputs["hostname"], found.Id.slice(0, 12));
    assert.equal((outputs["networkDatas"] as Props[])[0]!["networkName"], network.state!.outputs["name"]);
    assert.deepEqual(await container.diff({ ...inputs, envs: ["A=1", "B=2"] }), NO_CHANGES);
    await container.read();
    assert.deepEqual(await container.diff(inputs), NO_CHANGES);
  });

  it("hands every remaining setting to Docker and reads the same back", async () => {
    const inputs: Props = {
      image: BASE,
      command: ["sleep", "1000"],
      entrypoints: ["/bin/busybox"],
      user: "7:8",
      workingDir: "/bin",
      hostname: "inside",
      domainname: "test",
      readOnly: true,
      tmpfs: { "/t": "size=1m" },
      capabilities: { adds: ["NET_ADMIN"], drops: ["CHOWN"] },
      securityOpts: ["no-new-privileges"],
      init: true,
      shmSize: 3,
      ulimits: [{ name: "nofile", soft: 11, hard: 22 }],
      devices: [{ hostPath: "/dev/zero", containerPath: "/dev/nothing", permissions: "r" }],
      cpus: "0.5",
      cpuShares: 7,
      cpuSet: "0",
      memoryReservation: 8,
      stopTimeout: 3,
      stopSignal: "SIGQUIT",
      networkMode: "none",
      dns: ["127.0.0.9"],
      dnsOpts: ["ndots:2"],
      dnsSearches: ["lan"],
      groupAdds: ["44"],
      sysctls: { "net.ipv4.ip_unprivileged_port_start": "0" },
      privileged: false,
      publishAllPorts: false,
      rm: true,
      removeVolumes: false,
    };
    const container = resource(CONTAINER, "full");
    await container.create(inputs);
    const { Config: config, HostConfig: host } = await inspect(container);
    assert.deepEqual(
      [config.User, config.WorkingDir, config.Hostname, config.Domainname, config.Entrypoint],
      ["7:8", "/bin", "inside", "test", ["/bin/busybox"]],
    );
    assert.deepEqual(
      [host.ReadonlyRootfs, host.Init, host.AutoRemove, host.NetworkMode],
      [true, true, true, "none"],
    );
    assert.deepEqual(host.Tmpfs, { "/t": "size=1m" });
    assert.deepEqual(
      [host.ShmSize, host.NanoCpus, host.CpuShares, host.CpusetCpus],
      [3 * 1024 * 1024, 5e8, 7, "0"],
    );
    assert.deepEqual(
      [host.Dns, host.DnsOptions, host.DnsSearch, host.GroupAdd],
      [["127.0.0.9"], ["ndots:2"], ["lan"], ["44"]],
    );
    assert.equal(host.Ulimits?.[0]?.Hard, 22);
    const device = { PathOnHost: "/dev/zero", PathInContainer: "/dev/nothing", CgroupPermissions: "r" };
    assert.deepEqual(host.Devices, [device]);
    assert.deepEqual(await container.diff(inputs), NO_CHANGES);
    await container.read();
    assert.deepEqual(await container.diff(inputs), NO_CHANGES);
  });

  it("changes limits and restart policy in place, and replaces for anything else", async () => {
    const inputs: Props = {
      image: BASE,
      command: ["sleep", "1000"],
      memory: 64,
      memorySwap: 64,
      cpuShares: 10,
    };
    const container = resource(CONTAINER, "limits");
    await container.create(inputs);
    const changed: Props = {
      ...inputs,
      memory: 96,
      memorySwap: 128,
      cpuShares: 20,
      restart: "on-failure",
      maxRetryCount: 3,
      destroyGraceSeconds: 2,
    };
    const diff = await container.diff(changed);
    assert.deepEqual(diff.replaces, []);
    assert.deepEqual(diff.detailed, {
      cpuShares: "update",
      destroyGraceSeconds: "add",
      maxRetryCount: "add",
      memory: "update",
      memorySwap: "update",
      restart: "update",
    });
    await container.update(changed);
    const { HostConfig: host, State: state } = await inspect(container);
    assert.deepEqual(
      [host.Memory, host.MemorySwap, host.CpuShares],
      [96 * 1024 * 1024, 128 * 1024 * 1024, 20],
    );
    assert.deepEqual(host.RestartPolicy, { Name: "on-failure", MaximumRetryCount: 3 });
    assert.equal(state.Running, true);
    assert.deepEqual(await container.diff(changed), NO_CHANGES);
    const replaced = await container.diff({ ...changed, command: ["sleep", "2000"], envs: ["A=1"] });
    assert.deepEqual([...replaced.replaces].sort(), ["command", "envs"]);
    assert.equal(replaced.deleteBeforeReplace, true);
    assert.deepEqual(replaced.detailed, { "command[1]": "update-replace", "envs[0]": "add-replace" });
  });

  it("shows the swap that Docker adds to a memory limit as a difference, as the plugin does", async () => {
    const inputs: Props = { image: BASE, command: ["sleep", "1000"], memory: 64 };
    const container = resource(CONTAINER, "swap");
    await container.create(inputs);
    assert.deepEqual((await container.diff(inputs)).detailed, { memorySwap: "delete" });
    await container.update(inputs);
    assert.deepEqual(await container.diff(inputs), NO_CHANGES);
  });

  it("warns that a changed health check is recorded only", async () => {
    const inputs: Props = { image: BASE, command: ["sleep", "1000"], healthcheck: HEALTHY };
    const container = resource(CONTAINER, "recorded");
    await container.create(inputs);
    await container.update({ ...inputs, healthcheck: { ...HEALTHY, retries: 3 } });
    assert.ok(
      container.logged.some((line) =>
        line.startsWith('warning: The docker plugin records the new "healthcheck"'),
      ),
    );
  });
  it("lets a container end that needn't run, and keeps its log if it is attached", async () => {
    const container = resource(CONTAINER, "once");
    const inputs: Props = {
      image: BASE,
      command: ["sh", "-c", "echo one; echo two >&2; exit 4"],
      mustRun: false,
      attach: true,
      logs: true,
    };
    const outputs = await container.create(inputs);
    assert.equal(outputs["exitCode"], 4);
    assert.deepEqual(String(outputs["containerLogs"]).trim().split("\n").sort(), ["one", "two"]);
    assert.deepEqual(await container.diff(inputs), NO_CHANGES);
  });

  it("creates a container that is not to be started", async () => {
    const container = resource(CONTAINER, "created");
    await container.create({ image: BASE, command: ["sleep", "9"], start: false, mustRun: false });
    assert.equal((await inspect(container)).State.Status, "created");
  });

  it("starts a stopped container that must run, after a refresh noticed it", async () => {
    const container = resource(CONTAINER, "stopped");
    const inputs: Props = { image: BASE, command: ["sleep", "1000"] };
    await container.create(inputs);
    await docker.getContainer(container.state!.id).stop({ t: 0 });
    await container.read();
    assert.equal(container.state!.outputs["mustRun"], false);
    assert.equal(container.inputs["mustRun"], false);
    const diff = await container.diff(inputs);
    assert.deepEqual([diff.replaces, Object.keys(diff.detailed)], [[], ["mustRun"]]);
    await container.update(inputs);
    assert.equal((await inspect(container)).State.Running, true);
  });

  it("reports limits that were changed by hand as drift", async () => {
    const container = resource(CONTAINER, "drift");
    const inputs: Props = { image: BASE, command: ["sleep", "1000"], memory: 64, memorySwap: 64 };
    await container.create(inputs);
    await docker
      .getContainer(container.state!.id)
      .update({ Memory: 32 * 1024 * 1024, MemorySwap: 64 * 1024 * 1024 });
    await container.read();
    assert.equal(container.state!.outputs["memory"], 32);
    assert.equal(container.inputs["memory"], 32);
    assert.deepEqual((await container.diff(inputs)).detailed, { memory: "update" });
  });

  it("finds a removed container gone, and deletes what is gone without complaint", async () => {
    const container = resource(CONTAINER, "removed");
    await container.create({ image: BASE, command: ["sleep", "1000"] });
    await docker.getContainer(container.state!.id).remove({ force: true });
    assert.equal(await container.read(), undefined);
    await container.delete();
  });
});
