import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { Props } from "../../../sandbox/pulumi/src/providers/provider";
import { freePort } from "../../support/free-port";
import { CONTAINER, HEALTHY, inspect, partial, useDocker } from "./fixture";
import { BASE, docker, RUN } from "./harness";

describe("a docker Container that fails", function () {
  this.timeout(600_000);
  const resource = useDocker();

  it("keeps an unhealthy container in the state, to be replaced by the next update", async () => {
    const container = resource(CONTAINER, "ill");
    const inputs: Props = {
      image: BASE,
      command: ["sleep", "1000"],
      healthcheck: { tests: ["CMD", "ls", "/nothing"], interval: "1s", retries: 1 },
      ports: [{ internal: 8000 }],
      wait: true,
      waitTimeout: 20,
    };
    const failure = await partial(container, inputs);
    assert.deepEqual(failure.reasons, ["container failed to be in healthy state"]);
    assert.equal((await inspect(container)).State.Health?.Status, "unhealthy");
    assert.equal(Array.isArray(container.state!.outputs["command"]), true);
    const diff = await container.diff({ ...inputs, command: undefined } as unknown as Props);
    assert.equal(diff.detailed["networkDatas"], "add");
    assert.equal(diff.detailed["entrypoints"], "add-replace");
  });

  it("stops waiting for health at the time-out, and without a health check at once", async () => {
    const slow = resource(CONTAINER, "slow");
    const inputs: Props = { image: BASE, command: ["sleep", "1000"], wait: true, waitTimeout: 2 };
    const late = await partial(slow, {
      ...inputs,
      healthcheck: { tests: ["CMD", "ls", "/nothing"], interval: "3600s" },
    });
    assert.deepEqual(late.reasons, ["container failed to be in healthy state"]);
    const without = await partial(resource(CONTAINER, "without"), inputs);
    assert.match(without.reasons[0]!, /does not have a healthcheck defined/);
  });

  it("creates a container that ends soon, as the plugin does; a refresh notices that it doesn't run", async () => {
    const container = resource(CONTAINER, "ended");
    const inputs: Props = { image: BASE, command: ["sh", "-c", "exit 3"] };
    await container.create(inputs);
    await docker.getContainer(container.state!.id).wait();
    await container.read();
    const { mustRun, exitCode } = container.state!.outputs;
    assert.deepEqual([mustRun, exitCode], [false, 3]);
  });

  it("tells exit code and last lines of a container that must get healthy and ended", async () => {
    const failure = await partial(resource(CONTAINER, "ended2"), {
      image: BASE,
      command: ["sh", "-c", "echo out; echo the-reason >&2; exit 3"],
      wait: true,
      healthcheck: HEALTHY,
    });
    assert.match(
      failure.reasons[0]!,
      /^container .*-ended2-.* must run and exited with exit code 3; last lines of its log:\n/,
    );
    assert.match(failure.reasons[0]!, /the-reason/);
  });

  it("names the port that is taken, by a process or another container", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const inputs = (external: number): Props => ({
      image: BASE,
      command: ["sleep", "1000"],
      ports: [{ internal: 1, external, ip: "127.0.0.1" }],
    });
    try {
      const failure = await partial(resource(CONTAINER, "taken"), inputs(port));
      assert.match(
        failure.reasons[0]!,
        new RegExp(`Unable to start container .*: port 127.0.0.1:${port} is already taken`),
      );
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    const other = await freePort();
    await resource(CONTAINER, "holder").create(inputs(other));
    const second = await partial(resource(CONTAINER, "second"), inputs(other));
    assert.match(second.reasons[0]!, new RegExp(`port 127.0.0.1:${other} is already taken`));
  });

  it("records a container that fails on its way up: no such network, no such program", async () => {
    const lost = await partial(resource(CONTAINER, "lost"), {
      image: BASE,
      command: ["sleep", "9"],
      networksAdvanced: [{ name: `${RUN}-nowhere` }],
    });
    assert.match(lost.reasons[0]!, /-nowhere not found/);
    const absent = await partial(resource(CONTAINER, "absent"), {
      image: BASE,
      command: ["nosuchprogram"],
    });
    assert.match(absent.reasons[0]!, /Unable to start container .*nosuchprogram/);
  });

  it("refuses a name that is in use", async () => {
    const first = resource(CONTAINER, "first");
    const inputs: Props = { image: BASE, command: ["sleep", "1000"], name: `${RUN}-same` };
    await first.create(inputs);
    await assert.rejects(
      resource(CONTAINER, "again").create(inputs),
      /Unable to create container .*-same: Conflict/,
    );
  });

  it("stops waiting when it is interrupted, and records the container", async () => {
    const container = resource(CONTAINER, "interrupted");
    setTimeout(() => container.abort.abort(), 1500);
    const failure = await partial(container, {
      image: BASE,
      command: ["sleep", "1000"],
      healthcheck: { tests: ["CMD", "ls", "/nothing"], interval: "3600s" },
      wait: true,
    });
    assert.match(failure.reasons[0]!, /interrupted while container/);
  });
});
