import { join } from "node:path";
import { runCommand } from "../../lib/run-command";
import { SandboxError } from "../../lib/sandbox-error";
import { nodeScript } from "../../lib/service";
import type { Progress } from "../../lib/steps";
import { PULUMI_VERSION } from "../src/version";
import { keepCli } from "./keep-cli";
import { type PulumiCli, versionOf } from "./pulumi-cli";
import type { PulumiPlaces } from "./pulumi-places";

/** Where Pulumi's installer and plugins come from. */
const DOWNLOADS = "https://get.pulumi.com";
/** Of a machine that may go nowhere nobody is to wait long for an answer. */
const PATIENCE_MS = 5_000;
const LIMIT_MS = 300_000;

/** Why Pulumi's downloads can't be reached from here; undefined where they can. */
export type Unreachable = string | undefined;

export async function whyUnreachable(address = DOWNLOADS, patienceMs = PATIENCE_MS): Promise<Unreachable> {
  const host = new URL(address).host;
  try {
    await fetch(address, { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(patienceMs) });
    return undefined;
  } catch (error) {
    const { name, cause, message } = error as Error & { cause?: NodeJS.ErrnoException };
    const why = name === "TimeoutError" ? `no answer in ${patienceMs / 1000} s` : (cause?.code ?? message);
    return `${host} can't be reached (${why})`;
  }
}

/** Pulumi's own installation, by its Automation API. @throws SandboxError where it can't be had */
export async function downloadCli(
  places: PulumiPlaces,
  unreachable: Unreachable,
  progress: Progress,
): Promise<PulumiCli> {
  if (unreachable) throw new SandboxError(unreachable);
  progress(`downloading Pulumi ${PULUMI_VERSION}`);
  const { executable, from } = await keepCli(places.cache, async (folder) => {
    const { command, args } = nodeScript(join(__dirname, "download-main"));
    const { code, stderr } = await runCommand(command, [...args, folder, PULUMI_VERSION], {
      onLine: progress,
      timeoutMs: LIMIT_MS,
    });
    if (code !== 0) throw new SandboxError(`its download failed: ${stderr.trim().split("\n").at(-1)}`);
    return { from: "downloaded by Pulumi's installer" };
  });
  return { executable, version: await versionOf(executable), from };
}
