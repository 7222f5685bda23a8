import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { repository, SOURCE } from "../lib/places";
import { dockerfile, NEXUS_VERSION } from "./dockerfile";
import { run } from "./run";

export const NEXUS_IMAGE = "berth-sandbox/nexus3:3.71.0";
const FINGERPRINT = "berth.sandbox.fingerprint";
const CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt";

export interface BuildOptions {
  /** One line of progress. */
  log: (line: string) => void;
  /** Survives; the distribution (134 MB download, 150 MB unpacked) is kept here. */
  cacheDir: string;
  /** Makes the minbase Debian image where needed, and gives its name. */
  rootfs: () => Promise<string>;
}

/**
 * Makes the image of the real Nexus with the Docker connector, and gives its name. Does nothing where an image of the
 * same inputs is there. Errors name the step that failed, with the end of its output.
 */
export async function buildNexusImage({ log, cacheDir, rootfs }: BuildOptions): Promise<string> {
  const connector = await bundleConnector();
  const inputs = [NEXUS_VERSION, dockerfile({ base: "", caBundle: true }), connector, CONTEXT];
  const fingerprint = createHash("sha256").update(JSON.stringify(inputs)).digest("hex");
  if ((await imageFingerprint()) === fingerprint) {
    log(`${NEXUS_IMAGE} is up to date`);
    return NEXUS_IMAGE;
  }
  const [distribution, base] = await Promise.all([nexusDistribution(cacheDir, log), rootfs()]);
  const context = await mkdtemp(join(tmpdir(), "berth-nexus-image-"));
  try {
    const caBundle = await aptUsesHttps(base);
    if (caBundle) await copyFile(CA_BUNDLE, join(context, "ca.crt"));
    await writeFile(join(context, "connector.js"), connector);
    await writeFile(join(context, "Dockerfile"), dockerfile({ base, caBundle }));
    await linkOrCopy(distribution, join(context, "nexus"));
    log(`building ${NEXUS_IMAGE} from ${base}, Debian packages and Nexus ${NEXUS_VERSION}`);
    await dockerBuild(context, fingerprint, log);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
  return NEXUS_IMAGE;
}

/** Counts how the context is made: the first way left images without Nexus in its place where /tmp is a file system of its own. */
const CONTEXT = 2;

/** Hard links: the 1100 files of the distribution need no second copy on the disk, where both are on one. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await run("cp", ["--recursive", "--link", from, to]);
  } catch {
    await rm(to, { recursive: true, force: true }); // its folders are there already
    await run("cp", ["--recursive", from, to]);
  }
}

/** The connector as one file for Debian's Node 18; it needs nothing but Node itself. The same bytes wherever it is called from. */
export async function bundleConnector(): Promise<string> {
  const result = await build({
    entryPoints: [join(__dirname, "connector", `main${SOURCE}`)],
    absWorkingDir: repository, // which the text names its files from: it is the same wherever `up` is typed
    bundle: true,
    platform: "node",
    target: "node18",
    format: "cjs",
    write: false,
    legalComments: "none",
  });
  return result.outputFiles[0]!.text;
}

async function imageFingerprint(): Promise<string | undefined> {
  const format = `{{index .Config.Labels "${FINGERPRINT}"}}`;
  try {
    return (await run("docker", ["image", "inspect", "--format", format, NEXUS_IMAGE])).trim();
  } catch {
    return undefined; // no such image yet
  }
}

/** The unpacked distribution, once fetched from Maven Central by Maven and as the user configured Maven. */
async function nexusDistribution(cacheDir: string, log: (line: string) => void): Promise<string> {
  const directory = join(cacheDir, `nexus-${NEXUS_VERSION}`);
  if (await stat(directory).catch(() => undefined)) return directory;
  log(`fetching Nexus ${NEXUS_VERSION} (134 MB) from Maven Central`);
  await mkdir(cacheDir, { recursive: true, mode: 0o700 });
  const unpacked = await mkdtemp(join(cacheDir, "unpacking-"));
  try {
    const artifact = `org.sonatype.nexus.assemblies:nexus-base-template:${NEXUS_VERSION}:zip`;
    const settings = ["-q", "-B", `-Dartifact=${artifact}`, `-DoutputDirectory=${unpacked}`];
    await run("mvn", [...settings, "dependency:unpack"], { cwd: cacheDir });
    const home = join(unpacked, `nexus-base-template-${NEXUS_VERSION}`);
    await configure(home);
    // Another run may have been quicker; its copy is as good.
    await rename(home, directory).catch(async (error: Error) => {
      if (!(await stat(directory).catch(() => undefined))) throw error;
    });
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
  return directory;
}

/** The real server gives its port to the connector, and listens on loopback only. */
async function configure(home: string): Promise<void> {
  const file = join(home, "etc", "nexus-default.properties");
  const text = await readFile(file, "utf8");
  const changed = text
    .replace(/^application-port=.*$/m, "application-port=18081")
    .replace(/^application-host=.*$/m, "application-host=127.0.0.1");
  if (!changed.includes("application-port=18081") || !changed.includes("application-host=127.0.0.1"))
    throw new Error(
      `${file}: application-port or application-host not found; is this Nexus ${NEXUS_VERSION}?`,
    );
  await writeFile(file, changed);
  await run("chmod", ["-R", "a+rX", home]);
  await run("chmod", ["a+x", join(home, "bin", "nexus")]);
}

async function aptUsesHttps(image: string): Promise<boolean> {
  const command = "cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true";
  const text = await run("docker", ["run", "--rm", "--network", "none", image, "sh", "-c", command]);
  return /\bhttps:\/\//.test(text);
}

/** Proxies of this host's environment are Docker's predefined build arguments: they stay out of the image. */
async function dockerBuild(context: string, fingerprint: string, log: (line: string) => void): Promise<void> {
  const proxies = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]
    .filter((name) => process.env[name])
    .flatMap((name) => ["--build-arg", name]);
  const label = ["--label", `${FINGERPRINT}=${fingerprint}`];
  await run("docker", ["build", "--tag", NEXUS_IMAGE, ...label, ...proxies, context], {
    env: { ...process.env, DOCKER_BUILDKIT: "0" },
    onLine: (line) => /^Step /.test(line) && log(line.slice(0, 100)),
  });
}
