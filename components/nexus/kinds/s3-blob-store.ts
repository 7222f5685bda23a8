import type * as pulumi from "@pulumi/pulumi";
import { messageOf } from "../../values/error-facts";
import { isJsonObject, objectOf } from "../../values/json-object";
import type { Fields, Kind } from "../object/kind";
import { NexusObject } from "../object/nexus-object";
import type { Call, PathOptions } from "../rest/call";
import { NexusFailure } from "../rest/transport";
import { type BlobStoreArgs, blobStoreKind } from "./blob-store";
import { given } from "./repository/repository";

export interface S3BlobStoreArgs extends BlobStoreArgs {
  readonly bucket: pulumi.Input<string>;
  /** `DEFAULT`: as the machine's own AWS configuration says. @default DEFAULT */
  readonly region?: pulumi.Input<string>;
  /** Folder in the bucket. @default none */
  readonly prefix?: pulumi.Input<string>;
  /** Days until S3 itself removes a deleted blob; 0: garbage collection does; -1: never. Servers from 3.81 on don't take it. @default 3 */
  readonly expirationDays?: pulumi.Input<number>;
  /** Without one, Nexus uses what its machine gives it (environment, instance role). */
  readonly accessKeyId?: pulumi.Input<string>;
  /** Secret. */
  readonly secretAccessKey?: pulumi.Input<string>;
  /** ARN of a role to take on. */
  readonly role?: pulumi.Input<string>;
  /** Secret. */
  readonly sessionToken?: pulumi.Input<string>;
  /** Address of an S3 that is not Amazon's, e.g. `http://minio:9000`. */
  readonly endpoint?: pulumi.Input<string>;
  /** The bucket in the path instead of the host's name; most of those others need it. */
  readonly forcePathStyle?: pulumi.Input<boolean>;
  readonly maxConnections?: pulumi.Input<number>;
  readonly encryption?: pulumi.Input<"s3ManagedEncryption" | "kmsManagedEncryption">;
  /** Id of the KMS key. */
  readonly encryptionKey?: pulumi.Input<string>;
}

/** Nexus's own default. */
const EXPIRATION_DAYS = 3;

/**
 * Nexus's S3 client gives an S3 server that is silent up after 200 s: four times 50 s (measured on 3.71). Asked again before, Nexus
 * would make the blob store after we have said that it can't be made.
 */
const SILENT_S3: PathOptions = { longestTry: 240_000 };

/**
 * A blob store in an S3 bucket. Bucket and prefix are where the content is: another would lose it. Region and endpoint
 * say how to reach the bucket and may change.
 */
const plain = blobStoreKind("s3", (_name, body) => withPrefix(body), {
  update: (call, id, merged) =>
    call("PUT", `/v1/blobstores/s3/${encodeURIComponent(id)}`, [204], merged, SILENT_S3).catch((error) =>
      explain(error, merged),
    ),
  fixed: ["name", "bucketConfiguration.bucket.name", "bucketConfiguration.bucket.prefix"],
  addresses: ["endpoint"],
  // Nexus 3.71 wants an expiration; 3.81 and later neither want nor tell one (Sonatype's OpenAPI documents).
  writeOnly: ["secretAccessKey", "sessionToken", "expiration"],
});

export const s3BlobStore: Kind = {
  ...plain,
  create: async (call, want) => {
    const id = plain.id(want);
    const wasThere = (await plain.read(call, id)) !== undefined;
    try {
      await call("POST", "/v1/blobstores/s3", [201, 204], want, SILENT_S3);
    } catch (error) {
      if (!wasThere && meaningOf(error) !== undefined) await forget(call, want);
      explain(error, want);
    }
  },
};

/**
 * Nexus keeps what it has just refused to start, and its tasks then fail on it (measured on 3.71). Only for what was not there a moment
 * ago, and was refused for its bucket: a store of that name may be somebody else's.
 */
