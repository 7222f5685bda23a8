import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeTree } from "../lib/mounts";
import { endProcess, identify, writeProcessFile } from "../lib/process-file";
import { checkCommand } from "../lib/run-command";
import type { Progress } from "../lib/steps";
import { hostSources, mirrorOf, sourcesList, suite } from "./debian-mirror";

/** As Debian's own slim images: no documentation, manuals and translations, and apt keeps no downloads. */
const dpkgConfiguration = `force-unsafe-io
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/lintian/*
`;
const aptConfiguration = `APT::Install-Recommends "false";
APT::Install-Suggests "false";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
`;
/** Debian's rule for images: nothing that is installed starts a service. */
const policy = "#!/bin/sh\nexit 101\n";

const leftOut = [
  "./var/cache/apt/archives/*.deb",
  "./var/cache/apt/*.bin",
  "./var/lib/apt/lists/*",
  "./debootstrap",
];
const cut = ["./usr/share/man/*/*", "./usr/share/info/*", "./usr/share/locale/*", "./usr/share/lintian/*"];

/** Empty, but there: some packages (Java's) link into them when installed and fail without. */
const manualSections = ["man1", "man5", "man7", "man8"].map((name) => `usr/share/man/${name}`);

/** Changes with everything that decides what is in the tarball, but for the versions of the packages. */
export const rootfsRecipe = createHash("sha256")
  .update([suite, dpkgConfiguration, aptConfiguration, ...leftOut, ...cut, ...manualSections].join("\0"))
  .digest("hex")
  .slice(0, 12);

export const rootfsFile = (cacheDir: string) => join(cacheDir, `debian-${suite}-${rootfsRecipe}.tar`);

/** A tarball of a minimal Debian made by debootstrap, from the cache where it is there already. */
export async function debianRootfs(cacheDir: string, progress: Progress): Promise<string> {
  const file = rootfsFile(cacheDir);
  if (existsSync(file)) return file;
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
  await removeLeftovers(cacheDir);
  const work = join(cacheDir, "rootfs-work");
  const sources = await hostSources();
  await bootstrap(cacheDir, work, mirrorOf(sources), progress);
  configure(work, sourcesList(sources, usedMirror(work)));
  progress("packing");
  const excludes = [...leftOut, ...cut].map((pattern) => `--exclude=${pattern}`);
  await checkCommand("tar", [
    "-C",
    work,
    "--numeric-owner",
    "--one-file-system",
    ...excludes,
    "-cf",
    `${file}.new`,
    ".",
  ]);
  renameSync(`${file}.new`, file);
  await removeTree(work);
  return file;
}

async function bootstrap(
  cacheDir: string,
  work: string,
  mirror: string | undefined,
  progress: Progress,
): Promise<void> {
  mkdirSync(join(work, "etc/dpkg/dpkg.cfg.d"), { recursive: true });
  writeFileSync(join(work, "etc/dpkg/dpkg.cfg.d/slim"), dpkgConfiguration);
  const downloads = join(cacheDir, "debs");
  mkdirSync(downloads, { recursive: true });
  const args = ["--variant=minbase", `--cache-dir=${downloads}`, suite, work, ...(mirror ? [mirror] : [])];
  await checkCommand("debootstrap", args, {
    onLine: (line) => progress(line.replace(/^I: /, "")),
    onStart: (pid) => noteProcess(cacheDir, pid),
  });
}

function configure(work: string, sources: string): void {
  for (const section of manualSections) mkdirSync(join(work, section), { recursive: true });
  writeFileSync(join(work, "etc/apt/sources.list"), sources);
  writeFileSync(join(work, "etc/apt/apt.conf.d/90slim"), aptConfiguration);
  writeFileSync(join(work, "usr/sbin/policy-rc.d"), policy, { mode: 0o755 });
  // The build host's name and resolver are nobody's business in an image.
  for (const name of ["etc/hostname", "etc/resolv.conf"]) rmSync(join(work, name), { force: true });
}

/** The mirror debootstrap itself chose, where this machine's apt named none. */
function usedMirror(work: string): string {
  return /^deb (\S+)/m.exec(readFileSync(join(work, "etc/apt/sources.list"), "utf8"))?.[1] ?? "";
}

const processFile = (cacheDir: string) => join(cacheDir, "debootstrap.pid");

function noteProcess(cacheDir: string, pid: number): void {
  const identity = identify(pid);
  if (identity) writeProcessFile(processFile(cacheDir), identity);
}

/** What a killed `up` left: a debootstrap that still runs, its mounts, half a tarball. */
async function removeLeftovers(cacheDir: string): Promise<void> {
  await endProcess(processFile(cacheDir), 5_000, "group");
  await removeTree(join(cacheDir, "rootfs-work"));
  for (const name of readdirSync(cacheDir).filter((one) => one.startsWith("debian-"))) {
    rmSync(join(cacheDir, name), { force: true });
  }
}
