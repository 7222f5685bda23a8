import assert from "node:assert/strict";
import { addressesOf } from "../../../components/deploy/server-addresses";
import { isServed } from "../../../components/settings/app-settings";
import {
  nexusUrl,
  publishedPorts,
  registryAddress,
} from "../../../components/settings/nexus/nexus-addresses";
import { parseSettings } from "../../../components/settings/settings";
import { refused } from "../../support/settings-problems";
import { withMadeNexus } from "../../support/stack/made-nexus";

type Json = { readonly [key: string]: unknown };

const release = { tag: "1", digest: `sha256:${"1".repeat(64)}` };
const app = (publish: number) => ({ release, port: 8000, publish, servers: ["web"] });

function parse(nexusTls: Json | undefined, serverTls?: Json, hostname = "nexus.example.com") {
  const settings = parseSettings({
    nexus: { hostname, eula: "accepted", ...(nexusTls && { tls: nexusTls }) },
    gitlab: { url: "http://gitlab.test", registry: "gitlab.test", project: "team/site" },
    servers: {
      web: { docker: "ssh://web", address: "web.example.com", ...(serverTls && { tls: serverTls }) },
    },
    apps: { blog: app(8443), shop: app(9443) },
  });
  return withMadeNexus(settings);
}

function problems(...args: Parameters<typeof parse>): readonly string[] {
  return refused(() => parse(...args));
}

