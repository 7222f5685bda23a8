import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { CommandError } from "../terminal/exit";

/**
 * Gives a file another text in one step, and keeps who may read and write it; of a link, what it leads to.
 * @throws CommandError where that can't be written
 */
export function replaceText(path: string, text: string): void {
  const isThere = existsSync(path);
  const place = isThere ? realpathSync(path) : path;
  const scratch = `${place}.${process.pid}.tmp`;
  try {
    const mode = isThere ? statSync(place).mode : undefined;
    if (mode !== undefined) closeSync(openSync(place, "r+")); // a rename would replace what is not to be written
    writeFileSync(scratch, text);
    if (mode !== undefined) chmodSync(scratch, mode);
    renameSync(scratch, place);
  } catch (error) {
    rmSync(scratch, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CommandError(`${place} can't be written (${code ?? message}): nothing in it was changed.`);
  }
}
