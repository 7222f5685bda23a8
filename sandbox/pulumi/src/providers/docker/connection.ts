import { readFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";
import type { Props } from "../provider";
import { UNKNOWN } from "../provider";
import { isObject, text } from "../schema/value";
import { dockerError } from "./docker-error";
import { type RegistryAuth, registryHost, registryOfImage } from "./registry-auth";

export const DEFAULT_HOST = "unix:///var/run/docker.sock";

/** The Docker daemon that one provider talks to, with its logins at registries. */
export class Connection {
  readonly host: string;
  private readonly auths: readonly RegistryAuth[];
  private readonly certPath: string;
  private client: Docker | undefined;

  /** @param config the checked arguments; the host may be unknown in a preview, which then must not call. */
  constructor(config: Props) {
    this.host = config["host"] === UNKNOWN ? "" : text(config["host"]) || defaultHost();
    this.certPath = text(config["certPath"]);
    this.auths = parseAuths(config["registryAuth"]);
  }

  get docker(): Docker {
    if (this.host === "") throw new Error("Docker's address is not known before the update");
    this.client ??= new Docker(clientOptions(this.host, this.certPath));
    return this.client;
  }

  /** The login for an image's registry, if the provider was given one. */
  authFor(image: string): RegistryAuth | undefined {
    const registry = registryOfImage(image);
    return this.auths.find((auth) => auth.serveraddress === registry);
  }

  /** Runs one call; a failure says what was attempted, and where if Docker didn't answer. */
  async attempt<T>(what: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw dockerError(what, error, this.host);
    }
  }
}

export function defaultHost(): string {
  return process.env["DOCKER_HOST"] || DEFAULT_HOST;
}

/** Why a host can't be used, or undefined. ssh is refused because dockerode's client checks no host key. */
export function refuseHost(host: string): string | undefined {
  if (/^(unix:\/\/\/.|tcp:\/\/[^/]+:\d+\/?$)/.test(host)) return undefined;
  const scheme = host.split("://")[0];
  return `the sandbox does not support a host with "${scheme}://": use unix:///path or tcp://address:port`;
}

/** @param certPath folder with ca.pem, cert.pem and key.pem; empty: no TLS */
function clientOptions(host: string, certPath: string): Docker.DockerOptions {
  if (host.startsWith("unix://")) return { socketPath: host.slice("unix://".length) };
  const refused = refuseHost(host);
  if (refused !== undefined) throw new Error(`Docker host ${host}: ${refused}`);
  const url = new URL(host.replace(/^tcp:/, "http:"));
  if (certPath === "") return { protocol: "http", host: url.hostname, port: url.port };
  const [ca, cert, key] = ["ca", "cert", "key"].map((name) => readFileSync(join(certPath, `${name}.pem`)));
  return { protocol: "https", host: url.hostname, port: url.port, ca, cert, key };
}

/** The package sends the list as JSON text. */
export function parseRegistryAuth(value: Props[string] | undefined): Props[] | undefined {
  if (value === undefined || value === UNKNOWN) return [];
  let list: unknown = value;
  if (typeof value === "string") {
    try {
      list = JSON.parse(value);
    } catch {
      return undefined;
    }
  }
  return Array.isArray(list) && list.every((item) => isObject(item)) ? (list as Props[]) : undefined;
}

function parseAuths(value: Props[string] | undefined): RegistryAuth[] {
  return (parseRegistryAuth(value) ?? []).map((auth) => ({
    username: text(auth["username"]),
    password: text(auth["password"]),
    serveraddress: registryHost(text(auth["address"])),
  }));
}
