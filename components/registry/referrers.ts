import type { RegistryClient } from "./client";
import { RegistryError } from "./errors";
import { distinct, type ReadTreesArgs, readTree } from "./image-tree";
import type { Descriptor, Manifest } from "./manifest";
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
    const tagged = this.hasApi === true ? undefined : this.tagged(referrersTag(digest));
    // It is told where it is used.
    tagged?.catch(() => undefined);
    if (this.hasApi !== false) {
      const entries = await this.client.listReferrers(this.repository, digest);
      this.hasApi = entries !== undefined;
      if (entries !== undefined) return { entries, api: true };
    }
    const index = await (tagged ?? this.tagged(referrersTag(digest)));
    return { entries: index?.children ?? [], api: false, ...(index && { index }) };
  }

  /** By HEAD first: there mostly is none, and rate limits count GETs. */
  async tagged(tag: string): Promise<Manifest | undefined> {
    const head = await this.client.headManifest(this.repository, tag);
    return head && this.client.getManifest(this.repository, head.digest);
  }
}

/**
 * Finds what refers to manifests (signatures, SBOMs, attestations), and what refers to that, in the registry's lists
 * and by cosign's tags.
 * @throws RegistryError where a list can't be read, or names what does not refer to its subject.
 */
export async function findReferrers(args: ReadTreesArgs, image: Manifest[]): Promise<Referrers> {
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

async function listedFor(args: ReadTreesArgs, lists: ReferrerLists, { digest }: Manifest): Promise<Tree[]> {
  const { entries } = await withAdvice(args.stop, () => lists.of(digest));
  const read = async (entry: Descriptor) => {
    const tree = await readTree(args, entry);
    const found = tree.root.subject?.digest ?? "nothing";
    if (found === digest) return tree;
    throw refusal(args, tree.root, `it is listed as referring to ${digest}, but refers to ${found}`);
  };
  return runLimited(distinct(entries), args.concurrency, args.stop, (entry) =>
    withAdvice(args.stop, () => read(entry)),
  );
}

async function companionsOf(args: ReadTreesArgs, lists: ReferrerLists, { digest }: Manifest) {
  const read = async (suffix: string) => {
    const tag = `${referrersTag(digest)}.${suffix}`;
    const root = await lists.tagged(tag);
    return root && { tag, root, manifests: (await readTree(args, root)).manifests };
  };
  const trees = await runLimited(COMPANIONS, COMPANIONS.length, args.stop, (suffix) =>
    withAdvice(args.stop, () => read(suffix)),
  );
  return trees.filter((tree) => tree !== undefined);
}

/** Adds the way out to what goes wrong with a referrer. */
export async function withAdvice<T>(stop: AbortController, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // After a stop it is some other part's failure that comes along here.
    if (error instanceof RegistryError && !stop.signal.aborted)
      error.message +=
        ". It is about what refers to the image; to copy that alone, leave referrers out (--no-referrers)";
    throw error;
  }
}

function refusal({ client, repository }: ReadTreesArgs, { digest }: Manifest, problem: string) {
  return new RegistryError({ method: "GET", url: client.manifestUrl(repository, digest), problem });
}
