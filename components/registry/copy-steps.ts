import type { BlobCopier } from "./blob-copier";
import type { RegistryClient } from "./client";
import { Companions } from "./companions";
import type { CopyImageArgs, CopyResult } from "./copy";
import { RegistryError } from "./errors";
import { type Image, newBounds, readImage } from "./image-tree";
import type { Manifest } from "./manifest";
import { presentAtTarget } from "./present-at-target";
import { pushManifests } from "./push-manifests";
import { type PushReferrersArgs, planReferrers, pushReferrers, type ReferrerPlan } from "./push-referrers";
import { formatReference, type Reference } from "./reference";
import type { ReferrerLosses } from "./referrer-losses";
import { findReferrers, type Referrers } from "./referrers";
import { runLimited, runTogether } from "./run-limited";
import { judgeTag, setTag, type TagArgs, type TagChange } from "./tag";
import { verifyTarget } from "./verify-target";

/** One copy: where from, where to, and what it works with. */
export interface Copy {
  args: CopyImageArgs;
  source: Reference;
  target: Reference;
  /** Tag or digest at the source. */
  wanted: string;
  from: RegistryClient;
  to: RegistryClient;
  blobs: BlobCopier;
  losses: ReferrerLosses;
  /** Ends everything on its way when one part has failed. */
  stop: AbortController;
}

interface Plan {
  image: Image;
  tag: TagArgs;
  change: TagChange;
  /** Of the image's manifests, those that the target lacks. */
  lacking: Manifest[];
  referrers: Referrers & { lacking: Manifest[]; push: PushReferrersArgs; plan: ReferrerPlan };
}

/** The steps of `copyImage`, in their order. */
export async function copyWith(copy: Copy): Promise<CopyResult> {
  const { args, to, target, stop, blobs } = copy;
  blobs.report("resolve");
  const there = args.ifMissing ? await presentAtTarget(copy) : undefined;
  if (there) return untouched(copy, there);
  const plan = await look(copy);
  const { lacking, referrers } = plan;
  const total = plan.image.manifests.length;
  if (args.dryRun) {
    const manifests = { total, present: total - lacking.length, copied: 0, missing: lacking.length };
    return result(copy, plan, { manifests, referrers: referrers.plan, tag: plan.change });
  }
  const own = new Set(plan.image.manifests.flatMap((one) => one.blobs.map(({ digest }) => digest)));
  const companions = new Companions(referrers, own, copy.losses);
  await blobs.copyAll((blob, error) => companions.mayLose(blob, error));
  const written = { client: to, repository: target.repository, blobs, stop };
  const pushed = await pushManifests({ ...written, manifests: lacking });
  const brought = await companions.push({ ...written, manifests: referrers.lacking });
  const announced = await pushReferrers({ ...referrers.push, referrers: companions.left }, referrers.plan);
  await verifyTarget({ ...written, manifests: [...pushed, ...brought] });
  blobs.report("tag");
  stop.signal.throwIfAborted();
  const isNew = lacking.length + blobs.counts().copied > 0;
  // Asked for a moment ago, and nothing has happened since.
  const tag = plan.change === "unchanged" && !isNew ? "unchanged" : await setTag(plan.tag);
  blobs.report("done");
  const { length: copied } = pushed;
  const manifests = { total, present: total - copied, copied, missing: 0 };
  return result(copy, plan, { manifests, referrers: announced, tag });
}

/** Everything that can be known before the first byte is written. */
async function look(copy: Copy): Promise<Plan> {
  const { args, source, target, from, to, stop, blobs, wanted, losses } = copy;
  const bounds = newBounds();
  const reading = {
    ...{ client: from, repository: source.repository, stop, bounds },
    concurrency: blobs.questions,
  };
  const { repository } = target;
  const [image, tagged] = await runTogether(
    stop,
    () => readImage({ ...reading, reference: wanted }),
    async () => target.tag && (await to.headManifest(repository, target.tag))?.digest,
  );
  checkDigest(image.root, target);
  blobs.report("check");
  const tag = { client: to, repository, tag: target.tag, root: image.root, move: args.moveTag };
  // Early, so that nothing is sent for a tag that is refused at the end.
  const change = judgeTag(tag, tagged || undefined);
  const known = change === "unchanged" ? [image.root.digest] : [];
  const [lacking, found] = await runTogether(
    stop,
    () => lackingOf(copy, image.manifests, known),
    async () =>
      args.referrers === false ? NO_REFERRERS : findReferrers({ ...reading, losses }, image.manifests),
  );
  return { image, tag, change, lacking, referrers: await lookAtReferrers(copy, found, lacking) };
}

const NO_REFERRERS: Referrers = { groups: [], manifests: [] };

async function lookAtReferrers(copy: Copy, found: Referrers, lackingOfImage: Manifest[]) {
  const { args, target, to, stop, blobs, losses } = copy;
  const lacking = await lackingOf(copy, found.manifests, []);
  const push = {
    ...{ client: to, repository: target.repository, referrers: found, losses, moveTag: args.moveTag },
    ...{ questions: blobs.questions, stop, signal: stop.signal, retryDelay: args.retryDelay },
  };
  const plan = await planReferrers(push, [...lacking, ...lackingOfImage]);
  return { ...found, lacking, push, plan };
}

/** The manifests that the target lacks, in the given order; their blobs are asked for at the same time. */
async function lackingOf(copy: Copy, manifests: Manifest[], known: string[]): Promise<Manifest[]> {
  const { to, target, stop, blobs } = copy;
  const has = async ({ digest }: Manifest) =>
    known.includes(digest) || (await to.headManifest(target.repository, digest)) !== undefined;
  const [there] = await runTogether(
    stop,
    () => runLimited(manifests, blobs.questions, stop, has),
    () => blobs.plan(manifests),
  );
  return manifests.filter((_, i) => !there[i]);
}

/** What is told of an image that was there already, whose source nobody asked. */
function untouched(copy: Copy, image: Image): CopyResult {
  const { length: total } = image.manifests;
  copy.blobs.report("done");
  const referrers = { total: 0, present: 0, copied: 0, missing: 0 };
  const manifests = { total, present: total, copied: 0, missing: 0 };
  return result(copy, { image }, { manifests, referrers, tag: "unchanged" });
}

function result(
  { args, source, target, blobs, losses }: Copy,
  { image: { root } }: Pick<Plan, "image">,
  { manifests, referrers, tag }: Pick<CopyResult, "manifests" | "referrers" | "tag">,
): CopyResult {
  const { digest, mediaType } = root;
  const { total, present, copied, missing } = referrers;
  return {
    source: formatReference({ ...source, tag: undefined, digest }),
    target: formatReference({ ...target, digest }),
    ...{ digest, mediaType, blobs: blobs.counts(), manifests },
    referrers: { total, present, copied, missing },
    ...(losses.all.length > 0 && { lost: losses.all }),
    ...{ tag, dryRun: args.dryRun ?? false },
  };
}

function checkDigest(root: Manifest, target: Reference): void {
  if (target.digest === undefined || target.digest === root.digest) return;
  throw new RegistryError({
    method: "PUT",
    url: `https://${target.registry}/v2/${target.repository}/manifests/${target.digest}`,
    problem: `the source has digest ${root.digest}`,
    hint: "A copy keeps the digest: leave it out of the target, or name the source by that digest",
  });
}
