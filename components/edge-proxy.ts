import { readFileSync } from "node:fs";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { certificateProblem } from "./edge/given-certificate";
import { CONFIG_PATH, DATA_PATH, TLS_FILES } from "./edge/places";
import { type EdgeCertificates, type EdgeSoftwareName, edgeSoftware, type FixedRoute } from "./edge/software";
import { EdgeFiles } from "./edge-files";
import { EdgeReady } from "./edge-ready";
import { labels } from "./labels";
import type { CertificateFiles, TlsSettings } from "./tls-settings";

export interface EdgeProxyArgs {
  /** Docker host that runs it, and its provider. */
  readonly docker: string;
  readonly provider: docker.Provider;
  /** Network on which it finds what it stands in front of. */
  readonly network: pulumi.Input<string>;
  /** Reference of the image, on that Docker host already. */
  readonly image: pulumi.Input<string>;
  /** Ports that it publishes, and the address on which. @default every address */
  readonly ports: readonly number[];
  readonly bind?: string;
  /** Absent: plain http. */
  readonly tls?: EdgeTlsArgs | undefined;
  readonly dependsOn?: pulumi.Resource[];
}

export interface EdgeTlsArgs {
  readonly settings: TlsSettings;
  /** Where the settings stand, for errors: `nexus.tls`. */
  readonly path: string;
  /** The host's own name or address. */
  readonly host: string;
  /** What is served from the beginning; each must be reached from here before the edge counts as ready. */
  readonly routes: readonly FixedRoute[];
  /** Host names of the apps that are to come. */
  readonly hosts: readonly string[];
  /** Host name → port of its https, where plain http is to be sent on to another than host and port. */
  readonly redirects?: { readonly [host: string]: number };
  /** Addresses and CIDRs of proxies in front, and the app of each host name: as an edge's software has them. */
  readonly trustedProxies?: readonly string[];
  readonly apps?: { readonly [host: string]: string };
}

/** Seconds: an authority may want to look several times before it certifies a name. */
const ACME_TIMEOUT = 180;
const TIMEOUT = 60;

/** A reverse proxy at the edge of a Docker host: http for apps, or TLS in front of apps or of Nexus. */
export class EdgeProxy extends pulumi.ComponentResource {
  /** Name of the container. */
  readonly container: pulumi.Output<string>;
  readonly software: EdgeSoftwareName;
  /** PEM of the authority of its certificates, where that isn't a public one. */
  readonly ca: pulumi.Output<string> | undefined;
  /** Known once it serves. */
  readonly ready: pulumi.Output<unknown>;

  constructor(name: string, args: EdgeProxyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:edge:EdgeProxy", name, {}, opts);
    const { tls } = args;
    this.software = tls?.settings.proxy ?? "caddy";
    // Servers had these as children of their own once.
    const aliases = opts?.parent ? [{ parent: opts.parent }] : [];
    const child = { parent: this, provider: args.provider, aliases };
    const volume = (use: string, containerPath: string) => {
      const made = new docker.Volume(`${name}-${use}`, { labels: labels(`${name}-${use}`) }, child);
      return { volumeName: made.name, containerPath };
    };
    const config = volume("config", CONFIG_PATH);
    const given = tls && givenFiles(tls);
    const files =
      given &&
      new EdgeFiles(
        `${name}-files`,
        {
          docker: args.docker,
          image: args.image,
          volume: config.volumeName,
          software: this.software,
          files: given.files,
        },
        { parent: this },
      );
    const makes = tls !== undefined && typeof tls.settings.certificates === "string";
    const software = edgeSoftware[this.software];
    const container = new docker.Container(
      name,
      {
        image: args.image,
        ports: args.ports.map((port) => ({
          internal: port,
          external: port,
          ...(args.bind && { ip: args.bind }),
        })),
        networksAdvanced: [{ name: args.network }],
        volumes: [config, ...(makes ? [volume("data", DATA_PATH)] : [])],
        uploads: [{ file: software.configFile, content: software.main(tls && mainOf(tls)) }],
        restart: "unless-stopped",
        labels: labels(name),
        logDriver: "json-file",
        logOpts: { "max-size": "10m", "max-file": "3" },
      },
      { ...child, dependsOn: [...(files ? [files] : []), ...(args.dependsOn ?? [])] },
    );
    this.container = container.name;
    const ready = tls && this.awaited(name, args.docker, container, tls, given?.ca);
    this.ca = given?.ca === undefined && tls?.settings.certificates !== "own" ? undefined : caOf(ready!);
    this.ready = (ready ?? container).urn;
    this.registerOutputs({ container: this.container });
  }

  private awaited(
    name: string,
    host: string,
    container: docker.Container,
    { settings, routes }: EdgeTlsArgs,
    givenCa: string | undefined,
  ): EdgeReady {
    const { certificates } = settings;
    return new EdgeReady(
      `${name}-ready`,
      {
        docker: host,
        container: container.id,
        own: certificates === "own",
        ...(givenCa !== undefined && { givenCa }),
        addresses: routes.map(({ host, publish }) => ({ host, port: publish })),
        timeout: certificates === "acme" ? ACME_TIMEOUT : TIMEOUT,
      },
      { parent: this },
    );
  }
}

/** It was waited for until it was there. */
function caOf({ ca }: EdgeReady): pulumi.Output<string> {
  return ca.apply((pem) => pem ?? "");
}

function mainOf({ settings, host, hosts, routes, redirects = {}, trustedProxies, apps }: EdgeTlsArgs) {
  const { port, redirectFrom } = settings;
  const front = { trustedProxies, apps: apps ?? {} };
  return {
    certificates: certificatesOf(settings),
    host,
    hosts,
    port,
    redirectFrom,
    redirects,
    routes,
    ...front,
  };
}

function certificatesOf({ certificates, email, directory, directoryCa }: TlsSettings): EdgeCertificates {
  if (certificates === "own") return { from: "own" };
  if (certificates !== "acme") return { from: "files" };
  return { from: "acme", email, directory, directoryCa: directoryCa !== undefined };
}

interface Given {
  readonly files: { readonly [path: string]: string };
  readonly ca?: string | undefined;
}

/** What settings give as files, read and checked; undefined where that is nothing. @throws RunError with the setting */
function givenFiles({ settings, path, host }: EdgeTlsArgs): Given | undefined {
  const { certificates, directoryCa, names } = settings;
  if (directoryCa !== undefined) {
    const ca = readSetting(`${path}.directoryCa`, directoryCa);
    return { files: { [TLS_FILES.directoryCa]: ca }, ca };
  }
  if (typeof certificates === "string") return undefined;
  return readCertificates(certificates, `${path}.certificates`, [host, ...Object.values(names)]);
}

function readCertificates(named: CertificateFiles, path: string, hosts: readonly string[]): Given {
  const read = (key: keyof CertificateFiles) => readSetting(`${path}.${key}`, named[key]!);
  const [certificate, key] = [read("certificate"), read("key")];
  const ca = named.ca === undefined ? undefined : read("ca");
  const problem = certificateProblem({ certificate, key, ca }, hosts);
  if (problem)
    throw new pulumi.RunError(
      `berth:${path}.${problem.file}: the file ${named[problem.file]} ${problem.message}`,
    );
  return { files: { [TLS_FILES.certificate]: certificate, [TLS_FILES.key]: key }, ca };
}

function readSetting(path: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new pulumi.RunError(`berth:${path}: ${(error as Error).message}`);
  }
}
