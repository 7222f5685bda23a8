import assert from "node:assert/strict";
import { providers, pullSecretsOf } from "../../../components/gitops/pull-secret";
import type { JsonObject } from "../../../components/values/json-object";
import { ApiServer } from "../../support/cluster/api-server";

const { PullSecret: provider } = providers;

describe("a pull secret in a cluster", () => {
  let server: ApiServer;
  const wish = (over: object = {}) => ({
    kubeconfig: server.kubeconfig(),
    namespace: "shop",
    name: "nexus",
    registry: "nexus.test:8082",
    username: "puller",
    password: "hunter2hunter2",
    identity: "0123456789abcdef",
    ...over,
  });
  const kept = () => server.objects.get("secrets/nexus") as JsonObject & { data: Record<string, string> };
  const login = () => JSON.parse(Buffer.from(kept().data[".dockerconfigjson"]!, "base64").toString());
  const isDue = async (had: object, want: object) => (await provider.diff("id", had, want)).changes;

  beforeEach(async () => {
    server = await new ApiServer().start();
  });
  afterEach(() => server.stop());

  it("is the login of the registry as Kubernetes takes it, and tells whose it is", async () => {
    await provider.create(wish());
    const auth = Buffer.from("puller:hunter2hunter2").toString("base64");
    assert.deepEqual(login(), {
      auths: { "nexus.test:8082": { username: "puller", password: "hunter2hunter2", auth } },
    });
    const { type, metadata } = kept();
    assert.equal(type, "kubernetes.io/dockerconfigjson");
    assert.deepEqual(metadata, {
      name: "nexus",
      labels: { "berth.id": "0123456789abcdef", "app.kubernetes.io/managed-by": "berth" },
    });
  });

  it("follows the password", async () => {
    const { outs } = await provider.create(wish());
    const next = wish({ password: "another-password", kubeconfig: outs.kubeconfig });
    assert.ok(await isDue(outs, next));
    await provider.update("id", outs, next);
    assert.equal(login().auths["nexus.test:8082"].password, "another-password");
  });

  it("comes back where somebody has changed it or taken it away, and a refresh says which, without what is in it", async () => {
    const { outs } = await provider.create(wish());
    assert.ok(!(await isDue(outs, outs)));
    assert.deepEqual((await provider.read("id", outs)).props, outs);
    const theirs = Buffer.from('{"auths":{"x":{"password":"theirs-theirs"}}}').toString("base64");
    kept().data[".dockerconfigjson"] = theirs;
    assert.ok(await isDue(outs, outs));
    const { props } = await provider.read("id", outs);
    assert.deepEqual(props, { ...outs, found: "another login" });
    server.objects.clear();
    assert.ok(await isDue(outs, outs));
    assert.deepEqual(await provider.read("id", outs), { id: "" });
    await provider.update("id", outs, outs);
    assert.equal(login().auths["nexus.test:8082"].password, "hunter2hunter2");
  });

  it("takes the place of one of the stack's with another type, which Kubernetes lets nobody change", async () => {
    server.objects.set("secrets/nexus", {
      type: "Opaque",
      metadata: { name: "nexus", labels: { "berth.id": "0123456789abcdef" } },
    });
    await provider.create(wish());
    assert.equal(kept()["type"], "kubernetes.io/dockerconfigjson");
    assert.deepEqual(
      server.made.map(({ verb }) => verb),
      ["get", "get", "delete", "create"],
    );
  });

  it("leaves somebody else's of that name as it is, and names it", async () => {
    const theirs = { metadata: { name: "nexus" }, type: "Opaque", data: { a: "b" } };
    server.objects.set("secrets/nexus", theirs);
    await assert.rejects(
      provider.create(wish()),
      /namespace shop has a Secret nexus that isn't this stack's, and it stays as it is/,
    );
    assert.deepEqual((await provider.read("id", wish())).props?.found, "a Secret of somebody else's");
    await provider.delete("id", wish());
    assert.deepEqual(kept(), theirs);
  });

  it("goes with the target, also where it is gone already", async () => {
    const { outs } = await provider.create(wish());
    await provider.delete("id", outs);
    assert.equal(server.objects.size, 0);
    await provider.delete("id", outs);
  });

  it("says which right is missing, and never the password", async () => {
    server.forbidden.add("create secrets");
    await assert.rejects(provider.create(wish()), (error: Error) => {
      assert.match(
        error.message,
        /create secrets in namespace shop: .*a role with the verb create on secrets there/,
      );
      assert.ok(!error.message.includes("hunter2"));
      return true;
    });
  });

  it("is one for all apps that name it", () => {
    const target = (cluster?: object) => ({
      project: "a/b",
      branch: "main",
      path: "v",
      values: {},
      mergeRequest: false,
      ...(cluster && { cluster: { namespace: "shop", timeout: 1, ...cluster } }),
    });
    const apps = [
      { gitops: [target({ pullSecret: "nexus" }), target({ pullSecret: "other" })] },
      { gitops: [target({ pullSecret: "nexus" }), target({}), target()] },
    ];
    assert.deepEqual(
      pullSecretsOf(apps).map(({ namespace, name }) => `${namespace}/${name}`),
      ["shop/nexus", "shop/other"],
    );
  });
});
