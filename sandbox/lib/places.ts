import { extname, join, resolve } from "node:path";

/**
 * Where the sandbox keeps things and listens. The defaults are the fixed places that the settings of the dev
 * stack name; tests bring their own, so that they never touch a running sandbox.
 */
export interface Places {
  /** What survives a restart of the machine (0700). */
  home: string;
  /** Sockets, pid files and logs; gone after a restart (0700). */
  run: string;
  /** Prefix of image names in the main Docker. */
  imagePrefix: string;
  /** All on 127.0.0.1. */
  ports: Ports;
  server: ServerPlaces;
}

export interface Ports {
  nexus: number;
  nexusHosted: number;
  nexusGroup: number;
  nexusCache: number;
  gitlab: number;
  gitlabRegistry: number;
  upstream: number;
  app: number;
}

export interface ServerPlaces {
  /** Name of the network namespace. */
  namespace: string;
  /** Names of the two ends of the cable between host and server; at most 15 characters each. */
  hostLink: string;
  serverLink: string;
  hostAddress: string;
  serverAddress: string;
  /** The network of the two addresses, in CIDR form. */
  network: string;
}

/** The checkout of Berth. In the package, which is compiled, there is none: it is the package's own folder then. */
export const repository = resolve(__dirname, "../..");
/** What the names of the sandbox's own sources end with: `.ts` in a checkout, `.js` in the package. */
export const SOURCE = extname(__filename);

export const defaultPlaces: Places = {
  home: "/var/lib/berth-sandbox",
  run: "/run/berth",
  imagePrefix: "berth-sandbox",
  ports: {
    nexus: 8081,
    nexusHosted: 8082,
    nexusGroup: 8083,
    nexusCache: 8084,
    gitlab: 8929,
    gitlabRegistry: 5050,
    upstream: 5000,
    app: 8080,
  },
  server: {
    namespace: "berth-server",
    hostLink: "berth-host",
    serverLink: "berth-server",
    hostAddress: "10.77.0.1",
    serverAddress: "10.77.0.2",
    network: "10.77.0.0/30",
  },
};

export const cacheDir = (places: Places) => join(places.home, "cache");
export const stateDir = (places: Places) => join(places.home, "state");
export const passphraseFile = (places: Places) => join(places.home, "passphrase");
export const gitlabDir = (places: Places) => join(places.home, "gitlab");
/** What is in it was made of what is in the cache, and takes longest of an `up`. */
export const upstreamDir = (places: Places) => join(cacheDir(places), "upstream");
export const serverDir = (places: Places) => join(places.home, "server");
export const serverSocket = (places: Places) => join(places.run, "server.sock");
export const serverExecRoot = (places: Places) => join(places.run, "server-exec");
export const pidFile = (places: Places, name: string) => join(places.run, `${name}.pid`);
export const logFile = (places: Places, name: string) => join(places.run, `${name}.log`);
