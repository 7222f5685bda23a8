import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./run-command";

/** A program that the sandbox runs, and the Debian package that has it (the other one in other Debians). */
export interface Requirement {
  program: string;
  package: string;
  otherPackage?: string;
  purpose: string;
}

export const requirements: Requirement[] = [
  { program: "dockerd", package: "docker.io", purpose: "containers, images and the server" },
  { program: "docker", package: "docker.io", otherPackage: "docker-cli", purpose: "building images" },
  {
    program: "docker-registry",
    package: "docker-registry",
    purpose: "registries of GitLab and of base images",
  },
  { program: "debootstrap", package: "debootstrap", purpose: "base images" },
  { program: "mvn", package: "maven", purpose: "the download of Nexus" },
  {
    program: "java",
    package: "openjdk-17-jre-headless",
    otherPackage: "default-jre-headless",
    purpose: "Maven",
  },
  { program: "ip", package: "iproute2", purpose: "the server's network" },
  { program: "iptables", package: "iptables", purpose: "Docker's and the server's network" },
  { program: "nsenter", package: "util-linux", purpose: "the server's network" },
  { program: "mount", package: "mount", purpose: "cgroups and cleaning up" },
  { program: "openssl", package: "openssl", purpose: "GitLab's token certificate" },
  { program: "tar", package: "tar", purpose: "base images" },
  { program: "git", package: "git", purpose: "GitLab's repositories" },
];

/** Only where the Pulumi CLI has to be built and there is no Go: it brings one. */
export const pip: Requirement = {
  program: "pip3",
  package: "python3-pip",
  purpose: "Go, with which the Pulumi CLI is built",
};

const oldestJava = 17;
/** Where Debian keeps the programs of the system; not in every user's PATH. */
const systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** What of it this machine lacks. The server needs a dockerd also where a Docker answers already. */
export async function missingRequirements(): Promise<Requirement[]> {
  const missing = requirements.filter(({ program }) => !isInstalled(program));
  const java = requirements.find(({ program }) => program === "java");
  if (java && isInstalled("java") && (await javaVersion()) < oldestJava) missing.push(java);
  return missing;
}

export function isInstalled(program: string): boolean {
  return [...(process.env.PATH ?? "").split(":"), ...systemFolders].some((folder) =>
    isExecutable(join(folder, program)),
  );
}

/** The system's folders belong in the PATH of what the sandbox starts, also where a user's lacks them. */
export function pathWithSystemFolders(path: string): string {
  return [...new Set([...path.split(":").filter(Boolean), ...systemFolders])].join(":");
}

/** Whether apt and Debian's package names apply. */
export function isDebian(osRelease = readOsRelease()): boolean {
  return /^ID=("?)debian\1$/m.test(osRelease);
}

/** `17.0.1` and the old `1.8.0_292` alike; 0 where it does not say. */
export function parseJavaVersion(text: string): number {
  const match = /version "(?:1\.)?(\d+)/.exec(text);
  return Number(match?.[1] ?? 0);
}

async function javaVersion(): Promise<number> {
  const result = await runCommand("java", ["-version"]);
  return parseJavaVersion(result.stderr + result.stdout);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function readOsRelease(): string {
  try {
    return readFileSync("/etc/os-release", "utf8");
  } catch {
    return "";
  }
}
