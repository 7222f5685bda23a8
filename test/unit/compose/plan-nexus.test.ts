import assert from "node:assert/strict";
import { namedSecrets } from "../../../components/compose/named-secrets";
import { secretMark, secretsIn, withSecrets } from "../../../components/compose/nexus-plan";
import { planNexus } from "../../../components/compose/plan-nexus";
import { parseSettings } from "../../../components/settings/settings";
import { madeNexus } from "../../support/stack/made-nexus";

const gitlab = { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" };

const settingsOf = (nexus: object) =>
  madeNexus(
    parseSettings({
      nexus: { hostname: "nexus.test", eula: "accepted", ...nexus },
      gitlab,
      servers: {},
      apps: {},
    }).nexus,
  );

const planOf = (nexus: object = {}) => planNexus(namedSecrets(settingsOf(nexus)));

describe("the plan of a Nexus without Pulumi", () => {
  it("has every object that a stack asks for, none before what it needs", async () => {
    const { objects } = await planOf({
      contentSelectors: { team: { expression: 'path =~ "/v2/team/.*"' } },
      privileges: {
        team: {
          type: "repository-content-selector",
          format: "docker",
          contentSelector: "team",
          actions: ["READ"],
        },
      },
      roles: { team: { privileges: ["team"] } },
      tasks: { Compact: { type: "blobstore.compact" } },
    });
    const at = (name: string) => {
      const index = objects.findIndex((one) => one.name === `registry-${name}`);
      assert.notEqual(index, -1, `${name} among ${objects.map((one) => one.name).join(", ")}`);
      return index;
    };
    const chains = [
      ["realms", "blob-store-docker", "repository-releases", "repository-docker", "account-puller-role"],
      ["account-puller-role", "account-puller"],
      ["repository-docker", "selector-team", "privilege-team", "role-team", "account-pusher-role"],
      ["eula", "repository-hub", "task-compact"],
    ];
    for (const chain of chains)
      for (const [before, after] of chain.slice(1).map((name, index) => [chain[index]!, name]))
        assert.ok(at(before!) < at(after!), `${before} before ${after}`);
  });

  it("holds no secret, and names each by its place in the settings", async () => {
    const secrets = {
      adminPassword: "secret-of-admin",
      accounts: { pusher: { password: "secret-of-pusher" } },
      repositories: { hub: { username: "team", password: "secret-of-hub" } },
      outboundHttp: {
        httpsProxy: { host: "proxy.test", port: 3128, username: "us", password: "secret-of-proxy" },
      },
      blobStores: {
        far: { type: "s3", bucket: "images", accessKeyId: "AKIA", secretAccessKey: "secret-of-s3" },
      },
    };
    const plan = await planOf(secrets);
    assert.doesNotMatch(JSON.stringify(plan), /secret-of/);
    assert.deepEqual([...plan.secrets].sort(), [
      "accounts.base-reader.password",
      "accounts.puller.password",
      "accounts.pusher.password",
      "adminPassword",
      "blobStores.far.secretAccessKey",
      "outboundHttp.httpsProxy.password",
      "repositories.hub.password",
    ]);
    const used = new Set(plan.objects.flatMap(({ fields }) => secretsIn(fields)));
    assert.deepEqual([...used].sort(), [...plan.secrets].filter((name) => name !== "adminPassword").sort());
  });

  it("asks for the registries that the stack waits for, by the addresses of clients", async () => {
    const { registries, ports, front } = await planOf({ port: 9000 });
    assert.deepEqual(
      registries.map(({ registry, username, probe }) => [registry, username, probe]),
      [
        ["nexus.test:8082", "pusher", "write"],
        ["nexus.test:8083", "base-reader", "read"],
      ],
    );
    assert.deepEqual(ports[0], { outside: 9000, inside: 8081 });
    assert.equal(front, undefined);
  });

  it("asks for all addresses of a proxy in front, by its own authority", async () => {
    const { registries, front, address } = await planOf({
      tls: { certificates: "own", names: { releases: "images.test" } },
    });
    assert.equal(address, "https://nexus.test");
    assert.deepEqual(registries[0]!.registry, "images.test");
    assert.equal(front?.own, true);
    assert.deepEqual(front?.addresses.slice(0, 2), [
      { host: "nexus.test", port: 443 },
      { host: "images.test", port: 443 },
    ]);
  });

  it("puts secrets back where their names stand, at any depth", () => {
    const value = { a: [{ b: secretMark("x") }], c: "x", d: 1, e: null };
    assert.deepEqual(
      withSecrets(value, (name) => `value of ${name}`),
      { a: [{ b: "value of x" }], c: "x", d: 1, e: null },
    );
  });
});
