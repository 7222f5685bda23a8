import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, relative } from "node:path";
import { buildImages } from "../../components/dockerfile/build-images";
import { readDockerfile } from "../../components/dockerfile/dockerfile";
import { imageFacts } from "../../components/dockerfile/image-facts";
import { hubName } from "../../components/image/build-sources";
import { type ComposeFile, type ComposeService, composeFile } from "./compose-services";
import { languageOf } from "./languages";

/** An app that is built here. */
export interface FoundApp {
  readonly name: string;
  /** From the repository's top, with slashes; `.` for the top itself. */
  readonly context: string;
  /** From the context. */
  readonly dockerfile: string;
  /** Where it listens; undefined where neither EXPOSE nor a compose file tells. */
  readonly port: number | undefined;
  /** Where apps in its language listen by custom. */
  readonly usualPort: number;
  readonly publish: number | undefined;
  /** Argument → base image of Docker's hub, for a FROM that is given by an ARG of that default. */
  readonly bases: Readonly<Record<string, string>>;
  /** Only where the image has no HEALTHCHECK of its own. */
  readonly health: readonly string[] | undefined;
  readonly volumes: Readonly<Record<string, string>>;
  /** Whether the Dockerfile takes the whole context into the image. */
  readonly copiesAll: boolean;
  /** Variables that a compose file sets, by their names. */
  readonly variables: readonly string[];
}

/** What an app is built of: paths as in FoundApp. */
interface Place {
  readonly context: string;
  readonly dockerfile: string;
  readonly service?: ComposeService;
}

export interface FoundApps {
  readonly apps: readonly FoundApp[];
  /** What was seen and is not among them, in words. */
  readonly notices: readonly string[];
}

/** @param root the repository's top folder. @param project what an only app is named after */
export function findApps(root: string, project: string): FoundApps {
  const compose = composeFile(root);
  const built = compose?.services.filter(({ build }) => build !== undefined) ?? [];
  const places = new Map<string, Place>();
  const notices = compose?.problem === undefined ? [] : [compose.problem];
  for (const service of built) {
    const { context, dockerfile } = service.build ?? { context: ".", dockerfile: "Dockerfile" };
    const path = posix.join(context, dockerfile);
    const first = places.get(path)?.service;
    if (!existsSync(join(root, path)) || path.startsWith(".."))
      notices.push(`${compose?.name}: ${service.name} is left out, as there is no ${path} in the repository`);
    else if (first === undefined) places.set(path, { context, dockerfile, service });
    else
      notices.push(
        `${compose?.name}: ${service.name} is left out: ${first.name} is built of the same ${path}. Write it as one of its processes, ` +
          `or as an app with imageOf: ${first.name}`,
      );
  }
  if (places.size === 0) for (const path of dockerfilesIn(root)) places.set(path, placeOf(root, path));
  const names = namesOf([...places.values()], project);
  const apps = [...places.values()].map((place, index) => appOf(root, place, names[index] ?? project));
  return { apps, notices: [...notices, ...(compose ? composeNotices(compose) : [])] };
}

/** What compose files have that Berth's apps haven't. */
function composeNotices({ name, services }: ComposeFile): string[] {
  return services.flatMap(({ name: service, build, image, lost }) => {
    if (build !== undefined) return lost.map((what) => `${name}: ${service} loses ${what}`);
    return [
      `${name}: ${service} (${image ?? "no image"}) is left out. What speaks HTTP can be an app with image; run anything else beside ` +
        "the app on the server, and give the app its address",
    ];
  });
}

/** Folders that hold no app of one's own. */
const SKIPPED = /^(\..*|node_modules|vendor|venv|dist|build|target|test|tests|spec|fixtures|examples?)$/;
const DEEPEST = 3;
/** Of several in one folder the first is taken. */
const NAMES = ["Dockerfile", "Containerfile", "Dockerfile.prod", "Dockerfile.production"];

