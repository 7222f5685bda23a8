import assert from "node:assert/strict";
import type { dynamic } from "@pulumi/pulumi";
import { caddy } from "../../../components/edge/caddy";
import { tarOf } from "../../../components/tar";
import { Traffic } from "../../../components/traffic";
import { type DockerScript, scriptedDocker } from "../../support/scripted-docker";
import { serialisedProvider } from "../../support/serialised-provider";

const app = { app: "blog", port: 8000, publish: 8080, healthTimeout: 5 };
const healthy = { Running: true, Health: { Status: "healthy", Log: [] } };
const starting = { Running: true, Health: { Status: "starting", Log: [] } };
const MARK = "# Written by berth for all servers of the app.";

/** An edge as far as the route's script goes: what it has is read, what it is told is kept. */
class Edge {
  site = "";
  target = "";
  /** What was loaded, in order: `container:port`, or nothing. */
  readonly told: string[] = [];
  refuses: (target: string) => string | undefined = () => undefined;

  archive(path: string): Promise<Buffer> | undefined {
    if (path === "/config/sites/blog.caddy" && this.site)
      return tarOf([{ name: "blog.caddy", content: this.site, mode: 0o644 }]);
    if (path !== "/config/targets/blog" || !this.target) return undefined;
    return tarOf([
      { name: "blog/", mode: 0o755 },
      { name: `blog/${this.target}`, content: "", mode: 0o644 },
    ]);
  }

  exec({ env }: { env: string[] }): { exitCode: number; output: string } {
    const [, site, , target] = env.map((pair) => pair.slice(pair.indexOf("=") + 1)) as string[];
    this.told.push(target!);
    const reason = this.refuses(target!);
    if (reason) return { exitCode: 1, output: reason };
    this.site = site!;
    this.target = target!;
    return { exitCode: 0, output: "" };
  }
}

async function withDocker(script: Partial<DockerScript>, servers = ["web1"]) {
  const edges: Record<string, Edge> = Object.fromEntries(servers.map((name) => [`edge-${name}`, new Edge()]));
  const docker = await scriptedDocker({
    state: () => healthy,
    exec: (container, exec) => edges[container]?.exec(exec) ?? { exitCode: 1, output: "no" },
    archive: (container, path) => edges[container]?.archive(path),
    ...script,
  });
  const make = () => new Traffic("t", { ...app, servers: [] });
  const provider = (await serialisedProvider(make)) as Required<dynamic.ResourceProvider>;
  const release = (number: number, on = servers) => ({
    ...app,
    servers: on.map((name) => ({
      name,
      docker: docker.address,
      edge: `edge-${name}`,
      container: `blog-${name}-${number}`,
    })),
  });
  return { provider, release, edges: servers.map((name) => edges[`edge-${name}`]!), ...docker };
}

