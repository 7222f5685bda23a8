import type { AppSettings } from "../../components/settings";
import type { ReleaseChange } from "./change";

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