describe("settings of TLS", () => {
  it("need only say where certificates come from", () => {
    const { nexus } = parse({ certificates: "acme" });
    assert.deepEqual(nexus.tls, {
      proxy: "caddy",
      certificates: "acme",
      port: 443,
      redirectFrom: 80,
      names: {},
    });
    assert.equal(nexusUrl(nexus), "https://nexus.example.com");
    assert.equal(registryAddress(nexus, "releases"), "nexus.example.com:8082");
    assert.deepEqual(publishedPorts(nexus), [443, 8082, 8084, 8083, 80]);
  });

  it("leave everything as it was where there are none", () => {
    const { nexus } = parse(undefined);
    assert.equal(nexusUrl(nexus), "http://nexus.example.com:8081");
    assert.deepEqual(publishedPorts(nexus), [8081, 8082, 8084, 8083]);
  });

  it("give a docker repository a host name instead of its port", () => {
    const names = { releases: "releases.example.com" };
    const { nexus } = parse({ certificates: "own", port: 8443, redirectFrom: false, names });
    assert.equal(registryAddress(nexus, "releases"), "releases.example.com:8443");
    assert.deepEqual(publishedPorts(nexus), [8443, 8084, 8083]);
  });

  it("are refused with the full path and what to do", () => {
    const files = { certificate: "a.pem", key: "a.key" };
    assert.deepEqual(problems({ proxy: "nginx", certificates: "own" }), [
      "berth:nexus.tls.certificates: nginx gets no certificates by itself: give certificate and key, or take proxy caddy for own",
    ]);
    assert.deepEqual(problems({ certificates: "self" }), [
      'berth:nexus.tls.certificates: expected acme, own, or certificate and key, got "self"',
    ]);
    assert.deepEqual(problems({ certificates: { certificate: "a.pem" } }), [
      "berth:nexus.tls.certificates: expected certificate and key, both PEM files, and ca or nothing besides",
    ]);
    assert.deepEqual(problems({ certificates: files, email: "a@b.c", redirectFrom: 443 }), [
      "berth:nexus.tls.email: only certificates: acme has a use for it",
      "berth:nexus.tls.redirectFrom: port 443 speaks https already; choose another, or false",
    ]);
    assert.deepEqual(problems({ certificates: "acme", port: 8443, redirectFrom: 8080 }), [
      "berth:nexus.tls.certificates: a public authority looks at port 443 or 80: set port: 443, or redirectFrom: 80",
    ]);
    assert.deepEqual(problems({ certificates: "acme" }, undefined, "10.0.0.1"), [
      "berth:nexus.tls.certificates: a public authority certifies no 10.0.0.1: take own, files, or an ACME directory of your own",
    ]);
  });

  it("find ports and names that clash", () => {
    const names = { hub: "hub.example.com", releases: "nexus.example.com" };
    assert.deepEqual(problems({ certificates: "own", port: 8083, redirectFrom: 8084, names }), [
      "berth:nexus.repositories.cache.port: port 8084 is already nexus.tls.redirectFrom",
      "berth:nexus.repositories.docker.port: port 8083 is already nexus.tls.port",
      "berth:nexus.tls.names.hub: there is no docker repository of that name; there is releases, cache, docker",
      "berth:nexus.tls.names.releases: the host name nexus.example.com is given twice",
    ]);
    assert.deepEqual(
      problems(undefined, { certificates: "own", redirectFrom: 9443, names: { wiki: "w.test" } }),
      [
        "berth:servers.web.tls.names.wiki: there is no app of that name; there is blog, shop",
        "berth:apps.shop.publish: port 9443 of server web is already servers.web.tls.redirectFrom",
      ],
    );
    assert.ok(parse(undefined, { certificates: "own", redirectFrom: 9443, names: { shop: "shop.test" } }));
  });

  describe("of an app's host names", () => {
    const problemsOf = (names: Json, more: Json = {}) =>
      problems(undefined, { certificates: "own", names, ...more });
    const at = "berth:servers.web.tls.names";

    it("take one, or a list of which the first is for people", () => {
      const addresses = (names: Json) => {
        const { servers, apps } = parse(undefined, { certificates: "own", port: 9000, names });
        return apps.filter(isServed).map((one) => addressesOf(servers[0]!, one));
      };
      const own = (host: string) => ({ host, publish: 9000 });
      const blog = { host: "web.example.com", publish: 8443 };
      assert.deepEqual(addresses({ shop: "shop.test" }), [[blog], [own("shop.test")]]);
      assert.deepEqual(addresses({ shop: ["shop.test"] }), addresses({ shop: "shop.test" }));
      const both = addresses({ shop: ["www.shop.test", "shop.test"] });
      assert.deepEqual(both, [[blog], [own("www.shop.test"), own("shop.test")]]);
    });

    it("are refused where one is twice, in one app, in two, or as the server's own", () => {
      assert.deepEqual(problemsOf({ shop: ["a.test", "b.test", "a.test"] }), [
        `${at}.shop: the host name a.test is given twice`,
      ]);
      assert.deepEqual(problemsOf({ shop: ["a.test", "b.test"], blog: "b.test" }), [
        `${at}.shop: the host name b.test is given twice`,
        `${at}.blog: the host name b.test is given twice`,
      ]);
      assert.deepEqual(problemsOf({ shop: ["a.test", "web.example.com"] }), [
        `${at}.shop: the host name web.example.com is given twice`,
      ]);
    });

    it("are refused where they are none, each at its place", () => {
      assert.deepEqual(problemsOf({ shop: "Shop.test" }), [
        `${at}.shop: expected a host name in lower case, got "Shop.test"`,
      ]);
      assert.deepEqual(problemsOf({ shop: ["shop.test", "https://shop.test"] }), [
        `${at}.shop.1: expected a host name in lower case, got "https://shop.test"`,
      ]);
      assert.deepEqual(problemsOf({ shop: [] }), [`${at}.shop: expected at least one host name, got []`]);
      assert.deepEqual(problemsOf({ shop: { main: "shop.test" } }), [
        `${at}.shop: expected a host name in lower case, or a list of them, got {"main":"shop.test"}`,
      ]);
      const nexus = { certificates: "own", names: { releases: ["a.test", "b.test"] } };
      assert.deepEqual(problems(nexus), [
        'berth:nexus.tls.names.releases: expected a host name in lower case, got ["a.test","b.test"]',
      ]);
    });

    it("are each to be one that a public authority certifies", () => {
      assert.deepEqual(problemsOf({ shop: ["shop.example.com", "shop"] }, { certificates: "acme" }), [
        "berth:servers.web.tls.certificates: a public authority certifies no shop: take own, files, or an ACME directory of your own",
      ]);
    });
  });
});
