import assert from "node:assert/strict";
import type { dynamic } from "@pulumi/pulumi";
import { caddy } from "../../../components/edge/caddy";
import { Traffic } from "../../../components/traffic";
import { type DockerScript, scriptedDocker } from "../../support/scripted-docker";
import { serialisedProvider } from "../../support/serialised-provider";

const route = { edge: "edge", app: "blog", container: "blog-2", port: 8000, publish: 8080, healthTimeout: 5 };
const healthy = { Running: true, Health: { Status: "healthy", Log: [] } };
const starting = { Running: true, Health: { Status: "starting", Log: [] } };

async function withDocker(script: DockerScript) {
  const docker = await scriptedDocker(script);
  const make = () => new Traffic("t", { ...route, docker: "unix:///x" });
  const provider = (await serialisedProvider(make)) as Required<dynamic.ResourceProvider>;
  return { provider, want: { ...route, docker: docker.address }, ...docker };
}

describe("moving traffic, as serialised", () => {
  it("waits until the container is healthy, then has the edge load the app's new route", async () => {
    const { provider, want, execs, close } = await withDocker({
      state: (_container, inspection) => (inspection < 3 ? starting : healthy),
      exec: () => ({ exitCode: 0, output: "" }),
    });
    const { id, outs } = await provider.create(want);
    close();
    assert.equal(id, `blog@${want.docker}`);
    assert.equal(outs["container"], "blog-2");
    assert.equal(execs.length, 1);
    assert.equal(execs[0]!.container, "edge");
    assert.deepEqual(execs[0]!.env, ["FILE=blog.caddy", `SITE=${caddy.site(route)}`]);
  });

  it("leaves the edge alone where the container is unhealthy, and tells why", async () => {
    const Log = [{ Output: "HTTP 500" }, { Output: "HTTP 503 no database\n" }];
    const { provider, want, execs, close } = await withDocker({
      state: () => ({ Running: true, Health: { Status: "unhealthy", Log } }),
      exec: () => ({ exitCode: 0, output: "" }),
      logs: "starting\nOperationalError: no such table\n",
    });
    await assert.rejects(provider.update("x", want, want), {
      message: [
        "blog: the new container blog-2 is not healthy; traffic stays where it was. Mend the app and run up again, or roll back.",
        "Its health check last said: HTTP 503 no database",
        "Its last log lines:",
        "starting",
        "OperationalError: no such table",
      ].join("\n"),
    });
    close();
    assert.equal(execs.length, 0);
  });

  it("gives up on a container that stopped, and on one that is not healthy in time", async () => {
    const stopped = { Running: false, Restarting: false, ExitCode: 3 };
    const first = await withDocker({
      state: () => stopped,
      exec: () => ({ exitCode: 0, output: "" }),
      logs: "bye",
    });
    await assert.rejects(first.provider.create(first.want), /blog-2 stopped with exit code 3; .*bye/s);
    first.close();
    const second = await withDocker({ state: () => starting, exec: () => ({ exitCode: 0, output: "" }) });
    const hurried = { ...second.want, healthTimeout: 0.2 };
    await assert.rejects(second.provider.create(hurried), /blog-2 is not healthy after 0.2 s/);
    second.close();
  });

  it("says so where the edge refuses the route", async () => {
    const { provider, want, close } = await withDocker({
      state: () => healthy,
      exec: () => ({ exitCode: 1, output: "Error: unrecognized directive" }),
    });
    await assert.rejects(provider.create(want), {
      message:
        "blog: the edge proxy did not take the new route, the old one stays. It said:\nError: unrecognized directive",
    });
    close();
  });

  it("finds out on refresh who is served, and changes only when that differs", async () => {
    const { provider, want, close } = await withDocker({
      state: () => ({ Running: true }),
      exec: () => ({ exitCode: 0, output: caddy.site({ ...route, container: "blog-1" }) }),
    });
    const { props } = await provider.read("x", want);
    close();
    assert.equal(props!["container"], "blog-1");
    assert.equal((await provider.diff("x", props!, want)).changes, true);
    assert.equal((await provider.diff("x", want, { ...want, healthTimeout: 9 })).changes, false);
  });

  it("takes the route away with the app, unless the edge is gone too", async () => {
    const { provider, want, execs, close } = await withDocker({
      state: (container) => (container === "gone" ? undefined : { Running: true }),
      exec: () => ({ exitCode: 0, output: "" }),
    });
    await provider.delete("x", want);
    await provider.delete("x", { ...want, edge: "gone" });
    close();
    assert.deepEqual(
      execs.map(({ env }) => env),
      [["FILE=blog.caddy", "SITE="]],
    );
  });
});
