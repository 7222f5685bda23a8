import type * as pulumi from "@pulumi/pulumi";
import { NexusObject } from "../object/nexus-object";
import { type BlobStoreArgs, blobStoreKind } from "./blob-store";

export interface FileBlobStoreArgs extends BlobStoreArgs {
  /** Below `/nexus-data/blobs` where relative. */
  readonly path: pulumi.Input<string>;
}

/** A blob store on disk. A PUT with another path is taken (204) and loses the content: the path is fixed. */
export const fileBlobStore = blobStoreKind("file", (name, body) => ({ name, ...body }), {
  update: (call, id, { name: _name, ...merged }) =>
    call("PUT", `/v1/blobstores/file/${encodeURIComponent(id)}`, [204], merged),
  fixed: ["name", "path"],
});

/** A blob store in a folder on disk. */
export class FileBlobStore extends NexusObject {
  declare readonly name: pulumi.Output<string>;

  constructor(name: string, args: FileBlobStoreArgs, opts?: pulumi.CustomResourceOptions) {
    super(fileBlobStore, name, { ...args }, opts);
  }
}
