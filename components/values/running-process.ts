import { readFileSync } from "node:fs";
import { codeOf } from "./error-facts";

/** What the system tells of a process (proc(5), stat). */
export interface ProcessStat {
  /** When it started: clock ticks since the boot, field 22. With the number it names one process of a boot. */
  readonly start: string;
  /** It has ended, and nobody has asked about it: its number is still taken. In many containers nobody ever does. */
  readonly isZombie: boolean;
}

/** Undefined where there is no such process, or the system is no Linux. */
export function statOf(pid: number): ProcessStat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // What follows the command's name, which may hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { start: fields[19]!, isZombie: fields[0] === "Z" || fields[0] === "X" };
  } catch {
    return undefined;
  }
}

/** Whether a process of that number runs here, whosever it is. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) !== "EPERM") return false;
  }
  return statOf(pid)?.isZombie !== true;
}
