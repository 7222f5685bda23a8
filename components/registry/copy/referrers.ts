import type { RegistryClient } from "../client";
import type { Descriptor, Manifest } from "../manifest";
import { RegistryError } from "../wire/errors";
import { distinct, type ReadTreesArgs, readTree } from "./image-tree";
import type { ReferrerLosses } from "./referrer-losses";
import { runLimited } from "./run-limited";

/** A tag by which people find something of an image without it being listed. */
export interface CompanionTag {
  tag: string;
  root: Manifest;
}

/** What refers to one manifest. */
export interface ReferrerGroup {
  subject: Manifest;
  listed: Manifest[];
  tags: CompanionTag[];
}

export interface Referrers {
  /** Of manifests that have any. */
  groups: ReferrerGroup[];
  /** All that they consist of, each once, children before their index; nothing of the image itself. */
  manifests: Manifest[];
}

/** cosign's names for signatures, attestations and SBOMs before OCI 1.1 (sigstore's "Cosign Signature Specifications"). */
const COMPANIONS = ["sig", "att", "sbom"];
/** A signature of an SBOM of an image is two; more levels than this are a mistake. */
const DEEPEST = 4;

/** The tag that holds the list where a registry has no API for it (OCI distribution specification 1.1). */
export function referrersTag(digest: string): string {
  return digest.replace(":", "-").slice(0, 128);
}

/** Lists of referrers at one registry, which may have an API for them or not. */
export class ReferrerLists {
  private hasApi: boolean | undefined;

  constructor(
    private readonly client: RegistryClient,
    private readonly repository: string,
  ) {}

  /** @returns entries as the registry lists them, and the index that has them where it is a tagged one. */
  async of(digest: string): Promise<{ entries: Descriptor[]; index?: Manifest; api: boolean }> {
    // Both at once as long as nobody knows: far from a registry without the API, each in its turn takes twice as long.
    const tagged = this.hasApi === true ? undefined : this.taggedList(digest);
    // It is told where it is used.
    tagged?.catch(() => undefined);
    if (this.hasApi !== false) {
      const entries = await this.client.listReferrers(this.repository, digest);
      this.hasApi = entries !== undefined;
      if (entries !== undefined) return { entries, api: true };
    }
    const index = await (tagged ?? this.taggedList(digest));
    return { entries: index?.children ?? [], api: false, ...(index && { index }) };
  }

  /** By HEAD first: there mostly is none, and rate limits count GETs. */
  async tagged(tag: string): Promise<Manifest | undefined> {
    const head = await this.client.headManifest(this.repository, tag);
    return head && this.client.getManifest(this.repository, head.digest);
  }

  /** None where the registry takes the tag for the digest that it is made of, as GitLab's does (oras-go 1396). */
  private async taggedList(subject: string): Promise<Manifest | undefined> {
    const head = await this.client.headManifest(this.repository, referrersTag(subject));
    if (head === undefined || head.digest === subject) return undefined;
    return this.client.getManifest(this.repository, head.digest);
  }
}

export interface FindReferrersArgs extends ReadTreesArgs {
  losses: ReferrerLosses;
}

/**
 * Finds what refers to manifests (signatures, SBOMs, attestations), and what refers to that, in the registry's lists
 * and by cosign's tags.
 * @throws RegistryError where a list can't be read, or names what does not refer to its subject.
 */
export async function findReferrers(args: FindReferrersArgs, image: Manifest[]): Promise<Referrers> {
  const lists = new ReferrerLists(args.client, args.repository);
  const seen = new Set(image.map(({ digest }) => digest));
  const found: Referrers = { groups: [], manifests: [] };
  for (let [subjects, depth] = [image, 0]; subjects.length > 0; depth++) {
    const groups = await runLimited(subjects, args.concurrency, args.stop, async (subject) => {
      const [listed, tags] = await Promise.all([
        listedFor(args, lists, subject),
        companionsOf(args, lists, subject),
      ]);
      return { subject, ...joined(listed, tags) };
    });
    const fresh = distinct(groups.flatMap(({ manifests }) => manifests)).filter(
      ({ digest }) => !seen.has(digest),
    );
    for (const { digest } of fresh) seen.add(digest);
    if (fresh.length > 0 && depth >= DEEPEST)
      throw refusal(args, fresh[0]!, `more than ${DEEPEST} levels of referrers, which is refused`);
    found.groups.push(...groups.filter(({ listed, tags }) => listed.length + tags.length > 0));
    found.manifests.push(...fresh);
    subjects = fresh;
  }
  return found;
}

interface Tree {
  root: Manifest;
  manifests: Manifest[];
}

function joined(listed: Tree[], tags: (Tree & CompanionTag)[]) {
  return {
    listed: listed.map(({ root }) => root),
    tags: tags.map(({ tag, root }) => ({ tag, root })),
    manifests: [...listed, ...tags].flatMap(({ manifests }) => manifests),
  };
}

async function listedFor(
  args: FindReferrersArgs,
  lists: ReferrerLists,
  { digest }: Manifest,
): Promise<Tree[]> {
  const { losses, concurrency, stop } = args;
  const { entries } = await losses.advised(() => lists.of(digest));
  const read = async (entry: Descriptor) => {
    const tree = await readTree(apart(args), entry);
    const found = tree.root.subject?.digest ?? "nothing";
    if (found === digest) return tree;
    throw refusal(args, tree.root, `it is listed as referring to ${digest}, but refers to ${found}`);
  };
  const trees = await runLimited(distinct(entries), concurrency, stop, (entry) =>
    losses.read({ subject: digest, referrers: [entry.digest] }, () => read(entry)),
  );
  return trees.filter((tree) => tree !== undefined);
}

async function companionsOf(args: FindReferrersArgs, lists: ReferrerLists, { digest }: Manifest) {
  const { losses, stop } = args;
  const trees = await runLimited(COMPANIONS, COMPANIONS.length, stop, async (suffix) => {
    const tag = `${referrersTag(digest)}.${suffix}`;
    const root = await losses.advised(() => lists.tagged(tag));
    if (root === undefined) return undefined;
    const about = { subject: digest, referrers: [root.digest] };
    const tree = await losses.read(about, () => readTree(apart(args), root));
    return tree && { tag, root, manifests: tree.manifests };
  });
  return trees.filter((tree) => tree !== undefined);
}

/** What fails in one referrer ends no other work. */
function apart(args: ReadTreesArgs): ReadTreesArgs {
  return { ...args, stop: new AbortController() };
}

function refusal({ client, repository }: ReadTreesArgs, { digest }: Manifest, problem: string) {
  return new RegistryError({ method: "GET", url: client.manifestUrl(repository, digest), problem });
}
