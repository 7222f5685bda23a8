import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SandboxError } from "../../lib/sandbox-error";
import type { Progress } from "../../lib/steps";
import { OLDEST_GO, OLDEST_PULUMI } from "../src/version";
import { buildCli } from "./build-cli";
import { isAtLeast } from "./compare-versions";
import { downloadCli, type Unreachable } from "./download-cli";
import { findExecutable } from "./find-executable";
import type { FindGo } from "./find-go";
import { cliFolder, ORIGIN } from "./keep-cli";
import { type PulumiCli, versionOf } from "./pulumi-cli";
import type { PulumiPlaces } from "./pulumi-places";

export interface Choice {
  readonly path: string;
  /** Why Pulumi's own downloads can't be had; undefined where they can. */
  readonly unreachable: Unreachable;
  /** The Go that builds the CLI; without it none is built: that takes minutes. */
  readonly findGo?: FindGo;
  readonly progress: Progress;
}

/**
 * The Pulumi CLI to use, real first: the one on the PATH, one kept from before, Pulumi's own download, one built from
 * its sources.
 * @throws SandboxError for a CLI on the PATH that is too old, and where none can be had
 */
export async function chooseCli(places: PulumiPlaces, choice: Choice): Promise<PulumiCli> {
  const found = (await cliOnPath(places, choice.path)) ?? (await keptCli(places));
  if (found) return found;
  const reasons: string[] = [];
  const attempt = async (make: () => Promise<PulumiCli>) => {
    try {
      return await make();
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error;
      reasons.push(error.message);
      return undefined;
    }
  };
  const { findGo, progress } = choice;
  const made =
    (await attempt(() => downloadCli(places, choice.unreachable, progress))) ??
    (findGo && (await attempt(() => buildCli(places, findGo, progress))));
  if (made) return made;
  throw new SandboxError(`there is no Pulumi CLI: ${reasons.join("; ")}. ${WAYS}`);
}

const WAYS =
  "Three ways to get one: install Pulumi's CLI, so that `pulumi` is on the PATH (https://www.pulumi.com/docs/install/); " +
  "let this machine reach get.pulumi.com, from where `berth sandbox up` downloads it; " +
  `install Go ${OLDEST_GO} or newer, or Python's pip, which brings one, and let it be built from its sources`;

/** @throws SandboxError where it is too old: its owner has to decide */
async function cliOnPath({ cache, home }: PulumiPlaces, path: string): Promise<PulumiCli | undefined> {
  const executable = findExecutable("pulumi", path, [cache, home]);
  if (executable === undefined) return undefined;
  const version = await versionOf(executable);
  if (isAtLeast(version, OLDEST_PULUMI)) return { executable, version, from: `on the PATH: ${executable}` };
  throw new SandboxError(
    `the Pulumi CLI at ${executable} is ${version}, and the oldest that works is ${OLDEST_PULUMI}: ` +
      "update it, or take it off the PATH, and the sandbox gets one of its own",
  );
}

/** Downloaded or built by an earlier `sandbox up`. */
async function keptCli({ cache }: PulumiPlaces): Promise<PulumiCli | undefined> {
  const folder = cliFolder(cache);
  const executable = join(folder, "bin", "pulumi");
  if (!existsSync(executable)) return undefined;
  const from = readFileSync(join(folder, ORIGIN), "utf8").trim();
  return { executable, version: await versionOf(executable), from };
}
