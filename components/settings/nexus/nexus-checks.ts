import { checkTls } from "../tls-settings";
import type { Grants } from "./nexus-access-settings";
import { hasAddress } from "./nexus-addresses";
import { licenceMissing } from "./nexus-licence";
import type { RepositorySettings } from "./nexus-repository-settings";
import type { MadeNexus, NexusSettings } from "./nexus-settings";

type ProxySettings = Extract<RepositorySettings, { type: "proxy" }>;

/** Says what is wrong with the setting at this path below `berth:nexus`. */
export type Problem = (path: readonly string[], message: string) => void;

/** The port of Nexus's own UI and REST API inside its container, whatever it is published as. */
const INSIDE_PORT = 8081;

/** Fields that repositories of one format have, or of one format and type. */
const ONLY_FOR: { readonly [field: string]: readonly string[] } = {
  port: ["docker"],
  address: ["docker"],
  httpsPort: ["docker"],
  subdomain: ["docker"],
  byPath: ["docker"],
  forceBasicAuth: ["docker"],
  v1Enabled: ["docker"],
  movableLatest: ["docker"],
  indexUrl: ["docker"],
  writableMember: ["docker", "npm", "pypi"],
  contentDisposition: ["raw", "maven"],
  preemptiveAuth: ["maven"],
  versionPolicy: ["maven"],
  layoutPolicy: ["maven"],
  distribution: ["apt"],
  flat: ["apt"],
  signingKey: ["apt hosted", "yum proxy", "yum group"],
  signingPassphrase: ["apt hosted", "yum proxy", "yum group"],
  repodataDepth: ["yum"],
  deployPolicy: ["yum"],
};

/** What no single field of `berth:nexus` can know: ports used twice, names that nothing has. */
export function checkNexus(nexus: NexusSettings, problem: Problem): void {
  const licence = licenceMissing(nexus);
  if (licence) problem(["eula"], licence);
  checkPorts(nexus, problem);
  checkEdge(nexus, problem);
  for (const [name, repository] of Object.entries(nexus.repositories)) {
    checkRepository(nexus, name, repository, problem);
  }
  for (const [name, { retain, sortBy }] of Object.entries(nexus.cleanupPolicies)) {
    if (sortBy !== undefined && retain === undefined)
      problem(["cleanupPolicies", name, "sortBy"], "it orders what retain counts: set retain, too");
  }
  checkNeeded(nexus, problem);
  for (const part of ["roles", "accounts"] as const) {
    for (const [name, grants] of Object.entries(nexus[part]))
      checkGrants(nexus, [part, name], grants, problem);
  }
  for (const name of ["admin", "anonymous"].filter((reserved) => reserved in nexus.accounts)) {
    problem(["accounts", name], `Nexus has a user ${name} of its own; choose another name`);
  }
}

function checkPorts(nexus: NexusSettings, problem: Problem): void {
  const { tls } = nexus;
  const taken = new Map<number, string>(nexus.url === undefined ? portsOfUi(nexus) : []);
  for (const [name, repository] of Object.entries(nexus.repositories)) {
    if (tls?.names[name] !== undefined) continue; // has tls.port's, under a host name
    for (const key of ["port", "httpsPort"] as const) {
      const port = repository[key];
      if (port === undefined) continue;
      const path = ["repositories", name, key];
      const twin = taken.get(port);
      if (twin) problem(path, `port ${port} is already ${twin}`);
      else if (port === INSIDE_PORT)
        problem(path, `port ${port} is Nexus's own inside its container, even if it is published as another`);
      taken.set(port, ["nexus", ...path].join("."));
    }
  }
}

const portsOfUi = ({ port, tls }: MadeNexus): [number, string][] =>
  tls ? [[tls.port, "nexus.tls.port"], ...redirecting(tls.redirectFrom)] : [[port, "nexus.port"]];

const redirecting = (port: number | false): [number, string][] =>
  port === false ? [] : [[port, "nexus.tls.redirectFrom"]];

function checkEdge(nexus: NexusSettings, problem: Problem): void {
  if (nexus.url !== undefined || !nexus.tls) return;
  const { hostname, repositories, tls } = nexus;
  const registries = Object.entries(repositories).filter(([, { port }]) => port !== undefined);
  const things = registries.map(([name]) => name);
  checkTls(tls, { host: hostname, things, what: "docker repository" }, (path, message) =>
    problem(["tls", ...path], message),
  );
  for (const [name, { httpsPort }] of Object.entries(repositories))
    if (httpsPort !== undefined)
      problem(
        ["repositories", name, "httpsPort"],
        "with tls it is the proxy that speaks https: leave it out",
      );
}

