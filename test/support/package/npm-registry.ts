import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../free-port";

const PROGRAM = join(
  dirname(createRequire(__filename).resolve("verdaccio/package.json")),
  "bin",
  "verdaccio",
);

/**
 * A registry for npm on this machine, such as a team has in its Nexus: Berth and its sandbox are what was published there and nothing
 * else, all other packages come through it from where npm gets them here.
 */
export class NpmRegistry {
  private readonly directory = mkdtempSync(join(tmpdir(), "berth-npm-"));
  private server: ChildProcess | undefined;
  private said = "";
  url = "";

  /** @throws Error with what it said, where it doesn't answer */
  async start(): Promise<this> {
    this.url = `http://127.0.0.1:${await freePort()}/`;
    const file = join(this.directory, "config.yaml");
    const { registry, cafile } = JSON.parse(npm(this.directory, "config", "list", "--json"));
    writeFileSync(file, configuration(registry));
    const args = [PROGRAM, "--config", file, "--listen", this.url.replace(/\/$/, "")];
    // Whom npm trusts only by its own settings, verdaccio doesn't, and says 404 then.
    const env = { ...process.env, ...(cafile && { NODE_EXTRA_CA_CERTS: cafile }) };
    this.server = spawn(process.execPath, args, {
      cwd: this.directory,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.server.stdout, this.server.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.said += text;
      });
    writeFileSync(
      this.npmrc,
      `registry=${this.url}\n//${new URL(this.url).host}/:_authToken=nobody\naudit=false\nfund=false\nupdate-notifier=false\n`,
    );
    await this.answers();
    return this;
  }

  /** npm's settings of who uses it; anybody may publish. */
  get npmrc(): string {
    return join(this.directory, "npmrc");
  }

  /** For a shell that has it as npm's registry, and a cache of its own. */
  environment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
    const others = Object.entries(env).filter(([name]) => !/^npm_/i.test(name));
    const cache = join(this.directory, "cache");
    mkdirSync(cache, { recursive: true });
    return { ...Object.fromEntries(others), NPM_CONFIG_USERCONFIG: this.npmrc, NPM_CONFIG_CACHE: cache };
  }

  publish(tarball: string): void {
    const args = ["publish", "--tag", "latest", tarball];
    execFileSync("npm", args, { cwd: this.directory, env: this.environment(), stdio: "pipe" });
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (server && server.exitCode === null && server.signalCode === null) {
      const ended = once(server, "exit");
      server.kill();
      await ended;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async answers(): Promise<void> {
    for (let tries = 0; tries < 600; tries++) {
      if (this.server?.exitCode !== null) break;
      const answer = await fetch(`${this.url}-/ping`).catch(() => undefined);
      if (answer?.ok) return;
      await sleep(100);
    }
    throw new Error(`verdaccio doesn't answer at ${this.url}:\n${this.said}`);
  }
}

function configuration(uplink: string): string {
  const everybody = { access: "$all", publish: "$anonymous" };
  return JSON.stringify({
    storage: "./packages",
    web: { enable: false },
    uplinks: { usual: { url: uplink, cache: true, timeout: "60s", maxage: "60m" } },
    packages: { berth: everybody, "berth-sandbox": everybody, "**": { ...everybody, proxy: "usual" } },
    log: { type: "stdout", format: "pretty", level: "warn" },
  });
}

function npm(cwd: string, ...args: string[]): string {
  return execFileSync("npm", args, { cwd, encoding: "utf8" });
}
