/**
 * The real Nexus has no format docker: each docker repository is a raw one there, and so are its privileges.
 * These functions translate names and formats in both directions.
 *
 * A privilege for one repository is translated by looking at the repository: docker ones are swapped with raw,
 * so that a raw privilege of a docker repository is as unknown as it is in Sonatype's server. For all
 * repositories ("*") the name alone does not tell what was meant, so the caller remembers who wrote docker.
 */
export type IsDocker = (repository: string) => boolean;

const BUILT_IN = /^nx-repository-(view|admin)-(docker|raw)-(.+)-(\*|browse|read|edit|add|delete)$/;

interface BuiltIn {
  kind: string;
  format: string;
  repository: string;
  action: string;
}

function parse(name: string): BuiltIn | undefined {
  const found = BUILT_IN.exec(name);
  return found ? { kind: found[1]!, format: found[2]!, repository: found[3]!, action: found[4]! } : undefined;
}

const nameOf = (it: BuiltIn) => `nx-repository-${it.kind}-${it.format}-${it.repository}-${it.action}`;
const other = (format: string) => (format === "docker" ? "raw" : "docker");

/** `nx-repository-view-docker-*-read` and the like. */
export function isDockerWildcard(name: string): boolean {
  const it = parse(name);
  return it?.format === "docker" && it.repository === "*";
}

/** The name under which the real Nexus knows a privilege. */
export function toCore(name: string, isDocker: IsDocker): string {
  if (isDockerWildcard(name)) return nameOf({ ...parse(name)!, format: "raw" });
  return swap(name, isDocker);
}

/** The name a client sees, for privileges of one repository. */
export function swap(name: string, isDocker: IsDocker): string {
  const it = parse(name);
  if (!it || it.repository === "*" || !isDocker(it.repository)) return name;
  return nameOf({ ...it, format: other(it.format) });
}

/** All privileges of a role as its reader sees them; `remembered` are the docker wildcards its owner wrote. */
export function fromCore(names: string[], isDocker: IsDocker, remembered: string[]): string[] {
  const hidden = new Set(remembered.map((name) => toCore(name, isDocker)));
  const rawToo = new Set(remembered.filter((name) => !isDockerWildcard(name)));
  return names.flatMap((name) => {
    if (!hidden.has(name)) return [swap(name, isDocker)];
    const written = remembered.filter((known) => isDockerWildcard(known) && toCore(known, isDocker) === name);
    return rawToo.has(name) ? [...written, name] : written;
  });
}

/** What to remember of a role's privileges: docker wildcards, and raw ones written beside them. */
export function worthRemembering(names: string[], isDocker: IsDocker): string[] {
  const wildcards = names.filter(isDockerWildcard);
  const shadows = new Set(wildcards.map((name) => toCore(name, isDocker)));
  return [...wildcards, ...names.filter((name) => shadows.has(name))];
}

/** `nexus:repository-view:docker:*:read` → the raw pattern; undefined where the pattern is not about docker. */
export function patternToCore(pattern: string): string | undefined {
  const found = /^(nexus:repository-(?:view|admin)):docker(:.*)?$/.exec(pattern);
  return found ? `${found[1]}:raw${found[2] ?? ""}` : undefined;
}

export function patternFromCore(pattern: string): string {
  return pattern.replace(/^(nexus:repository-(?:view|admin)):raw(?=:|$)/, "$1:docker");
}

/** Gives a message of the real server the names its reader used. */
export function messageFromCore(text: string, isDocker: IsDocker): string {
  return text.replace(/nx-repository-(?:view|admin)-(?:raw|docker)-[^'"\s,\]]+/g, (name) =>
    swap(name, isDocker),
  );
}
