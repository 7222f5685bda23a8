import assert from "node:assert/strict";
import type { dynamic } from "@pulumi/pulumi";
import { FileBlobStore } from "../../../components/nexus/kinds/file-blob-store";
import { S3BlobStore } from "../../../components/nexus/kinds/s3-blob-store";
import type { Fields } from "../../../components/nexus/object/kind";
import { type Call, type Reply, scriptedNexus } from "../../support/nexus/scripted-nexus";
import { inputsOf, serialisedProvider } from "../../support/serialised-provider";

type Make = Parameters<typeof inputsOf>[0];
type Provider = Required<dynamic.ResourceProvider>;

const server = { url: "http://nexus.test", username: "admin", password: "x" };
const fileResource = () => new FileBlobStore("f", { server, name: "docker", path: "docker" });
const s3 = { server, name: "cloud", bucket: "ours", accessKeyId: "AK", secretAccessKey: "SK" };
const s3Resource = () => new S3BlobStore("s", s3);

async function fieldsOf(make: Make): Promise<Fields> {
  const { server: _server, code: _code, __provider, ...fields } = await inputsOf(make);
  return fields;
}

/** A blob store's provider in front of a Nexus that answers by the script, and otherwise takes every change. */
async function against(make: Make, answer: (call: Call) => Reply | undefined) {
  const nexus = await scriptedNexus((call) => answer(call) ?? { status: call.method === "GET" ? 404 : 204 });
  const provider = (await serialisedProvider(make)) as Provider;
  return { provider, at: { ...server, url: nexus.url }, ...nexus };
}

const told = (path: string, body: unknown) => (call: Call) =>
  call.method === "GET" && call.path === `/service/rest${path}` ? { status: 200, body } : undefined;

describe("a file blob store", () => {
  it("is created with its quota in bytes", async () => {
    const softQuota = { type: "spaceUsedQuota" as const, limit: 5_000_000 };
    const make = () => new FileBlobStore("f", { server, name: "docker", path: "docker", softQuota });
    const { provider, at, calls, close } = await against(make, () => undefined);
    const { id } = await provider.create({ server: at, ...(await fieldsOf(make)) });
    close();
    assert.equal(id, "docker");
    const { method, path, body } = calls.at(-1)!;
    assert.equal(`${method} ${path}`, "POST /service/rest/v1/blobstores/file");
    assert.deepEqual(body, { name: "docker", path: "docker", softQuota });
  });

  it("keeps a quota that somebody else set, and gives up one that is no longer asked for", async () => {
    const theirs = { type: "spaceRemainingQuota", limit: 1_000_000 };
    const existing = { path: "docker", softQuota: theirs };
    const { provider, at, calls, close } = await against(
      fileResource,
      told("/v1/blobstores/file/docker", existing),
    );
    const plain = { server: at, ...(await fieldsOf(fileResource)) };
    await provider.update("docker", plain, plain);
    assert.equal(calls.filter(({ method }) => method === "PUT").length, 0, "nothing to change");
    await provider.update("docker", { ...plain, softQuota: theirs }, plain);
    close();
    const { method, path, body } = calls.at(-1)!;
    assert.equal(`${method} ${path}`, "PUT /service/rest/v1/blobstores/file/docker");
    assert.deepEqual(body, { path: "docker" });
  });

  it("never gets another path: Nexus would take it and lose the content", async () => {
    const provider = (await serialisedProvider(fileResource)) as Provider;
    const olds = { server, ...(await fieldsOf(fileResource)) };
    const { failures } = await provider.check(olds, { ...olds, path: "elsewhere" });
    const reason =
      'Nexus can\'t change "path" of the file blob store "docker". ' +
      'Put "docker" back, or declare a new one beside it under another resource name.';
    assert.deepEqual(failures, [{ property: "path", reason }]);
  });

  it("with content is not deleted, unless that is allowed", async () => {
    const stores = [
      { name: "default", blobCount: 99, totalSizeInBytes: 99 },
      { name: "docker", blobCount: 3, totalSizeInBytes: 3927 },
    ];
    const { provider, at, calls, close } = await against(
      fileResource,
      (call) =>
        told("/v1/blobstores", stores)(call) ?? told("/v1/blobstores/file/docker", { path: "docker" })(call),
    );
    const inputs = { server: at, ...(await fieldsOf(fileResource)) };
    await assert.rejects(provider.delete("docker", inputs), {
      message:
        'The file blob store "docker" holds 3 blobs, 3.9 kB and is not deleted. ' +
        "To lose them, set allowDataLoss: true for it and run `up` once with it still in the program.",
    });
    stores[1]!.blobCount = 0;
    await provider.delete("docker", inputs);
    stores[1]!.blobCount = 3;
    await provider.delete("docker", { ...inputs, allowDataLoss: true });
    stores.length = 1;
    await assert.rejects(provider.delete("docker", inputs), {
      message: 'Nexus does not list the blob store "docker": what it holds is not known.',
    });
    close();
    const deletes = calls.filter(({ method }) => method === "DELETE").map(({ path }) => path);
    assert.deepEqual(deletes, Array(2).fill("/service/rest/v1/blobstores/docker"));
  });
});

