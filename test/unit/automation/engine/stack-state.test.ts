import assert from "node:assert/strict";
import { mustBelong, StackState } from "../../../../automation/engine/stack-state";
import { StackIdentity, stackOwner } from "../../../../components/base/stack-identity";
import { serialisedProvider } from "../../../support/serialised-provider";
import { stackStateOf } from "../../../support/stack/stack-state";

const labels = (identity?: string) => ({
  "berth.project": "berth",
  "berth.stack": "dev",
  "berth.resource": "nexus-container",
  ...(identity && { "berth.id": identity }),
});

describe("what is a stack's own", () => {
  const state = stackStateOf("1111111111111111", { type: "docker:index/container:Container", id: "old" });

  it("carries its identity, whatever else another team's things have in common with it", () => {
    assert.ok(state.owns({ id: "x", labels: labels("1111111111111111") }));
    assert.ok(!state.owns({ id: "x", labels: labels("2222222222222222") }));
    assert.ok(!state.owns({ id: "x", labels: labels() }));
    assert.ok(!state.owns({ id: "x", labels: null }));
  });

  it("or stands in its state, as what was made before there were identities", () => {
    assert.ok(state.owns({ id: "old", labels: labels() }));
  });

  it("is nothing where the stack was never updated", () => {
    const fresh = new StackState(null);
    assert.equal(fresh.identity, undefined);
    assert.ok(!fresh.owns({ id: "x", labels: labels() }));
    assert.ok(!fresh.owns({ id: "x", labels: labels("undefined") }));
  });
});

describe("whose a stack is", () => {
  const settings = { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team-b/shop" };

  it("is the GitLab project whose first update wrote the state; another's checkout is refused with both names", () => {
    assert.throws(() => mustBelong("dev", stackStateOf("1111111111111111"), settings), {
      message:
        "The stack dev is somebody else's: this state belongs to gitlab.test/team/site, and the settings here are of " +
        "gitlab.test/team-b/shop (berth:gitlab.url and .project). Nothing was changed. Choose another project name in " +
        "Pulumi.yaml, another stack name, or another backend; if gitlab.test/team/site was renamed or moved to " +
        "gitlab.test/team-b/shop: berth up --take-over gitlab.test/team/site",
    });
    mustBelong("dev", stackStateOf("1111111111111111"), { ...settings, project: "Team/Site" });
    mustBelong("dev", new StackState(null), settings);
  });

  it("is told by its images where it is of before identities", () => {
    const built = (image: string) =>
      new StackState({
        resources: [
          {
            urn: "",
            type: "pulumi:pulumi:Stack",
            outputs: { apps: { shop: { builtImage: image }, blog: {} } },
          },
        ],
      });
    mustBelong("dev", built("gitlab.test:5050/team-b/shop/shop@sha256:1"), settings);
    assert.throws(
      () => mustBelong("dev", built("gitlab.test:5050/team/site/shop@sha256:1"), settings),
      /^CommandError: The stack dev is somebody else's: this state belongs to gitlab\.test:5050\/team\/site, and/,
    );
  });

  it("is read from GitLab's address and the project's path, of which upper case is no part", () => {
    const owner = (url: string, project = "team/site") => stackOwner({ url, project });
    assert.equal(owner("https://GitLab.test:8443"), "gitlab.test:8443/team/site");
    assert.equal(owner("https://example.test/gitlab", "Team/Blog.App"), "example.test/gitlab/team/blog.app");
  });
});

describe("a stack's identity, as serialised", () => {
  const provider = () => serialisedProvider(() => new StackIdentity("identity", { owner: "g/a" }));

  it("is made once and stays, whoever owns the stack", async () => {
    const { create, update, read } = await provider();
    const { id, outs } = await create!({ owner: "g/a" });
    assert.match(id, /^[0-9a-f]{16}$/);
    const code = "stack.Identity";
    assert.deepEqual(outs, { owner: "g/a", identity: id, code });
    assert.notEqual((await create!({ owner: "g/a" })).id, id);
    const moved = await update!(id, outs, { owner: "g/b" });
    assert.deepEqual(moved.outs, { owner: "g/b", identity: id, code });
    assert.equal((await read!(id, outs)).props!["identity"], id);
  });

  it("is refused at preview with another owner's settings, unless that one is named as given up", async () => {
    const { check, diff } = await provider();
    const failures = async () => (await check!({ owner: "g/a" }, { owner: "g/b" })).failures!;
    assert.match(
      (await failures())[0]!.reason,
      /^this state belongs to g\/a, and the settings here are of g\/b /,
    );
    process.env["BERTH_TAKE_OVER"] = "g/a";
    try {
      assert.deepEqual(await failures(), []);
    } finally {
      delete process.env["BERTH_TAKE_OVER"];
    }
    assert.equal((await diff!("1", { owner: "g/a" }, { owner: "g/b" })).changes, true);
    assert.deepEqual((await check!({}, { owner: "g/b" })).failures, []);
  });
});
