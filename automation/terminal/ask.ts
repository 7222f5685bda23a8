import { createInterface } from "node:readline/promises";
import { CommandError, Exit } from "./exit";

/**
 * Asks before something is deleted.
 * @throws CommandError unless the answer is yes; exit 2 without a terminal to ask on
 */
export async function ask(question: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new CommandError(`${question} Without a terminal to ask on, say --yes.`, Exit.usage);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} Type yes: `);
  terminal.close();
  if (answer.trim() !== "yes") throw new CommandError("Nothing was deleted.");
}
