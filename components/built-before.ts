import * as pulumi from "@pulumi/pulumi";
import type { AppSettings } from "./settings";

/** The image of an app that the stack built last, as its outputs tell it to the next run. */
export interface Built {
  readonly tag: string;
  /** repository@digest in the GitLab registry. */
  readonly image: string;
  /** Whether the image is a resource of the stack: not while, and after, a release is pinned. */
  readonly inState: boolean;
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

/** The stack's outputs at the end of its last update; none where there was no update yet. */
export interface OutputsBefore {
  readonly [output: string]: unknown;
}

/** Those that the next run asks for. `nexusUrl` tells a stack of any version from a new one. */
const ASKED = ["nexusUrl", "apps", "edges"] as const;

export async function outputsBefore(): Promise<OutputsBefore> {
  const self = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const before = new pulumi.StackReference("before", { name: self });
  const values = await Promise.all(
    ASKED.map(async (name) => [name, (await before.getOutputDetails(name)).value]),
  );
  return Object.fromEntries(values.filter(([, value]) => value !== undefined && value !== null));
}

/** What each app's image was at the end of the stack's last update. */
export function builtBefore(before: OutputsBefore): Readonly<Record<string, Built | undefined>> {
  const apps = (before["apps"] ?? {}) as Record<string, { built?: Built }>;
  return Object.fromEntries(Object.entries(apps).map(([name, { built }]) => [name, built]));
}
