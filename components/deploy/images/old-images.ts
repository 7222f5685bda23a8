import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../../base/dynamic-provider";
import { DynamicResource } from "../../base/dynamic-resource";
import type { Shape } from "../../base/shape";
import { dockerHost } from "../../docker/docker-host";
import { MOST_KEPT } from "../../settings/app-settings";
import { atMost } from "../../values/at-most";
import { bytesText } from "../../values/bytes-text";
import { messageOf } from "../../values/error-facts";
import { plural } from "../../values/plain-words";
import { MOST_MS, type OldNames, type Removed, removeImages } from "./remove-images";

export interface OldImagesArgs {
  readonly app: pulumi.Input<string>;
  /** Its name before: nothing goes back to an image of that. */
  readonly was?: pulumi.Input<string> | undefined;
  /** The stack's: what containers of other stacks are made of is theirs as well. */
  readonly identity: pulumi.Input<string>;
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
  readonly identity: string;
  readonly image: string;
  readonly keep: number;
  readonly known: readonly string[];
  readonly servers: readonly { readonly name: string; readonly docker: string }[];
}

interface State {
  readonly app: string;
  /** Digests that lead back from the release that runs, which is the first. A check has the inputs of before alone. */
  readonly way?: readonly string[];
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
  identity: z.string(),
  image: z.string(),
  keep: z.number(),
  known: z.array(z.string()),
  servers: z.array(z.looseObject({ name: z.string(), docker: z.string() })),
});
const state: Shape<State> = z.looseObject({ app: z.string(), way: z.optional(z.array(z.string())) });

const oldImages = dynamicProvider<Wanted, State>({
  id: ({ app }) => `old images of ${app}`,
  inputs: wanted,
  state,
  changedBy: ["app", "image", "keep", "servers"],
  apply: async (want, before) => {
    const [repository = "", digest = ""] = want.image.split("@");
    const way = wayFrom(wayBefore(want, before), digest);
    const repositories = [repository, ...renamedFrom(repository, want.was)];
    const kept = way.slice(0, want.keep).map((one) => `${repository}@${one}`);
    const old = { identity: want.identity, repositories, kept };
    const told = await Promise.all(dockersOf(want).map((docker) => toldOf(want.app, docker, old)));
    return { ...want, way, told: told.flat() };
  },
});

export const providers = { OldImages: oldImages };

/** A rollback goes back no further than a rename. */
function wayBefore({ app, known }: Wanted, before: State | undefined): readonly string[] {
  if (!before) return known;
  return before.app === app ? (before.way ?? []) : [];
}

/** As `berth rollback` goes: one that was gone back from isn't on the way any more. */
function wayFrom(way: readonly string[], digest: string): string[] {
  const at = way.indexOf(digest);
  return (at === -1 ? [digest, ...way] : way.slice(at)).slice(0, MOST_KEPT);
}

function renamedFrom(repository: string, was: string | undefined): string[] {
  return was === undefined ? [] : [repository.replace(/[^/]*$/, was)];
}

/** Each once, with the names of its servers: two of them can be one Docker. */
function dockersOf({ servers }: Wanted) {
  const dockers = [...new Set(servers.map(({ docker }) => docker))];
  return dockers.map((docker) => {
    const here = servers.filter((server) => server.docker === docker);
    return { name: here.map(({ name }) => name).join(", "), docker };
  });
}

/** Removes them on one Docker. Never fails, and no update waits for a Docker that doesn't answer. */
async function toldOf(app: string, { name, docker }: Wanted["servers"][number], old: OldNames) {
  try {
    const work = removeImages(dockerHost(docker), old).then((removed) => toldLines(name, app, removed));
    return await atMost(work, HANGS_MS, [
      `${name}: Docker has not removed the old images of ${app} within ${HANGS_MS / 1000} s; ${LATER}`,
    ]);
  } catch (error) {
    return [`${name}: nobody knows which old images of ${app} are there; ${LATER}: ${messageOf(error)}`];
  }
}

/** A Docker that is busy for longer with one of them is left alone. */
const HANGS_MS = 60_000;

const LATER = "the next release tries again";

function toldLines(server: string, app: string, removed: Removed): string[] {
  const { images, bytes, size, untagged, shared, late } = removed;
  const [problem, ...more] = removed.problems;
  const freed = bytes === undefined ? `at most ${bytesText(size)}` : bytesText(bytes);
  return [
    images > 0 && `removed ${plural(images, "image")} of ${app}, ${freed}`,
    untagged > 0 && `took that name from ${plural(untagged, "image")} of ${app}, with other names there`,
    shared > 0 &&
      `left ${plural(shared, "old image")} of ${app}: another stack has containers of the same repository there, and may go back to them`,
    late > 0 &&
      `left ${plural(late, "old image")} of ${app}, as those before took ${MOST_MS / 1000} s to remove; ${LATER}`,
    problem !== undefined &&
      `could not remove ${plural(1 + more.length, "old image")} of ${app}; ${LATER}: ${problem}`,
  ].flatMap((line) => (line === false ? [] : [`${server}: ${line}`]));
}
