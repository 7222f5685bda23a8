import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Milliseconds between two looks: a process that lives shorter may be missed. */
const EVERY = 10;

/** Looks, for as long as something runs, at what everybody on the machine can see of it and at what it leaves for a moment only. */
export class Watch {
  private readonly seen = new Map<string, string>();
  private readonly timer: NodeJS.Timeout;

  /** @param folder with files that come and go */
  constructor(private readonly folder: string) {
    this.timer = setInterval(() => this.look(), EVERY);
  }

  /** Arguments of all processes, and texts of all files that were there. */
  end(): { args: string; files: string } {
    clearInterval(this.timer);
    this.look();
    const texts = (isArgs: boolean) =>
      [...this.seen].filter(([path]) => path.startsWith("/proc/") === isArgs).map(([, text]) => text);
    return { args: texts(true).join("\n"), files: texts(false).join("\n") };
  }

  private look(): void {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      this.keep(`/proc/${pid}/cmdline`);
    }
    for (const file of filesBelow(this.folder)) this.keep(file);
  }

  /** All that a path has ever held: a shell and what it becomes are one process. */
  private keep(path: string): void {
    const text = textOf(path).replaceAll("\0", " ");
    const known = this.seen.get(path) ?? "";
    if (!known.includes(text)) this.seen.set(path, `${known}\n${text}`);
  }
}

/** The texts of all files below a folder, one after the other. */
export function textsBelow(folder: string): string {
  return filesBelow(folder).map(textOf).join("\n");
}

/** Without what is linked. */
export function filesBelow(folder: string): string[] {
  const entries = (() => {
    try {
      return readdirSync(folder, { recursive: true, withFileTypes: true });
    } catch {
      return []; // it was removed meanwhile
    }
  })();
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has ended meanwhile
  }
}
