import { checkOptions } from "./app/container-options";
import { checkImage, checkImageOf } from "./app/image";
import { checkProcesses } from "./app/processes";
import { checkSecretEnv } from "./app/secret-env";
import type { AppFields, Release } from "./app-settings";
import { BASE_ARGUMENT } from "./app-settings";
import { checkOnDisk } from "./files-on-disk";
import { checkManaged, imageNameProblem } from "./gitlab-settings";
import { checkTargets } from "./gitops/gitops-settings";
import { checkContainer, checkNames } from "./names";
import { checkNexus } from "./nexus/nexus-checks";
import type { Problem, ValidParts } from "./parts";
import { checkDockers, checkPorts } from "./ports";
import { fullPath, isAbout, type LeftOut } from "./problems";
import { checkTls } from "./tls-settings";
import type { Written } from "./written";

interface Around {
  /** As they are wished, valid or not. */
  readonly apps: unknown;
  readonly leftOut: readonly LeftOut[];
  readonly written: Written;
  readonly root: string | undefined;
}

/** Stands in for the release of an app that waits for one, so that all else about it is checked as ever. */
export const NO_RELEASE: Release = { tag: "none", digest: `sha256:${"0".repeat(64)}` };

/** Lines of what no single field can know, then of secrets where they don't belong, then of the machine, where there is a `root`. */
export function problemsBetween(valid: ValidParts, { apps, leftOut, written, root }: Around): string[] {
  const problems: string[] = [];
  const always: Problem = (path, message) => problems.push(`${fullPath(path)}: ${message}`);
  const problem: Problem = (path, message) => {
    if (!leftOut.some((one) => isAbout(path, message, one))) always(path, message);
  };
  checkTogether(valid, problem);
  checkSecrets(apps, written, always);
  if (root !== undefined) checkOnDisk(valid, root, problem);
  return problems;
}

function checkTogether({ nexus, gitlab, servers = {}, apps = {} }: ValidParts, problem: Problem): void {
  if (nexus) checkNexus(nexus, (path, message) => problem(["nexus", ...path], message));
  if (gitlab && nexus)
    checkManaged(gitlab, nexus.accounts, (account, message) =>
      problem(["nexus", "accounts", account, "password"], message),
    );
  const image = gitlab && Object.keys(apps).length > 0 ? imageNameProblem(gitlab) : undefined;
  if (image !== undefined) problem(["gitlab", "project"], image);
  checkRenames(servers, (name, message) => problem(["servers", name, "was"], message));
  checkRenames(apps, (name, message) => problem(["apps", name, "was"], message));
  for (const [name, { volumes }] of Object.entries(apps))
    checkRenames(volumes, (volume, message) => problem(["apps", name, "volumes", volume, "was"], message));
  checkServers(servers, apps, problem);
  for (const [name, app] of Object.entries(apps)) {
    checkBuild(name, app, problem);
    checkImage(app, { nexus, gitlab }, (message) => problem(["apps", name, "image"], message));
    checkImageOf(name, apps, NO_RELEASE.digest, (message) => problem(["apps", name, "imageOf"], message));
    checkContainer(name, app, problem);
    checkSecretEnv(app, (path, message) => problem(["apps", name, ...path], message));
    checkOptions(app, socketsOf(app, servers), (path, message) => problem(["apps", name, ...path], message));
    checkPlaces(name, app, servers, problem);
    checkProcesses(app, (path, message) => problem(["apps", name, ...path], message));
    checkServed(name, app, problem);
  }
  checkTargets(apps, (app, index, message) => {
    const { gitops } = apps[app]!;
    problem(["apps", app, "gitops", ...(gitops.length > 1 ? [String(index)] : [])], message);
  });
  checkDockers({ nexus, servers }, problem);
  checkPorts({ nexus, servers, apps }, problem);
  checkNames({ nexus, servers, apps }, problem);
}

/** Whatever of an app isn't a secret by its place ends in an image or in what `docker inspect` shows. */
function checkSecrets(apps: unknown, written: Written, problem: Problem): void {
  for (const path of leavesOf(apps, ["apps"])) {
    const [, , first, second] = path;
    if (first === undefined || first === "secrets" || (first === "build" && second === "secrets")) continue;
    if (written.isSecret(path)) problem(path, `a secret, and ${secretAdvice(path)}`);
    else if (isFreeText(path) && written.mayBeSecret(path)) problem(path, suspicion(path));
  }
}

/** Whether any text may stand at this place of the settings, and everybody who has the image or the Docker can read it. */
export function isFreeText([key, , ...field]: readonly string[]): boolean {
  const isAt = (place: readonly string[]) =>
    place.every((step, index) => field[index] === step || (step === ANY && field[index] !== undefined));
  return key === "apps" && FREE_TEXTS.some(isAt);
}

const ANY = "*";
const FREE_TEXTS: readonly (readonly string[])[] = [
  ["build", "args"],
  ["env"],
  ["labels"],
  ["log", "options"],
  ["releaseCommand"],
  ["health", "command"],
  ["processes", ANY, "command"],
  ["processes", ANY, "env"],
  ["processes", ANY, "health", "command"],
];

/** Of the Dockers that an app runs on, as far as they are files of its servers. */
function socketsOf({ servers: on }: AppFields, servers: Servers): string[] {
  return on.flatMap((name) => /^unix:\/\/(.*)$/.exec(servers[name]?.docker ?? "")?.[1] ?? []);
}

type Servers = NonNullable<ValidParts["servers"]>;
type Apps = NonNullable<ValidParts["apps"]>;

