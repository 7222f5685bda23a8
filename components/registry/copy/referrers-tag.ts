import type { RegistryClient } from "../client";
import { digestOf } from "../digest";
import { INDEX_TYPE, type Manifest } from "../manifest";
import { RegistryError, type RegistryErrorArgs } from "../wire/errors";
import { ListNotKept } from "./referrer-losses";
import { referrersTag } from "./referrers";

export interface ReferrersTagArgs {
  client: RegistryClient;
  repository: string;
  /** Digest that they refer to. */
  subject: string;
  referrers: Manifest[];
}

/** Other jobs may write the same list; one that is always replaced by others is given up. */
const MOST_ATTEMPTS = 5;

/**
 * Adds to the list of referrers that clients look for where a registry has no API ("Referrers Tag Schema", OCI
 * distribution specification 1.1). What is listed there stays. The list is read back, since the registry would not
 * notice if two jobs wrote it at once.
 * @throws ListNotKept where something else is under that tag
 */
export async function addToReferrersTag(args: ReferrersTagArgs): Promise<void> {
  const { client, repository, subject, referrers } = args;
  const tag = referrersTag(subject);
  for (let attempts = 0; ; attempts++) {
    const before = await client.findManifest(repository, tag);
    if (before?.digest === subject)
      throw new ListNotKept(
        refusal(
          args,
          "the registry takes this tag for the digest in it, so that it keeps no list of referrers",
        ),
      );
    if (before !== undefined && before.mediaType !== INDEX_TYPE)
      throw new ListNotKept(
        refusal(args, `tag ${tag} should be a list of referrers (${INDEX_TYPE}), and is ${before.mediaType}`),
      );
    const known = before?.children.map(({ digest }) => digest) ?? [];
    const news = referrers.filter(({ digest }) => !known.includes(digest));
    if (news.length === 0) return;
    if (attempts >= MOST_ATTEMPTS)
      throw new RegistryError(refusal(args, `other jobs keep replacing the list of referrers ${tag}`));
    const bytes = withEntries(before, news);
    await client.putManifest(repository, tag, { bytes, mediaType: INDEX_TYPE, digest: digestOf(bytes) });
  }
}

function withEntries(before: Manifest | undefined, news: Manifest[]): Buffer {
  const index = before ? indexOf(before.bytes) : { schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [] };
  return Buffer.from(JSON.stringify({ ...index, manifests: [...index.manifests, ...news.map(entry)] }));
}

function indexOf(bytes: Buffer): { manifests: unknown[] } {
  return JSON.parse(bytes.toString("utf8"));
}

/** As the specification wants a manifest to be listed. */
function entry({ mediaType, digest, size, artifactType, annotations }: Manifest) {
  return {
    mediaType,
    digest,
    size,
    ...(artifactType && { artifactType }),
    ...(annotations && { annotations }),
  };
}

function refusal({ client, repository, subject }: ReferrersTagArgs, problem: string): RegistryErrorArgs {
  return { method: "PUT", url: client.manifestUrl(repository, referrersTag(subject)), problem };
}
