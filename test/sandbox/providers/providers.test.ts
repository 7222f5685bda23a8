import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import type { Props } from "../../../sandbox/pulumi/src/providers/provider";
import { Resource } from "../../../sandbox/test/providers/resource";
import { configured, NETWORK, useDocker, VOLUME } from "./fixture";
import { docker, RUN } from "./harness";

describe("docker's Network and Volume on a real Docker", function () {
  this.timeout(600_000);
  const resource = useDocker();

  it("makes a network with what was asked for, and no difference follows", async () => {
    const network = resource(NETWORK, "net");
    const inputs: Props = {
      labels: [
        { label: "b", value: "2" },
        { label: "a", value: "1" },
      ],
      internal: true,
      driver: "bridge",
      options: { "com.docker.network.bridge.enable_icc": "true" },
      ipamConfigs: [{ subnet: "10.213.77.0/24" }],
    };
    const outputs = await network.create(inputs);
    assert.match(String(outputs["name"]), new RegExp(`^${RUN}-net-[0-9a-f]{7}$`));
    const found = await docker.getNetwork(network.state!.id).inspect();
    assert.equal(found.Name, outputs["name"]);
    assert.equal(found.Internal, true);
    assert.deepEqual(found.Labels, { a: "1", b: "2" });
    assert.equal(found.IPAM?.Config?.[0]?.Subnet, "10.213.77.0/24");
    assert.equal(outputs["scope"], "local");
    assert.equal((await network.diff(inputs)).changes, false);
    await network.read();
    assert.equal((await network.diff(inputs)).changes, false);
    assert.deepEqual((await network.diff({ ...inputs, internal: false })).replaces, ["internal"]);
  });

  it("finds a network and a volume gone that were removed by hand", async () => {
    const network = resource(NETWORK, "gone");
    const volume = resource(VOLUME, "gone");
    await network.create({});
    await volume.create({});
    await docker.getNetwork(network.state!.id).remove();
    await docker.getVolume(volume.state!.id).remove();
    assert.equal(await network.read(), undefined);
    assert.equal(await volume.read(), undefined);
  });

  it("makes a volume with labels and removes it", async () => {
    const volume = resource(VOLUME, "data");
    const inputs: Props = { labels: [{ label: "kept", value: "yes" }] };
    const outputs = await volume.create(inputs);
    assert.equal(outputs["mountpoint"], `/var/lib/docker/volumes/${String(outputs["name"])}/_data`);
    assert.deepEqual((await docker.getVolume(volume.state!.id).inspect()).Labels, { kept: "yes" });
    assert.equal((await volume.diff(inputs)).changes, false);
    await volume.delete();
    assert.equal(await volume.read(), undefined);
  });

  it("reaches Docker over tcp", async () => {
    const relay = createServer((socket) => {
      const daemon = connect("/var/run/docker.sock");
      for (const end of [socket, daemon]) end.on("error", () => [socket, daemon].map((one) => one.destroy()));
      socket.pipe(daemon).pipe(socket);
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => relay.once("listening", resolve));
    const { port } = relay.address() as { port: number };
    try {
      const volume = resource(VOLUME, "tcp", await configured({ host: `tcp://127.0.0.1:${port}` }));
      await volume.create({});
      await docker.getVolume(volume.state!.id).inspect();
      await volume.delete();
      volume.state = undefined;
    } finally {
      relay.close();
    }
  });

  it("says that Docker does not answer where none listens", async () => {
    const nobody = await configured({ host: "unix:///nonexistent/docker.sock" });
    const network = new Resource(nobody, NETWORK, "x");
    await assert.rejects(
      network.create({}),
      /Docker does not answer at unix:\/\/\/nonexistent\/docker.sock \(ENOENT\)/,
    );
  });
});
