import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isDebian, missingRequirements, type Requirement } from "./lib/requirements";
import { checkCommand, runCommand } from "./lib/run-command";
import { SandboxError } from "./lib/sandbox-error";
import type { Progress, Steps } from "./lib/steps";

/** Another run's apt may hold the lock; a killed `up` leaves one that goes on. */
const aptOptions = [
  "-o",
  "DPkg::Lock::Timeout=300",
  "-o",
  "Dpkg::Use-Pty=0",
  "-o",
  "APT::Install-Recommends=false",
];

const policyFile = "/usr/sbin/policy-rc.d";
const policyMark = "# Berth's sandbox: removed after its installation of packages";
/** The interface of invoke-rc.d: 101 means that the action is not allowed. */
const policyText = `#!/bin/sh\n${policyMark}\nexit 101\n`;

/**
 * Says what this machine lacks and installs it from Debian. In parts, so that what needs one package only need not
 * wait for all: the returned promise of `rest` is done when everything is there.
 */
export async function preflight(steps: Steps): Promise<{ rest: Promise<void> }> {
  if (process.platform !== "linux")
    throw new SandboxError(`the sandbox runs on Linux, this is ${process.platform}`);
  const missing = await missingRequirements();
  refuseWhereNotInstallable(missing);
  if (missing.length === 0) return { rest: Promise.resolve() };
  steps.note(`missing: ${missing.map((one) => `${one.program} (${one.purpose})`).join(", ")}`);
  await steps.run("apt-get update", (progress) => apt(["update"], progress));
  // The base image takes longest and needs debootstrap alone.
  const first = missing.filter((one) => one.program === "debootstrap");
  if (first.length > 0) await steps.run("install debootstrap", (progress) => install(first, progress));
  const others = missing.filter((one) => !first.includes(one));
  if (others.length === 0) return { rest: Promise.resolve() };
  const names = [...new Set(others.map((one) => one.package))].join(", ");
  return { rest: steps.run(`install ${names}`, (progress) => install(others, progress)) };
}

/** What a person has to do where this program may not or cannot install what is missing. */
export function refuseWhereNotInstallable(
  missing: Requirement[],
  isRoot = process.getuid?.() === 0,
  debian = isDebian(),
) {
  const packages = missing.map((one) => one.package).join(" ");
  if (!isRoot) {
    const install = missing.length > 0 ? ` It would also install from Debian: ${packages}` : "";
    throw new SandboxError(
      `the sandbox must be run as root: it starts Docker, makes a network namespace and base images.${install}`,
    );
  }
  if (missing.length > 0 && !debian) {
    const list = missing.map((one) => `${one.program} (Debian's package ${one.package}) for ${one.purpose}`);
    throw new SandboxError(
      `this is not Debian, so please install yourself and try again:\n  ${list.join("\n  ")}`,
    );
  }
}

/** Installs what turned out to be needed later; false where Debian's packages can't be had. */
export async function installIfDebian(missing: Requirement, progress: Progress): Promise<boolean> {
  if (!isDebian() || process.getuid?.() !== 0) return false;
  await apt(["update"], progress);
  await install([missing], progress);
  return true;
}

async function install(missing: Requirement[], progress: Progress): Promise<void> {
  const packages = (await Promise.all(missing.map(availablePackage))).flat();
  // Slim Debian images lack it, and Java's package then cannot be configured.
  mkdirSync("/usr/share/man/man1", { recursive: true });
  await withoutServices(() =>
    apt(["install", "--yes", "--no-install-recommends", ...new Set(packages)], progress),
  );
}

/** Debians differ: newer ones have a newer Java, and Docker's client in a package of its own. */
async function availablePackage({ package: name, otherPackage }: Requirement): Promise<string[]> {
  if (!otherPackage) return [name];
  const names = [name, otherPackage];
  const known = await Promise.all(
    names.map((one) => runCommand("apt-cache", ["show", "--no-all-versions", one])),
  );
  return names.filter((_, index) => known[index]?.code === 0);
}

async function apt(args: string[], progress: Progress): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
  await checkCommand("apt-get", [...aptOptions, ...args], { env, onLine: progress });
}

/** docker.io and docker-registry would start at once: the registry on a port that the sandbox uses itself. */
async function withoutServices<T>(work: () => Promise<T>): Promise<T> {
  const isForeign = existsSync(policyFile) && !isOwnPolicy();
  if (!isForeign) writeFileSync(policyFile, policyText, { mode: 0o755 });
  try {
    return await work();
  } finally {
    removeOwnPolicy();
  }
}

/** Also after a kill in the middle of an installation. */
export function removeOwnPolicy(): void {
  if (existsSync(policyFile) && isOwnPolicy()) rmSync(policyFile);
}

const isOwnPolicy = () => readFileSync(policyFile, "utf8").includes(policyMark);
