import assert from "node:assert/strict";
import type { dynamic } from "@pulumi/pulumi";
import { EdgeConfiguration } from "../../../components/edge/edge-configuration";
import { siteText } from "../../../components/edge/sites";
import { caddy } from "../../../components/edge/software/caddy";
import { type FolderContainer, FolderDocker } from "../../support/docker/folder-docker";
import { serialisedProvider } from "../../support/serialised-provider";

const VOLUME = "main-edge-config";

/** A pair of edges with two doors; a further pair where an image is to be changed. */
async function withEdge() {
  const docker = await FolderDocker.start();
  const [a, b, c, d] = ["a", "b", "c", "d"].map((which) => docker.add(`main-edge-${which}`, VOLUME)) as [
    FolderContainer,
    FolderContainer,
    FolderContainer,
    FolderContainer,
  ];
  const doors = [80, 443].map((port) => docker.add(`main-edge-${port}`));
  const make = () =>
    new EdgeConfiguration("t", {
      name: "main-edge",
      docker: "x",
      volume: "x",
      software: "caddy",
      edges: [],
      doors: [],
    });
  const provider = (await serialisedProvider(make)) as Required<dynamic.ResourceProvider>;
  const want = {
    name: "main-edge",
    docker: docker.address,
    volume: VOLUME,
    software: "caddy",
    main: "first",
    edges: [a.name, b.name],
    doors: [80, 443].map((port) => ({ port, container: `main-edge-${port}` })),
  };
  const lead = () =>
    doors.map((door) => /set \$edge (\S+);/.exec(door.read("/etc/nginx/loaded.conf") ?? "")?.[1]);
  return { docker, provider, want, pair: [a, b] as const, next: [c, d] as const, doors, lead };
}

const mainOf = (edge: FolderContainer) => edge.read("/etc/caddy/main/edge.caddy");

