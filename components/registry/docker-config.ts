import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Account } from "./account";
import { askCredentialHelper } from "./credential-helper";

/** A file of Docker's that can't be used; a mistake in the settings (exit code 2). Names the file, not its content. */
export class InvalidDockerConfig extends Error {
  override name = "InvalidDockerConfig";
}

export interface DockerLoginArgs {
  /** As in references: "gitlab.example.com:5050", "docker.io". */
  registry: string;
  /** For DOCKER_CONFIG, HOME, and the PATH of credential helpers. */
  env: NodeJS.ProcessEnv;
  /** Milliseconds for a credential helper. @default 30000 */
  helperTimeLimit?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface DockerLogin {
  account: Account;
  /** Where it was found: the file, or the helper's program. */
  origin: string;
}

type Fields = Record<string, unknown>;

// What `docker login` without a host writes, and what its helpers know Docker Hub by.
const DOCKER_HUB = "https://index.docker.io/v1/";
const DOCKER_HUB_HOSTS = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);

/**
 * The login that `docker login` left for a registry, in $DOCKER_CONFIG/config.json (else ~/.docker/config.json):
 * from the registry's own helper (`credHelpers`), the general one (`credsStore`), or the file itself (`auths`).
 * @throws InvalidDockerConfig; CredentialHelperError
 */
export async function dockerLogin(args: DockerLoginArgs): Promise<DockerLogin | undefined> {
  const file = dockerConfigFile(args.env);
  const config = await readConfig(file);
  if (config === undefined) return undefined;
  const host = hostOf(args.registry);
  const helper = helperFor(config, host, file);
  if (helper !== undefined) {
    const { env, helperTimeLimit: timeLimit, signal } = args;
    const server = DOCKER_HUB_HOSTS.has(host) ? DOCKER_HUB : args.registry;
    const account = await askCredentialHelper({
      name: helper,
      server,
      configFile: file,
      env,
      timeLimit,
      signal,
    });
    if (account !== undefined) return { account, origin: `docker-credential-${helper}` };
  }
  const account = accountIn(config, host, file);
  return account && { account, origin: file };
}

export function dockerConfigFile(env: NodeJS.ProcessEnv): string {
  return join(env["DOCKER_CONFIG"] || join(env["HOME"] || homedir(), ".docker"), "config.json");
}

async function readConfig(file: string): Promise<Fields | undefined> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new InvalidDockerConfig(`Docker's configuration ${file} can't be read (${code})`, { cause: error });
  }
  const config = parse(text.replace(/^\uFEFF/, ""));
  if (isFields(config)) return config;
  throw new InvalidDockerConfig(
    `Docker's configuration ${file}: expected a JSON object, got something else. Correct it, or set DOCKER_CONFIG to another folder`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which holds passwords.
    return undefined;
  }
}

/** An empty name in `credHelpers` means: this registry's login is in the file. */
function helperFor(config: Fields, host: string, file: string): string | undefined {
  const helpers = section(config, "credHelpers", file);
  const key = keysFor(helpers, host)[0];
  const name = key === undefined ? config["credsStore"] : helpers[key];
  if (name === undefined || name === null || name === "") return undefined;
  if (typeof name === "string") return name;
  throw wrong(file, key === undefined ? "credsStore" : `credHelpers[${JSON.stringify(key)}]`, "a name");
}

function accountIn(config: Fields, host: string, file: string): Account | undefined {
  const auths = section(config, "auths", file);
  for (const key of keysFor(auths, host)) {
    const where = `auths[${JSON.stringify(key)}]`;
    const entry = auths[key] ?? {};
    if (!isFields(entry)) throw wrong(file, where, "an object");
    const account = readEntry(entry, where, file);
    if (account !== undefined) return account;
  }
  return undefined;
}

/** As Docker reads it: the identity token first, then `auth`, then user name and password as they are. */
function readEntry(entry: Fields, where: string, file: string): Account | undefined {
  const text = (field: string) => {
    const value = entry[field] ?? "";
    if (typeof value === "string") return value;
    throw wrong(file, `${where}.${field}`, "a text");
  };
  const identityToken = text("identitytoken");
  if (identityToken !== "") return { identityToken };
  const auth = text("auth").trim();
  if (auth !== "") {
    const [, username, password] = /^([^:]+):(.*)$/s.exec(decodeBase64(auth)) ?? [];
    if (username !== undefined && password !== undefined)
      return { username, password: password.replace(/\0+$/, "") };
    throw wrong(file, `${where}.auth`, "base64 of a user name, a colon and a password");
  }
  const username = text("username");
  return username === "" ? undefined : { username, password: text("password") };
}

/** Nothing where it isn't base64, which Node would read as far as it goes. */
function decodeBase64(text: string): string {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, "base64").toString("utf8") : "";
}

/** The keys of a section that mean this host; its own plain name before other spellings of it. */
function keysFor(fields: Fields, host: string): string[] {
  const keys = Object.keys(fields).filter((key) => hostOf(key) === host);
  return keys.sort((a, b) => Number(b === host) - Number(a === host));
}

/** "https://r.io/v1/", "r.io/v2/" and "R.io" are r.io; Docker Hub has many names. */
function hostOf(key: string): string {
  const host = key.replace(/^https?:\/\//i, "").replace(/\/.*$/s, "");
  return DOCKER_HUB_HOSTS.has(host.toLowerCase()) ? "docker.io" : host.toLowerCase();
}

function section(config: Fields, name: string, file: string): Fields {
  const fields = config[name] ?? {};
  if (isFields(fields)) return fields;
  throw wrong(file, name, "an object");
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(file: string, where: string, expected: string): InvalidDockerConfig {
  return new InvalidDockerConfig(`Docker's configuration ${file}: expected ${expected} at ${where}`);
}
