import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type Docker from "dockerode";
import { followStream, imageIfAny } from "../docker/client";
import { goProgram } from "../lib/go-program";
import { cacheDir, type Places, upstreamDir } from "../lib/places";
import { SandboxError } from "../lib/sandbox-error";
import type { Progress } from "../lib/steps";
import { buildLayer } from "./build-layer";
import { suite } from "./debian-mirror";
import { rootfsRecipe } from "./debian-rootfs";
import { pullFromHub } from "./pull";
import { type Recipe, recipeId } from "./recipes";

/** On images: of what they were made, to make them anew where that changed. */
const recipeLabel = "berth.sandbox.recipe";
/** On images that stand in for one that could not be pulled. */
const standInLabel = "berth.sandbox.stand-in";

export const debianImage = (places: Places) => `${places.imagePrefix}/debian:${suite}`;

const localName = (places: Places, recipe: Recipe) =>
  `${places.imagePrefix}/${recipe.repository.replace("library/", "")}:${recipe.tag}`;

/** Brings the tarball into Docker as the image that the others are made of. */
export async function ensureDebianImage(docker: Docker, places: Places, rootfs: string): Promise<void> {
  const name = debianImage(places);
  if (await hasRecipe(docker, name, rootfsRecipe)) return;
  const [repo, tag] = name.split(":");
  const labels = `LABEL ${recipeLabel}=${rootfsRecipe}`;
  const stream = await docker.importImage(rootfs, {
    repo,
    tag,
    changes: `CMD ["bash"]\n${labels}`,
  });
  await followStream(docker, stream);
}

/** Whether the upstream registry has the image, made of this recipe. */
export async function isUpstream(places: Places, recipe: Recipe): Promise<boolean> {
  const pushed = readPushed(places)[`${recipe.repository}:${recipe.tag}`];
  // Files of before don't say where it came from.
  if (pushed?.recipe !== recipeId(recipe) || !pushed.origin) return false;
  return (await upstreamDigest(places, recipe)) === pushed.digest;
}

/** Whether the main Docker has the image, pulled or made of this recipe. */
export function isBuilt(docker: Docker, places: Places, recipe: Recipe): Promise<boolean> {
  return hasRecipe(docker, localName(places, recipe), recipeId(recipe));
}

/** What the upstream registry has under the image's name; undefined where it has nothing of this recipe. */
export function originOf(places: Places, recipe: Recipe): Origin | undefined {
  const pushed = readPushed(places)[`${recipe.repository}:${recipe.tag}`];
  return pushed?.recipe === recipeId(recipe) ? pushed.origin : undefined;
}

/** The image from the hub, where there is one. */
export async function pullBaseImage(
  docker: Docker,
  places: Places,
  recipe: Recipe,
  progress: Progress,
): Promise<boolean> {
  const official = `${recipe.repository.replace("library/", "")}:${recipe.tag}`;
  return pullFromHub(docker, official, localName(places, recipe), progress);
}

export async function buildBaseImage(
  docker: Docker,
  places: Places,
  recipe: Recipe,
  progress: Progress,
): Promise<void> {
  const { program } = recipe;
  const file = program && (await goProgram(cacheDir(places), program, progress));
  await buildLayer(
    docker,
    { cacheDir: cacheDir(places), owner: places.home },
    {
      image: localName(places, recipe),
      base: debianImage(places),
      script: recipe.script,
      changes: recipe.changes,
      files: program && file ? { [basename(program.package)]: file } : {},
      labels: {
        [recipeLabel]: recipeId(recipe),
        [standInLabel]: recipe.description,
      },
    },
    progress,
  );
}

/** Puts the image into the upstream registry under the hub's name for it; gives its digest. */
export async function pushUpstream(
  docker: Docker,
  places: Places,
  recipe: Recipe,
  progress: Progress,
): Promise<string> {
  const repo = `127.0.0.1:${places.ports.upstream}/${recipe.repository}`;
  await docker.getImage(localName(places, recipe)).tag({ repo, tag: recipe.tag });
  const image = docker.getImage(`${repo}:${recipe.tag}`);
  // Docker wants credentials, even where the registry wants none.
  const stream = await image.push({
    tag: recipe.tag,
    authconfig: { username: "", password: "", serveraddress: "" },
  });
  const events = await followStream(docker, stream, (event) =>
    progress(`${event.status ?? ""} ${event.progress ?? ""}`),
  );
  const { Config } = await image.inspect();
  await image.remove({ noprune: true });
  const digest = events.find((event) => event.aux?.Digest)?.aux?.Digest;
  if (!digest) throw new SandboxError(`the push of ${repo}:${recipe.tag} ended without a digest`);
  const standIn = Config.Labels?.[standInLabel];
  notePushed(places, recipe, { digest, origin: standIn ? { standIn } : "hub" });
  return digest;
}

async function hasRecipe(docker: Docker, name: string, recipe: string): Promise<boolean> {
  const image = await imageIfAny(docker, name);
  const label = image?.Config.Labels?.[recipeLabel];
  // A pulled image has no such label; its recipe is the hub's.
  return image !== undefined && (label === undefined || label === recipe);
}

async function upstreamDigest(places: Places, recipe: Recipe): Promise<string | null> {
  const url = `http://127.0.0.1:${places.ports.upstream}/v2/${recipe.repository}/manifests/${recipe.tag}`;
  const accept =
    "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json";
  const response = await fetch(url, {
    method: "HEAD",
    headers: { accept },
    signal: AbortSignal.timeout(5000),
  });
  return response.headers.get("docker-content-digest");
}

/** The hub's own image, or what stands in for it. */
export type Origin = "hub" | { readonly standIn: string };

interface PushedImage {
  readonly digest: string;
  readonly origin: Origin;
}
type Pushed = Record<string, { recipe: string } & PushedImage>;

const pushedFile = (places: Places) => join(upstreamDir(places), "pushed.json");

function readPushed(places: Places): Pushed {
  const file = pushedFile(places);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Pushed) : {};
}

function notePushed(places: Places, recipe: Recipe, image: PushedImage): void {
  const file = pushedFile(places);
  const all: Pushed = {
    ...readPushed(places),
    [`${recipe.repository}:${recipe.tag}`]: { recipe: recipeId(recipe), ...image },
  };
  writeFileSync(`${file}.new`, JSON.stringify(all, null, 2));
  renameSync(`${file}.new`, file);
}