function checkRepository(
  nexus: NexusSettings,
  name: string,
  repository: RepositorySettings,
  problem: Problem,
): void {
  const at = (...path: string[]) => ["repositories", name, ...path];
  const { format, type, blobStore } = repository;
  for (const [key, having] of Object.entries(ONLY_FOR)) {
    if (!(key in repository) || having.includes(format) || having.includes(`${format} ${type}`)) continue;
    const what = having.some((one) => one.includes(" ")) ? `${format} ${type}` : format;
    problem(at(key), `only ${listed(having)} repositories have it, this is ${what}`);
  }
  if (format === "apt" && type !== "group" && !repository.distribution)
    problem(at("distribution"), "expected a distribution like bookworm, got nothing");
  if (format === "apt" && type === "hosted" && !repository.signingKey)
    problem(at("signingKey"), "a hosted apt repository signs what it serves: it needs a PGP key pair");
  if (repository.signingPassphrase && !repository.signingKey && type !== "hosted")
    problem(at("signingPassphrase"), "there is no key that it opens: set signingKey, too");
  if (repository.address !== undefined && nexus.url === undefined)
    problem(
      at("address"),
      "only a Nexus of your own (url) has it; Berth puts its own under tls.names: take it out",
    );
  // What a Nexus that was there already holds besides, nobody but it knows.
  const isOwn = nexus.url !== undefined;
  if (!isOwn && !(blobStore in nexus.blobStores) && blobStore !== "default")
    problem(at("blobStore"), unknown("blob store", blobStore, nexus.blobStores));
  if (type === "group") {
    const { members, writableMember } = repository;
    checkMembers(nexus, name, members, problem);
    if (writableMember !== undefined && !members.includes(writableMember))
      problem(at("writableMember"), `${writableMember} is none of its members`);
    return;
  }
  for (const policy of repository.cleanup.filter((one) => !isOwn && !(one in nexus.cleanupPolicies))) {
    problem(at("cleanup"), unknown("cleanup policy", policy, nexus.cleanupPolicies));
  }
  if (type !== "proxy") return;
  if (repository.routingRule && !isOwn && !(repository.routingRule in nexus.routingRules))
    problem(at("routingRule"), unknown("routing rule", repository.routingRule, nexus.routingRules));
  checkRemote(repository, (field, message) => problem(at(field), message));
}

/** What Nexus takes of a proxy only together, or only with an https remote. */
function checkRemote(
  { remote, username, password, useTrustStore, preemptiveAuth }: ProxySettings,
  problem: (field: string, message: string) => void,
): void {
  if (!username !== !password)
    problem(username ? "password" : "username", "a login has both, username and password");
  const isPlain = remote.startsWith("http:");
  if (useTrustStore && isPlain) problem("useTrustStore", "only an https remote has a certificate to trust");
  if (preemptiveAuth && isPlain) problem("preemptiveAuth", "Nexus sends a login unasked only to https");
  else if (preemptiveAuth && !username)
    problem("preemptiveAuth", "there is no login to send: set username and password, too");
}

function checkMembers(nexus: NexusSettings, name: string, members: string[], problem: Problem): void {
  const path = ["repositories", name, "members"];
  const { format } = nexus.repositories[name]!;
  for (const member of members) {
    const repository = nexus.repositories[member];
    if (!repository) {
      if (nexus.url === undefined) problem(path, unknown("repository", member, nexus.repositories));
    } else if (repository.format !== format)
      problem(path, `${member} is ${repository.format}, and members of a group have its format, ${format}`);
    else if (reaches(nexus, member, name)) problem(path, `${member} leads back to ${name}`);
  }
}

/** Whether a repository is the other, or a group that contains it at some depth. */
function reaches(nexus: NexusSettings, from: string, to: string, seen: readonly string[] = []): boolean {
  if (from === to) return true;
  const repository = nexus.repositories[from];
  if (repository?.type !== "group" || seen.includes(from)) return false;
  return repository.members.some((member) => reaches(nexus, member, to, [...seen, from]));
}

/** What the pipeline itself uses. */
function checkNeeded(nexus: NexusSettings, problem: Problem): void {
  const { repositories } = nexus;
  const [what, field] =
    nexus.url === undefined
      ? ["a port", "port"]
      : ["a port, or the address that a proxy in front gives it", "address"];
  for (const [name, type] of [
    ["releases", "hosted"],
    ["docker", "group"],
  ] as const) {
    const repository = repositories[name]!;
    const isRight = repository.format === "docker" && repository.type === type;
    const at = ["repositories", name, ...(isRight ? [field] : [])];
    if (!isRight || !hasAddress(nexus, name))
      problem(at, `the pipeline needs it as a docker ${type} repository with ${what}`);
  }
}

function checkGrants(nexus: NexusSettings, path: string[], grants: Grants, problem: Problem): void {
  for (const action of ["pull", "push", "delete"] as const) {
    for (const name of grants[action]) {
      const repository = nexus.repositories[name];
      if (!repository) problem([...path, action], unknown("repository", name, nexus.repositories));
      else if (action === "push" && repository.type !== "hosted")
        problem([...path, action], `${name} is a ${repository.type}; only hosted repositories are pushed to`);
    }
  }
}

/** `docker, npm and pypi` */
function listed(names: readonly string[]): string {
  return [names.slice(0, -1).join(", "), names.at(-1)].filter(Boolean).join(" and ");
}

function unknown(what: string, name: string, among: object): string {
  const known = Object.keys(among);
  return `there is no ${what} ${JSON.stringify(name)}; there ${known.length === 1 ? "is" : "are"} ${known.join(", ") || "none"}`;
}
