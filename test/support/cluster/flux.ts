import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fluxPrograms } from "../../../sandbox/kubernetes/flux-programs";
import { freePort } from "../free-port";
import { fluxDefinitions } from "../kubernetes/published-schemas";
import { type RealCluster, testCache } from "./real-cluster";

/** Flux's own place in a cluster, as its installation makes it. */
export const FLUX_NAMESPACE = "flux-system";

/** Milliseconds until a controller is ready. */
const READY_MS = 600_000;

/**
 * Flux's own controllers beside a cluster, as processes of this machine: they follow git repositories that listen on its loopback. They
 * end with the process that has started them, whatever ends that.
 */
export class Flux {
  private readonly folder = mkdtempSync(join(tmpdir(), "berth-flux-"));
  private readonly children: ChildProcess[] = [];

  private constructor(private readonly cluster: RealCluster) {}

  static async start(cluster: RealCluster, progress: (text: string) => void): Promise<Flux> {
    const programs = await fluxPrograms(testCache(), progress);
    const flux = new Flux(cluster);
    try {
      await cluster.kubectl("create", "namespace", FLUX_NAMESPACE);
      const definitions = ["--filename", await fluxDefinitions()];
      await cluster.kubectl("apply", "--server-side", ...definitions);
      // A controller that asks for one too early ends.
      await cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", ...definitions);
      await flux.run(programs);
      return flux;
    } catch (error) {
      await flux.stop();
      throw error;
    }
  }

  /** Has it look at a git repository now: it would anyway within the repository's interval. */
  async look(repository: string): Promise<void> {
    const asked = `reconcile.fluxcd.io/requestedAt=${Date.now()}`;
    const which = ["gitrepositories", repository, "--namespace", FLUX_NAMESPACE];
    await this.cluster.kubectl("annotate", ...which, "--overwrite", asked);
  }

  /** The last lines that a controller said. */
  log(name: string, lines = 20): string {
    return readFileSync(join(this.folder, `${name}.log`), "utf8")
      .trimEnd()
      .split("\n")
      .slice(-lines)
      .join("\n");
  }

  async stop(): Promise<void> {
    await Promise.all(this.children.map(end));
    rmSync(this.folder, { recursive: true });
  }

  private async run(programs: Readonly<Record<string, string>>): Promise<void> {
    const storage = `127.0.0.1:${await freePort()}`;
    const more: Readonly<Record<string, readonly string[]>> = {
      "source-controller": [
        `--storage-path=${this.folder}`,
        `--storage-addr=${storage}`,
        `--storage-adv-addr=${storage}`,
      ],
    };
    const started = Object.entries(programs).map(async ([name, file]) => {
      const health = `127.0.0.1:${await freePort()}`;
      const where = [`--health-addr=${health}`, `--metrics-addr=127.0.0.1:${await freePort()}`];
      const child = this.spawn(name, [file, ...where, "--log-level=info", ...(more[name] ?? [])]);
      await this.untilReady(name, child, `http://${health}/readyz`);
    });
    await Promise.all(started);
  }

  private spawn(name: string, command: readonly string[]): ChildProcess {
    const log = openSync(join(this.folder, `${name}.log`), "w");
    const env = { ...process.env, KUBECONFIG: this.cluster.kubeconfig, RUNTIME_NAMESPACE: FLUX_NAMESPACE };
    const child = spawn("setpriv", ["--pdeathsig", "KILL", ...command], { env, stdio: ["ignore", log, log] });
    closeSync(log);
    this.children.push(child);
    return child;
  }

  private async untilReady(name: string, child: ChildProcess, url: string): Promise<void> {
    const before = Date.now() + READY_MS;
    while (!(await fetch(url).catch(() => undefined))?.ok) {
      if (child.exitCode !== null || Date.now() > before)
        throw new Error(`${name} isn't ready:\n${this.log(name)}`);
      await sleep(100);
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}
