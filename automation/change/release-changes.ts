import type { AppSettings } from "../../components/settings/app-settings";
import type { ReleaseChange } from "./model/change";

/**
 * Release changes with the digests of pinned releases: they are known before the update, while the output that tells
 * them waits for a copy. What then is no change is left out.
 */
export function withPinnedDigests(
  releases: readonly ReleaseChange[],
  apps: readonly Pick<AppSettings, "name" | "release">[],
): ReleaseChange[] {
  const told = releases.map((change) => {
    const pin = apps.find(({ name }) => name === change.app)?.release;
    return change.after && pin ? { ...change, after: { tag: pin.tag, digest: pin.digest } } : change;
  });
  return told.filter(({ before, after }) => before?.tag !== after?.tag || before?.digest !== after?.digest);
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
