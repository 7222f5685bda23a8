import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { PublishedPorts } from "../../../components/docker/published-ports";
import { scriptedDocker } from "../../support/docker/scripted-docker";
import { freePort } from "../../support/free-port";
import { serialisedProvider } from "../../support/serialised-provider";

const never = { state: () => undefined, exec: () => ({ exitCode: 1, output: "" }) };

/** A container of `docker ps` that publishes that port. */
function container(name: string, port: number, labels: Record<string, string> = {}) {
  return {
    Names: [`/${name}`],
    Image: "nginx:1",
    Ports: [{ PublicPort: port, Type: "tcp" }],
    Labels: labels,
  };
}

async function check(containers: object[], ports: number[], olds: object = {}, elsewhere?: string) {
  const docker = await scriptedDocker({ ...never, containers });
  const make = () =>
    new PublishedPorts("nexus-ports", {
      docker: "x",
      bind: "127.0.0.1",
      ports: [],
      owner: "nexus-container",
      identity: "1111111111111111",
    });
  const provider = await serialisedProvider(make);
  const where = { docker: elsewhere ?? docker.address, bind: "127.0.0.1", owner: "nexus-container" };
  const whose = { identity: "1111111111111111" };
  const { failures } = await provider.check({ ...where, ports: [], ...olds }, { ...where, ...whose, ports });
  docker.close();
  const reason = (by: string, port: number) =>
    `port ${port} of ${docker.address} is taken by ${by}; choose another in berth:nexus, or free it`;
  return { reasons: failures!.map((failure) => failure.reason), reason };
}

describe("ports that a container is about to publish", () => {
  it("are free where nobody has them", async () => {
    assert.deepEqual((await check([], [await freePort()])).reasons, []);
  });

  it("tell at preview which container has one", async () => {
    const { reasons, reason } = await check([container("web", 41)], [41]);
    assert.deepEqual(reasons, [reason("container web (nginx:1)", 41)]);
  });

  it("tell of another process on this machine", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const { reasons, reason } = await check([], [port]);
    server.close();
    assert.deepEqual(reasons, [reason("another process", port)]);
  });

  it("may be our own container's already, and another stack's are not ours", async () => {
    const ours = { "berth.id": "1111111111111111", "berth.resource": "nexus-container" };
    assert.deepEqual((await check([container("nexus-1", 42, ours)], [42])).reasons, []);
    const { reasons, reason } = await check(
      [container("nexus-2", 42, { ...ours, "berth.id": "2222222222222222" })],
      [42],
    );
    assert.deepEqual(reasons, [reason("container nexus-2 (nginx:1)", 42)]);
  });

  it("are not judged where the Docker host can't be reached, as in a merge request's preview", async () => {
    assert.deepEqual(
      (await check([], [41], { docker: "unix:///nowhere.sock" }, "unix:///nowhere.sock")).reasons,
      [],
    );
  });

  it("are given up by another container of the stack, and kept by a door whose edge was renamed", async () => {
    const stopped: string[] = [];
    const door = {
      ...container("main-edge-80-1", 80, {
        "berth.id": "1111111111111111",
        "berth.resource": "main-edge-80",
      }),
      Id: "door",
    };
    const docker = await scriptedDocker({
      ...never,
      containers: [door],
      seen: (request) => {
        if (request.includes("/stop")) stopped.push(request);
      },
    });
    try {
      const identity = "1111111111111111";
      const args = { docker: docker.address, bind: "0.0.0.0", ports: [80], identity };
      const provider = await serialisedProvider(
        () => new PublishedPorts("web1-ports", { ...args, owner: "web1-edge", ownerWas: "main-edge" }),
      );
      const olds = { ...args, owner: "main-edge" };
      await provider.update("id", olds, { ...args, owner: "web1-edge", ownerWas: "main-edge" });
      assert.deepEqual(stopped, []);
      await provider.update("id", olds, { ...args, owner: "nexus-container" });
      assert.deepEqual(stopped, ["POST /containers/door/stop"]);
    } finally {
      docker.close();
    }
  });

  it("are given up by what was made before identities, too, and never by a neighbour's of the same name", async () => {
    const stopped: string[] = [];
    const named = (Id: string, IP: string, PublicPort: number, more: Record<string, string> = {}) => ({
      Id,
      Names: [`/${Id}`],
      Image: "nexus",
      Labels: { "berth.resource": "nexus-container", ...more },
      Ports: [{ IP, PrivatePort: 8081, PublicPort, Type: "tcp" }],
    });
    const docker = await scriptedDocker({
      ...never,
      containers: [
        named("ours", "10.0.0.1", 8081),
        named("on-another-port", "10.0.0.1", 9081),
        named("on-another-address", "10.0.0.2", 8081),
        named("theirs", "10.0.0.1", 8081, { "berth.id": "2" }),
      ],
      seen: (request) => {
        if (request.includes("/stop")) stopped.push(request);
      },
    });
    try {
      const args = { docker: docker.address, bind: "10.0.0.1", ports: [8081] };
      const wanted = { ...args, owner: "nexus-edge", identity: "1" };
      const provider = await serialisedProvider(() => new PublishedPorts("nexus-ports", wanted));
      await provider.update("id", { ...args, owner: "nexus-container" }, wanted);
      assert.deepEqual(stopped, ["POST /containers/ours/stop"]);
    } finally {
      docker.close();
    }
  });

  it("are not looked for again while they stay as they are", async () => {
    assert.deepEqual((await check([container("web", 41)], [41], { ports: [41] })).reasons, []);
  });
});
