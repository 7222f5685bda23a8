import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { resolveDigest } from "../../../components/registry/resolve";
import { copyWritten } from "../../support/registry/copy-between";
import { DebianRegistry, missingRegistry } from "../../support/registry/debian-registry";
import { ScriptedRegistry } from "../../support/registry/scripted-registry";

describe(`copyImage with Debian's docker-registry${missingRegistry ? ` (skipped: ${missingRegistry})` : ""}`, () => {
  let source: ScriptedRegistry;
  let first: DebianRegistry;
  let second: DebianRegistry;

  before(async function () {
    if (missingRegistry) return this.skip();
    source = await new ScriptedRegistry().start();
    [first, second] = await Promise.all([new DebianRegistry().start(), new DebianRegistry().start()]);
  });
  after(async () => {
    await Promise.all([source?.stop(), first?.stop(), second?.stop()]);
  });

  it("keeps the digest of an image from one registry to the next, and finds nothing to do the second time", async () => {
    const digest = source.addImage("team/blog", [randomBytes(3_000_000), randomBytes(70_000), ""], {
      tag: "1.0",
    });
    const copied = await copyWritten({
      source: `${source.host}/team/blog:1.0`,
      target: `${first.host}/blog:1.0`,
    });
    assert.equal(copied.digest, digest);
    assert.deepEqual([copied.blobs.total, copied.blobs.copied, copied.tag], [4, 4, "set"]);
    const onwards = await copyWritten({
      source: `${first.host}/blog@${digest}`,
      target: `${second.host}/a/b/blog:1.0`,
    });
    assert.equal(await resolveDigest(`${second.host}/a/b/blog:1.0`), digest);
    assert.equal(onwards.blobs.copied, 4);
    const again = await copyWritten({
      source: `${first.host}/blog:1.0`,
      target: `${second.host}/a/b/blog:1.0`,
    });
    assert.deepEqual(again.blobs, { ...onwards.blobs, present: 4, copied: 0, bytesCopied: 0 });
    assert.deepEqual([again.manifests.copied, again.tag], [0, "unchanged"]);
  });

  it("copies an index with all its platforms, and mounts blobs inside one registry", async () => {
    const children = [1, 2, 3].map((n) => source.addImage("team/multi", ["shared layer", `platform ${n}`]));
    const digest = source.addIndex("team/multi", children, "1.0");
    const copied = await copyWritten({
      source: `${source.host}/team/multi:1.0`,
      target: `${first.host}/multi:1.0`,
    });
    assert.equal(copied.manifests.copied, 4);
    const moved = await copyWritten({
      source: `${first.host}/multi:1.0`,
      target: `${first.host}/promoted:1.0`,
    });
    assert.deepEqual([moved.digest, moved.blobs.mounted, moved.blobs.copied], [digest, 5, 0]);
  });

  it("logs in where the registry wants it, and says so where the password is wrong", async () => {
    const guarded = new DebianRegistry();
    // The test's own account, in bcrypt as the registry wants it: me, "a test's password".
    const users = guarded.file("users", "me:$2y$04$IjLzw/YHKFpJdl0GZMJB6eCwLB1PJOkCUW04CBR4KJTTyN7wN29D6\n");
    await guarded.start(`auth: {htpasswd: {realm: test, path: ${users}}}`);
    try {
      source.addImage("team/secret", ["layer"], { tag: "1" });
      const copy = (password: string) =>
        copyWritten({
          source: `${source.host}/team/secret:1`,
          target: `${guarded.host}/secret:1`,
          credentials: { [guarded.host]: { username: "me", password } },
        });
      await assert.rejects(copy("wrong"), /HEAD .* 401\. The user name or password/);
      assert.equal((await copy("a test's password")).blobs.copied, 2);
    } finally {
      await guarded.stop();
    }
  });
});
