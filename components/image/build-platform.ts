import * as pulumi from "@pulumi/pulumi";
import { type AppSettings, USUAL_PLATFORM } from "../settings/app-settings";
import type { ServerSettings } from "../settings/server-settings";
import { platformOf } from "./image-kinds";

type BuiltApp = Pick<AppSettings, "name" | "build" | "imageOf" | "release" | "servers">;
type Server = Pick<ServerSettings, "name" | "docker">;

/**
 * What each app's image is built for: what the settings say, else what its servers are, else, where none of them can be asked,
 * what it was built for the last time. Apps that build nothing have none.
 * @param before by the app's name
 * @throws RunError with a line for each app whose servers and settings don't agree
 */
export async function buildPlatforms(
  apps: readonly BuiltApp[],
  servers: readonly Server[],
  before: Readonly<Record<string, { readonly platform?: string } | undefined>>,
): Promise<Readonly<Record<string, string>>> {
  const built = apps
    .filter(({ build, release }) => build && !release)
    .map((app) => ({ ...app, servers: serversOfImage(app, apps) }));
  const wanted = servers.filter(({ name }) => built.some((app) => app.servers.includes(name)));
  const kinds = new Map(
    await Promise.all(wanted.map(async ({ name, docker }) => [name, await platformOf(docker)] as const)),
  );
  const platforms: Record<string, string> = {};
  const problems: string[] = [];
  for (const app of built) {
    const asked = app.servers.flatMap((server) => {
      const kind = kinds.get(server);
      return kind === undefined ? [] : [{ server, kind }];
    });
    const said = app.build?.platform;
    problems.push(...problemsOf(app.name, asked, said));
    platforms[app.name] = said ?? asked[0]?.kind ?? before[app.name]?.platform ?? USUAL_PLATFORM;
  }
  if (problems.length > 0) throw new pulumi.RunError(problems.join("\n"));
  return platforms;
}

/** Every server that runs an app's image: its own, and those of apps that run it, too. */
export function serversOfImage(
  { name, servers }: Pick<AppSettings, "name" | "servers">,
  apps: readonly Pick<AppSettings, "name" | "servers" | "imageOf" | "release">[],
): string[] {
  const twins = apps.filter(({ imageOf, release }) => imageOf === name && !release);
  return [...new Set([...servers, ...twins.flatMap((one) => one.servers)])];
}

interface Asked {
  readonly server: string;
  /** `linux/arm64` */
  readonly kind: string;
}

function problemsOf(app: string, [first, ...others]: readonly Asked[], said: string | undefined): string[] {
  const other = first && others.find(({ kind }) => kind !== first.kind);
  if (other)
    return [
      `berth:apps.${app}.servers: ${first.server} is ${first.kind} and ${other.server} is ${other.kind}, and one image is ` +
        "built for both: make two apps of it, one for each kind of server",
    ];
  if (first === undefined || said === undefined || isFor(said, first.kind)) return [];
  return [
    `berth:apps.${app}.build.platform: ${said}, and ${first.server} is ${first.kind}, which does not run it: take it out, ` +
      "then the image is built for what the servers are",
  ];
}

/** Docker tells no variant of its own (`linux/arm`), which settings may have (`linux/arm/v7`). */
function isFor(said: string, kind: string): boolean {
  return said === kind || said.startsWith(`${kind}/`);
}
