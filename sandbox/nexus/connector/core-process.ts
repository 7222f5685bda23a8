import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CoreClient } from "./core-client";

export interface CoreOptions {
  /** the unpacked distribution */
  home: string;
  /** the volume */
  data: string;
  /** INSTALL4J_ADD_VM_PARAMS of the official image: JVM options, separated by spaces */
  vmParameters: string;
}

/** A bare machine under load has needed two minutes; the container's own health check judges earlier. */
const READY_LIMIT_MS = 15 * 60_000;

/** The real Nexus, as a child process on its inner loopback port (etc/nexus-default.properties of the image). */
export class CoreProcess {
  private child: ChildProcess | undefined;
  readonly ended: Promise<string>;
  private end: (how: string) => void = () => undefined;

  constructor(private readonly options: CoreOptions) {
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  start(): void {
    const { home, data } = this.options;
    for (const part of ["etc", "log", "tmp"]) mkdirSync(join(data, part), { recursive: true });
    const child = spawn(join(home, "bin", "nexus"), ["server"], {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, JAVA_HOME: javaHome(), ...environment(this.options) },
    });
    this.child = child;
    child.on("error", (error) => this.end(`did not start: ${error.message}`));
    child.on("exit", (code, signal) => this.end(`ended with ${signal ?? `code ${code}`}`));
  }

  /** Resolves once the real server says 200; rejects where its process ends before. */
  async ready(core: CoreClient): Promise<void> {
    let failure = "";
    void this.ended.then((how) => {
      failure = how;
    });
    const until = Date.now() + READY_LIMIT_MS;
    while (!(await isReady(core))) {
      if (failure) throw new Error(`the Nexus core ${failure} before it was ready; its log is above`);
      if (Date.now() > until) throw new Error("the Nexus core was not ready in 15 minutes; its log is above");
      await sleep(100);
    }
  }

  /** Asks for a clean stop (5 s as a rule) and waits for it. */
  async stop(): Promise<void> {
    this.child?.kill("SIGTERM");
    if (this.child) await this.ended;
  }
}

/** Debian's /usr/bin/java is a link into its own directory, whose name depends on the architecture. */
const javaHome = () => dirname(dirname(realpathSync("/usr/bin/java")));

async function isReady(core: CoreClient): Promise<boolean> {
  try {
    return (await core.ask({ method: "GET", path: "/service/rest/v1/status" })).status === 200;
  } catch {
    return false; // refused: not listening yet
  }
}

/**
 * The environment of bin/nexus. Measured on 2 cores, first start: 29 s with the JVM's defaults, 14 s with the quick
 * compiler alone (TieredStopAtLevel=1), 12 s with the serial collector too. What the user gives comes last and wins.
 */
export function environment(options: CoreOptions): Record<string, string> {
  const collector = /-XX:\+Use\w+GC\b/.test(options.vmParameters) ? "" : "-XX:+UseSerialGC";
  return {
    JAVA_MIN_MEM: "512m",
    JAVA_MAX_MEM: "1024m",
    DIRECT_MAX_MEM: "1024m",
    KARAF_DATA: options.data,
    EXTRA_JAVA_OPTS: `-XX:TieredStopAtLevel=1 ${collector} ${options.vmParameters}`.trim(),
  };
}
