import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const PROGRAM = "/usr/bin/docker-registry";
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 5_000;
/** A registry that dies is started again after this long, so that a broken disk gives no busy loop. */
const RESTART_MS = 1_000;

/** One Debian docker-registry (distribution 2.8.2) over one storage directory, reached by a unix socket. */
export class RegistryProcess {
  readonly socket: string;
  readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });
  private child: ChildProcess | undefined;
  private stopping = false;

  constructor(
    readonly name: string,
    readonly storage: string,
    private readonly runDirectory: string,
    private readonly log: (line: string) => void,
  ) {
    this.socket = join(runDirectory, `${name}.sock`);
  }

  async start(): Promise<void> {
    mkdirSync(this.storage, { recursive: true, mode: 0o700 });
    mkdirSync(this.runDirectory, { recursive: true, mode: 0o700 });
    this.launch();
    const until = Date.now() + START_LIMIT_MS;
    while (!(await this.answers())) {
      if (Date.now() > until)
        throw new Error(`docker-registry of ${this.name} did not answer in ${START_LIMIT_MS / 1000} s`);
      await sleep(25);
    }
  }

  /** Ends the process; requests under way are given a moment first (distribution drains on SIGTERM). */
  async stop(): Promise<void> {
    this.stopping = true;
    this.agent.destroy();
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
    await ended;
    clearTimeout(killer);
  }

  private launch(): void {
    const file = join(this.runDirectory, `${this.name}.yml`);
    writeFileSync(file, registryConfig(this.storage, this.socket), { mode: 0o600 });
    rmSync(this.socket, { force: true });
    const child = spawn(PROGRAM, ["serve", file], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { PATH: "/usr/bin" },
    });
    this.child = child;
    createInterface({ input: child.stderr! }).on("line", (line) => {
      if (isWorthLogging(line)) this.log(`docker-registry ${this.name}: ${line}`);
    });
    child.on("error", (error) => this.log(`docker-registry ${this.name} did not start: ${error.message}`));
    child.on("exit", (code, signal) => {
      if (this.stopping) return;
      this.log(`docker-registry ${this.name} ended (${signal ?? code}); starting it again`);
      setTimeout(() => this.stopping || this.launch(), RESTART_MS);
    });
  }

  private answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const probe = request({ socketPath: this.socket, path: "/v2/", method: "GET" }, (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      probe.on("error", () => resolve(false));
      probe.end();
    });
  }
}

/** Distribution logs every 404 as an error, and a push asks for each blob before it sends it. */
const isWorthLogging = (line: string) => !/http\.response\.status=404\b/.test(line);

/** YAML is a superset of JSON. relativeurls: the Location of an upload is right behind any proxy. */
export function registryConfig(storage: string, socket: string): string {
  return JSON.stringify({
    version: "0.1",
    log: { level: "error", accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: storage },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: true, age: "24h", interval: "6h", dryrun: false } },
    },
    http: { net: "unix", addr: socket, relativeurls: true },
  });
}
