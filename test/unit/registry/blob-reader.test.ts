import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { RegistryClient } from "../../../components/registry/client";
import { BlobReader } from "../../../components/registry/copy/blob-reader";
import { ScriptedRegistry, sha256 } from "../../support/registry/scripted-registry";

describe("reading a blob", () => {
  const content = randomBytes(3_000_000);
  const digest = sha256(content);
  let registry: ScriptedRegistry;
  let client: RegistryClient;
  beforeEach(async () => {
    registry = await new ScriptedRegistry().start();
    registry.blobs.set(digest, content);
    client = new RegistryClient({ registry: registry.host, access: "pull", retryDelay: 2 });
  });
  afterEach(async () => {
    client.close();
    await registry.stop();
  });

  const reader = () =>
    new BlobReader({
      client,
      repository: "blog",
      retryDelay: 2,
      onPosition: () => undefined,
      blob: { digest, size: content.length, mediaType: "application/octet-stream" },
    });
  const hashOf = async (pieces: AsyncIterable<Buffer>) => {
    const hash = createHash("sha256");
    for await (const piece of pieces) hash.update(piece);
    return `sha256:${hash.digest("hex")}`;
  };

  it("again ends the reading before, which was waiting for more: every byte counts once", async () => {
    const blob = reader();
    for (let again = 0; again < 20; again++) {
      const first = blob.read(0);
      await first.next();
      const pending = first.next(); // as of a connection that broke while it waited
      const [whole] = await Promise.all([hashOf(blob.read(0)), pending]);
      assert.equal(whole, digest);
      assert.equal((await first.next()).done, true);
    }
  });

  it("gives nothing any more once it is closed", async () => {
    const blob = reader();
    const reading = blob.read(0);
    await reading.next();
    await blob.close();
    assert.equal((await reading.next()).done, true);
  });
});