describe("an S3 blob store", () => {
  const bucket = { region: "DEFAULT", name: "ours", prefix: "", expiration: 3 };

  it("is flat in the program and nested for Nexus; what isn't asked for is left out", async () => {
    const bucketSecurity = { accessKeyId: "AK", secretAccessKey: "SK" };
    assert.deepEqual(await fieldsOf(s3Resource), {
      name: "cloud",
      bucketConfiguration: { bucket, bucketSecurity },
    });
    const full = {
      ...s3,
      softQuota: { type: "spaceUsedQuota" as const, limit: 1_000_000 },
      region: "eu-west-1",
      prefix: "nexus",
      expirationDays: -1,
      role: "arn:aws:iam::1:role/nexus",
      sessionToken: "ST",
      endpoint: "http://minio:9000",
      forcePathStyle: true,
      maxConnections: 20,
      encryption: "kmsManagedEncryption" as const,
      encryptionKey: "key-1",
    };
    assert.deepEqual(await fieldsOf(() => new S3BlobStore("s", full)), {
      name: "cloud",
      softQuota: { type: "spaceUsedQuota", limit: 1_000_000 },
      bucketConfiguration: {
        bucket: { region: "eu-west-1", name: "ours", prefix: "nexus", expiration: -1 },
        encryption: { encryptionType: "kmsManagedEncryption", encryptionKey: "key-1" },
        bucketSecurity: { ...bucketSecurity, role: "arn:aws:iam::1:role/nexus", sessionToken: "ST" },
        advancedBucketConnection: {
          endpoint: "http://minio:9000",
          forcePathStyle: true,
          maxConnectionPoolSize: 20,
        },
      },
    });
  });

  /** As 3.71 answers: the secret hidden, no prefix as null. */
  const existing = {
    name: "cloud",
    type: "S3",
    softQuota: null,
    bucketConfiguration: {
      bucket: { ...bucket, prefix: null },
      bucketSecurity: { accessKeyId: "AK", secretAccessKey: "#~NXRM~PLACEHOLDER~PASSWORD~#" },
      advancedBucketConnection: { endpoint: "http://theirs:9000", forcePathStyle: true },
    },
  };

  it("doesn't differ by its hidden secret, a prefix of null or a bucket's expiration that newer servers don't have", async () => {
    const { expiration: _gone, ...newer } = existing.bucketConfiguration.bucket;
    const answer = { ...existing, bucketConfiguration: { ...existing.bucketConfiguration, bucket: newer } };
    const { provider, at, close } = await against(s3Resource, told("/v1/blobstores/s3/cloud", answer));
    const inputs = { server: at, ...(await fieldsOf(s3Resource)) };
    const { props } = await provider.read("cloud", inputs);
    close();
    assert.equal((await provider.diff("cloud", props!, inputs)).changes, false);
  });

  it("sends its secret with every change, and keeps the endpoint that it doesn't model", async () => {
    const { provider, at, calls, close } = await against(
      s3Resource,
      told("/v1/blobstores/s3/cloud", existing),
    );
    const old = { server: at, ...(await fieldsOf(s3Resource)) };
    const now = await fieldsOf(() => new S3BlobStore("s", { ...s3, region: "eu-west-1" }));
    await provider.update("cloud", old, { server: at, ...now });
    close();
    const { method, path, body } = calls.at(-1)!;
    assert.equal(`${method} ${path}`, "PUT /service/rest/v1/blobstores/s3/cloud");
    const sent = (body as typeof existing).bucketConfiguration;
    assert.deepEqual(sent.bucket, { ...bucket, region: "eu-west-1" });
    assert.deepEqual(sent.bucketSecurity, { accessKeyId: "AK", secretAccessKey: "SK" });
    assert.deepEqual(sent.advancedBucketConnection, existing.bucketConfiguration.advancedBucketConnection);
  });

  it("never gets another bucket or prefix, not even where it had none", async () => {
    const provider = (await serialisedProvider(s3Resource)) as Provider;
    const olds = { server, ...(await fieldsOf(s3Resource)) };
    const failed = async (more: object) => {
      const news = { server, ...(await fieldsOf(() => new S3BlobStore("s", { ...s3, ...more }))) };
      return (await provider.check(olds, news)).failures!.map(({ property }) => property);
    };
    assert.deepEqual(await failed({ bucket: "other" }), ["bucketConfiguration.bucket.name"]);
    assert.deepEqual(await failed({ prefix: "p" }), ["bucketConfiguration.bucket.prefix"]);
  });
});

