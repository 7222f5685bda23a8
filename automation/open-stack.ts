import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import { hiddenVariables } from "../components/plugin-variables";
import { offerProviderToken } from "./ci/provider-token";
import { engineError, engineFailure, noEngine } from "./engine-error";
import { engineCommand } from "./engine-process";
import { CommandError } from "./exit";
import { readable } from "./file-backend";
import { projectName } from "./project";
import { projectRoot } from "./project-root";
import { StackFile } from "./stack-file";
import { mustBelong, StackState } from "./stack-state";

export interface OpenStack {
  readonly stack: Stack;
  readonly file: StackFile;
  /** As it was asked for: `dev`, or `acme/dev` where the engine is to look in an organisation. */
  readonly name: string;
  /** The state as it was when the stack was opened. */
  readonly before: StackState;
}

/**
 * Opens a stack for the Automation API, with the same program that `pulumi up` runs. The settings are checked
 * first, so that a mistake in them costs no engine.
 * @throws CommandError for settings that are wrong (exit 2), no engine, no such stack, a state that is another project's
 */
export async function openStack(name: string): Promise<OpenStack> {
  const file = new StackFile(name);
  if (!file.needsEngine) file.settings();
  process.chdir(projectRoot); // paths in settings are relative to it, as for `pulumi up`
  const stack = await selectStack(name, file);
  await file.askEngine();
  const { gitlab } = file.settings();
  offerProviderToken(gitlab.manage !== undefined);
  const before = await StackState.read(name).catch(engineFailure);
  mustBelong(name, before, gitlab);
  return { stack, file, name, before };
}

/** A stack without a file of its own isn't made: its name may be a mistake. */
async function selectStack(name: string, file: StackFile): Promise<Stack> {
  const args = { stackName: name, projectName: projectName(), program };
  try {
    const where = {
      workDir: projectRoot,
      envVars: hiddenVariables(),
      pulumiCommand: await engineCommand(),
    };
    if (!file.exists) return await readable(name, () => LocalWorkspace.selectStack(args, where));
    return await file.keepingText(() =>
      readable(name, () => LocalWorkspace.createOrSelectStack(args, where)),
    );
  } catch (error) {
    const message = (error as Error).message;
    if (/ENOENT|not found/.test(message) && /pulumi/.test(message) && !/stack/.test(message)) {
      throw noEngine();
    }
    throw new CommandError(`Opening the stack ${name}: ${engineError(error)}`);
  }
}

/** Loaded only when the engine asks for it: commands that need no program start without it. */
export async function program(): Promise<Record<string, unknown>> {
  const run: typeof import("../index") = require("../index");
  return run("berth");
}
