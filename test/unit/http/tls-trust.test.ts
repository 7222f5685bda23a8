import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import http, { type Server } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tlsProblem } from "../../../components/edge/probe";
import { callNexus } from "../../../components/nexus/rest/transport";
import { RegistryClient } from "../../../components/registry/client";
import { Authority, type Issued } from "../../support/http/authority";

const DIGEST = `sha256:${"1".repeat(64)}`;
/** Seconds that nobody is to wait in vain. */
const patience = 200;

describe("a server's certificate", () => {
  let authority: Authority;
  let stranger: Authority;
  const open: Server[] = [];

  /** `127.0.0.1:port` of a server that is Nexus and registry in one. @param issued none: plain http */
  async function serve(issued?: Issued): Promise<string> {
    const answer: http.RequestListener = ({ url }, response) =>
      url?.startsWith("/v2/")
        ? response.writeHead(200, { "docker-content-digest": DIGEST }).end()
        : response.writeHead(200, { server: "Nexus/3.71.0", "content-type": "application/json" }).end("{}");
    const server = issued
      ? https.createServer({ cert: readFileSync(issued.certificate), key: readFileSync(issued.key) }, answer)
      : http.createServer(answer);
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const nexus = (host: string, ca?: string, scheme = "https") =>
    callNexus({ url: `${scheme}://${host}`, username: "", password: "", ca }, "GET", "/x", [200], undefined, {
      patience,
    });
  const registry = (host: string, ca?: string, secure = true) => {
    const client = new RegistryClient({ registry: host, access: "pull", retries: 0, secure, ca });
    return client.headManifest("a", "1").finally(() => client.close());
  };
  const probe = async (host: string, ca?: string) => {
    const [name, port] = host.split(":");
    const problem = await tlsProblem({ host: name!, port: Number(port) }, ca);
    if (problem) throw new Error(problem);
  };

  /** Berth's three ways to a server say the same of it. */
  async function allSay(host: string, ca: string | undefined, ...words: RegExp[]): Promise<void> {
    for (const client of [nexus, registry, probe])
      for (const expected of words) await assert.rejects(client(host, ca), expected, client.name);
  }

  before(() => {
    authority = new Authority();
    stranger = new Authority();
  });

  after(() => {
    authority.remove();
    stranger.remove();
    for (const server of open) {
      server.closeAllConnections();
      server.close();
    }
  });

  it("is trusted with its authority, at an address as well", async () => {
    const host = await serve(authority.issue(["127.0.0.1"]));
    assert.equal((await nexus(host, authority.ca)).status, 200);
    assert.equal((await registry(host, authority.ca))?.digest, DIGEST);
    await probe(host, authority.ca);
  });

  it("of another authority is refused, and it is said where that can be named", async () => {
    const host = await serve(authority.issue(["127.0.0.1"]));
    for (const ca of [stranger.ca, undefined])
      await allSay(
        host,
        ca,
        /its certificate is of an authority that is not trusted \(/,
        /NODE_EXTRA_CA_CERTS/,
      );
  });

  it("for another name is refused, and it is said for which it is", async () => {
    const host = await serve(authority.issue(["nexus.test"]));
    await allSay(host, authority.ca, /its certificate is not for that name but for DNS:nexus\.test \(/);
  });

  it("that has expired is refused, and it is said what today is", async () => {
    const host = await serve(authority.issue(["127.0.0.1"], -1));
    await allSay(
      host,
      authority.ca,
      /its certificate has expired \(CERT_HAS_EXPIRED\); renew it; today is \d{4}-/,
    );
  });

  it("that isn't there is missed: a port of plain http", async () => {
    const host = await serve();
    await assert.rejects(nexus(host), /it does not speak TLS .*is it http, not https\?/);
    await assert.rejects(probe(host), /it does not speak TLS .*is it http, not https\?/);
    await assert.rejects(registry(host), /seems to speak plain http/);
  });

  it("is not asked for on a loopback port, unless that is said to speak https", async () => {
    assert.equal((await registry(await serve(), undefined, false))?.digest, DIGEST);
  });
});
