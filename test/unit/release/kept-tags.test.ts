import assert from "node:assert/strict";
import type { dynamic } from "@pulumi/pulumi";
import { KeptTags, lookAtTags } from "../../../components/release/kept-tags";
import { ScriptedRegistry, status } from "../../support/registry/scripted-registry";
import { serialisedProvider } from "../../support/serialised-provider";

describe("the tags that keep a release, as serialised", () => {
  let nexus: ScriptedRegistry;
  let gitlab: ScriptedRegistry;
  let digest: string;
  let provider: Required<dynamic.ResourceProvider>;

  const want = (over: object = {}) => ({
    app: "blog",
    tag: "1.0",
    image: `${nexus.host}/blog@${digest}`,
    tls: false,
    username: "puller",
    password: "hunter2",
    origin: `${gitlab.host}/team/blog`,
    built: true,
    ...over,
  });
  const refused = async (over: object = {}) => {
    const error = await provider.create(want(over)).then(
      () => assert.fail("it was not refused"),
      (reason: Error) => reason,
    );
    assert.ok(!error.message.includes("hunter2"));
    return error.message
      .replaceAll(nexus.host, "NEXUS")
      .replaceAll(gitlab.host, "GITLAB")
      .replaceAll(digest, "DIGEST");
  };

  before(async () => {
    const release = { app: "a", tag: "t", image: "i", tls: false, origin: "o", built: true };
    const args = { ...release, username: "u", password: "p" };
    provider = (await serialisedProvider(() => new KeptTags("k", args))) as typeof provider;
  });
  beforeEach(async () => {
    [nexus, gitlab] = await Promise.all([new ScriptedRegistry().start(), new ScriptedRegistry().start()]);
    digest = nexus.addImage("blog", ["a layer"], { tag: "1.0" });
    gitlab.addImage("team/blog", ["a layer"], { tag: "1.0" });
  });
  afterEach(() => Promise.all([nexus.stop(), gitlab.stop()]));

  it("are there: the release may be deployed, and its digest is remembered by its tag", async () => {
    const { id, outs } = await provider.create(want());
    assert.equal(id, "tags of blog");
    assert.deepEqual(outs!["releases"], [{ tag: "1.0", digest }]);
    assert.equal(outs!["image"], `${nexus.host}/blog@${digest}`);
  });

  it("keep every release in mind, the newest first, each once", async () => {
    const { outs } = await provider.create(want());
    const next = nexus.addImage("blog", ["another"], { tag: "2.0" });
    gitlab.addImage("team/blog", ["another"], { tag: "2.0" });
    const second = want({ tag: "2.0", image: `${nexus.host}/blog@${next}` });
    const updated = await provider.update("id", outs!, second);
    const releases = [
      { tag: "2.0", digest: next },
      { tag: "1.0", digest },
    ];
    assert.deepEqual(updated.outs!["releases"], releases);
    const back = await provider.update("id", updated.outs!, want());
    assert.deepEqual(back.outs!["releases"], releases, "going back changes nothing of it");
  });

  it("are those of the app's present name only: under it no registry has the releases of before", async () => {
    const { outs } = await provider.create(want());
    const moved = nexus.addImage("shop", ["another"], { tag: "2.0" });
    gitlab.addImage("team/shop", ["another"], { tag: "2.0" });
    const as = { app: "shop", origin: `${gitlab.host}/team/shop` };
    const renamed = want({ ...as, tag: "2.0", image: `${nexus.host}/shop@${moved}` });
    const updated = await provider.update("id", outs!, renamed);
    assert.deepEqual(updated.outs!["releases"], [{ tag: "2.0", digest: moved }]);
  });

  it("are missing in GitLab: what this stack has built isn't deployed, and the error says how to set it", async () => {
    gitlab.manifests.delete("team/blog:1.0");
    assert.equal(
      await refused(),
      [
        "blog 1.0: not deployed, as no tag of its own keeps DIGEST from being cleaned away:",
        "- GitLab, GITLAB/team/blog:1.0: there is no such tag",
        "What is missing is set by:",
        "  berth copy NEXUS/blog@DIGEST GITLAB/team/blog:1.0",
      ].join("\n"),
    );
    await provider.create(want({ built: false })); // the way back goes by Nexus
  });

  it("of somebody else's image are Nexus's alone: GitLab, which never had it, isn't asked", async () => {
    const foreign = { origin: undefined, built: false };
    await provider.create(want(foreign));
    assert.equal((await lookAtTags(want(foreign))).length, 1);
    assert.equal(gitlab.seen.length, 0);
    nexus.manifests.delete("blog:1.0");
    assert.match(await refused(foreign), /set by:\n {2}berth copy NEXUS\/blog@DIGEST NEXUS\/blog:1\.0$/);
  });

  it("point elsewhere, or are missing in Nexus: nothing is deployed", async () => {
    const other = nexus.addImage("blog", ["another"], { tag: "1.0" });
    assert.match(await refused(), new RegExp(`- Nexus, NEXUS/blog:1\\.0: the tag points to ${other}\n`));
    nexus.manifests.delete("blog:1.0");
    assert.match(await refused({ built: false }), /- Nexus, NEXUS\/blog:1\.0: there is no such tag\n/);
  });

  it("can't be asked for in a registry that is down: the deployment goes on, and what was looked for is told", async () => {
    await gitlab.stop();
    await provider.create(want());
    const [inNexus, inGitlab] = await lookAtTags(want());
    assert.equal(inNexus!.problem, undefined);
    assert.equal(inGitlab!.unknown, true);
    assert.match(inGitlab!.problem!, /ECONNREFUSED/);
    await gitlab.start();
  });

  it("take a refused login for no answer, not for a missing tag", async () => {
    gitlab.script("HEAD", /manifests/, status(403), { times: 9 });
    const found = await lookAtTags(want());
    assert.equal(found[1]!.unknown, true);
  });

  it("are looked at again for another release, place or account, and left alone otherwise", async () => {
    const changes = async (over: object) => (await provider.diff("id", want(), want(over))).changes;
    assert.equal(await changes({}), false);
    assert.equal(await changes({ tag: "2.0" }), true);
    assert.equal(await changes({ origin: "other/blog" }), true);
  });
});
