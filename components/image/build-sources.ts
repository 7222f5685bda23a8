import type { Pull } from "../dockerfile/build-images";
import { type AppSettings, BASE_ARGUMENT } from "../settings/app-settings";
import { imagesOfBuild } from "../settings/images-of-build";
import { registryAddresses } from "../settings/nexus/nexus-addresses";
import type { NexusSettings } from "../settings/nexus/nexus-settings";

/** Where what an app is built of comes from, a sentence each. */
export interface BuildSources {
  /** Each image that the build pulls, and the way that it comes. */
  readonly images: readonly string[];
  /** Those that come past Nexus, and what to write instead. */
  readonly warnings: readonly string[];
}

/** What a preview says of the builds of a stack. */
export function buildSources(
  apps: readonly Pick<AppSettings, "name" | "build" | "release">[],
  nexus: NexusSettings,
  root: string,
): BuildSources {
  const images: string[] = [];
  const warnings: string[] = [];
  for (const { name, build, release } of apps) {
    if (!build || release) continue;
    for (const pull of imagesOfBuild(build, root).pulls) {
      const way = wayOf(pull, nexus);
      images.push(`${name}: ${pull.image ?? pull.text} (${whereIn(pull)}), ${way}`);
      if (way.startsWith(PAST))
        warnings.push(`${name}: ${pull.image ?? pull.text} is pulled ${way}: ${adviceFor(name, pull)}`);
    }
  }
  return { images, warnings };
}

const PAST = "past Nexus";

function whereIn({ base, by, line }: Pull): string {
  return base ? base.argument : `${by}, line ${line}`;
}

function wayOf({ base, image }: Pull, nexus: NexusSettings): string {
  if (base) return "through Nexus";
  if (image === undefined) return `${PAST}, from where only BuildKit can tell`;
  const registry = registryOf(image);
  if (registryAddresses(nexus).includes(registry)) return "from Nexus, with the builder's own docker login";
  return `${PAST}, from ${registry}`;
}

/** As Docker reads names: the first part is a registry if it looks like a host. */
function registryOf(image: string): string {
  const [first = ""] = image.includes("/") ? image.split("/") : [];
  return /[.:]/.test(first) || first === "localhost" ? first : "docker.io";
}

/** What to write instead, so that it comes through Nexus. */
function adviceFor(app: string, { by, image, text }: Pull): string {
  if (by === "# syntax")
    return "leave the line out, then Docker reads the file with the frontend that it has";
  const [, variable] = /^\$\{?([A-Za-z_]\w*)\}?$/.exec(text) ?? [];
  const [, named] = /\$\{?([A-Za-z_]\w*)/.exec(text) ?? [];
  const own = by === "FROM" && variable !== undefined;
  const argument = own ? variable : image === undefined && named ? named : argumentFor(image ?? text);
  const base = image === undefined ? "<image>" : upstreamName(image);
  const settings =
    argument === BASE_ARGUMENT
      ? `apps.${app}.build.base: ${base}`
      : `apps.${app}.build.bases: { ${argument}: ${base} }`;
  const from = registryOf(image ?? text);
  const proxy = from === "docker.io" ? "" : `, with a proxy of ${from} in Nexus's group docker`;
  if (own) return `write ${settings}${proxy}`;
  const dockerfile = `ARG ${argument} above the first FROM`;
  if (by === "FROM")
    return `write ${settings}${proxy}; in the Dockerfile ${dockerfile}, and FROM \${${argument}}`;
  const stage = argument.toLowerCase().replaceAll("_", "-");
  const flag = by === "COPY --from" ? `--from=${stage}` : `--mount=…,from=${stage}`;
  return `write ${settings}${proxy}; in the Dockerfile ${dockerfile}, a stage FROM \${${argument}} AS ${stage}, and ${flag}`;
}

/** `node:20` → `NODE`. */
function argumentFor(image: string): string {
  const name = image.replace(/@.*$/, "").replace(/^.*\//, "").replace(/:.*$/, "");
  return name
    .toUpperCase()
    .replaceAll(/\W/g, "_")
    .replace(/^(?=\d)|^$/, "_");
}

/** An image of Docker Hub as the settings name it, `library/python:3.12`; undefined for one of another registry. */
export function hubName(image: string): string | undefined {
  return registryOf(image) === "docker.io" ? upstreamName(image) : undefined;
}

/** As the upstream has it: Docker Hub's own images are in `library`. */
function upstreamName(image: string): string {
  const registry = registryOf(image);
  const path = image.startsWith(`${registry}/`) ? image.slice(registry.length + 1) : image;
  return registry === "docker.io" && !path.includes("/") ? `library/${path}` : path;
}
