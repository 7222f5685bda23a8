import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tarOf } from "../../../components/docker/tar";
import { feed } from "../feed";

/** A Docker without networks of its own, on a small disk: a loop device. It isn't running before `start` is called there. */
export class SmallDocker {
  private readonly folder = mkdtempSync(join(tmpdir(), "berth-small-"));
  private readonly disk = join(this.folder, "disk");
  readonly socket = join(this.folder, "docker.sock");
  /** Its daemon.json. */
  readonly settings = join(this.folder, "daemon.json");
  private readonly pid = join(this.folder, "docker.pid");
  private stop: () => Promise<unknown> = async () => undefined;

  /** @param bytes of the disk, of which nothing is written before it is used */
  constructor(bytes: number) {
    const image = join(this.folder, "disk.img");
    writeFileSync(image, "");
    truncateSync(image, bytes);
    execFileSync("mkfs.ext4", ["-q", "-m", "0", image]);
    mkdirSync(this.disk);
    execFileSync("mount", ["-o", "loop", image, this.disk]);
    writeFileSync(this.settings, "{}\n");
  }

  get address(): string {
    return `unix://${this.socket}`;
  }

  /** What systemctl does with it where there is systemd: lines of a shell. */
  get systemctl(): string {
    return [
      'case "$*" in',
      `"start docker") touch ${this.folder}/start; while ! docker -H ${this.address} info >/dev/null 2>&1; do`,
      "  tries=$((tries+1)); [ $tries -lt 100 ] || exit 1; sleep 0.2; done;;",
      `"reload docker") kill -HUP $(cat ${this.pid}); sleep 0.5;;`,
      '*) echo "not in the script: $*" >&2; exit 1;;',
      "esac",
    ].join("\n");
  }

  /** Starts it once its systemctl is asked to. */
  async onceAsked(): Promise<void> {
    for (let tries = 0; !existsSync(join(this.folder, "start")); tries++) {
      if (tries > 1200) throw new Error("nobody has asked for a start");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const places = ["--data-root", join(this.disk, "docker"), "--exec-root", join(this.folder, "run")];
    // In a network namespace of its own: told to have no bridge, it deletes docker0, which is the other Docker's.
    const alone = ["--bridge=none", "--iptables=false", "--ip6tables=false"];
    const files = ["--pidfile", this.pid, "--config-file", this.settings, "--host", this.address];
    const child: ChildProcess = spawn("unshare", ["--net", "dockerd", ...places, ...alone, ...files], {
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    this.stop = () => {
      child.kill();
      return ended;
    };
  }

  get free(): number {
    const { bavail, bsize } = statfsSync(this.disk);
    return bavail * bsize;
  }

  /** Takes space, until so much is free. */
  fill(name: string, free: number): void {
    execFileSync("fallocate", ["--length", String(this.free - free), join(this.disk, name)]);
  }

  empty(name: string): void {
    rmSync(join(this.disk, name));
  }

  /** An image that was made years ago, of so many bytes. */
  async loadOld(name: string, bytes: number): Promise<void> {
    const layer = await tarOf([{ name: "file", mode: 0o644, content: randomBytes(bytes) }]);
    const digest = createHash("sha256").update(layer).digest("hex");
    const config = {
      architecture: "amd64",
      os: "linux",
      created: "2020-01-01T00:00:00Z",
      config: {},
      rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
      history: [{ created: "2020-01-01T00:00:00Z" }],
    };
    const manifest = [{ Config: "config.json", RepoTags: [name], Layers: ["layer.tar"] }];
    const file = (name: string, content: Buffer) => ({ name, mode: 0o644, content });
    const archive = await tarOf([
      file("config.json", Buffer.from(JSON.stringify(config))),
      file("layer.tar", layer),
      file("manifest.json", Buffer.from(JSON.stringify(manifest))),
    ]);
    const child = spawn("docker", ["-H", this.address, "load", "--quiet"], {
      stdio: ["pipe", "ignore", "inherit"],
    });
    feed(child, archive);
    const code = await new Promise((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(`docker load: ${code}`);
  }

  async remove(): Promise<void> {
    await this.stop();
    execFileSync("umount", ["--lazy", this.disk]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
