import { readFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";
import type { Props } from "../provider";
import { UNKNOWN } from "../provider";
import { isObject, text, texts } from "../schema/value";
import { dockerError } from "./docker-error";
import { type RegistryAuth, registryHost, registryOfImage } from "./registry-auth";
import { SshConnections } from "./ssh-connections";

export const DEFAULT_HOST = "unix:///var/run/docker.sock";

/** The Docker daemon that one provider talks to, with its logins at registries. */
export class Connection {
  readonly host: string;
  private readonly auths: readonly RegistryAuth[];
  private readonly certPath: string;
  private readonly sshOptions: readonly string[];
  private client: Docker | undefined;

  /** @param config the checked arguments; the host may be unknown in a preview, which then must not call. */
  constructor(config: Props) {
    this.host = config["host"] === UNKNOWN ? "" : text(config["host"]) || defaultHost();
    // As the plugin: it comes from the environment for every host, also for a socket that knows no TLS.
    this.certPath = text(config["certPath"]) || (process.env["DOCKER_CERT_PATH"] ?? "");
    this.sshOptions = sshOptions(config["sshOpts"]);
    this.auths = parseAuths(config["registryAuth"]);
  }

  get docker(): Docker {
    if (this.host === "") throw new Error("Docker's address is not known before the update");
    this.client ??= new Docker(clientOptions(this.host, this.certPath, this.sshOptions));
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

/** Why a host can't be used, or undefined. */
export function refuseHost(host: string): string | undefined {
  if (/^(unix:\/\/\/.|tcp:\/\/[^/]+:\d+\/?$|ssh:\/\/.)/.test(host)) return undefined;
  const scheme = host.split("://")[0];
  return `the sandbox does not support a host with "${scheme}://": use unix:///path, tcp://address:port or ssh://user@host`;
}

/** Nothing of docker-modem's own reading of the environment: an address means what it says. */
const NOTHING = {
  host: undefined,
  port: undefined,
  socketPath: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
};

/** @param certPath folder with ca.pem, cert.pem and key.pem; empty: no TLS */
function clientOptions(host: string, certPath: string, sshOptions: readonly string[]): object {
  const refused = refuseHost(host);
  if (refused !== undefined) throw new Error(`Docker host ${host}: ${refused}`);
  const tls = certPath === "" ? { protocol: "http" } : { protocol: "https", ...certificates(certPath) };
  const plain = { ...NOTHING, ...tls };
  if (host.startsWith("unix://")) return { ...plain, socketPath: host.slice("unix://".length) };
  if (host.startsWith("ssh://")) {
    const agent = new SshConnections(host, sshOptions);
    return { ...NOTHING, protocol: "http", host: "docker.example.com", agent };
  }
  const url = new URL(host.replace(/^tcp:/, "http:"));
  return { ...plain, host: url.hostname, port: url.port };
}

function certificates(folder: string) {
  const [ca, cert, key] = ["ca", "cert", "key"].map((name) => readFileSync(join(folder, `${name}.pem`)));
  return { ca, cert, key };
}

/** A list, which the package sends as JSON text; without one the environment's, as the plugin reads it. */
function sshOptions(value: Props[string] | undefined): string[] {
  if (typeof value === "string") return sshOptions(JSON.parse(value) as Props[string]);
  if (Array.isArray(value)) return texts(value);
  return (process.env["DOCKER_SSH_OPTS"] ?? "").split(/\s+/).filter(Boolean);
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
