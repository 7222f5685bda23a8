import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { certificateFinding, placesOf } from "../../../../automation/doctor/certificates";
import { nameFinding, namesOf } from "../../../../automation/doctor/names";
import { parseSettings } from "../../../../components/settings/settings";
import { Authority } from "../../../support/http/authority";
import { inEnvironment } from "../../../support/stack/in-environment";

const known = parseSettings({
  nexus: { hostname: "nexus.test", eula: "accepted", tls: { certificates: "own" } },
  gitlab: { url: "https://gitlab.test", registry: "registry.test:5050", project: "team/blog" },
  servers: {
    web1: {
      docker: "unix:///x",
      address: "10.0.0.1",
      tls: { certificates: "own", names: { blog: ["blog.test", "www.blog.test"] } },
    },
  },
  apps: {
    blog: { release: "none", port: 80, publish: 9080, servers: ["web1"] },
  },
});

describe("doctor on names", () => {
  it("looks at each name of the settings once, and at no address", () => {
    assert.deepEqual(namesOf(known), [
      { host: "gitlab.test", setting: "gitlab.url" },
      { host: "registry.test", setting: "gitlab.registry" },
      { host: "nexus.test", setting: "nexus.hostname" },
      { host: "blog.test", setting: "servers.web1.tls.names" },
      { host: "www.blog.test", setting: "servers.web1.tls.names" },
    ]);
    assert.deepEqual(namesOf({}), []);
  });

  it("fails for one that nobody knows, and where no name server answers, and leaves to a proxy what that looks up", async () => {
    const name = { host: "nexus.test", setting: "nexus.hostname" };
    const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));
    const unknown = await nameFinding(name, failing("ENOTFOUND"));
    assert.deepEqual(
      [unknown.state, unknown.text],
      ["fail", "berth:nexus.hostname: no name server knows it (ENOTFOUND)"],
    );
    assert.match(unknown.advice!, /^getent hosts nexus\.test # .*\/etc\/hosts: ADDRESS nexus\.test/);
    const away = await nameFinding(name, failing("EAI_AGAIN"));
    assert.deepEqual([away.state, /no name server answers/.test(away.text)], ["fail", true]);
    assert.match(away.advice!, /^cat \/etc\/resolv\.conf #/);
    const proxied = () => nameFinding(name, failing("ENOTFOUND"));
    const { state, text } = await inEnvironment({ HTTPS_PROXY: "http://proxy.test:3128" }, proxied);
    assert.deepEqual(
      [state, text],
      ["ok", "not known here; the proxy http://proxy.test:3128 (HTTPS_PROXY) looks it up"],
    );
    assert.equal((await nameFinding(name, async () => [{ address: "10.0.0.7" }])).text, "10.0.0.7");
  });
});

describe("doctor on certificates", () => {
  let authority: Authority;
  const servers: Server[] = [];
  before(() => {
    authority = new Authority();
  });
  after(() => {
    for (const server of servers) server.close();
    authority.remove();
  });

  /** @param days that the certificate is good for */
  async function place(days: number, names = ["127.0.0.1"], isShortLived = false) {
    const { certificate, key } = authority.issue(names, days);
    const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
      url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      whose: "GitLab",
      isShortLived,
    };
  }
  const found = async (days: number, ca: string | undefined = authority.ca, names?: string[]) =>
    certificateFinding("certificate", await place(days, names), ca);

  it("says for how many days one is good, and warns two weeks before its end", async () => {
    const [long, short] = [await found(25), await found(10)];
    assert.match(long.text, /^good for 2[45] days, until \d{4}-\d\d-\d\d$/);
    assert.equal(long.state, "ok");
    assert.deepEqual([short.state, /^good for (9|10) days/.test(short.text)], ["warn", true]);
    assert.match(
      short.advice!,
      /^openssl s_client .*openssl x509 -noout -issuer -enddate # .*restart what shows it \(GitLab\)$/,
    );
  });

  it("fails for one that has expired, with the day", async () => {
    const { state, text, advice } = await found(-3);
    assert.equal(state, "fail");
    assert.match(text, /^GitLab's expired on \d{4}-\d\d-\d\d$/);
    assert.match(advice!, / -enddate # who made it/);
  });

  it("fails by a clock that is past its end, which it was not when it was made", async () => {
    const later = new Date(Date.now() + 40 * 86_400_000);
    assert.equal((await certificateFinding("c", await place(25), authority.ca, later)).state, "fail");
  });

  it("fails for one of an authority that nobody trusts, and for one that is for another name", async () => {
    const stranger = await certificateFinding("certificate", await place(20), undefined);
    assert.equal(stranger.state, "fail");
    assert.match(stranger.text, /of an authority that is not trusted/);
    assert.match(stranger.advice!, /^openssl s_client -showcerts .* # .*NODE_EXTRA_CA_CERTS/);
    const other = await found(20, authority.ca, ["other.test"]);
    assert.deepEqual(
      [other.state, /not for that name but for DNS:other\.test/.test(other.text)],
      ["fail", true],
    );
  });

  it("doesn't count days where its proxy renews it all the time", async () => {
    const { state, text } = await certificateFinding("c", await place(1, ["127.0.0.1"], true), authority.ca);
    assert.deepEqual([state, text], ["ok", "of the proxy's own authority, which renews it by itself"]);
  });

  it("fails where nothing listens", async () => {
    const gone = { url: "https://127.0.0.1:9", whose: "Nexus", isShortLived: false };
    const { state, text, advice } = await certificateFinding("c", gone, undefined);
    assert.deepEqual([state, /ECONNREFUSED/.test(text)], ["fail", true]);
    assert.match(advice!, /^openssl s_client -connect 127\.0\.0\.1:9/);
  });

  it("looks at each place that speaks https once", () => {
    assert.deepEqual(
      placesOf(known).map(({ url, isShortLived }) => [url, isShortLived]),
      [
        ["https://gitlab.test", false],
        ["https://registry.test:5050", false],
        ["https://nexus.test", true],
        ["https://blog.test:443", true],
        ["https://www.blog.test:443", true],
      ],
    );
  });
});
