import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { TrustedCa } from "../../../components/docker/trusted-ca";
import { dockerAt, standardSocket } from "../../../sandbox/docker/client";
import { Authority } from "../../support/http/authority";
import { serialisedProvider } from "../../support/serialised-provider";
import { needsDocker } from "../../support/stack/own-sandbox";

const CERTS = "/etc/docker/certs.d";
const labels = { "berth.project": "trust", "berth.stack": "test", "berth.resource": "trusted" };

describe("the trust of a Docker host in a registry's authority", function () {
  this.timeout(600_000);
  const authority = new Authority();
  const docker = `unix://${standardSocket}`;
  const names = ["berth-trust-a.test", "10.255.255.1:18082"];
  const file = (name: string) => `${CERTS}/${name}/ca.crt`;
  const want = (registries: readonly string[], over: object = {}) => ({
    docker,
    registries: [...registries],
    ca: authority.ca,
    labels,
    ...over,
  });
  const provider = () =>
    serialisedProvider(() => new TrustedCa("trusted", { docker, registries: [], ca: authority.ca, labels }));

  before(async function () {
    await needsDocker(this);
  });

  beforeEach(() => names.forEach(forget));

  after(() => {
    names.forEach(forget);
    authority.remove();
  });

  function forget(name: string): void {
    rmSync(`${CERTS}/${name}`, { recursive: true, force: true });
  }

  it("is a file for each registry, made without an image or a container left behind", async () => {
    const client = dockerAt(standardSocket);
    const filters = { label: ["berth.project=trust"] };
    const trust = await provider();
    const { outs } = await trust.create(want(names));
    for (const name of names) assert.ok(readFileSync(file(name), "utf8").endsWith(authority.ca));
    assert.deepEqual(await client.listContainers({ all: true, filters }), []);
    await trust.delete("x", outs);
    assert.deepEqual(
      names.filter((name) => existsSync(file(name))),
      [],
    );
  });

  it("ends for a registry that is no longer named", async () => {
    const trust = await provider();
    const { outs } = await trust.create(want(names));
    await trust.update("x", outs, want(names.slice(1)));
    assert.deepEqual(
      names.map((name) => existsSync(file(name))),
      [false, true],
    );
  });

  it("is found gone by a refresh, and by every run where the host is a fleeting one", async () => {
    const trust = await provider();
    const { outs } = await trust.create(want(names, { fleeting: true }));
    assert.equal((await trust.diff("x", outs, outs)).changes, false);
    forget(names[0]!);
    assert.deepEqual((await trust.read("x", outs)).props!["registries"], names.slice(1));
    assert.equal((await trust.diff("x", outs, outs)).changes, true);
    assert.equal((await trust.diff("x", want(names), want(names))).changes, false);
  });

  it("leaves what others have put there: refuses to write over it, and takes only its own file away", async () => {
    const trust = await provider();
    const [name] = names as [string];
    mkdirSync(`${CERTS}/${name}`, { recursive: true });
    writeFileSync(file(name), "somebody's");
    await assert.rejects(
      trust.create(want(names)),
      /berth-trust-a\.test\/ca\.crt is there already, with a certificate that Berth did not write\. Rename it/,
    );
    rmSync(file(name));
    writeFileSync(`${CERTS}/${name}/client.cert`, "somebody's");
    const { outs } = await trust.create(want(names));
    await trust.delete("x", outs);
    assert.equal(readFileSync(file(name), "utf8"), "", "it trusts nobody any more");
    assert.deepEqual(readdirSync(`${CERTS}/${name}`).sort(), ["ca.crt", "client.cert"]);
  });

  it("is not begun with what is no certificate", async () => {
    const trust = await provider();
    await assert.rejects(trust.create(want(names, { ca: "x" })), /is no PEM certificate/);
  });
});
