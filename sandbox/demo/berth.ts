import { spawn } from "node:child_process";
import { join } from "node:path";
import { checkCommand, lastLines } from "../lib/run-command";
import { SandboxError } from "../lib/sandbox-error";
import type { Progress } from "../lib/steps";

/** What `berth up --json` and `berth preview --json` print. */
export interface Applied {
  readonly changes: Readonly<Record<string, number>>;
  /** Every resource that was touched: operation, type and name. */
  readonly steps: readonly { readonly operation: string; readonly type: string; readonly name: string }[];
}

export interface AppOutputs {
  readonly url: string;
  readonly builtImage: string;
  readonly releasedImage: string;
  readonly release: { readonly tag: string; readonly digest: string };
}

export interface Outputs {
  readonly nexusUrl: string;
  readonly dockerHosted: string;
  readonly dockerGroup: string;
  readonly accounts: Readonly<Record<string, { readonly username: string; readonly password: string }>>;
  readonly apps: { readonly blog: AppOutputs };
}

/** The `berth` command of a checkout, as CI runs it: `--json`, no terminal. */
export class Berth {
  constructor(
    private readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Runs it and returns its JSON. @throws SandboxError with the last lines it printed where it doesn't exit 0 */
  async json<T>(args: string[], progress: Progress = () => {}): Promise<T> {
    const { code, stdout, stderr } = await this.run([...args, "--json"], progress);
    if (code === 0) return JSON.parse(stdout) as T;
    throw new SandboxError(`berth ${args.join(" ")} exited ${code}:\n${lastLines(stderr, 40)}`);
  }

  /** What the last `berth copy` of an app said, as the stack's state has it. */
  async lastCopy(app: string): Promise<{ blobs: { copied: number } }> {
    const options = { cwd: this.folder, env: this.env };
    const exported = await checkCommand("pulumi", ["stack", "export", "--stack", "dev"], options);
    const { resources } = JSON.parse(exported).deployment as {
      resources: { urn: string; outputs?: object }[];
    };
    const copy = resources.find(({ urn }) => urn.endsWith(`::${app}-copy`));
    if (!copy) throw new SandboxError(`the state of dev has no ${app}-copy`);
    return JSON.parse((copy.outputs as { stdout: string }).stdout);
  }

  /** Runs it to its end, whatever its exit code. */
  run(args: string[], progress: Progress = () => {}) {
    const main = join(this.folder, "automation", "berth.cjs");
    const child = spawn(process.execPath, [main, ...args], {
      cwd: this.folder,
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const text = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => {
      text.stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      text.stderr += chunk;
      progress(String(chunk).trimEnd().split("\n").at(-1) ?? "");
    });
    return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, ...text }));
    });
  }
}
