import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { stateFolder } from "../../components/registry/copy/upload-journal";
import { messageOf } from "../../components/values/error-facts";

/** Logs of so many runs are kept. */
const KEPT = 50;

/**
 * The engine's own text of one run, in a file that only this user reads, in $XDG_STATE_HOME or ~/.local/state, /berth/log. Not in the
 * project: its folder may be what an image is built of, which each run would then build anew. A run of which the engine says nothing has none.
 */
export class RunLog {
  private file: string | undefined;
  private problem: string | undefined;

  /** @param command as in `berth up` */
  constructor(
    private readonly command: string,
    private readonly folder = () => stateFolder("log"),
  ) {}

  /** @param text without secrets */
  write(text: string): void {
    if (this.problem !== undefined) return;
    try {
      this.file ??= this.begin();
      appendFileSync(this.file, stripVTControlCharacters(text));
    } catch (error) {
      this.problem = messageOf(error); // a full disk is no reason to stop an update
    }
  }

  /** Where the engine's text is, as a sentence; undefined where it has said nothing. */
  get told(): string | undefined {
    if (this.problem !== undefined)
      return `The engine's own text could not be kept (${this.problem}): --verbose shows it.`;
    return this.file && `The engine's own text: ${this.file}`;
  }

  private begin(): string {
    const folder = this.folder();
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (statSync(folder).uid !== process.getuid?.()) throw new Error(`${folder} is another user's`);
    chmodSync(folder, 0o700);
    const logs = readdirSync(folder).filter((name) => name.endsWith(".log"));
    for (const old of logs.sort().slice(0, Math.max(0, logs.length - KEPT + 1)))
      rmSync(join(folder, old), { force: true });
    const time = new Date().toISOString().replace(/\..*/, "").replaceAll(":", "-");
    const file = join(folder, `${time}-${this.command}-${process.pid}.log`);
    closeSync(openSync(file, "wx", 0o600));
    return file;
  }
}
