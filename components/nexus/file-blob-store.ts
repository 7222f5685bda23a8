import type * as pulumi from "@pulumi/pulumi";
import type { Kind } from "./kind";
import { type ContentArgs, NexusObject } from "./nexus-object";

export interface FileBlobStoreArgs extends ContentArgs {
  readonly name: pulumi.Input<string>;
  /** Below `/nexus-data/blobs` where relative. */
  readonly path: pulumi.Input<string>;
}

/** A blob store on disk. Nexus refuses to delete one in use (400) and never moves one: the path is fixed. */
export const fileBlobStore: Kind = {
  noun: "file blob store",
  id: (want) => String(want.name),
  read: async (call, id) => {
    const answer = await call("GET", `/v1/blobstores/file/${encodeURIComponent(id)}`, [200, 404]);
    // The answer lacks the name; a PUT without softQuota would clear it, so it stays in the merge.
    return answer.status === 404 ? undefined : { name: id, ...(answer.body as Record<string, unknown>) };
  },
  create: (call, want) => call("POST", "/v1/blobstores/file", [204], want),
  update: (call, id, { name: _name, ...merged }) =>
    call("PUT", `/v1/blobstores/file/${encodeURIComponent(id)}`, [204], merged),
  remove: (call, id) => call("DELETE", `/v1/blobstores/${encodeURIComponent(id)}`, [204, 404]),
  fixed: ["name", "path"],
};

export class FileBlobStore extends NexusObject {
  constructor(name: string, args: FileBlobStoreArgs, opts?: pulumi.CustomResourceOptions) {
    super("FileBlobStore", name, { ...args }, opts);
  }
}
