import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import { hiddenVariables } from "../../components/base/plugin-variables";
import { builderVariables } from "../../components/docker/builder-address";
import { appsWithAgent } from "../../components/image/ssh-agent";
import { someNeedBuildx } from "../../components/settings/app-settings";
import { everyApp } from "../../components/settings/settings";
import { messageOf } from "../../components/values/error-facts";
import { engineError, isNoStack, noEngine } from "../engine/engine-error";
import { engineCommand } from "../engine/engine-process";
import { knownStack } from "../engine/known-stack";
import { projectName, projectRoot } from "../engine/project";
import { type KnownNames, knownNames } from "../engine/resource-words";
import { mustBelong, StackState } from "../engine/stack-state";
import { StackFile } from "../stack-file/stack-file";
import { CommandError } from "../terminal/exit";
import { loadProgram } from "./load-program";
import { offerProviderToken } from "./provider-token";
import { sshStandIn } from "./ssh-stand-in";

export interface OpenStack {
  readonly stack: Stack;
  readonly file: StackFile;
  /** As it was asked for: `dev`, or `acme/dev` where the engine is to look in an organisation. */
  readonly name: string;
  /** The state as it was when the stack was opened. */
  readonly before: StackState;
  /** What its resources are named after, now and before. */
  readonly names: KnownNames;
}

/**
 * Opens a stack for the Automation API, with the same program that `pulumi up` runs. The settings are checked
 * first, so that a mistake in them costs no engine.
 * @throws CommandError for settings that are wrong (exit 2), no engine, no such stack, a state that is another project's
 */
export async function openStack(name: string): Promise<OpenStack> {
  const file = new StackFile(name);
  if (!file.needsEngine) file.settings();
  process.chdir(projectRoot()); // paths in settings are relative to it, as for `pulumi up`
  const { stack, before } = await selectStack(name, file).catch((error: unknown) =>
    openingFailed(name, error),
  );
  await file.askEngine();
  const settings = file.settings();
  const { gitlab, servers } = settings;
  offerProviderToken(gitlab.manage !== undefined);
  if (someNeedBuildx(settings.apps)) Object.assign(stack.workspace.envVars, builderVariables());
  if (appsWithAgent(settings.apps).length > 0) Object.assign(stack.workspace.envVars, await sshStandIn());
  mustBelong(name, before, gitlab);
  const names = knownNames(before, { apps: everyApp(settings), servers });
  return { stack, file, name, before, names };
}

/** A stack whose state can be read is there. One without a file of its own isn't made: its name may be a mistake. */
async function selectStack(name: string, file: StackFile): Promise<Pick<OpenStack, "stack" | "before">> {
  const [pulumiCommand, before] = await Promise.all([engineCommand(loadBeside), knownState(name)]);
  const where = { workDir: projectRoot(), envVars: hiddenVariables(), pulumiCommand };
  if (!before) {
    const args = { stackName: name, projectName: projectName(), program };
    if (file.exists) await file.keepingText(() => LocalWorkspace.createOrSelectStack(args, where));
    else await LocalWorkspace.selectStack(args, where); // which says that there is none
  }
  const stack = await knownStack(name, { ...where, program });
  return { stack, before: before ?? new StackState(undefined) };
}

/** Undefined for a stack that the backend doesn't have. */
function knownState(name: string): Promise<StackState | undefined> {
  return StackState.read(name).catch((error: unknown) => {
    if (isNoStack(error)) return undefined;
    throw error;
  });
}

function openingFailed(name: string, error: unknown): never {
  if (error instanceof CommandError) throw error; // it says what to do
  const message = messageOf(error);
  if (/ENOENT|not found/.test(message) && /pulumi/.test(message) && !/stack/.test(message)) throw noEngine();
  throw new CommandError(
    `Opening the stack ${name}: ${engineError(error)}\nberth doctor ${name} says what is missing, and what to do about it.`,
  );
}

/** The operations of the engine that run the program. */
const RUNNING = ["up", "preview"];

/** Loads the program while the engine starts, which takes as long. */
function loadBeside([operation = ""]: readonly string[]): void {
  if (!RUNNING.includes(operation)) return;
  setImmediate(() => {
    try {
      loadProgram();
    } catch {
      // The engine is told, when it asks for the program.
    }
  });
}

/** Loaded for an engine that runs it alone: commands that need no program start without it. */
export async function program(): Promise<Record<string, unknown>> {
  return loadProgram()("berth");
}
