import { resolveDigest } from "../registry/resolve";
import { imageName, imageReference, withDigest } from "../settings/app/image";
import type { AppSettings } from "../settings/settings";
import { messageOf } from "../values/error-facts";
import { objectOf } from "../values/json-object";

/** Nobody waits long for a registry that is away: a preview says so instead. */
const PATIENCE_MS = 15_000;

/** An app, as far as an image of somebody else goes. */
export type ImageApp = Pick<AppSettings, "name"> & Partial<Pick<AppSettings, "was" | "image" | "release">>;

/** What the tags of images of others point to. */
export interface ResolvedImages {
  /** By the app's name; without those that nobody knows yet. */
  readonly digests: Readonly<Record<string, string>>;
  /** What could not be looked up, a sentence each. */
  readonly notes: readonly string[];
}

/** Whether a tag of somebody else's says what the app runs. */
export function isByTag({ image, release }: ImageApp): boolean {
  return image !== undefined && !release && imageReference(image).digest === undefined;
}

/**
 * Looks up the tags of images of others, through the Nexus of the stack's last update. One that can't be looked up stays what it was:
 * an upstream that is down must not keep a stack from what else is to be done.
 * @param outputs the stack's, with their secrets in plain text; none of a new stack
 */
export async function resolveImages(
  apps: readonly ImageApp[],
  outputs: Readonly<Record<string, unknown>>,
): Promise<ResolvedImages> {
  const digests: Record<string, string> = {};
  const notes: string[] = [];
  const look = async ({ name, was = name, image }: ImageApp) => {
    const found = await lookUp(image!, outputs);
    if ("digest" in found) {
      digests[name] = found.digest;
      return;
    }
    const last = digestBefore([name, was], image!, outputs);
    if (last !== undefined) digests[name] = last;
    const then = last === undefined ? "the update looks it up" : `${name} stays at ${short(last)}`;
    notes.push(`${name}: what ${image} points to isn't known, and ${then}: ${found.why}`);
  };
  await Promise.all(apps.filter(isByTag).map(look));
  return { digests, notes: notes.sort() };
}

/** The apps with the digests of their images, as if the settings had them. */
export function withDigests<T extends ImageApp>(
  apps: readonly T[],
  digests: ResolvedImages["digests"],
): readonly T[] {
  return apps.map((app) => {
    const digest = digests[app.name];
    return digest !== undefined && isByTag(app) ? { ...app, image: withDigest(app.image!, digest) } : app;
  });
}

async function lookUp(
  image: string,
  { dockerGroup: group, accounts, nexusUrl, nexusCa }: Readonly<Record<string, unknown>>,
): Promise<{ readonly digest: string } | { readonly why: string }> {
  const { username, password } = objectOf(objectOf(accounts)["base-reader"]);
  if (typeof group !== "string" || typeof username !== "string" || typeof password !== "string")
    return { why: "this stack has no Nexus yet that could be asked" };
  const { repository, tag } = imageReference(image);
  const tls = String(nexusUrl).startsWith("https:");
  const access = { insecure: !tls, secure: tls, ca: typeof nexusCa === "string" ? nexusCa : undefined };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const logins = { [group]: { username, password } };
    return { digest: await resolveDigest(`${group}/${repository}:${tag}`, logins, { ...access, signal }) };
  } catch (error) {
    return { why: signal.aborted ? `no answer in ${PATIENCE_MS / 1000} seconds` : messageOf(error) };
  }
}

/** What the same image was at the last update. @param names the app's, the present one first */
function digestBefore(names: readonly string[], image: string, outputs: Readonly<Record<string, unknown>>) {
  const apps = objectOf(outputs["apps"]);
  const app = objectOf(apps[names.find((name) => name in apps) ?? ""]);
  const { digest } = objectOf(app["release"]);
  return app["image"] === imageName(image) && typeof digest === "string" ? digest : undefined;
}

const short = (digest: string) => digest.slice(0, "sha256:".length + 12);
