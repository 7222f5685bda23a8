import { changeEdge, withEdge } from "../edge/change-edge";
import { type EdgeSites, edgeSites, forgetTarget, pointTo, siteChanges } from "../edge/edge-sites";
import { type EdgePlace, findEdge, type RunningEdge } from "../edge/running-edge";
import { clash, OLDER_MARK, type SiteAddress, sameAddress, siteOf } from "../edge/sites";
import type { Site } from "../edge/software/edge-software";

/** The edge proxy of one server, as far as one app is concerned. */
export interface Edge extends EdgePlace {
  readonly app: string;
}

export interface Destination {
  readonly container: string;
  readonly port: number;
  readonly publish: number;
  /** Served with TLS, under this name. */
  readonly host?: string | undefined;
  /** And under these, on the same port. */
  readonly otherHosts?: readonly string[] | undefined;
  /** Proxies in front that the edge believes. */
  readonly trustedProxies?: readonly string[] | undefined;
}

/** Gives an edge back what it had before a move. @throws Error with what the edge said */
export type MoveBack = () => Promise<void>;

/**
 * Has an edge send an app's requests to a container. A site of another app at the same address goes in the same load: that
 * app is about to leave, or to move. Other addresses of this app are served on, by the new container too, until somebody
 * else wants them (keepAddresses). Where only the container differs, Caddy loads nothing at all.
 * @throws Error with what the edge said; it has what it had then
 */
export async function moveRoute({ app, ...place }: Edge, to: Destination): Promise<MoveBack> {
  const back = await withEdge(place, async (edge) => {
    const sites = await edgeSites(edge);
    const { host, otherHosts = [], ...served } = to;
    const wishes: Site[] = [host, ...otherHosts].map((name) => ({ app, ...served, host: name }));
    const { container, port, trustedProxies } = served;
    const others = sites.all
      .filter((site) => !wishes.some((wish) => clash(site, wish)))
      .map((site) => (site.app === app ? { ...site, container, port, trustedProxies } : site));
    const [had] = sites.targets.get(app) ?? [];
    const files = siteChanges(edge, sites, [...others, ...wishes]);
    const target = `${container}:${port}`;
    // A first target is there before the site that looks for it.
    if (had === undefined) await pointTo(edge, app, target);
    try {
      await changeEdge(edge, { files });
    } catch (error) {
      if (had === undefined) await forgetTarget(edge, app);
      throw error;
    }
    await pointTo(edge, app, target);
    return () => moveBack({ app, ...place }, sites, [...files.keys()], had);
  });
  if (!back) throw new Error("none of its containers runs");
  return back;
}

/** Only what the move has changed: meanwhile other apps may have moved, too. */
async function moveBack(
  { app, ...place }: Edge,
  { texts }: EdgeSites,
  paths: readonly string[],
  had: string | undefined,
): Promise<void> {
  const back = await withEdge(place, async (edge) => {
    const files = new Map(
      paths.map((path) => {
        const content = texts.get(path);
        return [path, content === undefined ? undefined : { content }];
      }),
    );
    if (had !== undefined) await pointTo(edge, app, had);
    await changeEdge(edge, { files });
    if (had === undefined) await forgetTarget(edge, app);
    return true;
  });
  if (!back) throw new Error("none of its containers runs");
}

/** Takes all of the app's sites away, unless the edge is gone too. */
export async function removeRoute({ app, ...place }: Edge): Promise<void> {
  await withEdge(place, (edge) => removeSites(edge, (site) => site.app !== app));
}

/** The same for a resource of an older version, which was one server's: what has been written since is not its own. */
export async function removeOldRoute({ app, ...place }: Edge): Promise<void> {
  await withEdge(place, async (edge) => {
    const { texts } = await edgeSites(edge);
    const files = [...texts].filter(([path, text]) => {
      const site = text.startsWith("#") ? undefined : siteOf(path.slice(path.lastIndexOf("/") + 1), text);
      return site?.app === app && !text.startsWith(OLDER_MARK);
    });
    await changeEdge(edge, { files: new Map(files.map(([path]) => [path, undefined])) });
  });
}

export type AppAddress = SiteAddress & Pick<Site, "app">;

/**
 * Takes every site away that isn't one of these: what apps that moved have left behind, and apps that left.
 * @returns false where nothing of the edge runs
 */
export async function keepAddresses(place: EdgePlace, wanted: readonly AppAddress[]): Promise<boolean> {
  const done = await withEdge(place, async (edge) => {
    await removeSites(edge, (site) => wanted.some((one) => one.app === site.app && sameAddress(one, site)));
    return true;
  });
  return done ?? false;
}

async function removeSites(edge: RunningEdge, stays: (site: Site) => boolean): Promise<void> {
  const sites = await edgeSites(edge);
  const left = sites.all.filter(stays);
  await changeEdge(edge, { files: siteChanges(edge, sites, left) });
  for (const app of sites.targets.keys())
    if (!left.some((site) => site.app === app)) await forgetTarget(edge, app);
}

/** The container that gets the app's requests; empty where none does, or the edge isn't running. */
export async function servedNow({ app, ...place }: Edge): Promise<string> {
  const edge = await findEdge(place);
  return (edge && (await servedIn(edge, app))) ?? "";
}

/**
 * The container that an app's requests go to by the files of an edge, whatever software it is and whether it runs or not; undefined
 * where it has no route. For those who don't come from the settings.
 */
export async function servedByEdge({ app, ...place }: Omit<Edge, "software">): Promise<string | undefined> {
  const edge = await findEdge(place, { stopped: true });
  return edge && servedIn(edge, app);
}

/** The one place that knows who serves. */
async function servedIn(edge: RunningEdge, app: string): Promise<string | undefined> {
  const { all } = await edgeSites(edge);
  return all.find((site) => site.app === app)?.container || undefined;
}
