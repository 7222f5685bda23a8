import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { providers } from "../../../components/nexus/kinds";
import type { S3BlobStoreArgs } from "../../../components/nexus/kinds/s3-blob-store";
import { Task } from "../../../components/nexus/kinds/task";
import { caller } from "../../../components/nexus/object/object-provider";
import { collectGarbage } from "../../../components/nexus/tasks/garbage";
import { fieldsOf } from "../../support/nexus/nexus-kind";
import { policyOfDocs } from "../../support/nexus/s3-policy";
import { digestOf, S3Stage } from "./s3-stage";

const MB = 1_000_000;

/** Rights that S3 asks for a call (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html). */
const RIGHT_OF: { readonly [call: string]: string } = {
  ListObjects: "ListBucket",
  HeadObject: "GetObject",
  CreateMultipartUpload: "PutObject",
  UploadPart: "PutObject",
  CompleteMultipartUpload: "PutObject",
  DeleteObjects: "DeleteObject",
  GetBucketLifecycleConfiguration: "GetLifecycleConfiguration",
  PutBucketLifecycleConfiguration: "PutLifecycleConfiguration",
};

/** Sonatype's own list has them; 3.71 doesn't use them. */
const UNUSED = ["s3:DeleteObjectTagging", "s3:GetObjectTagging"];

/** Nexus's S3 client takes a bucket whose ACL it may not see for one that is there. */
const HARMLESS = "GetBucketAcl 403";