async function forget(call: Call, want: Fields): Promise<void> {
  const id = plain.id(want);
  if (await plain.read(call, id)) await plain.remove(call, id, want);
}

/** A blob store in a bucket of S3, or of what speaks its protocol. */
export class S3BlobStore extends NexusObject {
  declare readonly name: pulumi.Output<string>;

  constructor(name: string, args: S3BlobStoreArgs, opts?: pulumi.CustomResourceOptions) {
    const { server, adopt, keepFound, allowDataLoss, softQuota } = args;
    const fields = { name: args.name, softQuota, bucketConfiguration: bucketConfiguration(args) };
    super(s3BlobStore, name, { server, adopt, keepFound, allowDataLoss, ...fields }, opts);
  }
}

function bucketConfiguration(args: S3BlobStoreArgs): object | undefined {
  const {
    bucket: name,
    region = "DEFAULT",
    prefix = "",
    expirationDays: expiration = EXPIRATION_DAYS,
  } = args;
  const { accessKeyId, secretAccessKey, role, sessionToken } = args;
  const { endpoint, forcePathStyle, maxConnections: maxConnectionPoolSize } = args;
  return given({
    bucket: { name, region, prefix, expiration },
    encryption: given({ encryptionType: args.encryption, encryptionKey: args.encryptionKey }),
    bucketSecurity: given({ accessKeyId, secretAccessKey, role, sessionToken }),
    advancedBucketConnection: given({ endpoint, forcePathStyle, maxConnectionPoolSize }),
  });
}

/** What Nexus says of an S3 server's refusal, and what that means (measured on 3.71 in front of a server that judges by policies). */
const MEANINGS: readonly (readonly [said: RegExp, meaning: (bucket: string) => string])[] = [
  [
    /permissions to create bucket/i,
    (bucket) =>
      `There is no bucket "${bucket}" there, and the key may not make one, nor need it: make the bucket, or correct its name`,
  ],
  [
    /not owned by you/i,
    (bucket) =>
      `The key may not read the policy of the bucket "${bucket}" (s3:GetBucketPolicy): it has to have one that allows it`,
  ],
  [/signature|secret access key/i, () => "The secret access key is not the one of the access key id"],
  [/access key id/i, () => "The S3 server knows no such access key id"],
  [
    /Unable to execute HTTP request/i,
    () =>
      "The S3 server doesn't answer Nexus: it must run, and `endpoint` be its address as Nexus's container reaches it",
  ],
  [
    /unexpected (S3 )?error|Access Denied|Forbidden/i,
    (bucket) =>
      `The key lacks a right on the bucket "${bucket}", the bucket is of another region, or the S3 server doesn't answer Nexus: ` +
      "its log says which (docker logs of its container)",
  ],
];

function meaningOf(error: unknown): ((bucket: string) => string) | undefined {
  if (!(error instanceof NexusFailure) || error.status !== 400) return undefined;
  return MEANINGS.find(([said]) => said.test(error.message))?.[1];
}

/** Nexus's words name the bucket's owner where a right is missing, and a right where the bucket is. */
function explain(error: unknown, want: Fields): never {
  const meaning = meaningOf(error);
  if (meaning === undefined) throw error;
  const bucket = objectOf(objectOf(want["bucketConfiguration"])["bucket"]);
  throw new Error(
    `${messageOf(error)}. ${meaning(String(bucket["name"]))}. Which rights are enough: docs/nexus.md, "Blob stores in S3".`,
    { cause: error },
  );
}

/** No prefix is told as null. */
function withPrefix(body: Fields): Fields {
  const configuration = body["bucketConfiguration"];
  const bucket = isJsonObject(configuration) ? configuration["bucket"] : undefined;
  if (!isJsonObject(configuration) || !isJsonObject(bucket)) return body;
  return {
    ...body,
    bucketConfiguration: { ...configuration, bucket: { ...bucket, prefix: bucket["prefix"] ?? "" } },
  };
}