function dockerfilesIn(root: string, folder = ".", depth = 0): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  const name = NAMES.find((one) => entries.some((entry) => entry.isFile() && entry.name === one));
  const below =
    depth === DEEPEST ? [] : entries.filter((entry) => entry.isDirectory() && !SKIPPED.test(entry.name));
  return [
    ...(name === undefined ? [] : [posix.join(folder, name)]),
    ...below.flatMap((entry) => dockerfilesIn(root, posix.join(folder, entry.name), depth + 1)),
  ];
}

/** Folders that have Dockerfiles of what lies above them. */
const BUILD_FOLDERS = /^(docker|dockerfiles|deploy|deployment|ops|ci|infra)$/;

/** As COPY names the whole context. */
const WHOLE = [".", "./", "/"];

/** The context is the folder, of those above the Dockerfile, that has what the Dockerfile copies. */
function placeOf(root: string, path: string): Place {
  const { sources } = imageFacts(readFileSync(join(root, path), "utf8"));
  const named = sources.filter((source) => !WHOLE.includes(source));
  const own = posix.dirname(path);
  const above = [own];
  while (above[0] !== ".") above.unshift(posix.dirname(above[0] ?? "."));
  const nearest = above.reverse();
  const fits = (folder: string) => named.every((source) => existsSync(join(root, folder, source)));
  const candidates =
    BUILD_FOLDERS.test(posix.basename(own)) && named.length === 0 ? nearest.slice(1) : nearest;
  const context = candidates.find(fits) ?? own;
  return { context, dockerfile: posix.relative(context, path) };
}

function appOf(root: string, place: Place, name: string): FoundApp {
  const { context, dockerfile, service } = place;
  const text = readFileSync(join(root, context, dockerfile), "utf8");
  const { ports, hasHealthcheck, sources } = imageFacts(text);
  return {
    name,
    context,
    dockerfile,
    port: service?.port ?? ports[0],
    usualPort: languageOf(join(root, context))?.port ?? 8080,
    publish: service?.publish,
    bases: basesOf(text),
    health: hasHealthcheck ? undefined : service?.health,
    volumes: Object.fromEntries(
      Object.entries(service?.volumes ?? {}).map(([volume, path]) => [nameOf(volume), path]),
    ),
    copiesAll: sources.some((source) => WHOLE.includes(source)),
    variables: service?.variables ?? [],
  };
}

function basesOf(text: string): Record<string, string> {
  const { pulls } = buildImages(readDockerfile(text), { bases: {}, args: {} });
  return Object.fromEntries(
    pulls.flatMap(({ by, text: written, image }) => {
      const [, argument] = /^\$\{?([A-Za-z_]\w*)\}?$/.exec(written) ?? [];
      const base = image === undefined ? undefined : hubName(image);
      return by === "FROM" && argument !== undefined && base !== undefined ? [[argument, base]] : [];
    }),
  );
}

/** One app has the project's name; of several each has its service's, or that of its Dockerfile's folder. */
function namesOf(places: readonly Place[], project: string): string[] {
  if (places.length === 1) return [nameOf(project)];
  const names: string[] = [];
  for (const { context, dockerfile, service } of places) {
    const folder = posix.dirname(posix.join(context, dockerfile));
    const own = nameOf(service?.name ?? (folder === "." ? project : posix.basename(folder)));
    names.push(names.includes(own) ? nameOf(`${own}-${names.length + 1}`) : own);
  }
  return names;
}

/** Characters of a name: with a server's behind it, it is a container's. */
const LONGEST_NAME = 24;

/** As the settings have names: lower-case letters, digits and dashes. */
export function nameOf(text: string): string {
  const dashed = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return dashed.slice(0, LONGEST_NAME).replace(/^-+|-+$/g, "") || "app";
}

/** A folder from another one, with slashes as settings and pipelines have them. */
export function pathFrom(folder: string, target: string): string {
  return relative(folder, target).replaceAll("\\", "/") || ".";
}