/** Raw repositories: Sonatype's Docker format is closed source, and the sandbox's stand-in keeps its blobs outside of blob stores. */
describe("a Nexus whose content lies in S3, with the rights of docs/nexus.md", function () {
  this.timeout(1_200_000);
  const nexus = new S3Stage();
  const layer = randomBytes(300 * MB);
  const bytesBelow = async (prefix: string) => {
    const objects = [...(await nexus.s3.objects(nexus.bucket))];
    return objects.reduce((sum, [key, size]) => sum + (key.startsWith(prefix) ? size : 0), 0);
  };

  before(async function () {
    await nexus.startFor(this);
    await nexus.repository("gone", { expirationDays: 0 });
    await nexus.repository("kept");
  });

  after(() => nexus.remove());

  /** With the task that the settings have for it. */
  async function collect(blobStore: string) {
    const { server } = nexus;
    const properties = { blobstoreName: blobStore };
    const args = { server, name: `Compact ${blobStore}`, type: "blobstore.compact", properties };
    await providers.Task.create({ server, ...(await fieldsOf(() => new Task("compact", args))) });
    const steps: string[] = [];
    const garbage = await collectGarbage(caller(server), (line) => steps.push(line));
    assert.ok(steps.includes(`compact the blob store ${blobStore}`), steps.join("\n"));
    const tasks = (await nexus.stage.rest("GET", "tasks")).json() as {
      items: { name: string; lastRunResult: string }[];
    };
    assert.equal(tasks.items.find(({ name }) => name === args.name)?.lastRunResult, "OK");
    return garbage;
  }

  it("takes 300 MB into the bucket and gives them to a client elsewhere", async () => {
    assert.equal((await nexus.ask("PUT", "gone/layer", layer)).status, 201);
    assert.equal(await nexus.digestElsewhere("gone/layer"), digestOf(layer));
    assert.ok((await bytesBelow("gone/content/")) >= layer.length);
  });

  it("has no byte of them in the bucket after their deletion and a garbage collection, with expirationDays 0", async () => {
    assert.equal((await nexus.ask("DELETE", "gone/layer")).status, 204);
    const { blobStores, skipped } = await collect("gone");
    assert.equal(blobStores.find(({ name }) => name === "gone")?.freed, layer.length);
    assert.equal(await bytesBelow("gone/content/"), 0);
    assert.equal(await nexus.s3.openUploads(nexus.bucket), 0);
    assert.doesNotMatch(skipped.join("\n"), /\bgone\b/);
  });

  it("leaves them to a rule of the bucket with the default of 3 days, says so, and the rule finds just them", async () => {
    for (const name of ["deleted", "other"])
      assert.equal((await nexus.ask("PUT", `kept/${name}`, layer.subarray(0, MB))).status, 201);
    assert.equal((await nexus.ask("DELETE", "kept/deleted")).status, 204);
    const { skipped } = await collect("kept");
    assert.match(skipped.join("\n"), /^Blobs of kept are only marked as deleted: .* after 3 days \(/m);
    assert.ok((await bytesBelow("kept/content/")) >= 2 * MB, "marked only");
    assert.deepEqual(await nexus.s3.passDays(nexus.bucket), [3]);
    const left = await bytesBelow("kept/content/");
    assert.ok(left >= MB && left < 2 * MB, `${left} bytes`);
    assert.equal(digestOf((await nexus.ask("GET", "kept/other")).body), digestOf(layer.subarray(0, MB)));
  });

  /** Begins a push, breaks something as soon as the first of its 29 parts has arrived, and gives what the push ended with. */
  async function broken(path: string, breaks: () => Promise<void>): Promise<unknown> {
    const before = (await nexus.calls()).length;
    await nexus.s3.delay(1000);
    try {
      let ended: unknown;
      const push = nexus.ask("PUT", path, layer).then(
        ({ status }) => (ended = status),
        (error: Error) => (ended = error),
      );
      const isUnderWay = async () => (await nexus.calls(before)).includes("UploadPart 200");
      await nexus.until("a part is there", async () => ended !== undefined || (await isUnderWay()));
      assert.equal(ended, undefined, "it ended before");
      await breaks();
      await nexus.s3.delay(0);
      return await push;
    } finally {
      await nexus.s3.delay(0);
    }
  }

  it("fails a push that loses its right midway, and leaves no part of it", async () => {
    const allow = (without?: string) =>
      nexus.s3.allow(nexus.bucket, policyOfDocs("nexus", nexus.bucket, without));
    assert.equal(await broken("gone/half", () => allow("s3:PutObject")), 500);
    await allow();
    assert.equal((await nexus.ask("GET", "gone/half")).status, 404);
    assert.equal(await nexus.s3.openUploads(nexus.bucket), 0);
    assert.equal(await bytesBelow("gone/content/"), 0);
    assert.deepEqual(await nexus.listed("gone"), []);
  });

  it("used each right of docs/nexus.md for that but two, and lacked none", async () => {
    const calls = (await nexus.calls()).filter((call) => call !== HARMLESS);
    const refused = calls.filter((call) => call.endsWith(" 403"));
    assert.deepEqual(
      [...new Set(refused)],
      ["UploadPart 403"],
      "what the test before took away, and no more",
    );
    const used = calls.map((call) => call.split(" ")[0]!).map((call) => `s3:${RIGHT_OF[call] ?? call}`);
    const given = policyOfDocs("nexus").Statement.flatMap(({ Action }) => Action);
    assert.deepEqual([...new Set([...used, ...UNUSED])].sort(), [...given].sort());
  });

  const refused: readonly [what: string, over: () => Partial<S3BlobStoreArgs>, said: RegExp][] = [
    ["a wrong secret", () => ({ secretAccessKey: "other" }), /not the one of the access key id/],
    ["an unknown key", () => ({ accessKeyId: "nobody" }), /knows no such access key id/],
    ["a missing bucket", () => ({ bucket: "missing" }), /There is no bucket "missing" there/],
    [
      "somebody else's key",
      () => nexus.key("stranger"),
      /may not read the policy of the bucket "images" \(s3:GetBucketPolicy\)/,
    ],
    ["another region", () => ({ region: "eu-central-1" }), /the bucket is of another region/],
    [
      "a server that isn't there",
      () => ({ endpoint: "http://s3:7071" }),
      /The S3 server doesn't answer Nexus/,
    ],
  ];
  for (const [what, over, said] of refused)
    it(`is refused with what it means, and nothing half there: ${what}`, async () => {
      assert.match(await nexus.refusal(over()), said);
    });

  for (const right of ["s3:GetBucketPolicy", "s3:GetLifecycleConfiguration", "s3:GetObject", "s3:PutObject"])
    it(`is refused with where to read which right is missing: ${right}`, async () => {
      const bucket = `without-${right.slice("s3:".length).toLowerCase()}`;
      await nexus.s3.bucket(bucket, policyOfDocs("nexus", bucket, right));
      const said = await nexus.refusal({ bucket });
      assert.match(said, /lacks a right on the bucket|may not read the policy/);
      assert.match(said, /Which rights are enough: docs\/nexus\.md, "Blob stores in S3"/);
    });

  it("waits for a server that is slow", async () => {
    await nexus.s3.delay(1000);
    try {
      assert.equal((await nexus.ask("PUT", "gone/slow", Buffer.from("slowly"))).status, 201);
      assert.equal((await nexus.ask("GET", "gone/slow")).body.toString(), "slowly");
    } finally {
      await nexus.s3.delay(0);
    }
  });

  it("fails a push whose server dies, once and for all, keeps nothing of it, and takes it when the server is back", async () => {
    assert.equal(await broken("gone/broken", () => nexus.s3.die()), 500);
    await nexus.s3.comeBack();
    assert.equal((await nexus.ask("GET", "gone/broken")).status, 404);
    assert.deepEqual(await nexus.listed("gone"), ["slow"]);
    await nexus.until("nobody goes on with it", async () => {
      const before = (await nexus.calls()).length;
      await sleep(2000); // longer than the pause between two tries of Nexus
      return !(await nexus.calls(before)).some((call) => call.includes("Upload"));
    });
    const part = layer.subarray(0, 60 * MB);
    assert.equal((await nexus.ask("PUT", "gone/broken", part)).status, 201);
    assert.equal(digestOf((await nexus.ask("GET", "gone/broken")).body), digestOf(part));
  });
});
