import type { OutputsBefore } from "../base/outputs-before";
import type { AppSettings, Release } from "../settings/settings";

/** A pinned release that a renamed app brought along, as the stack's outputs keep it. */
export interface InheritedRelease {
  /** The app's name before: the stack's own Nexus has the release under it. */
  readonly app: string;
  readonly digest: string;
}

type Apps = Readonly<Record<string, { readonly release?: Release; readonly inherited?: InheritedRelease }>>;

/**
 * The release of a renamed app that is pinned to what the stack ran under the old name: under the new one no other registry
 * has ever had it. Undefined for every other pin, as one of a release that was promoted since. It stays what it is as long as
 * pin and `was` do, so that the copy's source does.
 */
export function inheritedRelease(
  { name, was, release }: Pick<AppSettings, "name" | "was" | "release">,
  before: OutputsBefore,
): InheritedRelease | undefined {
  if (was === undefined || !release) return undefined;
  const { [name]: own, [was]: old } = (before["apps"] ?? {}) as Apps;
  const { digest, from } = release;
  if (own) {
    const { inherited } = own;
    return inherited?.app === was && inherited.digest === digest ? inherited : undefined;
  }
  if (!old?.release) return undefined;
  // With the rename may come another release, out of another stack. One that comes out of none is of a rollback.
  const isOthers = from !== undefined && digest !== old.release.digest;
  return isOthers ? undefined : { app: was, digest };
}
