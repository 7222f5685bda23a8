import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../../components/values/error-facts";
import { CommandError } from "./exit";

/**
 * Writes a file that somebody asked for by an option, its folder too where it isn't there.
 * @param option as it was given: `--dotenv`
 * @throws CommandError where it can't be written
 */
export function writeResult(option: string, file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    throw new CommandError(
      `${option}: could not write ${file} (${messageOf(error)}). Name a place that this user may write to.`,
    );
  }
}
