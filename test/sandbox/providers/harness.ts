import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Docker from "dockerode";
import { bcrypt } from "../../../sandbox/pulumi/src/providers/random/bcrypt";
import { freePort } from "../../support/free-port";

export const docker = new Docker({ socketPath: "/var/run/docker.sock" });
/** Everything a run makes bears this name, so that runs side by side don't meet. */
export const RUN = `berthprov${randomBytes(4).toString("hex")}`;
export const BASE = `${RUN}-base:1`;

/** Why no Docker test can run here, or undefined. */
export async function dockerMissing(): Promise<string | undefined> {
  try {
    await docker.ping();
    return undefined;
  } catch (error) {
    return `no Docker answers at /var/run/docker.sock (${(error as NodeJS.ErrnoException).code})`;
  }
}

/** A 2 MB image of a static busybox: the one installed, else the Debian package's, unpacked aside. */
export async function importBase(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), `${RUN}-`));
  try {
    const root = join(directory, "root");
    mkdirSync(join(root, "bin"), { recursive: true });
    copyFileSync(staticBusybox(directory), join(root, "bin/busybox"));
    for (const name of ["sh", "httpd", "wget", "sleep", "cat", "ls", "stat", "echo", "env"]) {
      symlinkSync("busybox", join(root, "bin", name));
    }
    const tar = spawn("tar", ["-C", root, "-c", "."], { stdio: ["ignore", "pipe", "inherit"] });
    const [repo, tag] = BASE.split(":") as [string, string];
    const stream = await docker.importImage(tar.stdout, { repo, tag, changes: `LABEL run=${RUN}` });
    for await (const _ of stream) {
      // Read to the end: the image is there then.
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function staticBusybox(directory: string): string {
  if (isStatic("/bin/busybox")) return "/bin/busybox";
  execFileSync("apt-get", ["download", "busybox-static"], { cwd: directory, stdio: "ignore" });
  execFileSync("sh", ["-c", "dpkg-deb -x busybox-static_*.deb out"], { cwd: directory });
  const found = ["out/bin/busybox", "out/usr/bin/busybox"]
    .map((file) => join(directory, file))
    .find(isStatic);
  if (found === undefined) throw new Error("the package busybox-static has no static busybox");
  return found;
}

/** Removes the base image and, by the label they inherited, all that was built on it. */
export async function removeImages(): Promise<void> {
  for (let tries = 0; tries < 10; tries++) {
    const images = await docker.listImages({ all: true, filters: { label: [`run=${RUN}`] } });
    if (images.length === 0) return;
    // A parent goes once its children are gone: the next turn takes it.
    for (const { Id } of images)
      await docker
        .getImage(Id)
        .remove({ force: true })
        .catch(() => undefined);
  }
  throw new Error(`images labelled run=${RUN} can't be removed`);
}

/** Whether a 64-bit ELF program asks for no dynamic linker: none of its headers is of the kind PT_INTERP (3). */
function isStatic(file: string): boolean {
  if (!existsSync(file)) return false;
  const elf = readFileSync(file);
  const first = Number(elf.readBigUInt64LE(32));
  const headers = Array.from(
    { length: elf.readUInt16LE(56) },
    (_, index) => first + index * elf.readUInt16LE(54),
  );
  return headers.every((offset) => elf.readUInt32LE(offset) !== 3);
}

export interface Registry {
  readonly address: string;
  stop(): Promise<void>;
}

/** Debian's docker-registry on a free loopback port; with a password it wants the login `user`. */
export async function startRegistry(password?: string): Promise<Registry> {
  const directory = mkdtempSync(join(tmpdir(), `${RUN}-registry-`));
  const port = await freePort();
  const auth = `auth: { htpasswd: { realm: test, path: ${directory}/htpasswd } }\n`;
  if (password !== undefined) writeFileSync(join(directory, "htpasswd"), `user:${bcrypt(password, 4)}\n`);
  writeFileSync(
    join(directory, "config.yml"),
    `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${directory}/data } }\n` +
      `http: { addr: "127.0.0.1:${port}" }\n${password === undefined ? "" : auth}`,
  );
  const child = spawn("docker-registry", ["serve", join(directory, "config.yml")], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const address = `127.0.0.1:${port}`;
  for (let tries = 0; tries < 100; tries++) {
    const answer = await fetch(`http://${address}/v2/`).catch(() => undefined);
    if (answer !== undefined) break;
    await sleep(50);
  }
  return {
    address,
    stop: async () => {
      child.kill();
      await ended;
      rmSync(directory, { recursive: true });
    },
  };
}
