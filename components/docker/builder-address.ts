import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { messageOf } from "../values/error-facts";
import { providerArgs } from "./docker-host";

const STANDARD = "unix:///var/run/docker.sock";

/** What `docker context` calls the host that no context of its own describes. */
const NO_CONTEXT = "default";

/** The port that is registered for Docker with TLS (IANA: docker-s). */
const TLS_PORT = /:2376\/?$/;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Docker host that builds: the one that Docker's own client would take here, in the form that settings have
 * (`tcp://docker:2376?certificates=/certs/client`). That is `DOCKER_HOST` with `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`
 * (https://docs.docker.com/reference/cli/docker/#environment-variables), else the context that `DOCKER_CONTEXT` or
 * config.json names, else the standard socket. Nothing else of the stack goes by these variables.
 * @throws RunError naming what the environment or the context has that can't be followed
 */
export function builderAddress(env: Environment = process.env): string {
  const given = env["DOCKER_HOST"]?.trim();
  if (given) return ofVariables(given, env);
  const context = namedContext(env);
  return context === undefined ? STANDARD : ofContext(context, configFolder(env));
}

/** What `build` says of a Docker that can't be told is for the build to say; such a one is no server's. */
export function isBuilder(address: string): boolean {
  try {
    return builderAddress() === address;
  } catch {
    return false;
  }
}

/** The same as arguments of a docker.Provider: none for the standard socket, which it has a substitute for on a Mac. */
export function builderArgs(): { host?: string; certPath?: string } {
  const address = builderAddress();
  return address === STANDARD ? {} : providerArgs(address);
}

/**
 * By which names the engine knows what Docker's own client goes by, so that one plugin alone goes by it, too: a provider's
 * `envVarMappings`. No argument tells @pulumi/docker-build who builds, as it has the docker command build, which asks the environment.
 */
export const BUILDER_VARIABLES = {
  BERTH_BUILDER_HOST: "DOCKER_HOST",
  BERTH_BUILDER_TLS_VERIFY: "DOCKER_TLS_VERIFY",
  BERTH_BUILDER_CERT_PATH: "DOCKER_CERT_PATH",
} as const;

/** What the engine's environment gets for that; nothing for the standard socket, nor where a build would say what is wrong. */
export function builderVariables(
  env: Environment = process.env,
): Partial<Record<keyof typeof BUILDER_VARIABLES, string>> {
  try {
    const address = builderAddress(env);
    if (address === STANDARD) return {};
    const { host, certPath } = providerArgs(address);
    if (certPath === undefined) return { BERTH_BUILDER_HOST: host };
    return { BERTH_BUILDER_HOST: host, BERTH_BUILDER_TLS_VERIFY: "1", BERTH_BUILDER_CERT_PATH: certPath };
  } catch {
    return {}; // the build says it
  }
}

function ofVariables(given: string, env: Environment): string {
  const address = given.includes("://") ? given : `tcp://${given}`;
  if (address === "unix://") return STANDARD;
  if (/^(unix|ssh):\/\/./.test(address)) return address;
  if (!/^tcp:\/\/./.test(address))
    throw new pulumi.RunError(
      `DOCKER_HOST is ${shown(given)}: Berth builds on unix:///path, tcp://host:port or ssh://user@host.`,
    );
  const folder = env["DOCKER_CERT_PATH"];
  const wantsTls = Boolean(
    env["DOCKER_TLS_VERIFY"] || env["DOCKER_TLS"] || (folder && TLS_PORT.test(address)),
  );
  return wantsTls ? withCertificates(address, folder || configFolder(env)) : address;
}

const withCertificates = (address: string, folder: string) => `${address}?certificates=${folder}`;

/** An address may hold a login. */
const shown = (address: string) => `"${address.replace(/\/\/[^/@]*@/, "//")}"`;

function configFolder(env: Environment): string {
  return env["DOCKER_CONFIG"] || join(homedir(), ".docker");
}

interface NamedContext {
  readonly name: string;
  /** Where the name stands. */
  readonly by: string;
}

function namedContext(env: Environment): NamedContext | undefined {
  const file = join(configFolder(env), "config.json");
  const named = env["DOCKER_CONTEXT"]
    ? { name: env["DOCKER_CONTEXT"], by: "DOCKER_CONTEXT" }
    : { name: currentContext(file), by: file };
  return named.name === undefined || named.name === "" || named.name === NO_CONTEXT
    ? undefined
    : { name: named.name, by: named.by };
}

function currentContext(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const config: { readonly currentContext?: string } = readJson(file);
  return config.currentContext;
}

/** As the docker command keeps them: `contexts/meta/<sha256 of the name>/meta.json`, their TLS files beside it. */
function ofContext({ name, by }: NamedContext, config: string): string {
  const id = createHash("sha256").update(name).digest("hex");
  const meta = join(config, "contexts", "meta", id, "meta.json");
  if (!existsSync(meta))
    throw new pulumi.RunError(
      `${by} names the Docker context "${name}", and there is none of that name (docker context ls). ` +
        "Correct it, or set DOCKER_HOST.",
    );
  const { Endpoints }: Meta = readJson(meta);
  const { Host, SkipTLSVerify } = Endpoints?.docker ?? {};
  if (!Host || !/^(unix|ssh|tcp):\/\/./.test(Host))
    throw new pulumi.RunError(
      `The Docker context "${name}" (${by}) has ${Host ? shown(Host) : "no Docker host"}: Berth builds on unix://, ` +
        "tcp:// or ssh://. Take another context, or set DOCKER_HOST.",
    );
  const folder = join(config, "contexts", "tls", id, "docker");
  if (!Host.startsWith("tcp:")) return Host;
  if (SkipTLSVerify)
    throw new pulumi.RunError(
      `The Docker context "${name}" (${by}) skips the check of certificates, which Berth doesn't: give the context its ` +
        "ca.pem (docker context update), or set DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH.",
    );
  return existsSync(folder) ? withCertificates(Host, folder) : Host;
}

interface Meta {
  readonly Endpoints?: { readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean } };
}

function readJson<T>(file: string): T {
  try {
    const read: T = JSON.parse(readFileSync(file, "utf8"));
    return read;
  } catch (error) {
    throw new pulumi.RunError(`The Docker host that builds is told by ${file}: ${reasonOf(error)}`);
  }
}

/** Not what JSON.parse says: it repeats a part of the text, and logins are in that file. */
function reasonOf(error: unknown): string {
  return error instanceof SyntaxError ? "it is not valid JSON" : messageOf(error);
}
