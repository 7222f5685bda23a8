import type { AppSettings } from "../../components/settings";
import type { ReleaseChange } from "./change";

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
