import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import type Docker from "dockerode";
import { tarOf } from "../../../components/docker/tar";
import { TrustedCa } from "../../../components/docker/trusted-ca";
import { NexusConfiguration } from "../../../components/nexus/nexus-configuration";
import { NexusHost } from "../../../components/nexus/nexus-host";
import { RegistryClient } from "../../../components/registry/client";
import { registryAddress, registryAddresses } from "../../../components/settings/nexus/nexus-addresses";
import type { MadeNexus } from "../../../components/settings/nexus/nexus-settings";
import { parseSettings } from "../../../components/settings/settings";
import { dockerAt, followStream, standardSocket } from "../../../sandbox/docker/client";
import { type Places, serverSocket } from "../../../sandbox/lib/places";
import { NEXUS_IMAGE } from "../../../sandbox/nexus/build";
import { startServer } from "../../../sandbox/server/start";
import { ensureSandboxImages } from "../../support/docker/sandbox-images";
import { feed } from "../../support/feed";
import { freePort } from "../../support/free-port";
import { testIdentity } from "../../support/identity";
import { InlineProject, type InlineStack } from "../../support/stack/inline-stack";
import { madeNexus } from "../../support/stack/made-nexus";
import { needsDocker, ownPlaces, removeOwnPlaces } from "../../support/stack/own-sandbox";
import { root } from "../../support/stack/sandbox";
import { ensureImage } from "../nexus/harness";

const execute = promisify(execFile);
const LAYER_MB = 110;

describe("an edge with an authority of its own in front of a real Nexus", function () {
  this.timeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), "berth-edge-"));
  const project = new InlineProject("edge");
  let places: Places;
  let server: Docker;
  let stack: InlineStack;
  let settings: MadeNexus;
  let releases = "";
  let image = "";
  let registries: string[] = [];
  const known = { url: "", ca: "", pusher: "", puller: "" };

  /** @param trusts whether the second Docker host is to get the authority */
  const program = (trusts: boolean) => () => {
    const identity = testIdentity();
    const host = new NexusHost("nexus", { settings, identity });
    const { accounts } = new NexusConfiguration("registry", { host, settings });
    const docker = `unix://${serverSocket(places)}`;
    if (trusts)
      new TrustedCa("trusted", { docker, registries, ca: host.ca!, labels: identity.labels("trusted") });
    pulumi
      .all([host.url, host.ca ?? "", accounts["pusher"]!.password, accounts["puller"]!.password])
      .apply(([url, ca, pusher, puller]) => {
        if (!pulumi.runtime.isDryRun()) Object.assign(known, { url, ca, pusher, puller });
      });
  };

  /** The docker command on the second host, with logins of this test's own. @param input for its standard input */
  const docker = (user: string, args: string[], input = "") => {
    const env = { ...process.env, DOCKER_CONFIG: join(folder, user) };
    const running = execute("docker", ["--host", `unix://${serverSocket(places)}`, ...args], { env });
    feed(running.child, input);
    return running;
  };
  const dockerFails = async (user: string, args: string[], input?: string): Promise<string> => {
    const failed = await docker(user, args, input).catch((error: { stderr: string }) => error.stderr);
    assert.equal(typeof failed, "string", `docker ${args.join(" ")} succeeded`);
    return failed as string;
  };
  const loginAs = (user: string) => ["login", "--username", user, "--password-stdin", releases];

  before(async function () {
    await needsDocker(this);
    await ensureImage();
    await ensureSandboxImages();
    places = await ownPlaces();
    assert.deepEqual(await startServer(places, standardSocket), { kind: "own" });
    server = dockerAt(serverSocket(places));
    settings = await edgeSettings(places.server.hostAddress);
    registries = registryAddresses(settings);
    releases = registryAddress(settings, "releases");
    image = `${releases}/team/blog`;
    stack = await project.stack("dev");
    await stack.up(program(false));
  });

  after(async function () {
    this.timeout(600_000);
    await stack?.destroy();
    project.remove();
    rmSync(folder, { recursive: true });
    if (!places) return;
    await removeOwnPlaces(places);
    // The Docker API can empty a folder of a host, and not remove it.
    for (const registry of registries)
      rmSync(`/etc/docker/certs.d/${registry}`, { recursive: true, force: true });
  });

  it("is what Nexus is configured through, and the only way to it", async () => {
    assert.equal(known.url, `https://${places.server.hostAddress}:${settings.tls!.port}`);
    const containers = await dockerAt(standardSocket).listContainers({
      filters: { label: ["berth.project=edge", "berth.resource=nexus-container"] },
    });
    assert.equal(containers.length, 1);
    assert.deepEqual(
      containers[0]!.Ports.filter(({ PublicPort }) => PublicPort),
      [],
    );
    assert.match(known.ca, /^-----BEGIN CERTIFICATE-----/);
    assert.ok(!project.written().includes("PRIVATE KEY"));
  });

  it("is refused by a Docker host that doesn't know its authority", async () => {
    const said = await dockerFails("puller", loginAs("puller"), "x");
    assert.match(said, /x509: certificate signed by unknown authority/);
  });

  it("takes login, push of a large layer and pull from one that does", async () => {
    await stack.up(program(true));
    await importLayer(server, image, LAYER_MB);
    await docker("pusher", loginAs("pusher"), known.pusher);
    await docker("pusher", ["push", `${image}:1`]);
    await docker("pusher", ["image", "rm", `${image}:1`]);
    await docker("puller", loginAs("puller"), known.puller);
    await docker("puller", ["pull", `${image}:1`]);
    assert.match(await dockerFails("puller", ["push", `${image}:1`]), /denied|unauthorized|403/);
  });

  it("has the registry name itself as it is reached: by https, host and port", async () => {
    const { headers, protocol } = await http2Get(`https://${releases}/v2/`, known.ca);
    assert.equal(protocol, "h2");
    assert.match(String(headers["www-authenticate"]), new RegExp(`realm="https://${releases}/`));
  });

  it("sends plain http on to https, and tells a plain client on a port of https what is wrong", async () => {
    const { hostAddress } = places.server;
    const plain = await fetch(`http://${hostAddress}:${settings.tls!.redirectFrom}/a?b=c`, {
      redirect: "manual",
    });
    assert.equal(plain.status, 308);
    assert.equal(plain.headers.get("location"), `${known.url}/a?b=c`);
    const wrong = await fetch(`http://${releases}/v2/`);
    assert.deepEqual(
      [wrong.status, (await wrong.text()).trim()],
      [400, "Client sent an HTTP request to an HTTPS server."],
    );
  });

  it("is trusted by Berth's own registry client with its authority, and not without", async () => {
    const credentials = { [releases]: { username: "puller", password: known.puller } };
    const asked = (ca?: string) => {
      const client = new RegistryClient({ registry: releases, credentials, access: "pull", retries: 0, ca });
      return client.headManifest("team/blog", "1").finally(() => client.close());
    };
    assert.ok(await asked(known.ca));
    await assert.rejects(asked(), /its certificate is of an authority that is not trusted.*NODE_EXTRA_CA/);
  });

  it("takes a copy by the command that the program runs, with the authority in its environment", async () => {
    const target = `${registryAddress(settings, "cache")}/team/blog:1`;
    const logins = { BERTH_SOURCE_USERNAME: "puller", BERTH_SOURCE_PASSWORD: known.puller };
    const env = {
      ...process.env,
      ...logins,
      BERTH_CA: known.ca,
      BERTH_TARGET_USERNAME: "pusher",
      BERTH_TARGET_PASSWORD: known.pusher,
    };
    const command = [join(root, "automation", "berth.cjs"), "copy", "--json", `${image}:1`, target];
    const { stdout } = await execute("node", command, { env });
    assert.match((JSON.parse(stdout) as { digest: string }).digest, /^sha256:/);
    const { BERTH_CA, ...without } = env;
    await assert.rejects(execute("node", command, { env: without }), /an authority that is not trusted/);
  });

  it("leaves nothing to do, and its file goes with the trust", async () => {
    await stack.refresh();
    assert.deepEqual(Object.keys(await stack.preview(program(true))), ["same"]);
    const file = `/etc/docker/certs.d/${releases}/ca.crt`;
    assert.ok(existsSync(file));
    await stack.up(program(false));
    assert.ok(!existsSync(file));
    const said = await dockerFails("puller", ["pull", `${image}:1`]);
    assert.match(said, /x509: certificate signed by unknown authority/);
  });

  it("gives Nexus its ports back where there is to be no TLS any more", async () => {
    const { tls, ...plain } = settings;
    settings = { ...plain, port: await freePort() };
    await stack.up(program(false));
    const { port } = settings.repositories["releases"]!;
    const answer = await fetch(`http://${places.server.hostAddress}:${port}/v2/`);
    assert.equal(answer.status, 401);
    assert.equal(known.url, `http://${places.server.hostAddress}:${settings.port}`);
  });
});

