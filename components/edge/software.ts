import { caddy } from "./caddy";
import { nginx } from "./nginx";

/** One app's part of an edge proxy's configuration. */
export interface Site {
  readonly app: string;
  /** Container that serves the app, by its name on the edge's network, and the port on which it listens there. */
  readonly container: string;
  readonly port: number;
  /** Port on which the edge takes the app's requests. */
  readonly publish: number;
  /** Host name or address that it serves, with TLS. Without one it speaks plain http, whatever it is called. */
  readonly host?: string | undefined;
  /** Addresses and CIDRs whose X-Forwarded-Proto, -For, -Host and -Port are believed and passed on. @default nobody's */
  readonly trustedProxies?: readonly string[] | undefined;
}

/** What an edge serves from the beginning, always by the same container, with TLS. */
export type FixedRoute = Omit<Site, "app"> & { readonly host: string };

/** Where an edge's certificates come from. */
export type EdgeCertificates =
  | {
      readonly from: "acme";
      readonly email?: string | undefined;
      readonly directory?: string | undefined;
      /** The directory's own root is at `TLS_FILES.directoryCa`. */
      readonly directoryCa?: boolean;
    }
  | { readonly from: "own" }
  | { readonly from: "files" };

/** What the main configuration says of TLS. */
export interface EdgeTls {
  readonly certificates: EdgeCertificates;
  /** Whose certificate clients get that name no host: Docker doesn't where the host is an address. */
  readonly host: string;
  readonly port: number;
  /** Port whose plain http is sent on to https; false: none. */
  readonly redirectFrom: number | false;
  /** Host name → port of its https, for those that `redirectFrom` sends elsewhere than to host and port. */
  readonly redirects?: { readonly [host: string]: number };
  /** Apps come as files of `sites` instead. */
  readonly routes: readonly FixedRoute[];
  /** Host names of apps to come: their certificates are got at once, so that the first request finds one. */
  readonly hosts: readonly string[];
  /** As of a site. What one of them sends by plain http, having ended its client's TLS, is served instead of sent on to https. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Host name → app that is served then; the empty name: every other one's. */
  readonly apps?: { readonly [host: string]: string };
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
  /** The main configuration; without TLS it has no part but the apps'. */
  main(tls?: EdgeTls): string;
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
export const edgeSoftware: { readonly caddy: EdgeSoftware; readonly nginx: EdgeSoftware } = { caddy, nginx };

export type EdgeSoftwareName = keyof typeof edgeSoftware;
