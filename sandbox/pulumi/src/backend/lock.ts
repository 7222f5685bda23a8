import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { CliError } from "../errors";
import { writeAtomically } from "./atomic-write";
import { goTime } from "./go-time";

interface LockContent {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  readonly timestamp: string;
}

/**
 * The file backend's lock on a stack: one JSON file per holder in `directory`. It has no lease: a killed run's
 * lock stays until `pulumi cancel`.
 */
export class StackLock {
  private readonly file: string;

  constructor(private readonly directory: string) {
    this.file = join(directory, `${randomUUID()}.json`);
  }

  /** Throws the text of the real CLI where somebody else holds a lock. */
  acquire(): void {
    this.refuseOthers();
    const content: LockContent = {
      pid: process.pid,
      username: userInfo().username,
      hostname: hostname(),
      timestamp: goTime(),
    };
    writeAtomically(this.file, JSON.stringify(content));
    // Two runs may have looked at the same moment: both see the other's file now, and both give way.
    try {
      this.refuseOthers();
    } catch (error) {
      this.release();
      throw error;
    }
  }

  release(): void {
    rmSync(this.file, { force: true });
  }

  private refuseOthers(): void {
    const others = lockFiles(this.directory).filter((file) => file !== this.file);
    if (others.length === 0) return;
    const lines = others.map((file) => `  file://${file}: ${describe(file)}`);
    throw new CliError(
      `the stack is currently locked by ${others.length} lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.\n${lines.join("\n")}`,
    );
  }
}

/** Deletes every lock of the stack; says how many there were. */
export function deleteLocks(directory: string): number {
  const files = lockFiles(directory);
  for (const file of files) {
    rmSync(file, { force: true });
    rmSync(`${file}.attrs`, { force: true });
  }
  return files.length;
}

function lockFiles(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(directory, name));
}

function describe(file: string): string {
  try {
    const lock = JSON.parse(readFileSync(file, "utf8")) as LockContent;
    const time = lock.timestamp.replace(/\.\d+Z$/, "Z");
    return `created by ${lock.username}@${lock.hostname} (pid ${lock.pid}) at ${time}`;
  } catch {
    return "held by a process that left no readable description";
  }
}
