import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../test/support/free-port";

const BINARY = "/usr/bin/docker-registry";

/** Debian's docker-registry in a folder (in memory, so that no disk decides), with a log that costs nothing. */
export class BenchRegistry {
  host = "";
  private readonly data: string;
  private child: ChildProcess | undefined;

  constructor(private readonly folder: string) {
    this.data = join(folder, "data");
  }

  async start(): Promise<this> {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: apt-get install docker-registry`);
    mkdirSync(this.data, { recursive: true });
    this.host = `127.0.0.1:${await freePort()}`;
    const config = join(this.folder, "config.yml");
    const storage = `storage: {filesystem: {rootdirectory: ${this.data}}}`;
    const log = "log: {level: error, accesslog: {disabled: true}}";
    writeFileSync(config, `version: 0.1\n${storage}\n${log}\nhttp: {addr: "${this.host}"}\n`);
    this.child = spawn(BINARY, ["serve", config], { stdio: "ignore" });
    for (let tries = 0; tries < 100 && this.child.exitCode === null; tries++) {
      if (await fetch(`http://${this.host}/v2/`).catch(() => undefined)) return this;
      await sleep(50);
    }
    throw new Error(`${BINARY} did not start with ${config}`);
  }

  /** Puts what it holds now aside. @returns where */
  keep(name: string): string {
    const kept = join(this.folder, name);
    // Its files are written once and renamed, so that a link is as good as a copy.
    execFileSync("cp", ["--archive", "--link", this.data, kept]);
    return kept;
  }

  /** Holds what was kept there, or nothing; the process remembers nothing of what it held. */
  reset(kept?: string): void {
    const content = join(this.data, "docker");
    rmSync(content, { recursive: true, force: true });
    if (kept !== undefined) execFileSync("cp", ["--archive", "--link", join(kept, "docker"), content]);
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await ended;
  }
}
