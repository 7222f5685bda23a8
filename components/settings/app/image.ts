import { z } from "zod";
import { formatReference, parseReference, type Reference } from "../../registry/reference";
import { expected } from "../fields";
import { appRepository, type GitlabSettings } from "../gitlab-settings";
import type { NexusSettings } from "../nexus/nexus-settings";

/** An image of somebody else that an app runs (`berth:apps.<name>.image`). */

/** Docker Hub, as references name it, and the proxy that stands for it, wherever its remote is. */
const HUB = "docker.io";
const HUB_PROXY = "hub";
/** The group that images come through. */
const GROUP = "docker";
const EXPECTED = "an image with its tag, or with its digest sha256:…, like redis:7";
/** A tag has 128 characters at most, and what follows of the digest takes 13. */
const LONGEST_TAG = 115;
const SHORT_DIGEST = 12;

/** As Docker reads names: without a registry it is Docker Hub's. @throws InvalidReference */
export function imageReference(text: string): Reference {
  const [first = ""] = text.includes("/") ? text.split("/") : [];
  const hasRegistry = /[.:]/.test(first) || first === "localhost";
  return parseReference(hasRegistry ? text : `${HUB}/${text}`);
}

export const imageSchema = z
  .string(expected(EXPECTED))
  .refine(isWhole, expected(EXPECTED))
  .meta({ pattern: "^[^\\s/]\\S*[:@]\\S+$" });

/** A name alone would be `latest`, without a word. */
function isWhole(text: string): boolean {
  try {
    const { tag, digest } = imageReference(text);
    return digest === undefined ? tag !== undefined : digest.startsWith("sha256:");
  } catch {
    return false;
  }
}

/** What is looked up: with a tag it is the same whatever digest stands behind it. */
export function imageName(text: string): string {
  const { digest, ...named } = imageReference(text);
  return formatReference({ ...named, ...(named.tag === undefined && { digest }) });
}

/** The image with what its tag points to now. */
export function withDigest(text: string, digest: string): string {
  return formatReference({ ...imageReference(text), digest });
}

/**
 * The release's name, and its tag in Nexus: `7-7f2e84ce1b05`, without a tag `sha256-7f2e84ce1b05`. A tag must never stand for two
 * things, and upstream's does.
 */
export function releaseName({ tag }: Reference, digest: string): string {
  const short = digest.replace(/^sha256:/, "").slice(0, SHORT_DIGEST);
  return `${tag?.slice(0, LONGEST_TAG) ?? "sha256"}-${short}`;
}

/** Whether it lies in the registry of the stack's own GitLab project, which is asked itself, as for what is built. */
export function isOfProject(
  { registry, repository }: Reference,
  gitlab: Pick<GitlabSettings, "registry" | "project">,
): boolean {
  const { registry: own, repository: place } = parseReference(appRepository(gitlab, { name: "app" }));
  const project = place.replace(/\/app$/, "");
  return registry.toLowerCase() === own.toLowerCase() && `${repository}/`.startsWith(`${project}/`);
}

interface Around {
  readonly nexus?: NexusSettings | undefined;
  readonly gitlab?: GitlabSettings | undefined;
}

/** What an image can't be beside the rest of the settings. */
export function checkImage(
  { build, image }: { readonly build?: object | undefined; readonly image?: string | undefined },
  { nexus, gitlab }: Around,
  problem: (message: string) => void,
): void {
  if (image === undefined) return;
  if (build) {
    problem(
      "there is build as well: an app's image is built here, or somebody else's. Take one of the two out",
    );
    return;
  }
  const reference = imageReference(image);
  if (gitlab && isOfProject(reference, gitlab)) {
    if (reference.digest === undefined)
      problem(
        "it is of this project's own registry, where tags move with every build: give it by its digest, …@sha256:…",
      );
    return;
  }
  const missing = nexus && notServed(reference, nexus);
  if (missing !== undefined) problem(missing);
}

interface Runs {
  readonly name: string;
  readonly imageOf?: string | undefined;
  readonly release?: unknown;
}

/** The app whose release this one runs: another one's image may be its own, and unless it is pinned that one's release is, too. */
export function imageOwner<T extends Runs>(app: T, apps: readonly T[]): T {
  if (app.release !== undefined) return app;
  return apps.find(({ name }) => name === app.imageOf) ?? app;
}

interface Twin {
  readonly build?: object | undefined;
  readonly image?: string | undefined;
  readonly imageOf?: string | undefined;
  readonly release?: { readonly digest: string } | undefined;
}

/** What an app that runs another one's image can't be. @param waiting the digest of one that waits for its first release */
export function checkImageOf(
  name: string,
  apps: Readonly<Record<string, Twin>>,
  waiting: string,
  problem: (message: string) => void,
): void {
  const { build, image, imageOf, release } = apps[name]!;
  if (imageOf === undefined) return;
  const other = Object.hasOwn(apps, imageOf) ? apps[imageOf] : undefined;
  if (build || image !== undefined)
    problem(`there is ${build ? "build" : "image"} as well: an app has one image. Take one of the two out`);
  else if (imageOf === name) problem("it is this app itself");
  else if (!other) problem(`there is no app ${imageOf}`);
  else if (other.imageOf !== undefined)
    problem(`${imageOf} runs the image of ${other.imageOf}: name that one`);
  else if (other.release?.digest === waiting && !release)
    problem(
      `${imageOf} waits for its first release (release: none): let this one wait for its own, likewise`,
    );
}

/** Why Nexus's group doesn't surely give this image; undefined where it does. */
function notServed({ registry, repository, digest }: Reference, nexus: NexusSettings): string | undefined {
  const members = membersOf(nexus, GROUP);
  // Of a Nexus that was there already: it knows.
  if (members.some((name) => nexus.repositories[name] === undefined)) return undefined;
  const proxies = members.flatMap((name) => {
    const one = nexus.repositories[name]!;
    return one.type === "proxy" ? [{ ...one, name }] : [];
  });
  const at = proxies.findIndex((proxy) => isOf(registry, proxy));
  const where = registry === HUB ? "Docker Hub" : registry;
  if (at === -1)
    return (
      `no proxy of ${where} is in Nexus's group ${GROUP}: write one under berth:nexus.repositories` +
      `${registry === HUB ? `, by the name ${HUB_PROXY}` : ""}, and its name into ${GROUP}.members`
    );
  // What a digest names is the same wherever it is from.
  const first =
    digest === undefined ? proxies.slice(0, at).find(({ routingRule }) => !routingRule) : undefined;
  if (first === undefined) return undefined;
  return (
    `Nexus asks ${first.name} first, which may have another ${repository} than ${where}: put ${proxies[at]!.name} before it in ` +
    `berth:nexus.repositories.${GROUP}.members, give ${first.name} a routingRule, or give the image by its digest`
  );
}

function isOf(
  registry: string,
  { name, remote }: { readonly name: string; readonly remote: string },
): boolean {
  const host = URL.canParse(remote) ? new URL(remote).host : "";
  if (registry === HUB) return name === HUB_PROXY || host === HUB || host.endsWith(`.${HUB}`);
  return host.toLowerCase() === registry.toLowerCase();
}

/** All that a group asks, in its order, groups in it too. */
function membersOf(nexus: NexusSettings, group: string, seen: readonly string[] = []): string[] {
  const repository = nexus.repositories[group];
  if (repository?.type !== "group" || seen.includes(group)) return [group];
  return repository.members.flatMap((member) => membersOf(nexus, member, [...seen, group]));
}
