import assert from "node:assert/strict";
import { kinds, providers } from "../../../components/nexus/kinds";
import { S3BlobStore, type S3BlobStoreArgs } from "../../../components/nexus/kinds/s3-blob-store";
import { lifeOf } from "../../../components/nexus/object/object-provider";
import { callNexus } from "../../../components/nexus/rest/transport";
import { fieldsOf } from "../../support/nexus/nexus-kind";
import { startS3 } from "../../support/nexus/s3-mock";
import { NexusStage } from "./harness";

type Own = Omit<S3BlobStoreArgs, "server">;
type Props = Record<string, unknown>;

describe("a blob store in S3, on a real Nexus in front of S3Mock", function () {
  this.timeout(600_000);
  const { S3BlobStore: provider } = providers;
  /** As another run has it: what one run made, it doesn't delete. */
  const nextRun = lifeOf(kinds.S3BlobStore);
  const stage = new NexusStage();
  let s3: Awaited<ReturnType<typeof startS3>> | undefined;
  let server = { url: "", username: "admin", password: "" };
  let state: Props = {};
  const secret = "s3-secret-that-nobody-tells";
  const first = (): Own => ({
    name: "archive",
    bucket: "images",
    region: "us-east-1",
    prefix: "nexus",
    accessKeyId: "key",
    secretAccessKey: secret,
    endpoint: s3!.endpoint,
    forcePathStyle: true,
  });

  /** The inputs that the engine would give the provider. */
  const inputs = async (args: Own): Promise<Props> => ({
    server,
    ...(await fieldsOf(() => new S3BlobStore("s3", { ...args, server }))),
  });
  const told = async () =>
    (await stage.rest("GET", "blobstores/s3/archive")).json() as {
      bucketConfiguration: Record<string, Props>;
    };
  const nothingToDo = async (want: Props) => {
    const { props } = await provider.read("archive", state);
    assert.equal((await provider.diff("archive", props!, want)).changes, false);
  };

  /** Nexus counts blobs a few seconds late, and a change of the store before that loses the count (measured on 3.71). */
  const counted = async () => {
    for (let waited = 0; waited < 60; waited++) {
      const { body } = await callNexus(server, "GET", "/service/rest/v1/blobstores", [200]);
      const stores = body as { name: string; blobCount: number }[];
      if (stores.find(({ name }) => name === "archive")!.blobCount > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    throw new Error("Nexus did not count the blob in 30 s");
  };

  before(async function () {
    await stage.startFor(this);
    s3 = await startS3(stage.run);
    server = { url: `http://127.0.0.1:${stage.ports.http}`, username: "admin", password: stage.password };
  });

  after(async () => {
    await s3?.stop();
    await stage.cleanUp();
  });

  it("is created, holds what a repository is given, and is not deleted with that", async () => {
    const want = await inputs(first());
    state = (await provider.create(want)).outs!;
    const { bucket, bucketSecurity } = (await told()).bucketConfiguration;
    assert.deepEqual([bucket!["name"], bucket!["prefix"]], ["images", "nexus"]);
    assert.ok(!JSON.stringify(bucketSecurity).includes(secret));
    await nothingToDo(want);
    const storage = { blobStoreName: "archive", strictContentTypeValidation: false, writePolicy: "ALLOW" };
    const made = await stage.rest("POST", "repositories/raw/hosted", {
      name: "files",
      online: true,
      storage,
    });
    assert.equal(made.status, 201, made.text);
    const url = `${server.url}/repository/files/a.txt`;
    const authorization = `Basic ${Buffer.from(`admin:${server.password}`).toString("base64")}`;
    const put = await fetch(url, { method: "PUT", body: "in S3", headers: { authorization } });
    assert.equal(put.status, 201);
    assert.equal(await (await fetch(url, { headers: { authorization } })).text(), "in S3");
    await counted();
    await assert.rejects(
      nextRun.delete("archive", state),
      /^Error: The s3 blob store "archive" holds 1 blob, 0.0 kB and is not deleted/,
    );
  });

  it("is changed where it can be, and refuses at preview what would lose its content", async () => {
    const quota = { type: "spaceUsedQuota" as const, limit: 5_000_000 };
    const want = await inputs({ ...first(), softQuota: quota });
    state = (await provider.update("archive", state, want)).outs!;
    assert.deepEqual((await told())["softQuota" as "bucketConfiguration"], quota);
    await nothingToDo(want);
    for (const [field, value] of [
      ["bucket", "others"],
      ["prefix", "elsewhere"],
    ] as const) {
      const { failures } = await provider.check(want, await inputs({ ...first(), [field]: value }));
      assert.match(
        failures![0]!.reason,
        /^Nexus can't change "bucketConfiguration.bucket.\w+" of the s3 blob store/,
      );
    }
  });

  it("is put right where it was changed by hand, with its secret", async () => {
    const now = await told();
    const { status } = await stage.rest("PUT", "blobstores/s3/archive", { ...now, softQuota: null });
    assert.equal(status, 204);
    const { props } = await provider.read("archive", state);
    const want = state;
    assert.equal((await provider.diff("archive", props!, want)).changes, true);
    state = (await provider.update("archive", props!, want)).outs!;
    await nothingToDo(want);
  });

  it("is not taken over without adopt, and is with it", async () => {
    const want = await inputs(first());
    await assert.rejects(
      provider.create(want),
      /^Error: The s3 blob store "archive" already exists in Nexus/,
    );
    state = (await provider.create({ ...want, adopt: true })).outs!;
    await nothingToDo(want);
  });

  it("is deleted with its blobs where that is allowed, once no repository uses it", async () => {
    assert.equal((await stage.rest("DELETE", "repositories/files")).status, 204);
    await nextRun.delete("archive", { ...state, allowDataLoss: true });
    assert.equal((await stage.rest("GET", "blobstores/s3/archive")).status, 404);
  });
});
