import { imageOwner, imageReference, releaseName } from "../../components/settings/app/image";
import type { AppSettings } from "../../components/settings/app-settings";
import type { ReleaseChange, ToldRelease } from "./model/change";

/**
 * Release changes with what is known before the update, while the output that tells it waits for a copy: digests of pinned
 * releases, the tag of an image that the update looks up. What then is no change is left out.
 */
export function withPinnedDigests(
  releases: readonly ReleaseChange[],
  apps: readonly Pick<AppSettings, "name" | "image" | "imageOf" | "release">[],
): ReleaseChange[] {
  const told = releases.map((change) => {
    const app = apps.find(({ name }) => name === change.app);
    const after = change.after && app && (releaseOf(imageOwner(app, apps)) ?? change.after);
    return after ? { ...change, after } : change;
  });
  return told.filter(({ before, after }) => before?.tag !== after?.tag || before?.digest !== after?.digest);
}

function releaseOf({ image, release }: Pick<AppSettings, "image" | "release">): ToldRelease | undefined {
  if (release) return { tag: release.tag, digest: release.digest };
  if (image === undefined) return undefined;
  const reference = imageReference(image);
  const { tag, digest } = reference;
  if (digest !== undefined) return { tag: releaseName(reference, digest), digest };
  return { ...(tag !== undefined && { tag }), isLookedUp: true };
}

/** Release changes in which a renamed app is one: outputs have it as one that goes and one that comes. */
export function overRenames(
  releases: readonly ReleaseChange[],
  apps: readonly Pick<AppSettings, "name" | "was">[],
): ReleaseChange[] {
  return releases.flatMap((change) => {
    const heir = apps.find(({ was }) => was === change.app)?.name;
    if (heir !== undefined && !change.after && releases.some((one) => isNew(one, heir))) return [];
    const was = apps.find(({ name }) => name === change.app)?.was;
    const before = releases.find(({ app, after }) => app === was && !after)?.before;
    return [isNew(change, change.app) && before ? { ...change, before } : change];
  });
}

function isNew({ app, before }: ReleaseChange, wanted: string): boolean {
  return app === wanted && !before;
}
