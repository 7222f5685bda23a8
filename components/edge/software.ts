import { caddy } from "./caddy";

/** One app's part of an edge proxy's configuration. */
export interface Site {
  readonly app: string;
  /** Container that serves the app, by its name on the edge's network, and the port on which it listens there. */
  readonly container: string;
  readonly port: number;
  /** Port on which the edge takes the app's requests. */
  readonly publish: number;
}

/** A reverse proxy that can stand at the edge: how its configuration reads and how it is made to load it. */
export interface EdgeSoftware {
  /** As the public hub names it. */
  readonly image: string;
  /** Main configuration file in the container; it includes every file of `sites`. */
  readonly configFile: string;
  /** Folder in the container, on a volume, with one file an app: `<app>.<extension>`. */
  readonly sites: string;
  readonly extension: string;
  /** The main configuration. */
  main(): string;
  /** One app's file. */
  site(site: Site): string;
  /**
   * Folder of an app's one file whose name, `container:port`, says who serves it; looked at with every request, so that
   * a switch loads nothing (docs/decisions/0010). Without it the site's file names the container.
   */
  readonly targets?: (app: string) => string;
  /** Shell command that loads the whole configuration without dropping a connection, or prints why not and fails. */
  readonly load: string;
  /** The container that a site's file sends requests to, undefined where it names none (as one does that looks for a target). */
  servedBy(site: string): string | undefined;
}

/** By the name that settings and state know them under. */
export const edgeSoftware: { readonly caddy: EdgeSoftware } = { caddy };

export type EdgeSoftwareName = keyof typeof edgeSoftware;
