import assert from "node:assert/strict";
import { providers } from "../../../components/gitops/rollout";
import { ApiServer } from "../../support/cluster/api-server";
import { image, putDeployment, putPods } from "../../support/cluster/objects";

const { Rollout: provider } = providers;

describe("a release in a Deployment's pods", () => {
  let server: ApiServer;
  const wish = (over: object = {}) => ({
    app: "blog",
    kubeconfig: server.kubeconfig(),
    namespace: "shop",
    deployment: "blog",
    image: image("1"),
    timeout: 1,
    commit: "commit https://gitlab.test/c1",
    ...over,
  });

  beforeEach(async () => {
    server = await new ApiServer().start();
    putDeployment(server, { image: image("1") });
    putPods(server, { image: image("1") }, { image: image("1") });
  });
  afterEach(() => server.stop());

  it("is there once they are ready, and holds nothing of the kubeconfig but its path", async () => {
    const want = wish();
    const { id, outs } = await provider.create(want);
    assert.equal(id, `${want.kubeconfig} shop/blog`);
    assert.deepEqual(outs, want);
    assert.deepEqual(await provider.diff(id, outs, want), {
      changes: false,
      replaces: [],
      deleteBeforeReplace: false,
    });
  });

  it("fails as a deployment where they don't get ready, with what to do", async () => {
    await assert.rejects(
      provider.create(wish({ image: image("2") })),
      /^Error: blog: Deployment shop\/blog .*doesn't ask for/,
    );
  });

  it("is followed again for each commit, also for a digest that ran before", async () => {
    const again = wish({ commit: "commit https://gitlab.test/c3" });
    assert.equal((await provider.diff("id", wish({ kubeconfig: again.kubeconfig }), again)).changes, true);
    const later = { ...again, timeout: 900 };
    assert.equal((await provider.diff("id", again, later)).changes, false);
  });

  it("shows in a refresh what pods run instead, and is gone with the Deployment", async () => {
    const had = wish();
    assert.deepEqual((await provider.read("id", had)).props, had);
    putPods(server, { image: image("1") }, { image: image("2") }, { image: image("3"), ready: false });
    assert.deepEqual((await provider.read("id", had)).props, {
      ...had,
      image: `${image("1")}, ${image("2")}`,
    });
    putPods(server, { image: image("1"), ready: false });
    assert.equal((await provider.read("id", had)).props?.image, "no pod is ready");
    server.objects.clear();
    assert.deepEqual(await provider.read("id", had), { id: "" });
  });

  it("fails a refresh where the cluster can't be asked", async () => {
    const had = wish();
    server.forbidden.add("list pods");
    await assert.rejects(provider.read("id", had), /may not\. It said/);
  });

  it("leaves the cluster as it is when it goes", async () => {
    const had = wish();
    const before = server.made.length;
    await provider.delete("id", had);
    assert.equal(server.made.length, before);
  });
});
