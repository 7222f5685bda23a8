import type { RegistryClient } from "./client";
import type { Manifest } from "./manifest";
import { RegistryError, type RegistryErrorArgs } from "./wire/errors";

export interface TagArgs {
  client: RegistryClient;
  repository: string;
  /** None: the image stays untagged. */
  tag: string | undefined;
  root: Manifest;
  /** Let it be moved from another digest. */
  move: boolean | undefined;
}

export type TagChange = "set" | "moved" | "unchanged" | "none";

/** A tag that points to another image than the one to be tagged. */
export class TagConflict extends RegistryError {
  override name = "TagConflict";

  constructor(
    args: RegistryErrorArgs,
    readonly tag: string,
    /** The digest it points to, and the one it should. */
    readonly found: string,
    readonly wanted: string,
  ) {
    super(args);
  }
}

/** What setting the tag would do. @throws TagConflict where it points elsewhere and may not be moved. */
export async function checkTag(args: TagArgs): Promise<TagChange> {
  const { client, repository, tag } = args;
  if (tag === undefined) return "none";
  return judgeTag(args, (await client.headManifest(repository, tag))?.digest);
}

/** As `checkTag`, where the digest that it points to is known. */
export function judgeTag(
  { client, repository, tag, root, move }: TagArgs,
  found: string | undefined,
): TagChange {
  if (tag === undefined) return "none";
  if (found === undefined) return "set";
  if (found === root.digest) return "unchanged";
  if (move) return "moved";
  const problem = `tag ${tag} points to ${found}, and should be set to ${root.digest}`;
  const hint = "Use a new tag, or allow the move (--move-tag)";
  const url = client.manifestUrl(repository, tag);
  throw new TagConflict({ method: "PUT", url, problem, hint }, tag, found, root.digest);
}

/** Sets the tag unless it is right already: a repository that allows one deployment refuses even the same again. */
export async function setTag(args: TagArgs): Promise<TagChange> {
  const { client, repository, tag, root } = args;
  const change = await checkTag(args);
  if (tag === undefined || change === "unchanged") return change;
  try {
    await client.putManifest(repository, tag, root);
  } catch (error) {
    // Another job may have set the very same tag in between.
    if (!(error instanceof RegistryError) || (await checkTag(args)) !== "unchanged") throw error;
    return "unchanged";
  }
  const found = (await client.headManifest(repository, tag))?.digest;
  if (found === root.digest) return change;
  const problem = `tag ${tag} was set to ${root.digest}, but points to ${found ?? "nothing"} now: another job has moved it`;
  throw new RegistryError({ method: "HEAD", url: client.manifestUrl(repository, tag), problem });
}
