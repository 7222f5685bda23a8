import { runCommand } from "../../lib/run-command";
import { SandboxError } from "../../lib/sandbox-error";

/** A Pulumi CLI on this machine. */
export interface PulumiCli {
  readonly executable: string;
  /** `3.274.1` */
  readonly version: string;
  /** How it came here, for people: `on the PATH`, `built from the Go module proxy (go1.26.8)`. */
  readonly from: string;
}

/** What a CLI says that it is. @throws SandboxError where it says nothing of the kind */
export async function versionOf(executable: string): Promise<string> {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  const { code, stdout, stderr } = await runCommand(executable, ["version"], { env, timeoutMs: 60_000 });
  const version = /^v?(\d+\.\d+\.\d+)/.exec(stdout.trim())?.[1];
  if (code === 0 && version !== undefined) return version;
  const said = (stderr.trim() || stdout.trim()).split("\n")[0];
  throw new SandboxError(
    `${executable} doesn't tell its version (exit code ${code}: ${said}): repair that Pulumi CLI or take it off the PATH`,
  );
}
