import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import type { Shape } from "../base/shape";
import type { Labels } from "../base/stack-identity";
import { describeVolume, holdsSomething, volumeContent } from "./volume-content";

export interface VolumeGuardArgs {
  readonly docker: pulumi.Input<string>;
  /** Name of the volume there. */
  readonly volume: pulumi.Input<string>;
  /** For people: `app blog: volume data on main`. */
  readonly what: pulumi.Input<string>;
  /** The setting that lets it go: `berth:apps.blog.volumes.data: { path: /data, allowDataLoss: true }`. */
  readonly setting: pulumi.Input<string>;
  readonly allowDataLoss: pulumi.Input<boolean>;
  /** An image on that host, with a shell, to look into the volume with. */
  readonly image: pulumi.Input<string>;
  /** Of the container that looks. */
  readonly labels: pulumi.Input<Labels>;
}

/** A guard as a state has it. */
export type GuardedVolume = pulumi.Unwrap<VolumeGuardArgs>;

/**
 * Stands before a volume: where that is to be deleted, or replaced by a new one, and holds something, its guard refuses
 * first, unless `allowDataLoss` was set for it with the update before. The engine deletes what depends on a volume before the
 * volume, and replaced ones at the very end, so that the data stays. `berth` refuses before it begins; with `pulumi up` by hand the
 * app's route and container may be gone when the guard refuses, and come back once the settings are put back.
 */
export class VolumeGuard extends DynamicResource {
  constructor(name: string, args: VolumeGuardArgs, opts?: pulumi.CustomResourceOptions) {
    super("docker.VolumeGuard", name, args, opts);
  }
}

const wanted: Shape<GuardedVolume> = z.looseObject({
  docker: z.string(),
  volume: z.string(),
  what: z.string(),
  setting: z.string(),
  allowDataLoss: z.boolean(),
  image: z.string(),
  labels: z.record(z.string(), z.string()),
});

const volumeGuard = dynamicProvider({
  id: ({ volume }) => `guard of ${volume}`,
  inputs: wanted,
  state: wanted,
  changedBy: ["docker", "volume", "what", "setting", "allowDataLoss", "image"],
  apply: async (want, before) => {
    if (before && (before.volume !== want.volume || before.docker !== want.docker)) await mayGo(before);
    return { ...want };
  },
  remove: mayGo,
});

export const providers = { VolumeGuard: volumeGuard };

/** @throws Error with what would be lost, and the two ways to go on */
async function mayGo(guarded: GuardedVolume): Promise<void> {
  if (guarded.allowDataLoss) return;
  const content = await volumeContent(guarded);
  if (content === undefined || !holdsSomething(content)) return;
  throw new Error(`${guarded.what} (${describeVolume(content)}) is not deleted. ${waysOut(guarded)}`);
}

/** What to do where a volume that holds something would go. */
export function waysOut({ setting }: Pick<GuardedVolume, "setting">): string {
  return (
    "If its app, server or volume has another name now, say so: `was: OLD-NAME` below the new name keeps the data. " +
    `To lose it: put it back into the settings with ${setting}, run up, then take it out.`
  );
}
