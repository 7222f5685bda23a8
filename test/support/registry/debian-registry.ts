import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../free-port";

const BINARY = "/usr/bin/docker-registry";

/** Why tests against the real registry can't run here; undefined where they can. */
export const missingRegistry = existsSync(BINARY)
  ? undefined
  : `${BINARY} is missing (Debian package docker-registry)`;

/** Debian's docker-registry with its own storage, on a free loopback port. */
export class DebianRegistry {
  host = "";
  private readonly folder = mkdtempSync(join(tmpdir(), "berth-registry-"));
  private child: ChildProcess | undefined;
  private log = "";

  /**
   * @param auth lines of the configuration's `auth` section, e.g. "auth: {htpasswd: {…}}"
   * @param address of this machine, at which it listens
   */
  async start(auth = "", address = "127.0.0.1"): Promise<this> {
    this.host = `${address}:${await freePort()}`;
    const config = join(this.folder, "config.yml");
    const storage = `storage: {filesystem: {rootdirectory: ${join(this.folder, "data")}}, delete: {enabled: true}}`;
    writeFileSync(config, `version: 0.1\n${storage}\nhttp: {addr: "${this.host}"}\n${auth}\n`);
    return this.listen();
  }

  /** Starts it, once more after it was away, with all that it had. */
  async listen(): Promise<this> {
    const config = join(this.folder, "config.yml");
    this.child = spawn(BINARY, ["serve", config], { stdio: ["ignore", "pipe", "pipe"] });
    this.child.stderr?.on("data", (text) => {
      this.log = (this.log + text).slice(-4000);
    });
    this.child.stdout?.resume();
    for (let tries = 0; tries < 100; tries++) {
      if (this.child.exitCode !== null) break;
      if (await fetch(`http://${this.host}/v2/`).catch(() => undefined)) return this;
      await sleep(50);
    }
    throw new Error(`docker-registry did not start: ${this.log}`);
  }

  /** Nobody listens there any more. */
  async goAway(): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await ended;
  }

  async stop(): Promise<void> {
    await this.goAway();
    rmSync(this.folder, { recursive: true });
  }

  /** A file of its folder, for the configuration. */
  file(name: string, content: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }
}
