import { pause } from "../../http/retrying";
import type { RegistryClient } from "../client";
import type { Descriptor, Manifest } from "../manifest";
import { registryPolicy } from "../session";
import { setTag, TagConflict } from "../tag";
import { distinct } from "./image-tree";
import { ListNotKept, type ReferrerLosses } from "./referrer-losses";
import { type CompanionTag, type ReferrerGroup, ReferrerLists, type Referrers } from "./referrers";
import { addToReferrersTag } from "./referrers-tag";
import { runLimited } from "./run-limited";

export interface PushReferrersArgs {
  client: RegistryClient;
  repository: string;
  referrers: Referrers;
  losses: ReferrerLosses;
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
  /** Found at the source; those that got lost on the way are in no other number. */
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
  /** Digests of what is missing. */
  lacking: string[];
}

/**
 * Looks at what the target knows of the referrers already.
 * @param lacking manifests that the target does not have.
 * @throws TagConflict where a tag of cosign's would lose what only the target has.
 */
export async function planReferrers(args: PushReferrersArgs, lacking: Manifest[]): Promise<ReferrerPlan> {
  const { client, repository, referrers, losses, questions, stop } = args;
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
  await runLimited(referrers.groups, questions, stop, (group) => losses.advised(() => look(group)));
  const roots = referrers.groups.flatMap((group) => [...group.listed, ...group.tags.map(({ root }) => root)]);
  const all = distinct(roots);
  const lacks = all.map(({ digest }) => digest).filter((digest) => missing.has(digest));
  const { length: total } = all;
  const count = lacks.length;
  return { total, present: total - count, copied: 0, missing: count, tags, lacking: lacks };
}

/** Makes the referrers, whose manifests are at the target by now, known there, and makes sure that they are. */
export async function pushReferrers(args: PushReferrersArgs, plan: ReferrerPlan): Promise<ReferrerCounts> {
  const { client, repository, referrers, losses, questions, stop } = args;
  const lists = new ReferrerLists(client, repository);
  const groups = referrers.groups.filter(({ listed }) => listed.length > 0);
  await runLimited(groups, questions, stop, (group) =>
    losses.write(aboutList(group), () => announce(args, lists, group)),
  );
  const wanted = plan.tags.map(({ tag }) => tag);
  const tags = referrers.groups.flatMap((group) => group.tags.map((one) => ({ ...one, group })));
  const left = tags.filter(({ tag }) => wanted.includes(tag));
  await runLimited(left, questions, stop, ({ tag, root, group }) =>
    losses.write({ subject: group.subject.digest, referrers: [root.digest] }, () =>
      setTag({ client, repository, tag, root, move: true }),
    ),
  );
  const lost = new Set(losses.all.flatMap((loss) => loss.referrers));
  const copied = plan.lacking.filter((digest) => !lost.has(digest)).length;
  return { total: plan.total, present: plan.present, copied, missing: 0 };
}

function aboutList({ subject, listed }: ReferrerGroup) {
  return { subject: subject.digest, referrers: listed.map(({ digest }) => digest) };
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
    const error = new ListNotKept({
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
