import type Docker from "dockerode";
import type { ImageInfo } from "dockerode";
import { IDENTITY_LABEL } from "../../base/stack-identity";
import { messageOf, statusOf } from "../../values/error-facts";

/** Which names of images are to go. */
export interface OldNames {
  /** The stack's, by which its containers are known. */
  readonly identity: string;
  /** `host:port/app` of the app, and of the app under its name before: all other repositories are somebody else's. */
  readonly repositories: readonly string[];
  /** repository@digest of what stays. */
  readonly kept: readonly string[];
}

/** What came of it on one Docker. */
export interface Removed {
  /** Images that are gone. */
  readonly images: number;
  /** What that freed; undefined where this Docker doesn't tell what images share. */
  readonly bytes: number | undefined;
  /** How large they were, with layers that others share. */
  readonly size: number;
  /** Images that have names of others as well: they lost the app's, and stay. */
  readonly untagged: number;
  /** Why an image could not be removed, where that isn't that something uses it. */
  readonly problems: readonly string[];
  /** Images that stay as another stack has containers of their repository there, and may go back to them. */
  readonly shared: number;
  /** Images that are left for the next time, as these took so long. */
  readonly late: number;
}

/** No update waits longer than that for the removals on one Docker: a removal that has begun is waited for. */
export const MOST_MS = 15_000;

/** A name of an image that is to go. */
interface Old {
  readonly repository: string;
  readonly reference: string;
  readonly image: ImageInfo;
}

/** An answer of Docker's to a removal: one line for each name and each layer. */
type Gone = readonly { readonly Deleted?: string }[];

/** With what each shares with others: from Docker 23 on. */
const LISTED = { all: false, "shared-size": true };

/**
 * Takes the app's names from images that nothing goes back to, and with the last name the image. What a container uses stays, whether it
 * runs and whoever has made it: without force Docker refuses that itself, but not where the image has another name as well.
 */
export async function removeImages(docker: Docker, old: OldNames, ms = MOST_MS): Promise<Removed> {
  const until = Date.now() + ms;
  const used = await usedOn(docker, old);
  const tried = new Set<string>();
  let removed: Removed = { images: 0, bytes: 0, size: 0, untagged: 0, problems: [], shared: 0, late: 0 };
  for (;;) {
    // Listed anew each time: what two of them share is the second one's alone once the first is gone.
    const all = oldOf(await docker.listImages(LISTED), old, used);
    const isOthers = ({ repository }: Old) => used.byOthers.has(repository);
    const left = all.filter((one) => !isOthers(one) && !tried.has(one.reference));
    const isLate = Date.now() >= until;
    const [next] = left;
    if (!next || isLate) return { ...removed, shared: imagesIn(all.filter(isOthers)), late: imagesIn(left) };
    tried.add(next.reference);
    removed = await removeOne(docker, next, removed);
  }
}

function imagesIn(old: readonly Old[]): number {
  return new Set(old.map(({ image }) => image.Id)).size;
}

async function removeOne(docker: Docker, { reference, image }: Old, before: Removed): Promise<Removed> {
  try {
    const gone: Gone = await docker.getImage(reference).remove();
    if (!gone.some(({ Deleted }) => Deleted === image.Id))
      return { ...before, untagged: before.untagged + 1 };
    const bytes = plus(before.bytes, ownBytes(image));
    return { ...before, images: before.images + 1, size: before.size + image.Size, bytes };
  } catch (error) {
    // Something uses it since we looked, or somebody else has removed it.
    if ([404, 409].includes(statusOf(error) ?? 0)) return before;
    return { ...before, problems: [...before.problems, messageOf(error)] };
  }
}

/** What containers use, running or not. */
interface Used {
  /** Ids and names, as Docker tells of each container what it was made of. */
  readonly images: ReadonlySet<string>;
  /** Repositories out of which another stack has a container: it goes back to what only its own state knows. */
  readonly byOthers: ReadonlySet<string>;
}

async function usedOn(docker: Docker, { identity }: OldNames): Promise<Used> {
  const containers = await docker.listContainers({ all: true });
  const others = containers.filter(
    ({ Labels }) => ![undefined, identity].includes(Labels?.[IDENTITY_LABEL]), // others' may have none at all
  );
  return {
    images: new Set(containers.flatMap(({ Image, ImageID }) => [Image, ImageID])),
    byOthers: new Set(others.map(({ Image }) => repositoryOf(Image))),
  };
}

/** One that has a tag of the app's repository was pulled by hand, and stays as it is: Docker may take the tag along with the digest. */
function oldOf(images: readonly ImageInfo[], { repositories, kept }: OldNames, used: Used): Old[] {
  return images.flatMap((image) => {
    const [tags, digests] = [image.RepoTags ?? [], image.RepoDigests ?? []];
    if ([image.Id, ...tags, ...digests].some((name) => used.images.has(name))) return [];
    if (tags.some((tag) => repositories.includes(tag.slice(0, tag.lastIndexOf(":"))))) return [];
    return digests
      .filter((reference) => !kept.includes(reference))
      .map((reference) => ({ repository: repositoryOf(reference), reference, image }))
      .filter(({ repository }) => repositories.includes(repository));
  });
}

/** Of a name with a digest. */
function repositoryOf(reference: string): string {
  return reference.replace(/@.*$/, "");
}

/** What an image has alone; Docker says -1 for what it hasn't looked for. */
function ownBytes({ Size, SharedSize }: ImageInfo): number | undefined {
  return SharedSize >= 0 ? Math.max(0, Size - SharedSize) : undefined;
}

function plus(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one + other;
}
