import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import type { Shape } from "../base/shape";
import { RegistryClient, type RegistryClientArgs } from "../registry/client";
import { findLogins } from "../registry/logins/logins";
import { formatReference, parseReference } from "../registry/reference";
import { clientAccess, type RegistryAccess } from "../registry/registry-access";
import { messageOf } from "../values/error-facts";

export interface KeptTagsArgs extends RegistryAccess {
  readonly app: pulumi.Input<string>;
  readonly tag: pulumi.Input<string>;
  /** repository@digest in Nexus. */
  readonly image: pulumi.Input<string>;
  /** Who reads it there; the password is secret. */
  readonly username: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
  /** The app's repository in GitLab's registry; none of an image of somebody else, which GitLab never had. */
  readonly origin?: pulumi.Input<string> | undefined;
  /** The image was built by this stack, so that GitLab has to have it under its tag, too. */
  readonly built: pulumi.Input<boolean>;
}

/** A release that was ready to be deployed once. */
export interface KeptRelease {
  readonly tag: string;
  readonly digest: string;
}

/** `KeptTagsArgs` with their values known. */
export type ReleaseTag = pulumi.Unwrap<KeptTagsArgs>;
type State = ReleaseTag & { readonly releases: KeptRelease[] };
/** What is read of a state; one of before them has no releases. */
type Kept = { readonly app?: string; readonly releases?: readonly KeptRelease[] };

/** What a registry said of a tag. */
export interface TagFinding {
  readonly where: "Nexus" | "GitLab";
  /** repository:tag */
  readonly reference: string;
  /** A deployment without it could not be repeated. */
  readonly needed: boolean;
  /** What is wrong; undefined where the tag is as it should be. */
  readonly problem?: string;
  /** The registry could not be asked: nothing is known. */
  readonly unknown?: boolean;
}

/** The state remembers so many releases of an app. */
export const REMEMBERED = 200;
/** A registry that is down must not keep the way back waiting. */
const PATIENCE_MS = 15_000;
const RETRY_DELAY_MS = 50;

/**
 * The tags that keep a release: registries clean by tag, and an image without one is gone in a day, and with it the way
 * back. Looked at before every deployment of another release. A registry that can't be asked doesn't stop one: with
 * GitLab down, the way back is needed most. The state keeps each release's digest by its tag, for `berth releases`.
 */
export class KeptTags extends DynamicResource {
  /** repository@digest in Nexus, once its tags have been seen. */
  declare readonly image: pulumi.Output<string>;
  /** What the state remembers, the newest first; undefined of a state of before that. */
  declare readonly releases: pulumi.Output<readonly KeptRelease[] | undefined>;

  constructor(name: string, args: KeptTagsArgs, opts?: pulumi.CustomResourceOptions) {
    const props = { ...args, releases: undefined };
    super("registry.KeptTags", name, props, opts);
  }
}

const wanted: Shape<ReleaseTag> = z.looseObject({
  app: z.string(),
  tag: z.string(),
  image: z.string(),
  username: z.string(),
  password: z.string(),
  origin: z.optional(z.string()),
  built: z.boolean(),
  tls: z.boolean(),
  ca: z.optional(z.string()),
});
const kept = z.array(z.looseObject({ tag: z.string(), digest: z.string() }));
const state: Shape<Kept> = z.looseObject({ app: z.optional(z.string()), releases: z.optional(kept) });

const keptTags = dynamicProvider({
  id: ({ app }) => `tags of ${app}`,
  inputs: wanted,
  state,
  changedBy: ["app", "tag", "image", "origin", "built", "username", "password", "tls", "ca"],
  // Under another name of the app none of them has a tag. A state of before them has no releases.
  apply: (want, before) => keep(want, before?.app === want.app ? (before.releases ?? []) : []),
});

export const providers = { KeptTags: keptTags };

async function keep(want: ReleaseTag, before: readonly KeptRelease[]): Promise<State> {
  const wrong = (await lookAtTags(want)).filter(
    ({ needed, problem, unknown }) => needed && problem && !unknown,
  );
  if (wrong.length > 0) throw new Error(missingTagsText(want, wrong));
  const { tag, image } = want;
  const release = { tag, digest: parseReference(image).digest! };
  const known = before.some((one) => one.tag === tag && one.digest === release.digest);
  const others = before.filter((one) => one.tag !== tag);
  return { ...want, releases: known ? [...before] : [release, ...others].slice(0, REMEMBERED) };
}

/** Asks Nexus, and GitLab where it has the app's images, what a release's tag is. */
export function lookAtTags(want: ReleaseTag): Promise<TagFinding[]> {
  const { tag, image, origin, username, password, built } = want;
  const { registry, repository, digest } = parseReference(image);
  const inNexus = { reference: formatReference({ registry, repository, tag }), needed: true };
  const looks = [
    lookAt({ where: "Nexus", ...inNexus }, digest!, async () => ({
      credentials: { [registry]: { username, password } },
      ...clientAccess(want),
    })),
  ];
  if (origin !== undefined) {
    const source = parseReference(origin);
    const inGitlab = { reference: formatReference({ ...source, tag }), needed: built };
    const login = async () => {
      const { credentials } = await findLogins({ source, target: source, env: process.env });
      return { credentials };
    };
    looks.push(lookAt({ where: "GitLab", ...inGitlab }, digest!, login));
  }
  return Promise.all(looks);
}

async function lookAt(
  tag: TagFinding,
  digest: string,
  reach: () => Promise<Pick<RegistryClientArgs, "credentials" | "insecure" | "secure" | "ca">>,
): Promise<TagFinding> {
  const { registry, repository, tag: name } = parseReference(tag.reference);
  let client: RegistryClient | undefined;
  try {
    client = new RegistryClient({
      registry,
      repository,
      access: "pull",
      retryDelay: RETRY_DELAY_MS,
      ...(await reach()),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const found = (await client.headManifest(repository, name!))?.digest;
    if (found === digest) return tag;
    return { ...tag, problem: found ? `the tag points to ${found}` : "there is no such tag" };
  } catch (error) {
    return { ...tag, problem: messageOf(error), unknown: true };
  } finally {
    client?.close();
  }
}

/** What is missing where, and how it is put back. */
export function missingTagsText(
  { app, tag, image, origin }: ReleaseTag,
  wrong: readonly TagFinding[],
): string {
  const { registry, repository, digest } = parseReference(image);
  const inNexus = `${registry}/${repository}`;
  const from = { Nexus: `${origin ?? inNexus}@${digest}`, GitLab: `${inNexus}@${digest}` };
  return [
    `${app} ${tag}: not deployed, as no tag of its own keeps ${digest} from being cleaned away:`,
    ...wrong.map(({ where, reference, problem }) => `- ${where}, ${reference}: ${problem}`),
    "What is missing is set by:",
    ...wrong.map(({ where, reference }) => `  berth copy ${from[where]} ${reference}`),
  ].join("\n");
}
