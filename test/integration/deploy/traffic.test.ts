import assert from "node:assert/strict";
import type { dynamic } from "@pulumi/pulumi";
import { Traffic } from "../../../components/deploy/traffic";
import { caddy } from "../../../components/edge/software/caddy";
import { FolderDocker } from "../../support/docker/folder-docker";
import { serialisedProvider } from "../../support/serialised-provider";

const app = { app: "blog", port: 8000, publish: 8080, healthTimeout: 5 };
const healthy = { Running: true, Health: { Status: "healthy", Log: [] } };
const starting = { Running: true, Health: { Status: "starting", Log: [] } };
const unhealthy = { Running: true, Health: { Status: "unhealthy", Log: [] } };
const SITE = "blog@:8080.caddy";

/** Servers with an edge each, behind doors: two containers on one volume. */
async function withServers(servers = ["web1"]) {
  const docker = await FolderDocker.start();
  const edges = servers.map((name) => {
    const pair = ["a", "b"].map((which) => docker.add(`${name}-edge-${which}`, `${name}-edge-config`));
    const notes = { software: "caddy", edges: pair.map((one) => one.name), active: pair[0]!.name, doors: [] };
    pair[0]!.write("/config/edge.json", JSON.stringify(notes));
    const edge = pair[0]!;
    const target = () => edge.list("/config/targets/blog");
    return { edge, pair, target, site: (file = SITE) => edge.read(`/config/apps/${file}`) };
  });
  for (const name of servers)
    for (const release of [1, 2]) docker.add(`blog-${name}-${release}`).state = () => healthy;
  const make = () => new Traffic("t", { ...app, servers: [] });
  const provider = (await serialisedProvider(make)) as Required<dynamic.ResourceProvider>;
  const release = (number: number, on = servers) => ({
    ...app,
    servers: on.map((name) => ({
      name,
      docker: docker.address,
      edge: `${name}-edge-config`,
      container: `blog-${name}-${number}`,
    })),
  });
  return { docker, edges, provider, release, of: (container: string) => docker.containers.get(container)! };
}

