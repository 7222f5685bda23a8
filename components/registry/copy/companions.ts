import type { Descriptor, Manifest } from "../manifest";
import type { RegistryError } from "../wire/errors";
import { type PushManifestsArgs, pushManifests } from "./push-manifests";
import { isRefused, type ReferrerLosses } from "./referrer-losses";
import type { Referrers } from "./referrers";

/** What a manifest is part of: a referrer of a subject, by their digests. */
interface Part {
  subject: string;
  referrer: string;
}

/** The manifests and blobs that an image's referrers consist of, and what becomes of those that can't be had. */
export class Companions {
  private readonly parts = new Map<string, Part[]>();
  private readonly lost = new Set<string>();

  constructor(
    private readonly referrers: Referrers,
    /** Blobs of the image itself, which must not be lost. */
    private readonly own: ReadonlySet<string>,
    private readonly losses: ReferrerLosses,
  ) {
    const known = new Map(referrers.manifests.map((one) => [one.digest, one]));
    for (const { subject, listed, tags } of referrers.groups)
      for (const root of [...listed, ...tags.map((tag) => tag.root)])
        this.add({ subject: subject.digest, referrer: root.digest }, root, known);
  }

  /** Asked where a blob is not at the source. @returns whether to go on without it */
  mayLose({ digest }: Descriptor, error: RegistryError): boolean {
    if (this.own.has(digest)) return false;
    return this.lose(
      this.referrers.manifests.filter(({ blobs }) => blobs.some((blob) => blob.digest === digest)),
      error,
    );
  }

  /** Pushes those of these manifests that are whole. @returns those that were not there */
  push(args: PushManifestsArgs): Promise<Manifest[]> {
    const isWhole = ({ digest }: Manifest) => !this.lost.has(digest);
    const onRefusal = (manifest: Manifest, error: RegistryError) =>
      isRefused(error) && this.lose([manifest], error);
    return pushManifests({ ...args, manifests: args.manifests.filter(isWhole), onRefusal });
  }

  /** What is left to be made known at the target. */
  get left(): Referrers {
    const isLeft = ({ digest }: Manifest) => !this.lost.has(digest);
    const groups = this.referrers.groups.map(({ subject, listed, tags }) => ({
      subject,
      listed: listed.filter(isLeft),
      tags: tags.filter(({ root }) => isLeft(root)),
    }));
    return { groups, manifests: this.referrers.manifests.filter(isLeft) };
  }

  private add(part: Part, manifest: Manifest, known: ReadonlyMap<string, Manifest>): void {
    this.parts.set(manifest.digest, [...(this.parts.get(manifest.digest) ?? []), part]);
    for (const { digest } of manifest.children) {
      const child = known.get(digest);
      if (child) this.add(part, child, known);
    }
  }

  /** With a part of it a referrer is lost as a whole. */
  private lose(manifests: readonly Manifest[], error: RegistryError): boolean {
    const parts = manifests.flatMap(({ digest }) => this.parts.get(digest) ?? []);
    for (const { subject, referrer } of parts) {
      if (this.lost.has(referrer)) continue;
      if (!this.losses.note({ subject, referrers: [referrer] }, error)) return false;
      this.lost.add(referrer);
    }
    for (const { digest } of manifests) this.lost.add(digest);
    return true;
  }
}