function checkServers(servers: Servers, apps: Apps, problem: Problem): void {
  for (const [name, { address, tls }] of Object.entries(servers)) {
    if (!tls) continue;
    const things = Object.keys(apps).filter(
      (app) => apps[app]!.servers.includes(name) && !hasOnlyProcesses(apps[app]!),
    );
    const at = (path: readonly string[], message: string) =>
      problem(["servers", name, "tls", ...path], message);
    checkTls(tls, { host: address, things, what: "app" }, at);
  }
}

function checkBuild(name: string, { build, image, imageOf, release }: AppFields, problem: Problem): void {
  if (!build && image === undefined && imageOf === undefined && !release)
    problem(
      ["apps", name],
      "expected build (to build here), image (to run somebody else's), imageOf (to run another app's) or release (to deploy a " +
        "built one)",
    );
  if (!build) return;
  const at = (...path: string[]) => ["apps", name, "build", ...path];
  if (build.base !== undefined && BASE_ARGUMENT in build.bases)
    problem(at("bases", BASE_ARGUMENT), "that is what base is given as: leave one of the two out");
  for (const argument of Object.keys(build.args)) {
    if (argument in build.bases || (argument === BASE_ARGUMENT && build.base !== undefined))
      problem(at("args", argument), "it is a base image's argument, which is set to the image out of Nexus");
  }
}

function checkPlaces(name: string, { servers: on }: AppFields, servers: Servers, problem: Problem): void {
  const at = ["apps", name, "servers"];
  for (const server of new Set(on)) {
    if (!Object.hasOwn(servers, server))
      problem(
        at,
        `expected one of ${Object.keys(servers).join(", ") || "berth:servers, where there is none"}, got "${server}"`,
      );
    if (on.indexOf(server) !== on.lastIndexOf(server)) problem(at, `${server} is given twice`);
  }
}

/** What only a container on a server has: elsewhere the cluster's own files say it, and nobody would read it here. */
const OF_CONTAINERS = [
  "port",
  "publish",
  "volumes",
  "env",
  "secrets",
  "secretEnv",
  "cpus",
  "user",
  "tmpfs",
  "health",
  "smoke",
  "releaseCommand",
  "processes",
  "labels",
  "ulimits",
  "extraHosts",
  "dns",
  "devices",
  "gpus",
  "shmSize",
  "hostPaths",
  "log",
] as const;

/** Whether nothing of an app serves, on purpose. */
function hasOnlyProcesses({ port, publish, processes }: AppFields): boolean {
  return port === undefined && publish === undefined && Object.keys(processes).length > 0;
}

function checkServed(name: string, app: AppFields, problem: Problem): void {
  const at = ["apps", name];
  if (app.servers.length > 0) {
    const isServed = !hasOnlyProcesses(app);
    for (const key of ["port", "publish"] as const)
      if (isServed && app[key] === undefined) problem([...at, key], "expected a port 1–65535, got nothing");
    for (const key of ["health", "smoke"] as const)
      if (!isServed && app[key] !== undefined)
        problem(
          [...at, key],
          "it is for what serves, and without port and publish nothing does: take it out",
        );
    return;
  }
  if (app.gitops.length === 0) {
    problem(at, "expected servers, at least one, or gitops for a cluster: it would run nowhere");
    return;
  }
  const given = OF_CONTAINERS.filter((key) => {
    const value = app[key];
    return value !== undefined && (typeof value !== "object" || Object.keys(value).length > 0);
  });
  if (given.length > 0)
    problem(
      at,
      `${given.join(", ")}: for containers on servers, and this app has none: the files of its cluster say it. Take it out`,
    );
}

/** A thing can be the successor of one that is gone, and only one of them can. */
function checkRenames(
  things: Readonly<Record<string, { readonly was?: string | undefined }>>,
  problem: (name: string, message: string) => void,
): void {
  const heirs = new Map<string, string>();
  for (const [name, { was }] of Object.entries(things)) {
    if (was === undefined) continue;
    const heir = heirs.get(was);
    const still = Object.hasOwn(things, was) ? things[was] : undefined;
    if (still?.was !== undefined && still.was in things && was !== name)
      problem(
        name,
        `${was} is there still: names go round in two updates, the first of which gives one of them a new name`,
      );
    else if (still) problem(name, `${was} is there still: take was out, or ${was}`);
    else if (heir !== undefined) problem(name, `${heir} was ${was} already`);
    heirs.set(was, name);
  }
}

/** The paths of all values that are neither list nor map. */
function leavesOf(value: unknown, path: readonly string[]): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

function suspicion(path: readonly string[]): string {
  return (
    "it may be a secret: it is not in the stack's file, berth:apps holds something secret, and Pulumi doesn't tell which of " +
    `the values that come from elsewhere that is. If this one is not, write it into the stack's file. If it is: ${secretAdvice(path)}`
  );
}

function secretAdvice([, app, ...field]: readonly string[]): string {
  const name = field.at(-1) ?? "";
  if (field[0] === "build" && field[1] === "args")
    return (
      "build arguments stand in the image's history, for everybody who can pull it. " +
      `Put it into apps.${app}.build.secrets, and RUN --mount=type=secret,id=${name} in the Dockerfile`
    );
  if (field[0] === "env" || field[2] === "env")
    return (
      "docker inspect shows environments to everybody who can ask that Docker. " +
      `Put it into apps.${app}.secrets: the file /run/secrets/${name}, which the app's user alone can read; with its name in secretEnv the variable as well`
    );
  const where = field[0] === "build" ? "the image" : "docker inspect";
  return `${where} shows it: secrets have a place in apps.${app}.secrets alone`;
}
