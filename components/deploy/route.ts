import { basename } from "node:path/posix";
import type Docker from "dockerode";
import { dockerHost, execIn } from "../docker-host";
import { type EdgeSoftwareName, edgeSoftware } from "../edge/software";
import { getFiles } from "../idle-container";

/** The edge proxy of one server, as far as one app is concerned. */
export interface Edge {
  readonly app: string;
  readonly docker: string;
  /** The edge proxy's container. */
  readonly edge: string;
  readonly software?: EdgeSoftwareName | undefined;
}

/** What an edge has of an app: its file of the configuration, and where that looks for who serves it. Empty: nothing. */
export interface Route {
  readonly site: string;
  /** `container:port`, where the software has it apart from the site. */
  readonly target: string;
}

export const NO_ROUTE: Route = { site: "", target: "" };

/** Begins the sites of this version: a resource of an older one, which had one server each, must leave them alone. */
const MARK = "# Written by berth for all servers of the app.";

export interface Destination {
  readonly container: string;
  readonly port: number;
  readonly publish: number;
  /** Served with TLS, under this name. */
  readonly host?: string | undefined;
  /** Proxies in front that the edge believes. */
  readonly trustedProxies?: readonly string[] | undefined;
}

export function routeTo(edge: Edge, to: Destination): Route {
  const software = softwareOf(edge);
  return {
    site: `${MARK}\n${software.site({ ...to, app: edge.app })}`,
    target: software.targets ? `${to.container}:${to.port}` : "",
  };
}

/** What the edge has now; it need not run, as its files are on a volume. @throws Error where its Docker isn't reached */
export async function routeOf(edge: Edge): Promise<Route> {
  const { sites, targets } = softwareOf(edge);
  const file = siteFile(edge);
  const site = (await getFiles(containerOf(edge), `${sites}/${file}`))?.get(file)?.toString();
  if (site === undefined) return NO_ROUTE;
  if (!targets) return { site, target: "" };
  const files = await getFiles(containerOf(edge), targets(edge.app));
  const [target = ""] = [...(files?.keys() ?? [])].map((path) => basename(path));
  return { site, target };
}

/** The container that a route sends requests to, undefined where it is none. */
export function servedBy(edge: Edge, { site, target }: Route): string | undefined {
  return target ? target.replace(/:\d+$/, "") : softwareOf(edge).servedBy(site);
}

/**
 * The container that an app's requests go to by the files of an edge, whatever software it is and whether it runs or not; undefined
 * where it has no route. The one place that knows who serves, for those who don't come from the settings.
 */
export async function servedByEdge(edge: Omit<Edge, "software">): Promise<string | undefined> {
  for (const software of SOFTWARE) {
    // The volume may have files of the software that was there before; of main files each image has its own.
    const { configFile } = edgeSoftware[software];
    if ((await getFiles(containerOf(edge), configFile)) === undefined) continue;
    return servedBy({ ...edge, software }, await routeOf({ ...edge, software }));
  }
  return undefined;
}

const SOFTWARE = ["caddy", "nginx"] as const satisfies readonly EdgeSoftwareName[];

/** Empty where the edge isn't running: it has no route then. */
export async function servedNow(edge: Edge): Promise<string> {
  if (!(await isRunning(containerOf(edge)))) return "";
  return servedBy(edge, await routeOf(edge)) ?? "";
}

/**
 * Gives the edge that route. A site that differs is loaded; one that the edge refuses is taken back, so that the next
 * load of another app isn't refused too. Where only the target differs nothing is loaded at all.
 * @throws Error with what the edge said
 */
export async function setRoute(edge: Edge, { site, target }: Route): Promise<void> {
  const { sites, load, targets } = softwareOf(edge);
  const env = { FILE: siteFile(edge), SITE: site, TARGETS: targets?.(edge.app) ?? "", TARGET: target };
  const script = ["set -eu", `mkdir -p ${sites} && cd ${sites}`, `load() { ${load}; }`, SWITCH].join("\n");
  const { exitCode, output } = await execIn(containerOf(edge), ["sh", "-c", script], asList(env));
  if (exitCode !== 0) throw new Error(output.trim() || `its shell ended with exit code ${exitCode}`);
}

/** Takes the app's route away, unless the edge is gone too. */
export async function removeRoute(edge: Edge): Promise<void> {
  if (await isRunning(containerOf(edge))) await setRoute(edge, NO_ROUTE);
}

/** The same for a resource of an older version, which was one server's: what has been written since is not its own. */
export async function removeOldRoute(edge: Edge): Promise<void> {
  if (!(await isRunning(containerOf(edge)))) return;
  if (!(await routeOf(edge)).site.startsWith(MARK)) await setRoute(edge, NO_ROUTE);
}

/**
 * A site that was written and not loaded, as its run was killed in between, leaves its .old behind, and is loaded by the
 * next. A first target is there before the site that looks for it; a new one comes before the old one goes.
 */
const SWITCH = `
had=$(ls "$TARGETS" 2>/dev/null || true)
if [ -n "$TARGET" ] && [ -z "$had" ]; then mkdir -p "$TARGETS"; : > "$TARGETS/$TARGET"; fi
now=$(cat "$FILE" 2>/dev/null || true)
if [ "$now" != "$(printf "%s" "$SITE")" ] || [ -e "$FILE.old" ]; then
  if [ ! -e "$FILE.old" ]; then printf "%s" "$now" > "$FILE.new"; mv "$FILE.new" "$FILE.old"; fi
  if [ -n "$SITE" ]; then printf "%s" "$SITE" > "$FILE.new"; mv "$FILE.new" "$FILE"; else rm -f "$FILE"; fi
  if ! load; then
    if [ -s "$FILE.old" ]; then mv "$FILE.old" "$FILE"; else rm -f "$FILE" "$FILE.old"; fi
    if [ -n "$TARGETS" ] && [ -z "$had" ]; then rm -rf "$TARGETS"; fi
    exit 1
  fi
  rm -f "$FILE.old"
fi
if [ -n "$TARGET" ]; then
  : > "$TARGETS/$TARGET"
  for other in $had; do if [ "$other" != "$TARGET" ]; then rm -f "$TARGETS/$other"; fi; done
elif [ -n "$TARGETS" ]; then
  rm -rf "$TARGETS"
fi`;

function asList(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

function softwareOf({ software }: Pick<Edge, "software">) {
  return edgeSoftware[software ?? "caddy"];
}

function siteFile({ app, software }: Edge): string {
  return `${app}.${softwareOf({ software }).extension}`;
}

function containerOf({ docker, edge }: Edge): Docker.Container {
  return dockerHost(docker).getContainer(edge);
}

async function isRunning(container: Docker.Container): Promise<boolean> {
  try {
    return (await container.inspect()).State.Running;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw error;
  }
}
