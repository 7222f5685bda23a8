import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type Docker from "dockerode";
import { sandboxLabel } from "../docker/client";
import { lastLines } from "../lib/run-command";
import { SandboxError } from "../lib/sandbox-error";
import type { Progress } from "../lib/steps";

export interface LayerSpec {
  /** Of the image to make, with its tag. */
  image: string;
  base: string;
  /** Run by sh in a container of the base, as root, with the host's network. */
  script: string;
  /** Configuration of the image, as Dockerfile instructions. */
  changes: string[];
  labels: Record<string, string>;
  /** Files of this machine that the script finds in /run/berth-build, by their names there. */
  files?: Record<string, string>;
}

export interface LayerPlaces {
  cacheDir: string;
  /** Value of the label on the container. */
  owner: string;
}

const hostCertificates = "/etc/ssl/certs/ca-certificates.crt";
const inside = "/run/berth-build";
/** Not in the container's environment, which a commit would take over into the image. */
const prelude = `set -e\nexport APT_CONFIG=${inside}/apt.conf DEBIAN_FRONTEND=noninteractive\n`;

/**
 * Makes an image by running a script and committing what it changed. Unlike a Dockerfile this leaves nothing of
 * the build in the image: certificates, proxies and downloads come in by mounts.
 */
export async function buildLayer(
  docker: Docker,
  places: LayerPlaces,
  spec: LayerSpec,
  progress: Progress,
): Promise<void> {
  const name = `berth-build-${spec.image.replace(/[^a-z0-9]+/gi, "-")}`;
  await removeContainer(docker, name);
  const container = await docker.createContainer(containerOptions(name, places, spec));
  try {
    const output = await runToEnd(container, progress);
    if (output.code !== 0) {
      throw new SandboxError(`the build of ${spec.image} failed:\n${lastLines(output.text, 12)}`);
    }
    const [repo, tag] = spec.image.split(":");
    // A commit takes over the container's labels: the image must not carry the one that says whose container it is.
    const labels = Object.entries({ ...spec.labels, [sandboxLabel]: "" }).map(
      ([key, value]) => `LABEL ${key}=${JSON.stringify(value)}`,
    );
    await container.commit({ repo, tag, changes: [...spec.changes, ...labels].join("\n") });
  } finally {
    await removeContainer(docker, name);
  }
}

function containerOptions(name: string, places: LayerPlaces, spec: LayerSpec): Docker.ContainerCreateOptions {
  const dir = join(places.cacheDir, name);
  mkdirSync(join(dir, "archives/partial"), { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, "build.sh"), prelude + spec.script);
  writeFileSync(join(dir, "apt.conf"), aptConfiguration(process.env));
  return {
    name,
    Image: spec.base,
    Cmd: ["sh", `${inside}/build.sh`],
    Labels: { [sandboxLabel]: places.owner },
    HostConfig: {
      NetworkMode: "host",
      // Mounts on a tmpfs leave no mount point behind in the image.
      Tmpfs: { "/run": "", "/tmp": "exec", "/var/lib/apt/lists": "", "/var/cache/apt": "", "/var/log": "" },
      Binds: [
        `${dir}/build.sh:${inside}/build.sh:ro`,
        `${dir}/apt.conf:${inside}/apt.conf:ro`,
        `${dir}/archives:/var/cache/apt/archives`,
        `${hostCertificates}:${inside}/ca.crt:ro`,
        ...Object.entries(spec.files ?? {}).map(([name, file]) => `${file}:${inside}/${name}:ro`),
      ],
    },
  };
}

/** The host's proxies and trusted certificates (a TLS-inspecting proxy has its own) for apt in the container. */
export function aptConfiguration(env: NodeJS.ProcessEnv): string {
  const proxy = (scheme: "http" | "https") => env[`${scheme}_proxy`] ?? env[`${scheme.toUpperCase()}_PROXY`];
  const lines = (["http", "https"] as const)
    .filter((scheme) => proxy(scheme))
    .map((scheme) => `Acquire::${scheme}::Proxy "${proxy(scheme)}";`);
  return [
    `Acquire::https::CaInfo "${inside}/ca.crt";`,
    'APT::Keep-Downloaded-Packages "true";',
    // The cache belongs to root, not to apt's own user.
    'APT::Sandbox::User "root";',
    ...lines,
    "",
  ].join("\n");
}

async function runToEnd(
  container: Docker.Container,
  progress: Progress,
): Promise<{ code: number; text: string }> {
  const stream = await container.attach({ stream: true, stdout: true, stderr: true });
  const output = new PassThrough();
  let text = "";
  output.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    progress(lastLines(text, 1));
  });
  container.modem.demuxStream(stream, output, output);
  const ended = new Promise((resolve) => stream.once("close", resolve));
  await container.start();
  // Not `wait` alone: where Docker itself ends meanwhile that never returns. Here it fails.
  await ended;
  const { StatusCode } = (await container.wait()) as { StatusCode: number };
  return { code: StatusCode, text };
}

async function removeContainer(docker: Docker, name: string): Promise<void> {
  try {
    await docker.getContainer(name).remove({ force: true, v: true });
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  }
}
