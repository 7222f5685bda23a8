import { RegistryClient } from "../registry/client";
import { RegistryError } from "../registry/wire/errors";
import { imageName, imageReference, withDigest } from "../settings/app/image";
import type { AppSettings } from "../settings/settings";
import { messageOf } from "../values/error-facts";
import { objectOf } from "../values/json-object";
import { type NexusLog, whyUnknown } from "./nexus-log";
import { wholeImage } from "./whole-image";

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
  /** Of these, those that an update can't look up either, unless it changes Nexus. */
  readonly lost: readonly LostImage[];
}

/** Nexus doesn't give it, and there is no digest of it to stay at. */
export interface LostImage {
  readonly app: string;
  readonly text: string;
}

/** Whether a tag of somebody else's says what the app runs. */
export function isByTag({ image, release }: ImageApp): boolean {
  return image !== undefined && !release && imageReference(image).digest === undefined;
}

/**
 * Looks up the tags of images of others, through the Nexus of the stack's last update. One that can't be looked up stays what it was:
 * an upstream that is down must not keep a stack from what else is to be done.
 * @param outputs the stack's, with their secrets in plain text; none of a new stack
 * @param nexus where its log is
 */
export async function resolveImages(
  apps: readonly ImageApp[],
  outputs: Readonly<Record<string, unknown>>,
  nexus: NexusLog = {},
): Promise<ResolvedImages> {
  const digests: Record<string, string> = {};
  const [notes, lost]: [string[], LostImage[]] = [[], []];
  const look = async ({ name, was = name, image }: ImageApp) => {
    const last = digestBefore([name, was], image!, outputs);
    const found = await lookUp(image!, last, outputs, nexus);
    const digest = "digest" in found ? found.digest : last;
    if (digest !== undefined) digests[name] = digest;
    if ("digest" in found) return;
    const { problem, why, isAnswered } = found;
    const then = last === undefined ? "the update looks it up" : `${name} stays at ${short(last)}`;
    notes.push(`${name}: ${problem}, and ${then}: ${why}`);
    if (last === undefined && isAnswered)
      lost.push({
        app: name,
        text: `${name}: ${problem}, and the last update has no digest of it to stay at: ${why}`,
      });
  };
  await Promise.all(apps.filter(isByTag).map(look));
  return { digests, notes: notes.sort(), lost };
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

interface Unknown {
  readonly problem: string;
  readonly why: string;
  /** By Nexus, which doesn't have it, or doesn't hand it out. */
  readonly isAnswered: boolean;
}

async function lookUp(
  image: string,
  last: string | undefined,
  { dockerGroup: group, accounts, nexusUrl, nexusCa }: Readonly<Record<string, unknown>>,
  nexus: NexusLog,
): Promise<{ readonly digest: string } | Unknown> {
  const problem = `what ${image} points to isn't known`;
  const { username, password } = objectOf(objectOf(accounts)["base-reader"]);
  if (typeof group !== "string" || typeof username !== "string" || typeof password !== "string")
    return { problem, why: "this stack has no Nexus yet that could be asked", isAnswered: false };
  const { repository, tag } = imageReference(image);
  const tls = String(nexusUrl).startsWith("https:");
  const access = { insecure: !tls, secure: tls, ca: typeof nexusCa === "string" ? nexusCa : undefined };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const credentials = { [group]: { username, password } };
  const client = new RegistryClient({
    registry: group,
    repository,
    credentials,
    ...access,
    access: "pull",
    signal,
  });
  const refused = async (problem: string, more = "") => ({
    problem,
    why: `${await whyUnknown(nexus, repository)}${more}`,
    isAnswered: true,
  });
  try {
    const head = await client.headManifest(repository, tag!);
    if (head === undefined) return await refused(problem);
    const { digest } = head;
    if (digest === last) return { digest }; // it is in releases
    if ("manifest" in (await wholeImage(client, repository, digest))) return { digest };
    return await refused(`${image} points to ${short(digest)} now, which isn't to be had whole`);
  } catch (error) {
    if (signal.aborted)
      return { problem, why: `no answer in ${PATIENCE_MS / 1000} seconds`, isAnswered: false };
    const isAnswered = error instanceof RegistryError && error.status !== undefined;
    return isAnswered
      ? await refused(problem, ` (${error.message})`)
      : { problem, why: messageOf(error), isAnswered };
  } finally {
    client.close();
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
