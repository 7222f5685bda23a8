import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type GoProgram, goProgram } from "../lib/go-program";
import { isInstalled } from "../lib/requirements";
import { checkCommand } from "../lib/run-command";
import { SandboxError } from "../lib/sandbox-error";
import type { Progress } from "../lib/steps";

/** The newest that the Go of these machines builds. */
const VERSION = "v1.36.3";
const [, MAJOR = "", MINOR = "", PATCH = ""] = /^v(\d+)\.(\d+)\.(\d+)$/.exec(VERSION) ?? [];

const KUBERNETES: GoProgram[] = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
  "kubectl",
].map((name) => ({
  package: `k8s.io/kubernetes/cmd/${name}`,
  version: VERSION,
  // Without them no client takes it for a version.
  variables: {
    "k8s.io/component-base/version.gitVersion": VERSION,
    "k8s.io/component-base/version.gitMajor": MAJOR,
    "k8s.io/component-base/version.gitMinor": MINOR,
  },
  staging: { module: "k8s.io/kubernetes", version: `v0.${MINOR}.${PATCH}` },
}));

/** Debian's is 3.4, which Kubernetes no longer takes. */
const ETCD: GoProgram = { package: "go.etcd.io/etcd/server/v3", version: "v3.6.8", name: "etcd" };

/** Debian packages that a node needs files of, and doesn't need installed. */
const DEBIAN = { cni: "containernetworking-plugins", busybox: "busybox-static" };

export interface NodePrograms {
  /** Files by the programs' names. */
  readonly programs: Readonly<Record<string, string>>;
  /** Folder of the CNI plugins. */
  readonly cni: string;
  /** A static program with a shell, a web server and more. */
  readonly busybox: string;
}

/** What this machine lacks to run a node; undefined where it can. */
export function nodeObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return "a node of Kubernetes has to be started as root";
  const missing = [
    "containerd",
    "ctr",
    "runc",
    "ip",
    "iptables",
    "nsenter",
    "setpriv",
    "unshare",
    "openssl",
    "apt-get",
    "dpkg",
  ].filter((name) => !isInstalled(name));
  return missing.length > 0
    ? `${missing.join(", ")}: not installed (Debian's docker.io has containerd and runc)`
    : undefined;
}

/** Builds what isn't in the cache yet: about 8 minutes of two processors for Kubernetes and etcd. @throws SandboxError */
export async function nodePrograms(cacheDir: string, progress: Progress): Promise<NodePrograms> {
  const programs: Record<string, string> = {};
  // One after the other: each takes all processors, and finds what the one before has compiled.
  for (const program of [ETCD, ...KUBERNETES]) {
    const file = await goProgram(cacheDir, program, progress);
    programs[program.name ?? program.package.replace(/^.*\//, "")] = file;
  }
  const cni = join(await debianFiles(cacheDir, DEBIAN.cni), "usr/lib/cni");
  return { programs, cni, busybox: await busyboxFile(cacheDir) };
}

/** A static program with a shell, a web server and more, for images that are made without a Docker. */
export async function busyboxFile(cacheDir: string): Promise<string> {
  return join(await debianFiles(cacheDir, DEBIAN.busybox), "bin/busybox");
}

/** The files of a Debian package, unpacked in the cache. */
async function debianFiles(cacheDir: string, name: string): Promise<string> {
  const folder = join(cacheDir, name);
  if (existsSync(folder)) return folder;
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    await checkCommand("apt-get", ["download", "-q", name], { cwd: work });
    const [archive] = readdirSync(work);
    if (archive === undefined) throw new SandboxError(`apt-get has downloaded nothing of ${name}`);
    await checkCommand("dpkg", ["-x", join(work, archive), join(work, "files")]);
    renameSync(join(work, "files"), folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}
