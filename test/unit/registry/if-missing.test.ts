import assert from "node:assert/strict";
import { copyWritten } from "../../support/registry/copy-between";
import { ScriptedRegistry, status } from "../../support/registry/scripted-registry";

describe("copyImage with ifMissing", () => {
  let source: ScriptedRegistry;
  let target: ScriptedRegistry;
  let digest: string;

  const copy = (from = `team/blog@${digest}`, to = "blog:1.0") =>
    copyWritten({
      source: `${source.host}/${from}`,
      target: `${target.host}/${to}`,
      ifMissing: true,
      retryDelay: 5,
      journal: false,
    });

  beforeEach(async () => {
    [source, target] = await Promise.all([new ScriptedRegistry().start(), new ScriptedRegistry().start()]);
    const children = ["amd64", "arm64"].map((one) => source.addImage("team/blog", [one]));
    digest = source.addIndex("team/blog", children, "1.0");
    await copy();
    source.seen.length = 0;
  });
  afterEach(() => Promise.all([source.stop(), target.stop()]));

  it("asks the source nothing where the target has all of it, and tells what is there", async () => {
    target.seen.length = 0;
    const result = await copy();
    assert.deepEqual(source.seen, []);
    assert.ok(target.seen.every(({ method }) => ["GET", "HEAD"].includes(method)));
    assert.equal(result.digest, digest);
    assert.equal(result.target, `${target.host}/blog:1.0@${digest}`);
    assert.deepEqual([result.tag, result.manifests.present, result.manifests.total], ["unchanged", 3, 3]);
    assert.deepEqual([result.blobs.present, result.blobs.copied], [result.blobs.total, 0]);
  });

  it("copies as ever where the digest is there without the tag", async () => {
    const result = await copy(undefined, "blog:2.0");
    assert.ok(source.seen.length > 0);
    assert.equal(result.tag, "set");
  });

  it("copies what is missing below it: a blob, or a manifest of an index", async () => {
    const [blob] = [...target.blobs.keys()];
    target.blobs.delete(blob!);
    assert.equal((await copy()).blobs.copied, 1);
    const [child] = [...target.manifests.keys()].filter(
      (key) => key.startsWith("blog@") && !key.includes(digest),
    );
    target.manifests.delete(child!);
    const result = await copy();
    assert.equal(result.manifests.copied, 1);
    assert.ok(target.manifests.has(child!));
  });

  it("asks the source where that is named by a tag: only it knows what the tag is now", async () => {
    await copy("team/blog:1.0");
    assert.ok(source.seen.length > 0);
  });

  it("fails at a target that can't be asked, not with what the source would say", async () => {
    target.script("HEAD", /manifests/, status(403), { times: 5 });
    await assert.rejects(copy(), new RegExp(`HEAD http://${target.host}/v2/blog/manifests/1.0: 403`));
    assert.deepEqual(source.seen, []);
  });
});
