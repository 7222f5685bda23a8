import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import * as docker from "@pulumi/docker";
import { EdgeProxy } from "../../../components/edge/edge-proxy";
import { httpsAddress, OWN_ROOT } from "../../../components/edge/software/places";
import { tlsSchema } from "../../../components/settings/tls-settings";
import { standardSocket } from "../../../sandbox/docker/client";
import { ensureSandboxImages } from "../../support/docker/sandbox-images";
import { testIdentity } from "../../support/identity";
import { InlineProject, type InlineStack } from "../../support/stack/inline-stack";
import { needsDocker } from "../../support/stack/own-sandbox";

const execute = promisify(execFile);
const image = "berth-sandbox/caddy:2";
const doorImage = "berth-sandbox/nginx:1";

/** A Caddy that is an ACME authority: what it certifies it looks up at port 80 of the name, as a public one does. */
const AUTHORITY = `{
	auto_https disable_redirects
	skip_install_trust
}
https://acme.test {
	tls internal
	acme_server
}
`;

const HOSTS = ["blog.test", "www.test"];
const LATER = "shop.test";

describe("an edge with certificates by ACME", function () {
  this.timeout(600_000);
  const id = `berth-acme-${randomBytes(3).toString("hex")}`;
  const net = `10.79.${2 + Math.floor(Math.random() * 250)}`;
  const host = `${net}.1`;
  const folder = mkdtempSync(join(tmpdir(), "berth-acme-"));
  const directoryCa = join(folder, "root.crt");
  const project = new InlineProject("edgeacme");
  let stack: InlineStack;
  let ca: string | undefined;

  const run = (...args: string[]) => execute("docker", args);

  const program = (hosts: readonly string[]) => () => {
    const settings = tlsSchema.parse({
      certificates: "acme",
      email: "ops@example.com",
      directory: "https://acme.test/acme/local/directory",
      directoryCa,
    });
    const address = `unix://${standardSocket}`;
    const provider = new docker.Provider("docker", { host: address });
    const route = { host, publish: settings.port, container: "upstream", port: 8000 };
    const edge = new EdgeProxy("edge", {
      docker: address,
      provider,
      network: id,
      image,
      doorImage,
      bind: host,
      ports: [80, 443],
      identity: testIdentity(),
      tls: { settings, path: "nexus.tls", host, routes: [route], hosts },
    });
    edge.ca!.apply((pem) => {
      ca = pem;
    });
  };

  before(async function () {
    await needsDocker(this);
    await ensureSandboxImages();
    await run("network", "create", "--subnet", `${net}.0/24`, "--gateway", host, id);
    const network = ["--network", id, "--network-alias"];
    // The authority looks for the names here, as it would in DNS.
    const known = [...HOSTS, LATER].flatMap((name) => ["--add-host", `${name}:${host}`]);
    const start = ["sh", "-c", `echo "$0" > /tmp/Caddyfile; exec caddy run --config /tmp/Caddyfile`];
    const command = [...start, AUTHORITY];
    await run("run", "--detach", "--name", id, ...known, ...network, "acme.test", image, ...command);
    const listing = ["python3", "-m", "http.server", "8000", "--directory", "/srv"];
    const python = "berth-sandbox/python:3.11-slim";
    await run("run", "--detach", "--name", `${id}-up`, ...network, "upstream", python, ...listing);
    writeFileSync(directoryCa, await rootOf(id));
    stack = await project.stack("dev");
  });

  after(async () => {
    await stack?.destroy();
    project.remove();
    rmSync(folder, { recursive: true });
    await run("rm", "--force", "--volumes", id, `${id}-up`).catch(() => undefined);
    await run("network", "rm", id).catch(() => undefined);
  });

  it("gets one from the directory of the settings, and is then trusted by that authority", async () => {
    await stack.up(program(HOSTS));
    assert.match(String(ca), /^-----BEGIN CERTIFICATE-----/);
    const args = [
      "--silent",
      "--show-error",
      "--cacert",
      directoryCa,
      "--write-out",
      "%{http_code} %{http_version}",
    ];
    const { stdout } = await execute("curl", [...args, "--output", "/dev/null", httpsAddress(host, 443)]);
    assert.equal(stdout, "200 2");
    assert.deepEqual(Object.keys(await stack.preview(program(HOSTS))), ["same"]);
  });

  it("gets one for each host name of an app", async () => {
    // Nobody waits for those; without one the handshake fails.
    for (const name of HOSTS) await handshake(name, 60);
  });

  it("gets one for a host name that is added later, while it serves those before", async () => {
    await stack.up(program([...HOSTS, LATER]));
    await handshake(LATER, 60);
    await handshake(HOSTS[0]!, 1);
  });

  /** Trying again every second. */
  async function handshake(name: string, attempts: number): Promise<void> {
    const there = ["--resolve", `${name}:443:${host}`, `https://${name}/`];
    const patient = [
      "--silent",
      "--show-error",
      "--retry",
      String(attempts),
      "--retry-all-errors",
      "--retry-delay",
      "1",
    ];
    await execute("curl", [...patient, "--cacert", directoryCa, "--output", "/dev/null", ...there]);
  }

  /** The root certificate of the ACME authority, once it has made it. */
  async function rootOf(container: string): Promise<string> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const found = await run("exec", container, "cat", OWN_ROOT).catch(() => undefined);
      if (found?.stdout.includes("END CERTIFICATE")) return found.stdout;
      await sleep(200);
    }
    throw new Error(`no root: ${(await run("logs", container)).stderr}`);
  }
});
