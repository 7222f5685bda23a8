import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { SOURCES } from "../directory";
import { CHANNEL_OPTIONS, grpc } from "../rpc/grpc";

/** Keep a process in a group of its own from outliving the engine, and from loading what it hardly needs. */
export const PRELOADED = ["end-with-parent.cjs", "load-later.cjs"].flatMap((file) => [
  "--require",
  join(SOURCES, "rpc", file),
]);

/** How long a provider process may take to say its port; loading @pulumi/pulumi takes one to two seconds. */
const START_SECONDS = 60;
/** How long it gets to end by itself before it is killed. */
const STOP_MILLISECONDS = 2000;

/**
 * Pulumi's own process for dynamic providers (`@pulumi/pulumi/cmd/dynamic-provider`): one per run, started when
 * the first dynamic resource needs it and ended by its process id.
 */
export class DynamicHost {
  private started: Promise<ResourceProviderClient> | undefined;
  private child: ChildProcess | undefined;

  constructor(
    private readonly programDirectory: string,
    private readonly engineAddress: string,
    private readonly environment: { readonly [name: string]: string },
    private readonly print: (line: string) => void,
  ) {}

  /** Starts it while something else goes on; whoever asks for the client is told of a failure. */
  startAhead(): this {
    this.client().catch(() => undefined);
    return this;
  }

  client(): Promise<ResourceProviderClient> {
    this.started ??= this.start();
    return this.started;
  }

  async stop(): Promise<void> {
    if (!this.started) return;
    const client = await this.started.catch(() => undefined);
    client?.close();
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), STOP_MILLISECONDS);
    await ended;
    clearTimeout(force);
  }

  private async start(): Promise<ResourceProviderClient> {
    const script = locate(this.programDirectory, "@pulumi/pulumi/cmd/dynamic-provider");
    const child = spawn(process.execPath, [...PRELOADED, script, this.engineAddress], {
      cwd: this.programDirectory,
      detached: true,
      env: { ...process.env, ...this.environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    createInterface({ input: child.stderr! }).on("line", this.print);
    const port = await this.port(child);
    return new ResourceProviderClient(
      `127.0.0.1:${port}`,
      grpc.credentials.createInsecure(),
      CHANNEL_OPTIONS,
    );
  }

  /** The process prints its port as its first line; everything after it is output. */
  private port(child: ChildProcess): Promise<number> {
    return new Promise((resolve, reject) => {
      const fail = (what: string) => reject(new Error(`the dynamic provider process ${what}`));
      const limit = setTimeout(() => fail(`did not start within ${START_SECONDS} s`), START_SECONDS * 1000);
      child.once("error", (error) => fail(`could not be started: ${error.message}`));
      child.once("exit", (code) => fail(`ended with ${code} before it was ready`));
      let port = 0;
      createInterface({ input: child.stdout! }).on("line", (line) => {
        if (port !== 0) return this.print(line);
        clearTimeout(limit);
        port = Number(line);
        if (Number.isInteger(port) && port > 0) resolve(port);
        else fail(`printed ${JSON.stringify(line)} where its port was expected`);
      });
    });
  }
}

/** A module as the program itself would find it; an inline program's directory may have none, then the engine's. */
export function locate(programDirectory: string, module: string): string {
  for (const from of [join(programDirectory, "index.js"), __filename]) {
    try {
      return createRequire(from).resolve(module);
    } catch {
      // Not there: the next place is asked.
    }
  }
  throw new Error(
    `It looks like the Pulumi SDK has not been installed for the program in ${programDirectory}: run \`npm install\` there`,
  );
}
