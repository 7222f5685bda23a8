import type * as pulumi from "@pulumi/pulumi";
import type { Content, Fields, Kind } from "../object/kind";
import type { ContentArgs } from "../object/nexus-object";
import { objectIn } from "../rest/answer-shape";

/** Nexus only warns where a soft quota is exceeded. */
export interface SoftQuota {
  /** spaceUsedQuota: the store holds more than the limit; spaceRemainingQuota: less is left than that. */
  readonly type: "spaceRemainingQuota" | "spaceUsedQuota";
  /** Bytes. */
  readonly limit: number;
}

export interface BlobStoreArgs extends ContentArgs {
  readonly name: pulumi.Input<string>;
  readonly softQuota?: pulumi.Input<pulumi.Unwrap<SoftQuota>>;
}

interface Listed {
  readonly name: string;
  readonly blobCount: number;
  readonly totalSizeInBytes: number;
}

/**
 * A blob store of that type: `/v1/blobstores/<type>`. Nexus refuses to delete one in use (400); a PUT without softQuota
 * clears it.
 * @param tidy makes what GET answers comparable with our fields
 */
export function blobStoreKind(
  type: "file" | "s3",
  tidy: (id: string, body: Fields) => Fields,
  more: Pick<Kind, "fixed" | "writeOnly" | "update" | "addresses">,
): Kind {
  return {
    name: { file: "FileBlobStore", s3: "S3BlobStore" }[type],
    noun: `${type} blob store`,
    id: (want) => String(want.name),
    read: async (call, id) => {
      const answer = await call("GET", `/v1/blobstores/${type}/${encodeURIComponent(id)}`, [200, 404]);
      return answer.status === 404 ? undefined : tidy(id, objectIn(answer));
    },
    create: (call, want) => call("POST", `/v1/blobstores/${type}`, [201, 204], want),
    remove: (call, id) => call("DELETE", `/v1/blobstores/${encodeURIComponent(id)}`, [204, 404]),
    content: async (call, id) => contentOf(id, (await call("GET", "/v1/blobstores", [200])).body as Listed[]),
    ...more,
  };
}

/** Of a blob store Nexus knows the number of blobs: each is a file of a component. */
function contentOf(id: string, stores: Listed[]): Content {
  const store = stores.find(({ name }) => name === id);
  if (!store) throw new Error(`Nexus does not list the blob store "${id}": what it holds is not known.`);
  return { components: store.blobCount, counted: "blob", bytes: store.totalSizeInBytes, more: false };
}
