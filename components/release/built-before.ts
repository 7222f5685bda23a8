import type { OutputsBefore } from "../base/outputs-before";
import type { AppSettings } from "../settings/settings";

/** The image of an app that the stack built last, as its outputs tell it to the next run. */
export interface Built {
  readonly tag: string;
  /** repository@digest in the GitLab registry. */
  readonly image: string;
  /** Whether the image is a resource of the stack: not while, and after, a release is pinned. */
  readonly inState: boolean;
  /** What it is built for, where that isn't linux/amd64. */
  readonly platform?: string;
  /** The image before, whose layers its build could take. */
  readonly cacheFrom?: string;
}

/** What becomes of an app's image in this run. */
export type ImagePlan =
  | { readonly kind: "build" }
  /** Nothing is built; `image` is what is deployed, undefined where the app is pinned to a release. */
  | { readonly kind: "keep"; readonly image: string | undefined };

/**
 * A pinned app builds nothing. Neither does an app whose working commit was built before it was pinned: the image
 * is no resource any more, but its digest is known, and building again could give another one.
 */
export function imagePlan(app: AppSettings, tag: string, before: Built | undefined): ImagePlan {
  if (app.release || !app.build) return { kind: "keep", image: undefined };
  if (before?.tag === tag && !before.inState) return { kind: "keep", image: before.image };
  return { kind: "build" };
}

/**
 * The image whose layers a build may take: the one before. It stays the same for as long as the tag does, as another one would be
 * another build.
 */
export function cacheSource(app: AppSettings, tag: string, before: Built | undefined): string | undefined {
  if (!app.build?.cache) return undefined;
  return before?.tag === tag ? before.cacheFrom : before?.image;
}

/** What each app's image was at the end of the stack's last update. */
export function builtBefore(before: OutputsBefore): Readonly<Record<string, Built | undefined>> {
  const apps = (before["apps"] ?? {}) as Record<string, { built?: Built }>;
  return Object.fromEntries(Object.entries(apps).map(([name, { built }]) => [name, built]));
}
