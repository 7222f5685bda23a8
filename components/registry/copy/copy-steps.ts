import type { RegistryClient } from "../client";
import type { Manifest } from "../manifest";
import { formatReference, type Reference } from "../reference";
import { judgeTag, setTag, type TagArgs, type TagChange } from "../tag";
import { RegistryError } from "../wire/errors";
import { BlobCopier } from "./blob-copier";
import { Companions } from "./companions";
import { type CopyImageArgs, type CopyResult, DEFAULT_CONCURRENCY } from "./copy-args";
import { type Image, newBounds, readImage } from "./image-tree";
import { presentAtTarget } from "./present-at-target";
import { pushManifests } from "./push-manifests";
import { type PushReferrersArgs, planReferrers, pushReferrers, type ReferrerPlan } from "./push-referrers";
import { ReferrerLosses } from "./referrer-losses";
import { findReferrers, type Referrers } from "./referrers";
import { runLimited, runTogether } from "./run-limited";
import { UploadJournal } from "./upload-journal";
import { verifyTarget } from "./verify-target";

// In one piece a blob costs a round trip less and a twentieth of the time, and a smaller one is soon sent again.
const RESUME_FROM = 32 * 1024 * 1024;

/** One copy: where from, where to, and what it works with. */
export interface Copy {
  args: CopyImageArgs;
  /** Tag or digest at the source. */
  wanted: string;
  from: RegistryClient;
  to: RegistryClient;
  /** Ends everything on its way when one part has failed. */
  stop: AbortController;
  /** Given what says, at a stop, whether anything on its way is worth a few seconds. */
  waitFor: (isWorthWaiting: () => boolean) => void;
}

/** The same under way. */
type Copying = Copy &
  Pick<CopyImageArgs, "source" | "target"> & { blobs: BlobCopier; losses: ReferrerLosses };

interface Plan {
  image: Image;
  tag: TagArgs;
  change: TagChange;
  /** Of the image's manifests, those that the target lacks. */
  lacking: Manifest[];
  referrers: Referrers & { lacking: Manifest[]; push: PushReferrersArgs; plan: ReferrerPlan };
}

/** The steps of `copyImage`, in their order. */
export async function copyWith(wish: Copy): Promise<CopyResult> {
  const copy = begin(wish);
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

function begin(copy: Copy): Copying {
  const { args, from, to, stop, waitFor } = copy;
  const { source, target } = args;
  const blobs = new BlobCopier({
    source: from,
    target: to,
    from: source,
    to: target,
    stop,
    signal: stop.signal,
    retryDelay: args.retryDelay,
    onProgress: args.onProgress,
    concurrency: args.concurrency ?? DEFAULT_CONCURRENCY,
    journal: new UploadJournal(args.journal),
    resumeFrom: args.resumeFrom ?? RESUME_FROM,
  });
  waitFor(() => blobs.isWorthWaitingFor);
  return { ...copy, source, target, blobs, losses: new ReferrerLosses(args.strictReferrers ?? false, stop) };
}

/** Everything that can be known before the first byte is written. */
async function look(copy: Copying): Promise<Plan> {
  const { args, source, target, from, to, stop, blobs, wanted, losses } = copy;
  const bounds = newBounds();
  const reading = {
    client: from,
    repository: source.repository,
    stop,
    bounds,
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

async function lookAtReferrers(copy: Copying, found: Referrers, lackingOfImage: Manifest[]) {
  const { args, target, to, stop, blobs, losses } = copy;
  const lacking = await lackingOf(copy, found.manifests, []);
  const push = {
    client: to,
    repository: target.repository,
    referrers: found,
    losses,
    moveTag: args.moveTag,
    questions: blobs.questions,
    stop,
    signal: stop.signal,
    retryDelay: args.retryDelay,
  };
  const plan = await planReferrers(push, [...lacking, ...lackingOfImage]);
  return { ...found, lacking, push, plan };
}

/** The manifests that the target lacks, in the given order; their blobs are asked for at the same time. */
async function lackingOf(copy: Copying, manifests: Manifest[], known: string[]): Promise<Manifest[]> {
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
function untouched(copy: Copying, image: Image): CopyResult {
  const { length: total } = image.manifests;
  copy.blobs.report("done");
  const referrers = { total: 0, present: 0, copied: 0, missing: 0 };
  const manifests = { total, present: total, copied: 0, missing: 0 };
  return result(copy, { image }, { manifests, referrers, tag: "unchanged" });
}

function result(
  { args, source, target, blobs, losses }: Copying,
  { image: { root } }: Pick<Plan, "image">,
  { manifests, referrers, tag }: Pick<CopyResult, "manifests" | "referrers" | "tag">,
): CopyResult {
  const { digest, mediaType } = root;
  const { total, present, copied, missing } = referrers;
  return {
    source: formatReference({ ...source, tag: undefined, digest }),
    target: formatReference({ ...target, digest }),
    digest,
    mediaType,
    blobs: blobs.counts(),
    manifests,
    referrers: { total, present, copied, missing },
    ...(losses.all.length > 0 && { lost: losses.all }),
    tag,
    dryRun: args.dryRun ?? false,
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