describe("moving traffic, as serialised", function () {
  this.timeout(60_000); // real shells, many of them

  it("waits until the container is healthy, then gives the edge the app's new route", async () => {
    const { docker, provider, release, edges, of } = await withServers();
    of("blog-web1-2").state = (inspection) => (inspection < 3 ? starting : healthy);
    const { id, outs } = await provider.create(release(2));
    const [{ site, target, pair }] = edges as [(typeof edges)[0]];
    assert.equal(id, "blog");
    assert.equal(outs["servers"][0].container, "blog-web1-2");
    assert.match(site()!, /^:8080 \{$/m);
    assert.deepEqual(target(), ["blog-web1-2:8000"]);
    assert.deepEqual(
      pair.map(({ loads }) => loads.length),
      [1, 1],
      "both have it",
    );
    await provider.update("x", release(2), release(1));
    assert.deepEqual(target(), ["blog-web1-1:8000"]);
    assert.equal(pair[0]!.loads.length, 1, "another container loads nothing");
    docker.close();
  });

  it("runs the image's own check meanwhile: a long interval delays nothing", async () => {
    const { docker, provider, release, of } = await withServers();
    const container = of("blog-web1-1");
    const ran: string[][] = [];
    container.state = () => starting;
    container.inspection = { Config: { Healthcheck: { Test: ["CMD-SHELL", "check it"], Interval: 30e9 } } };
    container.command = (command) => {
      ran.push(command);
      return { exitCode: ran.length > 3 ? 0 : 1, output: "" };
    };
    await provider.create(release(1));
    docker.close();
    assert.deepEqual(ran[0], ["/bin/sh", "-c", "check it"]);
    assert.ok(ran.length > 1, "it failed at first");
  });

  it("leaves the edge alone where the container is unhealthy, and tells why, what runs and what to do", async () => {
    const { docker, provider, release, edges, of } = await withServers();
    const Log = [{ Output: "HTTP 500" }, { Output: "HTTP 503 no database\n" }];
    of("blog-web1-2").state = () => ({ ...unhealthy, Health: { Status: "unhealthy", Log } });
    of("blog-web1-2").logs = "starting\nOperationalError: no such table\n";
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
    assert.deepEqual(edges[0]!.target(), ["blog-web1-1:8000"]);
    docker.close();
  });

  it("never repeats a secret that the app logged, in whatever form", async () => {
    const secret = 'p"ss wörd/1';
    const key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n-----END KEY-----\n";
    const { docker, provider, release, of } = await withServers();
    const container = of("blog-web1-1");
    for (const [index, content] of [secret, key].entries())
      container.write(`/run/secrets/S${index}`, content);
    const forms = [secret, JSON.stringify({ secret }), encodeURIComponent(secret), key];
    forms.push(Buffer.from(secret).toString("base64"));
    const Log = [{ Output: `login as ${secret} failed` }];
    container.state = () => ({ Running: true, Health: { Status: "unhealthy", Log } });
    container.logs = forms.join("\n");
    const error = await provider.create(release(1)).catch((failure: Error) => failure);
    docker.close();
    assert.ok(error instanceof Error);
    assert.match(error.message, /login as \[secret\] failed/);
    for (const form of [...forms, "MIIEvQIBADANBgkqhkiG9w0B", 'p\\"ss'])
      assert.ok(!error.message.includes(form), `${form} in:\n${error.message}`);
  });

  it("gives up on a container that stopped, that keeps restarting, and that is not healthy in time", async () => {
    const failing = async (state: object, inspection: object, over: object = {}) => {
      const { docker, provider, release, of } = await withServers();
      Object.assign(of("blog-web1-1"), { state: () => state, inspection, logs: "bye" });
      const error = await provider.create({ ...release(1), ...over }).catch((failure: Error) => failure);
      docker.close();
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
    const { docker, provider, release, edges, of } = await withServers(["web1", "web2"]);
    of("blog-web2-1").state = () => unhealthy;
    await assert.rejects(provider.create(release(1)), /blog-web2-1 is not healthy; traffic stays/);
    assert.deepEqual(
      edges.map(({ site }) => site()),
      [undefined, undefined],
    );
    docker.close();
  });

  it("moves those already switched back where one edge refuses, and says who serves what", async () => {
    const { docker, provider, release, edges } = await withServers(["web1", "web2", "web3"]);
    await provider.create(release(1));
    for (const one of edges[1]!.pair) one.refuses(":8090", "Error: no space left");
    const two = { ...release(2), publish: 8090 };
    await assert.rejects(provider.update("x", release(1), two), {
      message: [
        "blog: the edge proxy of web2 did not take the new route; no traffic has moved, on any server. It said:",
        "web2-edge-a: Error: no space left",
        "web2: blog-web2-1 serves, as before.",
        "web1: blog-web1-1 serves, as before.",
        "Left running: blog-web1-2, blog-web2-2, blog-web3-2, healthy and without traffic; the next up that succeeds uses or removes them.",
        "Next: see what ails that edge (berth logs web2-edge), then berth up again.",
      ].join("\n"),
    });
    for (const { edge, target } of edges) {
      assert.deepEqual(
        [edge.list("/config/apps"), target()],
        [[SITE], [`blog-${edge.name.slice(0, 4)}-1:8000`]],
      );
      assert.equal(edge.read("/config/undo/absent"), undefined, "nothing is left to take back");
    }
    docker.close();
  });

  it("turns back where the one that is to follow refuses", async () => {
    const { docker, provider, release, edges } = await withServers();
    await provider.create(release(1));
    const [{ edge, pair, target }] = edges as [(typeof edges)[0]];
    const notes = edge.read("/config/edge.json");
    pair[1]!.refuses(":8090", "too much");
    await assert.rejects(
      provider.update("x", release(1), { ...release(2), publish: 8090 }),
      /web1-edge-b: too much/,
    );
    assert.deepEqual([edge.list("/config/apps"), target()], [[SITE], ["blog-web1-1:8000"]]);
    assert.equal(edge.read("/config/edge.json"), notes);
    const ending = pair.map((one) => one.read("/tmp/berth-ending"));
    assert.deepEqual(ending, ["", undefined], "the one before serves on, the other one's connections end");
    docker.close();
  });

  it("says so where a server could not be moved back", async () => {
    const { docker, provider, release, edges } = await withServers(["web1", "web2"]);
    await provider.create(release(1));
    for (const one of edges[1]!.pair) one.refuses(":8090", "gone away");
    const two = { ...release(2), publish: 8090 };
    // The first server's way back meets a file that somebody lays there meanwhile.
    edges[1]!.edge.command = ([, , script]) => {
      if (!script?.startsWith("caddy reload")) return undefined;
      edges[0]!.edge.write("/config/apps/hand.caddy", "# by hand");
      for (const one of edges[0]!.pair) one.refuses("# by hand", "gone away");
      return undefined;
    };
    await assert.rejects(
      provider.update("x", release(1), two),
      /web1: its traffic could not be moved back to blog-web1-1; blog-web1-2 or blog-web1-1 serves: .*gone away/,
    );
    docker.close();
  });

  it("finds out on refresh who is served, and changes only when that differs", async () => {
    const { docker, provider, release } = await withServers();
    await provider.create(release(1));
    const { props } = await provider.read("x", release(2));
    docker.close();
    assert.equal(props!["servers"][0].container, "blog-web1-1");
    assert.equal((await provider.diff("x", props!, release(2))).changes, true);
    assert.equal((await provider.diff("x", release(2), { ...release(2), healthTimeout: 9 })).changes, false);
  });

  it("takes the route away with the app, from a server it left too, unless the edge is gone", async () => {
    const { docker, provider, release, edges } = await withServers(["web1", "web2", "gone"]);
    for (const one of edges[2]!.pair) one.state = () => undefined;
    await provider.create(release(1, ["web1", "web2"]));
    await provider.update("x", release(1, ["web1", "web2"]), release(2, ["web1"]));
    assert.deepEqual([edges[0]!.target(), edges[1]!.site()], [["blog-web1-2:8000"], undefined]);
    await provider.delete("x", release(2, ["web1", "gone"]));
    assert.deepEqual([edges[0]!.site(), edges[0]!.target(), edges[2]!.edge.loads], [undefined, [], []]);
    docker.close();
  });

  it("takes an address over from an app that is about to leave: it was renamed", async () => {
    const { docker, provider, release, edges } = await withServers();
    await provider.create({ ...release(1), app: "site" });
    await provider.create(release(1));
    assert.deepEqual(edges[0]!.edge.list("/config/apps"), [SITE]);
    assert.ok(
      edges[0]!.pair.every(({ loads }) => loads.every((sites) => sites.match(/^:8080 /gm)!.length === 1)),
      "never both at once",
    );
    await provider.delete("x", { ...release(1), app: "site" });
    assert.deepEqual(
      [edges[0]!.edge.list("/config/apps"), edges[0]!.target()],
      [[SITE], ["blog-web1-1:8000"]],
    );
    docker.close();
  });

  it("leaves nothing of the name before where it is renamed itself, at whatever addresses it was", async () => {
    const { docker, provider, release, edges } = await withServers();
    const before = { ...release(1), app: "site" };
    await provider.create({ ...before, publish: 8070 });
    await provider.update("x", { ...before, publish: 8070 }, before);
    const [{ edge, target, pair }] = edges as [(typeof edges)[0]];
    assert.deepEqual(edge.list("/config/apps"), ["site@:8070.caddy", "site@:8080.caddy"]);
    for (const one of pair) one.refuses("blog", "no blogs");
    await assert.rejects(provider.update("x", before, release(2)), /no blogs/);
    assert.deepEqual(edge.list("/config/apps"), ["site@:8070.caddy", "site@:8080.caddy"]);
    for (const one of pair) one.refuses("nothing of all this");
    await provider.update("x", before, release(2));
    assert.deepEqual([edge.list("/config/apps"), target()], [[SITE], ["blog-web1-2:8000"]]);
    assert.deepEqual(edge.list("/config/targets"), ["blog"]);
    docker.close();
  });

  it("gives an address back to whom it took it from, where the edge refuses the one that takes it", async () => {
    const { docker, provider, release, edges } = await withServers();
    await provider.create({ ...release(1), app: "site" });
    const before = edges[0]!.site("site@:8080.caddy");
    edges[0]!.pair[0]!.refuses("blog", "no blogs");
    await assert.rejects(provider.create(release(1)), /no blogs/);
    assert.deepEqual(edges[0]!.edge.list("/config/apps"), ["site@:8080.caddy"]);
    assert.equal(edges[0]!.site("site@:8080.caddy"), before);
    assert.deepEqual(edges[0]!.target(), []);
    docker.close();
  });

  it("serves an app on at its old port, by the new container, until another one takes it", async () => {
    const { docker, provider, release, edges } = await withServers();
    await provider.create(release(1));
    await provider.update("x", release(1), { ...release(2), publish: 8090 });
    assert.deepEqual(edges[0]!.edge.list("/config/apps"), [SITE, "blog@:8090.caddy"]);
    assert.deepEqual(edges[0]!.target(), ["blog-web1-2:8000"]);
    await provider.create({ ...release(1), app: "shop" });
    assert.deepEqual(edges[0]!.edge.list("/config/apps"), ["blog@:8090.caddy", "shop@:8080.caddy"]);
    docker.close();
  });

  it("believes other proxies as soon as the settings name them, at every address of the app, and keeps them over other moves", async () => {
    const { docker, edges, provider, release } = await withServers();
    const [{ site, pair }] = edges as [(typeof edges)[0]];
    const believing = (number: number, trustedProxies: string[]) => {
      const { servers, ...rest } = release(number);
      return { ...rest, servers: servers.map((server) => ({ ...server, trustedProxies })) };
    };
    await provider.create(release(1));
    const wish = believing(1, ["10.0.0.0/8"]);
    assert.equal((await provider.diff("x", release(1), wish)).changes, true);
    await provider.update("x", release(1), wish);
    assert.match(site()!, /^\t+trusted_proxies 10\.0\.0\.0\/8$/m);
    assert.equal(pair[0]!.loads.length, 2);
    docker.add("shop-1").state = () => healthy;
    const shop = { ...release(1), app: "shop", publish: 8081 };
    await provider.create({ ...shop, servers: [{ ...shop.servers[0]!, container: "shop-1" }] });
    await provider.update("x", wish, believing(2, ["10.0.0.0/8"]));
    assert.match(site()!, /^\t+trusted_proxies 10\.0\.0\.0\/8$/m, "another app's move drops nothing");
    await provider.update("x", wish, { ...believing(1, ["192.0.2.7"]), publish: 8082 });
    for (const file of [SITE, "blog@:8082.caddy"]) {
      assert.match(site(file)!, /^\t+trusted_proxies 192\.0\.2\.7$/m);
      assert.doesNotMatch(site(file)!, /10\.0\.0\.0/, "nor is anybody believed at an address of before");
    }
    await provider.update("x", wish, release(1));
    assert.doesNotMatch(site()!, /trusted_proxies/);
    docker.close();
  });

  it("goes on where a run was killed: what it had written and not loaded is taken back first", async () => {
    const { docker, provider, release, edges } = await withServers();
    await provider.create(release(1));
    const [{ edge, pair }] = edges as [(typeof edges)[0]];
    for (const one of pair) one.refuses("half a site", "nonsense");
    edge.write("/config/undo/absent", `${edge.path("/config/apps/shop@:9000.caddy")}\n`);
    edge.write("/config/apps/shop@:9000.caddy", "half a site");
    await provider.update("x", release(1), { ...release(2), publish: 8090 });
    assert.deepEqual(edge.list("/config/apps"), [SITE, "blog@:8090.caddy"]);
    assert.deepEqual(edge.list("/config/undo"), []);
    docker.close();
  });

  it("a state of before, with an edge of before, is taken on: nothing is loaded, and other sites are left", async () => {
    const { docker, provider, release } = await withServers();
    const old = docker.add("main-edge-1", "main-edge-config");
    const mark = "# Written by berth for all servers of the app.\n";
    old.write("/config/sites/blog.caddy", mark + caddy.site({ ...app, container: "" }, "older"));
    old.write("/config/targets/blog/blog-web1-1:8000", "");
    const [server] = release(1).servers;
    const before = { ...app, servers: [{ ...server!, edge: "main-edge-1" }] };
    const after = { ...app, servers: [{ ...server!, edge: "main-edge-config", container: "blog-web1-2" }] };
    assert.equal((await provider.read("x", before)).props!["servers"][0].container, "blog-web1-1");
    await provider.update("x", before, after);
    assert.deepEqual(old.loads, []);
    assert.deepEqual(old.list("/config/targets/blog"), ["blog-web1-2:8000"]);
    assert.deepEqual([old.list("/config/sites"), old.list("/config/apps")], [["blog.caddy"], [SITE]]);
    const perServer = { ...app, docker: docker.address, edge: "main-edge-1", container: "blog-web1-1" };
    await provider.delete("x", perServer);
    assert.deepEqual(old.list("/config/sites"), ["blog.caddy"], "that is of all servers");
    old.write("/config/sites/blog.caddy", ":8080 {\n\treverse_proxy blog-web1-1:8000\n}\n");
    await provider.delete("x", perServer);
    assert.deepEqual(old.list("/config/sites"), []);
    docker.close();
  });
});
