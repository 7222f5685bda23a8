import { isJsonObject, type JsonObject } from "../../values/json-object";
import type { Account } from "./account";
import { askCredentialHelper } from "./credential-helper";
import { InvalidDockerConfig, type LoginPlace, loginPlaces } from "./login-places";

export interface DockerLoginArgs {
  /** As in references: "gitlab.example.com:5050", "docker.io". */
  registry: string;
  /** "team/blog": logins may be for a part of a registry. Without it only those for all of it are found. */
  repository?: string | undefined;
  /** Names the places (login-places.ts), and has the PATH of credential helpers. */
  env: NodeJS.ProcessEnv;
  /** Milliseconds for a credential helper. @default 30000 */
  helperTimeLimit?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface DockerLogin {
  account: Account;
  /** Where it was found: the file, the variable, or the helper's program. */
  origin: string;
  /** What it is for: the registry, or "registry/path" for the repositories below that. */
  scope: string;
}

// What `docker login` without a host writes, and what its helpers know Docker Hub by.
const DOCKER_HUB = "https://index.docker.io/v1/";
const DOCKER_HUB_HOSTS = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);

/**
 * The login that `docker login`, or skopeo's or podman's, left for a registry: from the registry's own helper (`credHelpers`), the
 * general one (`credsStore`), or the place itself (`auths`); there the one for the longest path that has the repository in it.
 * The first place that has one counts.
 * @throws InvalidDockerConfig; CredentialHelperError
 */
export async function dockerLogin(args: DockerLoginArgs): Promise<DockerLogin | undefined> {
  for (const place of loginPlaces(args.env)) {
    const config = readConfig(place);
    const login = config && (await loginIn(place, config, args));
    if (login !== undefined) return login;
  }
  return undefined;
}

async function loginIn(
  place: LoginPlace,
  config: JsonObject,
  { registry, repository = "", env, helperTimeLimit: timeLimit, signal }: DockerLoginArgs,
): Promise<DockerLogin | undefined> {
  const host = hostOf(registry);
  const helper = helperFor(config, host, place);
  if (helper !== undefined) {
    const server = DOCKER_HUB_HOSTS.has(host) ? DOCKER_HUB : registry;
    const configFile = place.name;
    const account = await askCredentialHelper({
      name: helper,
      server,
      configFile,
      env,
      timeLimit,
      signal,
    });
    if (account !== undefined) return { account, origin: `docker-credential-${helper}`, scope: registry };
  }
  const found = accountIn(config, host, repository, place);
  if (found === undefined) return undefined;
  const scope = found.path === "" ? registry : `${registry}/${found.path}`;
  return { account: found.account, origin: place.name, scope };
}

function readConfig(place: LoginPlace): JsonObject | undefined {
  const text = place.read()?.replace(/^\uFEFF/, "");
  // An empty file is none, as for Docker: a disk that was full, or a mount that began with nothing.
  if (text === undefined || text.trim() === "") return undefined;
  const config = parse(text);
  if (isJsonObject(config)) return config;
  throw new InvalidDockerConfig(
    `${place.what} ${place.name}: expected a JSON object, got something else. ${place.cure}`,
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
function helperFor(config: JsonObject, host: string, place: LoginPlace): string | undefined {
  const helpers = section(config, "credHelpers", place);
  const key = keysFor(helpers, host)[0]?.key;
  const name = key === undefined ? config["credsStore"] : helpers[key];
  if (name === undefined || name === null || name === "") return undefined;
  if (typeof name === "string") return name;
  throw wrong(place, key === undefined ? "credsStore" : `credHelpers[${JSON.stringify(key)}]`, "a name");
}

function accountIn(
  config: JsonObject,
  host: string,
  repository: string,
  place: LoginPlace,
): { account: Account; path: string } | undefined {
  const auths = section(config, "auths", place);
  for (const { key, path } of keysFor(auths, host, repository)) {
    const where = `auths[${JSON.stringify(key)}]`;
    const entry = auths[key] ?? {};
    if (!isJsonObject(entry)) throw wrong(place, where, "an object");
    const account = readEntry(entry, where, place);
    if (account !== undefined) return { account, path };
  }
  return undefined;
}

/** As Docker reads it: the identity token first, then `auth`, then user name and password as they are. */
function readEntry(entry: JsonObject, where: string, place: LoginPlace): Account | undefined {
  const text = (field: string) => {
    const value = entry[field] ?? "";
    if (typeof value === "string") return value;
    throw wrong(place, `${where}.${field}`, "a text");
  };
  const identityToken = text("identitytoken");
  if (identityToken !== "") return { identityToken };
  // Programs that encode break lines, which Docker and skopeo read over.
  const auth = text("auth").replace(/\s+/g, "");
  if (auth !== "") {
    const [, username, password] = /^([^:]+):(.*)$/s.exec(decodeBase64(auth)) ?? [];
    if (username !== undefined && password !== undefined)
      return { username, password: password.replace(/\0+$/, "") };
    throw wrong(place, `${where}.auth`, "base64 of a user name, a colon and a password");
  }
  const username = text("username");
  return username === "" ? undefined : { username, password: text("password") };
}

/** Nothing where it isn't base64, which Node would read as far as it goes. */
function decodeBase64(text: string): string {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, "base64").toString("utf8") : "";
}

/** A key of a section that means a host. */
interface Key {
  key: string;
  /** Of the repositories that it is for; empty for all. */
  path: string;
}

/** Those that mean a repository of this host, the longest path first; a host's plain name before other spellings of it. */
function keysFor(fields: JsonObject, host: string, repository = ""): Key[] {
  const keys = Object.keys(fields).map((key) => ({ key, path: pathOf(key) }));
  const fit = keys.filter(({ key, path }) => hostOf(key) === host && isWithin(repository, path));
  return fit.sort((a, b) => b.path.length - a.path.length || Number(b.key === host) - Number(a.key === host));
}

function isWithin(repository: string, path: string): boolean {
  return path === "" || repository === path || repository.startsWith(`${path}/`);
}

/** "https://r.io/v1/", "r.io/v2/", "R.io" and "r.io:443" are r.io; Docker Hub has many names. */
function hostOf(key: string): string {
  const host = key.replace(/^https?:\/\//i, "").replace(/(?::443)?(?:\/.*)?$/s, "");
  return DOCKER_HUB_HOSTS.has(host.toLowerCase()) ? "docker.io" : host.toLowerCase();
}

/** What follows the host, unless it is that of an address of a registry's API. */
function pathOf(key: string): string {
  const [, path = ""] = /^[^/]*\/+(.*?)\/*$/s.exec(key) ?? [];
  return /^https?:\/\//i.test(key) || /^v[12]$/.test(path) ? "" : path;
}

function section(config: JsonObject, name: string, place: LoginPlace): JsonObject {
  const fields = config[name] ?? {};
  if (isJsonObject(fields)) return fields;
  throw wrong(place, name, "an object");
}

function wrong({ what, name }: LoginPlace, where: string, expected: string): InvalidDockerConfig {
  return new InvalidDockerConfig(`${what} ${name}: expected ${expected} at ${where}`);
}