describe("the configuration of an edge", function () {
  this.timeout(60_000); // real shells, many of them

  it("is taken by both of the pair, and the doors lead to one of them", async () => {
    const { docker, provider, want, pair, lead } = await withEdge();
    const { outs } = await provider.create(want);
    assert.equal(outs["edge"], VOLUME);
    assert.deepEqual(pair.map(mainOf), ["first", "first"]);
    assert.deepEqual(lead(), ["main-edge-a", "main-edge-a"]);
    docker.close();
  });

  it("comes to the idle one first; the other one takes it when the doors have turned", async () => {
    const { docker, provider, want, pair, lead } = await withEdge();
    await provider.create(want);
    const order: string[] = [];
    for (const edge of pair)
      edge.command = ([, , script]) => {
        if (script?.startsWith("caddy reload")) order.push(`${edge.name} while doors lead to ${lead()[0]}`);
        return undefined;
      };
    await provider.update("x", want, { ...want, main: "second" });
    assert.deepEqual(order, [
      "main-edge-b while doors lead to main-edge-a",
      "main-edge-a while doors lead to main-edge-b",
    ]);
    assert.equal(pair[0].read("/tmp/berth-ending"), "", "its connections end");
    assert.equal(pair[1].read("/tmp/berth-ending"), undefined);
    await provider.update("x", want, { ...want, main: "second" });
    assert.equal(order.length, 2, "what is there already is not loaded again");
    docker.close();
  });

  it("changes nothing where it is refused, and says what was said", async () => {
    const { docker, provider, want, pair, lead } = await withEdge();
    await provider.create(want);
    for (const edge of pair) edge.refuses("second", "line 1: what is second?");
    await assert.rejects(
      provider.update("x", want, { ...want, main: "second" }),
      /^Error: The edge proxy main-edge on unix:\S+ did not take its configuration; what served before serves on\. It said:\nmain-edge-b: line 1: what is second\?\nNext: /,
    );
    assert.deepEqual(pair.map(mainOf), ["first", "first"]);
    assert.deepEqual(lead(), ["main-edge-a", "main-edge-a"]);
    docker.close();
  });

  it("names the version that is needed where Caddy is too old for doors", async () => {
    const { docker, provider, want, pair } = await withEdge();
    for (const edge of pair) edge.refuses("first", "module not registered: caddy.listeners.proxy_protocol");
    await assert.rejects(provider.create(want), /Next: take Caddy 2\.7 or newer/);
    assert.deepEqual(pair.map(mainOf), [undefined, undefined]);
    docker.close();
  });

  it("moves to another pair with all sites; the one before keeps what it has until it goes", async () => {
    const { docker, provider, want, pair, next, lead } = await withEdge();
    await provider.create(want);
    const edges = next.map(({ name }) => name);
    for (const edge of next) edge.refuses("first", "not this one");
    await assert.rejects(provider.update("x", want, { ...want, edges }), /main-edge-c: not this one/);
    assert.deepEqual(lead(), ["main-edge-a", "main-edge-a"]);
    await provider.update("x", want, { ...want, edges, main: "second" });
    assert.deepEqual(lead(), ["main-edge-c", "main-edge-c"]);
    assert.deepEqual([...pair, ...next].map(mainOf), ["first", "first", "second", "second"]);
    docker.close();
  });

  it("puts the sites in the words of another software, with who serves them", async () => {
    const { docker, provider, want, pair } = await withEdge();
    await provider.create(want);
    const blog = { app: "blog", container: "blog-1", port: 8000, publish: 80 };
    pair[0].write("/config/apps/blog@:80.caddy", siteText(blog, caddy, "doors"));
    pair[0].write("/config/targets/blog/blog-1:8000", "");
    await provider.update("x", want, { ...want, software: "nginx", main: "http {}" });
    assert.deepEqual(pair[0].list("/config/apps"), ["blog@:80.conf"]);
    assert.match(
      pair[0].read("/config/apps/blog@:80.conf")!,
      /set \$upstream blog-1;\n[\s\S]*\$upstream:8000;/,
    );
    pair[0].write("/config/targets/blog/stale:1", "");
    await provider.update("x", want, { ...want, main: "first" });
    assert.deepEqual(pair[0].list("/config/apps"), ["blog@:80.caddy"]);
    assert.deepEqual(pair[0].list("/config/targets/blog"), ["blog-1:8000"]);
    docker.close();
  });

  it("does without a door that is gone, and without one of the pair", async () => {
    const { docker, provider, want, pair, doors, lead } = await withEdge();
    await provider.create(want);
    doors[0]!.state = () => undefined;
    pair[1].state = () => undefined;
    await provider.update("x", want, { ...want, main: "second" });
    assert.deepEqual([mainOf(pair[0]), lead()[1]], ["second", "main-edge-a"]);
    pair[0].state = () => undefined;
    pair[1].state = () => ({ Running: true });
    await provider.update("x", want, { ...want, main: "third" });
    assert.deepEqual([mainOf(pair[1]), lead()[1]], ["third", "main-edge-b"]);
    docker.close();
  });

  it("turns all doors or none", async () => {
    const { docker, provider, want, pair, doors, lead } = await withEdge();
    await provider.create(want);
    doors[1]!.refuses("set $edge main-edge-b", "no space left");
    doors[1]!.command = ([, , script]) =>
      script?.includes("next.conf") && doors[1]!.read("/etc/nginx/next.conf")!.includes("main-edge-b")
        ? { exitCode: 1, output: "no space left" }
        : undefined;
    await assert.rejects(
      provider.update("x", want, { ...want, main: "second" }),
      /the door main-edge-443 did not turn to main-edge-b: no space left/,
    );
    assert.deepEqual(lead(), ["main-edge-a", "main-edge-a"]);
    assert.deepEqual(pair.map(mainOf), ["first", "first"]);
    docker.close();
  });

  it("waits for connections to end before it loads, but not for ever", async () => {
    const { docker, provider, want, pair } = await withEdge();
    await provider.create(want);
    const HEAD = "  sl  local_address rem_address   st\n";
    const busy = `${HEAD}   0: 00000000:0050 00000000:0000 0A 0\n   1: 020011AC:0050 030011AC:C001 01 0\n`;
    pair[1].write("/proc/net/tcp", busy);
    let looks = 0;
    pair[1].command = ([, , script]) => {
      if (script?.startsWith("cat /proc/net/tcp") && ++looks === 3) pair[1].write("/proc/net/tcp", HEAD);
      return undefined;
    };
    await provider.update("x", want, { ...want, main: "second" });
    assert.ok(looks >= 4, "it looked once more when all had ended");
    pair[0].write("/proc/net/tcp", busy);
    await provider.update("x", want, { ...want, main: "third" });
    assert.deepEqual(pair.map(mainOf), ["third", "third"]);
    docker.close();
  });

  it("leaves an edge of before as it is where nothing differs, and takes its sites over when it is gone", async () => {
    const { docker, provider, want, pair } = await withEdge();
    const old = docker.add("main-edge-0", VOLUME);
    old.write("/etc/caddy/Caddyfile", caddy.main(undefined, "older"));
    const blog = { app: "blog", container: "blog-1", port: 8000, publish: 8080 };
    old.write("/config/sites/blog.caddy", siteText(blog, caddy, "older"));
    old.write("/config/targets/blog/blog-1:8000", "");
    await provider.create({ ...want, old: { container: old.name, ports: [8080] } });
    assert.deepEqual(old.loads, []);
    assert.deepEqual(
      [old.list("/config/sites"), old.list("/config/apps")],
      [["blog.caddy"], ["blog@:8080.caddy"]],
    );
    old.state = () => undefined;
    await provider.update("x", want, want);
    assert.deepEqual(
      [pair[0].list("/config/sites"), pair[0].list("/config/apps")],
      [[], ["blog@:8080.caddy"]],
    );
    docker.close();
  });
});
