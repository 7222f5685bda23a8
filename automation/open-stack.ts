import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import { offerProviderToken } from "./ci/provider-token";
import { CommandError } from "./exit";
import { projectName } from "./project";
import { projectRoot } from "./project-root";
import { StackFile } from "./stack-file";

export interface OpenStack {
  readonly stack: Stack;
  readonly file: StackFile;
  /** As it was asked for: `dev`, or `acme/dev` where the engine is to look in an organisation. */
  readonly name: string;
}

/**
 * Opens a stack for the Automation API, with the same program that `pulumi up` runs. The settings are checked
 * first, so that a mistake in them costs no engine.
 * @throws CommandError for settings that are wrong (exit 2), no engine, no such stack
 */
export async function openStack(name: string): Promise<OpenStack> {
  const file = new StackFile(name);
  if (!file.needsEngine) file.settings();
  process.chdir(projectRoot); // paths in settings are relative to it, as for `pulumi up`
  const stack = await select(name, file);
  await file.askEngine();
  if (file.settings().gitlab.manage) offerProviderToken();
  return { stack, file, name };
}

/** A stack without a file of its own isn't made: its name may be a mistake. */
async function select(name: string, file: StackFile): Promise<Stack> {
  const args = { stackName: name, projectName: projectName(), program };
  const where = { workDir: projectRoot };
  try {
    if (!file.exists) return await LocalWorkspace.selectStack(args, where);
    return await file.keepingText(() => LocalWorkspace.createOrSelectStack(args, where));
  } catch (error) {
    const message = (error as Error).message;
    if (/ENOENT|not found/.test(message) && /pulumi/.test(message) && !/stack/.test(message)) {
      throw new CommandError(
        "There is no `pulumi` on the PATH. Install the Pulumi CLI, or take the offline one: " +
          '`npx berth sandbox up`, then `eval "$(npx berth sandbox env)"`.',
      );
    }
    throw new CommandError(`Opening the stack ${name}: ${engineError(error)}`);
  }
}

/** Loaded only when the engine asks for it: commands that need no program start without it. */
export async function program(): Promise<Record<string, unknown>> {
  const run: typeof import("../index") = require("../index");
  return run();
}

/** What the engine said was wrong, without the command line and the progress that the Automation API puts around. */
export function engineError(error: unknown): string {
  const message = String((error as Error).message ?? error);
  const diagnostics =
    /Diagnostics:\n([\s\S]*?)(?:\n(?:Outputs|Resources|Policies|Duration):|\n stderr:|$)/.exec(message);
  if (diagnostics) return `The engine stopped:\n${withoutTraces(diagnostics[1]!).trimEnd()}`;
  const said = message.split("\n").flatMap((line) => /^(?: stderr: )?error: (.*)$/.exec(line)?.[1] ?? []);
  return said.length > 0 ? said.join("\n") : message;
}

/** A dynamic provider's errors come with their stack traces. */
function withoutTraces(text: string): string {
  const lines = text.split("\n").filter((line) => !/^\s+at .*(:\d+|<anonymous>)\)?$/.test(line));
  return lines.join("\n");
}

/** For `.catch`: an engine's failure as an error for people. */
export function engineFailure(error: unknown): never {
  if (error instanceof CommandError) throw error; // it is one already
  throw new CommandError(engineError(error));
}
