import type { EdgeFile, RunningEdge } from "./running-edge";
import { sameAddress, siteFile, siteOf, siteText } from "./sites";
import type { EdgeForm, Site } from "./software/edge-software";
import { CONFIG_PATH, sitesFolder } from "./software/places";

/** A site as its file on the volume has it. */
interface KnownSite {
  readonly path: string;
  readonly text: string;
  readonly site: Site;
}

/** What an edge's volume says of apps. */
export interface EdgeSites {
  /** Every site once, with the container that serves it now. */
  readonly all: readonly Site[];
  /** App → `container:port`, one at most times; the software of the edge may have no use for it. */
  readonly targets: ReadonlyMap<string, readonly string[]>;
  /** Path → text of every file, sites and what people put beside them. */
  readonly texts: ReadonlyMap<string, string>;
  /** The files of an old edge that stands alone. */
  readonly old: readonly KnownSite[];
}

const TARGETS = `${CONFIG_PATH}/targets`;

/** Arguments: folder, target. The new one is there before the old one goes: at every moment there is one. */
const POINT = `set -eu
mkdir -p "$1"
: > "$1/$2"
for other in $(ls "$1"); do if [ "$other" != "$2" ]; then rm -f "$1/$other"; fi; done`;

/** Has every site of an app look to that container, where the edge's software looks; nothing has to be loaded for it. */
export async function pointTo(edge: RunningEdge, app: string, target: string): Promise<void> {
  const folder = edge.software.targets?.(app);
  if (folder !== undefined) await edge.run(["sh", "-c", POINT, "point", folder, target]);
}

/** Takes away what an app's sites looked for. Nothing of it may be in use any more. */
export async function forgetTarget(edge: RunningEdge, app: string): Promise<void> {
  await edge.run(["rm", "-rf", `${TARGETS}/${app}`]);
}

export async function edgeSites(edge: RunningEdge): Promise<EdgeSites> {
  const [doors, old, targetFiles] = [
    await edge.files(sitesFolder("doors")),
    await edge.files(sitesFolder("alone")),
    await edge.files(TARGETS),
  ];
  const targets = new Map<string, string[]>();
  for (const path of targetFiles.keys()) {
    const [app = "", target = ""] = path.slice(TARGETS.length + 1).split("/");
    targets.set(app, [...(targets.get(app) ?? []), target]);
  }
  // Files of another software are of before it was changed: they count where there is no other.
  const isOwn = ({ path }: KnownSite) => Number(path.endsWith(`.${edge.software.extension}`));
  const files = [...sitesIn(doors), ...sitesIn(old)].sort((one, other) => isOwn(other) - isOwn(one));
  const known = files.map(({ site }) => site);
  const all = known.filter(
    (site, at) => known.findIndex((one) => one.app === site.app && sameAddress(one, site)) === at,
  );
  return {
    all: all.map((site) => {
      const looks = edge.software.targets !== undefined || site.container === "";
      return looks ? { ...site, ...destinationOf(targets.get(site.app)?.[0]) } : site;
    }),
    targets,
    texts: new Map([...doors, ...old]),
    old: sitesIn(old),
  };
}

/** What has to change on the volume for an edge to have these sites and no others. */
export function siteChanges(
  edge: RunningEdge,
  { texts, old }: EdgeSites,
  wanted: readonly Site[],
): Map<string, EdgeFile | undefined> {
  const files = new Map<string, string>();
  for (const site of wanted) files.set(pathOf(edge, site, "doors"), siteText(site, edge.software, "doors"));
  for (const site of wanted.filter(({ publish }) => edge.isOlds(publish))) {
    const unchanged = old.find((one) => one.text === siteText(site, edge.software, "older"));
    if (unchanged) files.set(unchanged.path, unchanged.text);
    else files.set(pathOf(edge, site, "alone"), siteText(site, edge.software, "alone"));
  }
  const stale = [...texts].filter(([path, text]) => !files.has(path) && isSite(path, text));
  const fresh = [...files].filter(([path, text]) => texts.get(path) !== text);
  return new Map<string, EdgeFile | undefined>([
    ...stale.map(([path]) => [path, undefined] as const),
    ...fresh.map(([path, content]) => [path, { content }] as const),
  ]);
}

function pathOf(edge: RunningEdge, site: Site, form: EdgeForm): string {
  return `${sitesFolder(form)}/${siteFile(site, edge.software)}`;
}

function sitesIn(files: ReadonlyMap<string, string>): KnownSite[] {
  return [...files].flatMap(([path, text]) => {
    const site = siteOf(nameOf(path), text);
    return site ? [{ path, text, site }] : [];
  });
}

function isSite(path: string, text: string): boolean {
  return siteOf(nameOf(path), text) !== undefined;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function destinationOf(target: string | undefined): Partial<Pick<Site, "container" | "port">> {
  const [, container, port] = /^(.+):(\d+)$/.exec(target ?? "") ?? [];
  return container === undefined ? {} : { container, port: Number(port) };
}
