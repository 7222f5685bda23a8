import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../../base/dynamic-provider";
import { DynamicResource } from "../../base/dynamic-resource";
import type { Shape } from "../../base/shape";
import { dockerHost } from "../../docker/docker-host";
import { MOST_KEPT } from "../../settings/app-settings";
import { bytesText } from "../../values/bytes-text";
import { messageOf } from "../../values/error-facts";
import { type OldNames, type Removed, removeImages } from "./remove-images";

export interface OldImagesArgs {
  readonly app: pulumi.Input<string>;
  /** Its name before: nothing goes back to an image of that. */
  readonly was?: pulumi.Input<string> | undefined;
  /** repository@digest of the release that runs. */
  readonly image: pulumi.Input<string>;
  /** How many releases a server keeps, the one that runs among them. */
  readonly keep: pulumi.Input<number>;
  /** Digests of its releases so far, the newest first: read once, for what ran before this was made. */
  readonly known: pulumi.Input<readonly string[]>;
  readonly servers: pulumi.Input<{ readonly name: string; readonly docker: string }>[];
}

interface Wanted {
  readonly app: string;
  readonly was?: string;
  readonly image: string;
  readonly keep: number;
  readonly known: readonly string[];
  readonly servers: readonly { readonly name: string; readonly docker: string }[];
}

interface State {
  readonly app: string;
  /** Digests that lead back from the release that runs, which is the first. */
  readonly way: readonly string[];
  /** What was done the last time, a line for each server that there is something to tell of. */
  readonly told?: readonly string[];
}

/**
 * The images of an app's releases that nothing goes back to, taken from its servers: the last of an update. Nothing of a release depends
 * on it: what can't be removed is told and tried again with the next release, and fails no update.
 */
export class OldImages extends DynamicResource {
  constructor(name: string, args: OldImagesArgs, opts?: pulumi.CustomResourceOptions) {
    super("deploy.OldImages", name, args, opts);
  }
}

const wanted: Shape<Wanted> = z.looseObject({
  app: z.string(),
  was: z.optional(z.string()),
  image: z.string(),
  keep: z.number(),
  known: z.array(z.string()),
  servers: z.array(z.looseObject({ name: z.string(), docker: z.string() })),
});
const state: Shape<State> = z.looseObject({ app: z.string(), way: z.array(z.string()) });

const oldImages = dynamicProvider<Wanted, State>({
  id: ({ app }) => `old images of ${app}`,
  inputs: wanted,
  state,
  changedBy: ["app", "image", "keep", "servers"],
  apply: async (want, before) => {
    const [repository = "", digest = ""] = want.image.split("@");
    // A rollback goes back no further than a rename.
    const way = wayFrom(before?.app === want.app ? before.way : want.known, digest);
    const repositories = [repository, ...renamedFrom(repository, want.was)];
    const kept = way.slice(0, want.keep).map((one) => `${repository}@${one}`);
    const told = await Promise.all(
      want.servers.map((server) => toldOf(want.app, server, { repositories, kept })),
    );
    return { ...want, way, told: told.flat() };
  },
});

export const providers = { OldImages: oldImages };

/** As `berth rollback` goes: one that was gone back from isn't on the way any more. */
function wayFrom(way: readonly string[], digest: string): string[] {
  const at = way.indexOf(digest);
  return (at === -1 ? [digest, ...way] : way.slice(at)).slice(0, MOST_KEPT);
}

function renamedFrom(repository: string, was: string | undefined): string[] {
  return was === undefined ? [] : [repository.replace(/[^/]*$/, was)];
}

/** Removes them on one server. Never fails. */
async function toldOf(app: string, server: Wanted["servers"][number], old: OldNames): Promise<string[]> {
  const { name, docker } = server;
  try {
    return toldLines(name, app, await removeImages(dockerHost(docker), old));
  } catch (error) {
    return [`${name}: nobody knows which old images of ${app} are there; ${LATER}: ${messageOf(error)}`];
  }
}

const LATER = "the next release tries again";

function toldLines(
  server: string,
  app: string,
  { images, bytes, size, untagged, problems: [problem, ...more] }: Removed,
): string[] {
  const freed = bytes === undefined ? `at most ${bytesText(size)}` : bytesText(bytes);
  const left = problem === undefined ? "" : plural(1 + more.length, "old image");
  return [
    ...(images > 0 ? [`${server}: removed ${plural(images, "image")} of ${app}, ${freed}`] : []),
    ...(untagged > 0
      ? [`${server}: took that name from ${plural(untagged, "image")} of ${app}, with other names there`]
      : []),
    ...(problem !== undefined ? [`${server}: could not remove ${left} of ${app}; ${LATER}: ${problem}`] : []),
  ];
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