describe("moving traffic, as serialised", () => {
  it("waits until the container is healthy, then gives the edge the app's new route", async () => {
    const { provider, release, edges, execs, close } = await withDocker({
      state: (_container, inspection) => (inspection < 3 ? starting : healthy),
    });
    const { id, outs } = await provider.create(release(2));
    close();
    assert.equal(id, "blog");
    assert.equal(outs["servers"][0].container, "blog-web1-2");
    const told = execs.filter(({ command }) => command[0] === "sh");
    assert.deepEqual(
      told.map(({ container, env }) => [container, env]),
      [
        [
          "edge-web1",
          [
            "FILE=blog.caddy",
            `SITE=${MARK}\n${caddy.site({ ...app, container: "blog-web1-2" })}`,
            "TARGETS=/config/targets/blog",
            "TARGET=blog-web1-2:8000",
          ],
        ],
      ],
    );
    assert.equal(edges[0]!.target, "blog-web1-2:8000");
  });

  it("runs the image's own check meanwhile: a long interval delays nothing", async () => {
    const Healthcheck = { Test: ["CMD-SHELL", "check it"], Interval: 30e9 };
    const { provider, release, execs, close } = await withDocker({
      state: () => starting,
      inspection: { Config: { Healthcheck } },
      exec: (container) => ({
        exitCode: container === "edge-web1" || execs.length > 3 ? 0 : 1,
        output: "",
      }),
    });
    await provider.create(release(1));
    close();
    const checks = execs.filter(({ container }) => container === "blog-web1-1");
    assert.deepEqual(checks[0]!.command, ["/bin/sh", "-c", "check it"]);
    assert.ok(checks.length > 1, "it failed at first");
  });

  it("leaves the edge alone where the container is unhealthy, and tells why, what runs and what to do", async () => {
    const Log = [{ Output: "HTTP 500" }, { Output: "HTTP 503 no database\n" }];
    const unhealthy = { Running: true, Health: { Status: "unhealthy", Log } };
    const { provider, release, edges, close } = await withDocker({
      state: (container) => (container === "blog-web1-2" ? unhealthy : healthy),
      logs: "starting\nOperationalError: no such table\n",
    });
    await provider.create(release(1));
    await assert.rejects(provider.update("x", release(1), release(2)), {
      message: [
        "blog: the new container blog-web1-2 is not healthy; traffic stays where it was.",
        "Its health check last said: HTTP 503 no database",
        "Its last log lines:",
        "starting",
        "OperationalError: no such table",
        "What is left running:",
        "  web1: blog-web1-1 serves on; blog-web1-2 gets no traffic",
        "Next: mend the app and berth up again, or berth rollback; either removes the new containers.",
      ].join("\n"),
    });
    close();
    assert.deepEqual(edges[0]!.told, ["blog-web1-1:8000"]);
  });

  it("never repeats a secret that the app logged, in whatever form", async () => {
    const secret = 'p"ss wörd/1';
    const key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n-----END KEY-----\n";
    const secrets = [secret, key].map((content, index) => ({
      name: `secrets/S${index}`,
      content,
      mode: 0o400,
      uid: 1,
      gid: 1,
    }));
    const forms = [secret, JSON.stringify({ secret }), encodeURIComponent(secret), key];
    forms.push(Buffer.from(secret).toString("base64"));
    const Log = [{ Output: `login as ${secret} failed` }];
    const { provider, release, close } = await withDocker({
      state: () => ({ Running: true, Health: { Status: "unhealthy", Log } }),
      logs: forms.join("\n"),
      secrets: await tarOf(secrets),
    });
    const error = await provider.create(release(1)).catch((failure: Error) => failure);
    close();
    assert.ok(error instanceof Error);
    assert.match(error.message, /login as \[secret\] failed/);
    for (const form of [...forms, "MIIEvQIBADANBgkqhkiG9w0B", 'p\\"ss'])
      assert.ok(!error.message.includes(form), `${form} in:\n${error.message}`);
  });

  it("gives up on a container that stopped, that keeps restarting, and that is not healthy in time", async () => {
    const failing = async (state: object, inspection: object, over: object = {}) => {
      const { provider, release, close } = await withDocker({ state: () => state, inspection, logs: "bye" });
      const error = await provider.create({ ...release(1), ...over }).catch((failure: Error) => failure);
      close();
      return (error as Error).message;
    };
    const stopped = { Running: false, Restarting: false, ExitCode: 3 };
    assert.match(await failing(stopped, {}), /blog-web1-1 stopped with exit code 3; .*bye/s);
    assert.match(await failing({ ...stopped, OOMKilled: true }, {}), /exit code 3 \(out of memory\);/);
    const again = { Running: true, Restarting: true, ExitCode: 1 };
    assert.match(
      await failing(again, { RestartCount: 5 }),
      /stopped 5 times, the last time with exit code 1;/,
    );
    assert.match(await failing(starting, {}, { healthTimeout: 0.2 }), /is not healthy after 0.2 s;/);
  });

  it("moves no server's traffic unless the containers of all are healthy", async () => {
    const unhealthy = { Running: true, Health: { Status: "unhealthy", Log: [] } };
    const { provider, release, edges, close } = await withDocker(
      { state: (container) => (container === "blog-web2-1" ? unhealthy : healthy) },
      ["web1", "web2"],
    );
    await assert.rejects(provider.create(release(1)), /blog-web2-1 is not healthy; traffic stays/);
    close();
    assert.deepEqual([edges[0]!.told, edges[1]!.told], [[], []]);
  });

  it("moves those already switched back where one edge refuses, and says who serves what", async () => {
    const { provider, release, edges, close, address } = await withDocker({}, ["web1", "web2", "web3"]);
    await provider.create(release(1));
    edges[1]!.refuses = (target) => (target.endsWith("-2:8000") ? "Error: no space left" : undefined);
    await assert.rejects(provider.update("x", release(1), release(2)), {
      message: [
        "blog: the edge proxy edge-web2 of web2 did not take the new route; no traffic has moved, on any server. It said:",
        "Error: no space left",
        "web2: blog-web2-1 serves, as before.",
        "web1: blog-web1-1 serves, as before.",
        "Left running: blog-web1-2, blog-web2-2, blog-web3-2, healthy and without traffic; the next up that succeeds uses or removes them.",
        `Next: see what ails that edge (docker logs edge-web2 on ${address}), then berth up again.`,
      ].join("\n"),
    });
    close();
    assert.deepEqual(edges[0]!.told, ["blog-web1-1:8000", "blog-web1-2:8000", "blog-web1-1:8000"]);
    assert.deepEqual(edges[2]!.told, ["blog-web3-1:8000"]);
  });

  it("says so where a server could not be moved back", async () => {
    const { provider, release, edges, close } = await withDocker({}, ["web1", "web2"]);
    await provider.create(release(1));
    edges[0]!.refuses = (target) => (target.endsWith("-1:8000") ? "gone away" : undefined);
    edges[1]!.refuses = () => "gone away";
    await assert.rejects(
      provider.update("x", release(1), release(2)),
      /web1: its traffic could not be moved back to blog-web1-1; blog-web1-2 or blog-web1-1 serves: gone away/,
    );
    close();
  });

  it("finds out on refresh who is served, and changes only when that differs", async () => {
    const { provider, release, close } = await withDocker({});
    await provider.create(release(1));
    const { props } = await provider.read("x", release(2));
    close();
    assert.equal(props!["servers"][0].container, "blog-web1-1");
    assert.equal((await provider.diff("x", props!, release(2))).changes, true);
    assert.equal((await provider.diff("x", release(2), { ...release(2), healthTimeout: 9 })).changes, false);
  });

  it("takes the route away with the app, from a server it left too, unless the edge is gone", async () => {
    const { provider, release, edges, close } = await withDocker(
      { state: (container) => (container === "edge-gone" ? undefined : healthy) },
      ["web1", "web2", "gone"],
    );
    await provider.create(release(1, ["web1", "web2"]));
    await provider.update("x", release(1, ["web1", "web2"]), release(2, ["web1"]));
    assert.deepEqual([edges[0]!.target, edges[1]!.site], ["blog-web1-2:8000", ""]);
    await provider.delete("x", release(2, ["web1", "gone"]));
    close();
    assert.deepEqual([edges[0]!.site, edges[2]!.told], ["", []]);
  });

  it("a state of before, one resource for each server, is deleted without touching what has been written since", async () => {
    const { provider, release, edges, close, address } = await withDocker({});
    const old = { ...app, docker: address, edge: "edge-web1", container: "blog-web1-1" };
    await provider.create(release(1));
    await provider.delete("x", old);
    assert.equal(edges[0]!.target, "blog-web1-1:8000");
    edges[0]!.site = ":8080 {\n\treverse_proxy blog-web1-1:8000\n}\n";
    edges[0]!.target = "";
    assert.equal((await provider.read("x", old)).props!["container"], "blog-web1-1");
    await provider.delete("x", old);
    close();
    assert.equal(edges[0]!.site, "");
  });
});
