import { isDigest } from "./digest";

/** An image's address: `registry/repository[:tag][@digest]`. */
export interface Reference {
  /** Host with its port if one was given: "gitlab.example.com:5050", "127.0.0.1:8082", "[::1]:5000". */
  registry: string;
  /** Path below the registry: "team/blog". */
  repository: string;
  tag?: string;
  /** "sha256:…" or "sha512:…". Where a tag is given as well, the digest decides. */
  digest?: string;
}

/** What was given is no image reference; a mistake of the caller (exit code 2), not of a registry. */
export class InvalidReference extends Error {
  override name = "InvalidReference";
}

// The grammar is distribution's (reference/regexp.go), with a registry host required: a name without one
// would mean Docker Hub, silently.
const HOST_COMPONENT = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/;
const IPV6 = /^\[[0-9a-fA-F:.]+\]$/;
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const LONGEST_REPOSITORY = 255;
const LONGEST_REFERENCE = 1024;
const FORM = "expected registry-host[:port]/path[:tag][@digest]";

/**
 * As Docker does, "docker.io/alpine" and "index.docker.io/alpine" are read as "docker.io/library/alpine".
 * @throws InvalidReference saying what was expected and what came; a password in the text is not repeated.
 */
export function parseReference(text: string): Reference {
  const refuse = (why: string): never => {
    throw new InvalidReference(`image reference ${shown(text)}: ${why}`);
  };
  if (text === "") refuse(`${FORM}, got nothing`);
  if (text.length > LONGEST_REFERENCE)
    refuse(`expected at most ${LONGEST_REFERENCE} characters, got ${text.length}`);
  if (text.includes("://")) refuse(`${FORM} without a scheme such as "https://"`);
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest))
    refuse('expected "sha256:" and 64 (or "sha512:" and 128) hexadecimal digits in lower case after "@"');
  const { name, tag } = splitTag(at < 0 ? text : text.slice(0, at));
  if (tag !== undefined && !TAG.test(tag))
    refuse(
      `expected a tag of at most 128 letters, digits, "_", "." and "-" (not starting with "." or "-"), got ${shown(tag)}`,
    );
  const { registry, repository } = splitRegistry(name, text, refuse);
  checkRegistry(registry, refuse);
  checkRepository(repository, refuse);
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

export function formatReference({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** A colon after the last slash starts a tag; one before it belongs to a port. */
function splitTag(text: string): { name: string; tag?: string } {
  const colon = text.indexOf(":", text.lastIndexOf("/") + 1);
  // "host:5000" alone is no name with a tag "5000" to somebody who forgot the path, but it is to the grammar.
  return colon < 0 ? { name: text } : { name: text.slice(0, colon), tag: text.slice(colon + 1) };
}

/** Docker Hub's own images are below "library", and its host has an older name. */
function splitRegistry(name: string, text: string, refuse: (why: string) => never) {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  if (!looksLikeHost(first)) {
    const path = slash < 0 ? `library/${text}` : text;
    const full = name.split("/").every((part) => PATH_COMPONENT.test(part))
      ? `; for Docker Hub write "docker.io/${path}"`
      : "";
    refuse(`${FORM}, got no registry host before the path${full}`);
  }
  const repository = name.slice(slash + 1);
  if (first !== "docker.io" && first !== "index.docker.io") return { registry: first, repository };
  return {
    registry: "docker.io",
    repository: repository.includes("/") ? repository : `library/${repository}`,
  };
}

/** Distribution's rule for telling "host/path" from "path/path". */
function looksLikeHost(component: string): boolean {
  return component === "localhost" || /[.:A-Z]/.test(component);
}

function checkRegistry(registry: string, refuse: (why: string) => never): void {
  const [, host = "", port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(registry) ?? [];
  if (!IPV6.test(host) && !host.split(".").every((part) => HOST_COMPONENT.test(part)))
    refuse(`expected a host name or address before the first "/", got ${shown(host || registry)}`);
  if (port !== undefined && !(/^[0-9]{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535))
    refuse(`expected a port 1–65535 after the host, got ${shown(port)}`);
  // The grammar lets "999.1.1.1" and "[1]" pass, which are addresses of nothing.
  if (!URL.canParse(`http://${registry}`)) refuse(`expected a host name or address, got ${shown(registry)}`);
}

function checkRepository(repository: string, refuse: (why: string) => never): void {
  if (repository.length > LONGEST_REPOSITORY)
    refuse(`expected a path of at most ${LONGEST_REPOSITORY} characters, got ${repository.length}`);
  const wrong = repository.split("/").find((part) => !PATH_COMPONENT.test(part));
  if (wrong === undefined) return;
  const lower = wrong.toLowerCase();
  const tip = PATH_COMPONENT.test(lower) ? ` (in lower case: ${JSON.stringify(lower)})` : "";
  refuse(
    `expected path parts of lower-case letters and digits, joined by ".", "_", "__" or "-", got ${shown(wrong)}${tip}`,
  );
}

/** The text for a message: quoted, shortened, and without what may be "user:password@". */
function shown(text: string): string {
  const at = text.lastIndexOf("@");
  const safe =
    at >= 0 && !isDigest(text.slice(at + 1)) && looksLikeUserInfo(text) ? hideUserInfo(text, at) : text;
  return JSON.stringify(safe.length > 120 ? `${safe.slice(0, 120)}…` : safe);
}

function looksLikeUserInfo(text: string): boolean {
  const before = text.slice(0, text.lastIndexOf("@"));
  if (/^[a-zA-Z]+:\/\//.test(before)) return true;
  return before.includes(":") && !/^[^/]*:[0-9]{1,5}\//.test(before);
}

function hideUserInfo(text: string, at: number): string {
  const scheme = /^[a-zA-Z]+:\/\//.exec(text)?.[0] ?? "";
  return `${scheme}***${text.slice(at)}`;
}
