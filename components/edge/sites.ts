import { edgeSoftware } from "./software";
import type { EdgeForm, EdgeSoftware, Site } from "./software/edge-software";

/** Where an app is served: clients tell addresses apart by port, and by host name where they speak TLS. */
export type SiteAddress = Pick<Site, "host" | "publish">;

/** Begins a site's file: what it is made of, in one line, so that another version or another software can make it anew. */
const HEADER = "# berth: ";

/** Begins the files of the versions before there were headers and doors, which had one file an app. */
export const OLDER_MARK = "# Written by berth for all servers of the app.";

/** Whether two sites can't be on one edge: one port speaks TLS or doesn't. */
export function clash(one: SiteAddress, other: SiteAddress): boolean {
  if (one.publish !== other.publish) return false;
  return one.host === undefined || other.host === undefined || one.host === other.host;
}

export function sameAddress(one: SiteAddress, other: SiteAddress): boolean {
  return one.publish === other.publish && one.host === other.host;
}

/** `blog@:8080.caddy`, `shop@shop.example.com:443.caddy`: an app may be at several addresses for a while. */
export function siteFile({ app, host = "", publish }: Site, { extension }: EdgeSoftware): string {
  return `${app}@${host}:${publish}.${extension}`;
}

export function siteText(site: Site, software: EdgeSoftware, form: EdgeForm): string {
  if (form === "older") return `${OLDER_MARK}\n${software.site(site, form)}`;
  const { app, container, port, publish, host, trustedProxies = [] } = site;
  // With targets it is they that say who serves, and the site stays the same when somebody else does.
  const served = software.targets ? {} : { container, port };
  const front = trustedProxies.length > 0 ? { trustedProxies } : {};
  return `${HEADER}${JSON.stringify({ app, publish, host, ...front, ...served })}\n${software.site(site, form)}`;
}

/** Who serves a site that says nothing of it: a target does. */
const UNSAID = { container: "", port: 0 };

/**
 * The site that a file holds, whichever version and software wrote it; undefined where it isn't one of Berth's: people may
 * have put files of their own beside them.
 */
export function siteOf(name: string, text: string): Site | undefined {
  if (text.startsWith(HEADER)) {
    const said: Site = JSON.parse(text.slice(HEADER.length, text.indexOf("\n")));
    return { ...UNSAID, ...said };
  }
  const software = Object.values(edgeSoftware).find(({ extension }) => name.endsWith(`.${extension}`));
  const parsed = software?.parse(text);
  if (!software || !parsed) return undefined;
  // Before there was a mark, a site named its container.
  if (!text.startsWith(OLDER_MARK) && parsed.container === "") return undefined;
  return { app: name.slice(0, -software.extension.length - 1), ...parsed };
}
