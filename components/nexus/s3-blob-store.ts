import type * as pulumi from "@pulumi/pulumi";
import { type BlobStoreArgs, blobStoreKind } from "./blob-store";
import { isObject } from "./compare";
import type { Fields } from "./kind";
import { NexusObject } from "./nexus-object";
import { given } from "./repository";

export interface S3BlobStoreArgs extends BlobStoreArgs {
  readonly bucket: pulumi.Input<string>;
  /** `DEFAULT`: as the machine's own AWS configuration says. @default DEFAULT */
  readonly region?: pulumi.Input<string>;
  /** Folder in the bucket. @default none */
  readonly prefix?: pulumi.Input<string>;
  /** Days until S3 itself removes a deleted blob; -1: never. Newer servers leave it to their tasks. @default 3 */
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
 * A blob store in an S3 bucket. Bucket and prefix are where the content is: another would lose it. Region and endpoint
 * say how to reach the bucket and may change.
 */
export const s3BlobStore = blobStoreKind("s3", (_name, body) => withPrefix(body), {
  update: (call, id, merged) => call("PUT", `/v1/blobstores/s3/${encodeURIComponent(id)}`, [204], merged),
  fixed: ["name", "bucketConfiguration.bucket.name", "bucketConfiguration.bucket.prefix"],
  addresses: ["endpoint"],
  // Nexus 3.71 wants an expiration; 3.81 and later neither want nor tell one (Sonatype's OpenAPI documents).
  writeOnly: ["secretAccessKey", "sessionToken", "expiration"],
});

export class S3BlobStore extends NexusObject {
  declare readonly name: pulumi.Output<string>;

  constructor(name: string, args: S3BlobStoreArgs, opts?: pulumi.CustomResourceOptions) {
    const { server, adopt, allowDataLoss, softQuota } = args;
    const fields = { name: args.name, softQuota, bucketConfiguration: bucketConfiguration(args) };
    super("S3BlobStore", name, { server, adopt, allowDataLoss, ...fields }, opts);
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

/** No prefix is told as null. */
function withPrefix(body: Fields): Fields {
  const configuration = body["bucketConfiguration"];
  const bucket = isObject(configuration) ? configuration["bucket"] : undefined;
  if (!isObject(configuration) || !isObject(bucket)) return body;
  return {
    ...body,
    bucketConfiguration: { ...configuration, bucket: { ...bucket, prefix: bucket["prefix"] ?? "" } },
  };
}