describe("an S3 server's refusal", () => {
  for (const [said, meaning] of [
    [
      "Insufficient permissions to create bucket.",
      /There is no bucket "ours" there, and the key may not make one/,
    ],
    [
      "Bucket exists but is not owned by you.",
      /may not read the policy of the bucket "ours" \(s3:GetBucketPolicy\)/,
    ],
    [
      "The secret access key does not match causing an invalid signature.",
      /The secret access key is not the one of the access key id/,
    ],
    [
      "An unexpected S3 error occurred. Check the logs for more details.",
      /lacks a right on the bucket "ours", .* its log says which/,
    ],
    [
      "Unable to initialize blob store bucket: ours, Cause: Unable to execute HTTP request: Read timed out",
      /The S3 server doesn't answer Nexus: it must run, and `endpoint` be its address/,
    ],
  ] as const)
    it(`is told with what it means: ${said}`, async () => {
      const { provider, at, close } = await against(s3Resource, ({ method }) =>
        method === "POST" ? { status: 400, body: `ValidationErrorXO{id='*', message='${said}'}` } : undefined,
      );
      try {
        const inputs = { ...(await fieldsOf(s3Resource)), server: at };
        await assert.rejects(provider.create(inputs), (error: Error) => {
          assert.match(error.message, /^POST http:\S+\/blobstores\/s3: Nexus answered 400 /);
          assert.match(error.message, meaning);
          assert.match(error.message, /Which rights are enough: docs\/nexus\.md/);
          return true;
        });
      } finally {
        close();
      }
    });

  /** @param there whether a store of that name is told before the creation, and after it */
  async function removedAfter(said: string, ...there: boolean[]): Promise<number> {
    const answers = [...there];
    const { provider, at, calls, close } = await against(s3Resource, ({ method }) => {
      if (method === "POST") return { status: 400, body: `ValidationErrorXO{id='*', message='${said}'}` };
      if (method === "GET" && answers.shift()) return { status: 200, body: { name: "cloud" } };
      return undefined;
    });
    const inputs = { ...(await fieldsOf(s3Resource)), server: at };
    await assert.rejects(provider.create(inputs), /Nexus answered 400/).finally(close);
    return calls.filter(({ method }) => method === "DELETE").length;
  }
  const refused = "Insufficient permissions to create bucket.";

  it("leaves no half-made store in Nexus, which keeps what it has refused", async () => {
    assert.equal(await removedAfter(refused, false, false, true), 1);
    assert.equal(await removedAfter(refused, false, false, false), 0, "a newer Nexus keeps none");
  });

  it("leaves alone a store of that name that somebody else has made meanwhile", async () => {
    assert.equal(await removedAfter(refused, false, true, true), 0);
    assert.equal(await removedAfter("A blob store of that name exists.", false, false, true), 0);
  });
});
