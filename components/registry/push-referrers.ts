import { pause } from "../http/retrying";
import type { RegistryClient } from "./client";
import { RegistryError } from "./errors";
import { distinct } from "./image-tree";
import type { Descriptor, Manifest } from "./manifest";
import {
  type CompanionTag,
  type ReferrerGroup,
  ReferrerLists,
  type Referrers,
  withAdvice,
} from "./referrers";
import { addToReferrersTag } from "./referrers-tag";
import { runLimited } from "./run-limited";
import { registryPolicy } from "./session";
import { setTag, TagConflict } from "./tag";

export interface PushReferrersArgs {
  client: RegistryClient;
  repository: string;
  referrers: Referrers;
  /** Let a tag of cosign's that has something of its own be moved. */
  moveTag: boolean | undefined;
  /** Requests at once. */
  questions: number;
  stop: AbortController;
  signal?: AbortSignal | undefined;
  retryDelay?: number | undefined;
}

/** Signatures, SBOMs and the like, each counted once. */
export interface ReferrerCounts {
  total: number;
  /** At the target, and found there by those who look for them. */
  present: number;
  copied: number;
  /** In a dry run only. */
  missing: number;
}

export interface ReferrerPlan extends ReferrerCounts {
  /** Tags to set. */
  tags: CompanionTag[];
}

/**
 * Looks at what the target knows of the referrers already.
 * @param lacking manifests that the target does not have.
 * @throws TagConflict where a tag of cosign's would lose what only the target has.
 */
export async function planReferrers(args: PushReferrersArgs, lacking: Manifest[]): Promise<ReferrerPlan> {
  const { client, repository, referrers, questions, stop } = args;
  const lists = new ReferrerLists(client, repository);
  const missing = new Set(lacking.map(({ digest }) => digest));
  const tags: CompanionTag[] = [];
  const look = async (group: ReferrerGroup) => {
    for (const one of await unlisted(lists, group)) missing.add(one.digest);
    for (const one of group.tags)
      if (await mustBeSet(args, lists, one)) {
        tags.push(one);
        missing.add(one.root.digest);
      }
  };
  await runLimited(referrers.groups, questions, stop, (group) => withAdvice(stop, () => look(group)));
  const roots = referrers.groups.flatMap((group) => [...group.listed, ...group.tags.map(({ root }) => root)]);
  const all = distinct(roots);
  const count = all.filter(({ digest }) => missing.has(digest)).length;
  return { total: all.length, present: all.length - count, copied: 0, missing: count, tags };
}

/** Makes the referrers, whose manifests are at the target by now, known there, and makes sure that they are. */
export async function pushReferrers(args: PushReferrersArgs, plan: ReferrerPlan): Promise<ReferrerCounts> {
  const { client, repository, referrers, questions, stop } = args;
  const lists = new ReferrerLists(client, repository);
  const groups = referrers.groups.filter(({ listed }) => listed.length > 0);
  await runLimited(groups, questions, stop, (group) => withAdvice(stop, () => announce(args, lists, group)));
  await runLimited(plan.tags, questions, stop, ({ tag, root }) =>
    withAdvice(stop, () => setTag({ client, repository, tag, root, move: true })),
  );
  const { total, present, missing } = plan;
  return { total, present, copied: missing, missing: 0 };
}

async function unlisted(lists: ReferrerLists, { subject, listed }: ReferrerGroup): Promise<Manifest[]> {
  if (listed.length === 0) return [];
  const known = (await lists.of(subject.digest)).entries.map(({ digest }) => digest);
  return listed.filter(({ digest }) => !known.includes(digest));
}

/** A registry with the API lists what it took; without, the tagged list is the client's to keep. */
async function announce(args: PushReferrersArgs, lists: ReferrerLists, group: ReferrerGroup): Promise<void> {
  const { client, repository } = args;
  const { subject } = group;
  const policy = registryPolicy(args);
  for (let number = 1; ; number++) {
    const { api } = await lists.of(subject.digest);
    if (!api)
      return addToReferrersTag({ client, repository, subject: subject.digest, referrers: group.listed });
    const [first, ...more] = await unlisted(lists, group);
    if (first === undefined) return;
    const error = new RegistryError({
      method: "GET",
      url: client.manifestUrl(repository, first.digest),
      problem: `the registry has it, but does not list it as referring to ${subject.digest}`,
      hint: `Look into the log of ${client.registry}`,
    });
    if (number >= policy.attempts) throw error;
    // What was there before the registry had this API is listed when it comes again; other lists only take a moment.
    for (const one of [first, ...more]) await client.putManifest(repository, one.digest, one);
    await pause(error, number, policy, args.signal);
  }
}

/** May a tag be set, and need it? Signatures are added to such a manifest, so that an older one is part of a newer one. */
async function mustBeSet(args: PushReferrersArgs, lists: ReferrerLists, { tag, root }: CompanionTag) {
  const found = await lists.tagged(tag);
  if (found === undefined) return true;
  if (found.digest === root.digest) return false;
  const [theirs, ours] = [contentOf(found), contentOf(root)];
  if (ours.every((one) => theirs.includes(one))) return false;
  if (args.moveTag || theirs.every((one) => ours.includes(one))) return true;
  const { client, repository } = args;
  const problem = `tag ${tag} points to ${found.digest}, which has signatures or the like that ${root.digest} at the source lacks`;
  const hint =
    "To give those up allow the move (--move-tag); to keep them leave referrers out (--no-referrers)";
  const error = { method: "PUT", url: client.manifestUrl(repository, tag), problem, hint };
  throw new TagConflict(error, tag, found.digest, root.digest);
}

/** Digests of what is in it; an image's config only sums up its layers. */
function contentOf({ children, blobs }: Manifest): string[] {
  const parts: Descriptor[] = [...children, ...blobs.slice(1)];
  return parts.map(({ digest }) => digest);
}
