/** One app at one address: a part of an edge's configuration. */
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

/**
 * How an edge is reached, which its configuration has to know.
 * - `doors`: through doors (docs/decisions/0020), which say by the PROXY protocol whose request it is
 * - `alone`: by ports of its own, as an edge that was made before there were doors
 * - `older`: the same in the words of that time, in which nothing ends kept connections
 */
export type EdgeForm = "doors" | "alone" | "older";

/** A reverse proxy that can stand at the edge: how its configuration reads and how it is made to load it. */
export interface EdgeSoftware {
  /** As the public hub names it. */
  readonly image: string;
  /** The file that it starts with, in the container. An edge that stands alone has its main configuration in it. */
  readonly configFile: string;
  /** Of an edge behind doors: that file, with which it starts and serves nothing, and the one that it takes in then. */
  readonly start: string;
  readonly mainFile: string;
  /** Folder in the container, on a volume, with one file a site. */
  sites(form: EdgeForm): string;
  readonly extension: string;
  /** Signal on which it ends what it has begun before it ends itself. */
  readonly stopSignal: string;
  /** The main configuration; without TLS it has no part but the sites. */
  main(tls?: EdgeTls, form?: EdgeForm): string;
  /** The file of one app at one address. */
  site(site: Site, form?: EdgeForm): string;
  /** What a site's file without a header says, as older versions wrote it; undefined where that can't be read. */
  parse(text: string): Omit<Site, "app"> | undefined;
  /**
   * Folder of an app's one file whose name, `container:port`, says who serves it; looked at with every request, so that
   * a switch loads nothing (docs/decisions/0010). Without it the site's file names the container.
   */
  readonly targets?: (app: string) => string;
  /** Shell command that loads the whole configuration and ends when that serves, or prints why not and fails. */
  readonly load: string;
}