async function edgeSettings(hostname: string): Promise<MadeNexus> {
  const [port, redirectFrom, ...ports] = await Promise.all(Array.from({ length: 5 }, freePort));
  const [releases, docker, cache] = ports.map((port) => ({ port }));
  const gitlab = { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/blog" };
  const images = { image: "berth-sandbox/caddy:2", doorImage: "berth-sandbox/nginx:1" };
  const nexus = {
    image: NEXUS_IMAGE,
    hostname,
    bind: hostname,
    allowDataLoss: true,
    repositories: { releases, docker, cache, hub: { remote: "http://127.0.0.1:1" } },
    tls: { certificates: "own", port, redirectFrom, ...images },
  };
  return madeNexus(parseSettings({ nexus, gitlab, servers: {}, apps: {} }).nexus);
}

/** An image of one layer of that size that nothing compresses. */
async function importLayer(docker: Docker, repo: string, megabytes: number): Promise<void> {
  const archive = await tarOf([
    { name: "layer", mode: 0o644, content: randomBytes(megabytes * 1024 * 1024) },
  ]);
  const stream = await docker.importImage(Readable.from([archive]), { repo, tag: "1" });
  await followStream(docker, stream);
}

function http2Get(
  url: string,
  ca: string,
): Promise<{ headers: object & Record<string, unknown>; protocol: string }> {
  return new Promise((resolve, reject) => {
    const session = connect(url, { ca });
    session.once("error", reject);
    const request = session.request({ ":path": new URL(url).pathname });
    request.once("response", (headers) => {
      const protocol = session.alpnProtocol ?? "";
      session.destroy();
      resolve({ headers, protocol });
    });
    request.end();
  });
}
