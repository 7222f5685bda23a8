import { messageOf } from "../../components/values/error-facts";
import { CommandError } from "../terminal/exit";
import { type KnownNames, label, NO_NAMES, thingOf } from "./resource-words";

const VERDICT = /^pulumi:pulumi:Stack \(\S+\):\n\s+error: \w+ failed$/;

/**
 * What the engine said was wrong, without the command line and the progress that the Automation API puts around, of resources in the
 * product's words. The engine's own are in the log.
 */
export function engineError(error: unknown, names: KnownNames = NO_NAMES): string {
  const message = messageOf(error);
  const diagnostics =
    /Diagnostics:\n([\s\S]*?)(?:\n(?:Outputs|Resources|Policies|Duration):|\n stderr:|$)/.exec(message);
  if (diagnostics)
    return `The engine stopped:\n${inWords(withoutVerdict(withoutCounts(withoutTraces(diagnostics[1]!))), names).trimEnd()}`;
  const said = [...message.matchAll(/^(?: stderr: )?error: (.*(?:\n\s+\d+\) .*)*)/gm)].map(
    ([, words]) => words,
  );
  return said.length > 0 ? inWords([...new Set(said)].join("\n"), names) : message;
}

/** The engine heads what it says of a resource with its type and name: `  docker:index:Container (blog-web1-container):`. */
const HEAD = /^( {2})([\w-]+(?::[\w/.-]+)+) \((.+)\):$/gm;
/** What a check of inputs refuses it says with the whole value: `nexus:Ports resource 'nexus-ports': property ports value {…} has a problem: `. */
const REFUSED = /([\w-]+(?::[\w/.-]+)+) resource '(.+?)'(?:: property .+? value \{.*\})? has a problem:/;
const REFUSED_ALONE = new RegExp(`^(\\s*)${REFUSED.source}`, "gm");
const REFUSED_BELOW_HEAD = new RegExp(`^(\\s+error: )${REFUSED.source} `, "gm");

function inWords(text: string, names: KnownNames): string {
  const told = (_: string, before: string, type: string, name: string) =>
    `${before}${label(thingOf(type, name, names))}:`;
  return text.replace(REFUSED_BELOW_HEAD, "$1").replace(HEAD, told).replace(REFUSED_ALONE, told);
}

/** What was refused, without whose it is and the value. */
export function withoutRefused(text: string): string {
  return text.replace(new RegExp(`^${REFUSED.source} `), "");
}

/** A dynamic provider's errors come with their stack traces, and those of a program twice. */
function withoutTraces(text: string): string {
  const lines = text
    .split("\n")
    .filter((line) => !/^\s+at .*(:\d+|<anonymous>)\)?$/.test(line))
    .filter((line, index, all) => line !== all[index - 1] || !/^\s+error: /.test(line));
  return lines.join("\n");
}

/** The engine counts the reasons why a resource did not come up, also where there is one. */
function withoutCounts(text: string): string {
  return text.replace(/error: 1 error occurred:\n\s*\* /g, "error: ");
}

/** That the update failed, the engine says of the stack besides why. */
function withoutVerdict(text: string): string {
  const why = text.split("\n\n").filter((one) => !VERDICT.test(one.trim()));
  return why.some((one) => one.trim() !== "") ? why.join("\n\n") : text;
}

/** Whether it is that the backend has no such stack. */
export const isNoStack = (error: unknown) => /no stack named/.test(messageOf(error));

/** For `.catch`: an engine's failure as an error for people. */
export function engineFailure(error: unknown, names?: KnownNames): never {
  if (error instanceof CommandError) throw error; // it is one already
  throw new CommandError(engineError(error, names));
}

export function noEngine(): CommandError {
  return new CommandError(
    "There is no `pulumi` on the PATH. Install the Pulumi CLI, or take the sandbox's: " +
      '`npx berth sandbox up`, then `eval "$(npx berth sandbox env)"`.',
  );
}
