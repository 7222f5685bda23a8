import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { logFile, type Places, pidFile, SOURCE } from "./places";
import {
  endIdentity,
  endProcess,
  identify,
  type ProcessIdentity,
  readLiveProcess,
  writeProcessFile,
} from "./process-file";
import { lastLines } from "./run-command";
import { SandboxError } from "./sandbox-error";

export interface ServiceSpec {
  /** Of its pid file and log. */
  name: string;
  command: string;
  args: string[];
  /** What else decides how it runs (configuration, source files): where it changes the service is started again. */
  fingerprintOf?: string[];
  env?: NodeJS.ProcessEnv;
  /** Just before it is launched, when it certainly does not run. */
  prepare?: () => Promise<void>;
  isReady: () => Promise<boolean>;
  /** @default 20 seconds */
  readyTimeoutMs?: number;
  /** Between asking it to end and making it. @default 10 seconds */
  graceMs?: number;
}

const pollMs = 100;
/** Enough for a container's program; many never react, for a namespace's first process ignores signals. */
const strayGraceMs = 10_000;

/** In the environment of every service: whose process it is, even where no pid file says so. */
const markVariable = "BERTH_SANDBOX_SERVICE";
const mark = (places: Places, name: string) => `${places.run}:${name}`;

/** Starts a process that outlives this one, unless it runs already. Errors hold its last log lines. */
export async function startService(places: Places, spec: ServiceSpec): Promise<"started" | "running"> {
  const file = pidFile(places, spec.name);
  const fingerprint = fingerprintOf(spec);
  const known = readLiveProcess(file);
  if (known?.fingerprint === fingerprint && (await spec.isReady())) return "running";
  await stopService(places, spec.name, spec.graceMs);
  await spec.prepare?.();
  const pid = launch(places, spec);
  const identity = identify(pid);
  if (identity) writeProcessFile(file, { ...identity, fingerprint });
  await untilReady(places, spec);
  return "started";
}

/** True where it ran. Also ends what it left behind and what a killed `up` started without noting it. */
export async function stopService(places: Places, name: string, graceMs = 10_000): Promise<boolean> {
  const ran = await endProcess(pidFile(places, name), graceMs);
  const strays = processesMarked(mark(places, name));
  await Promise.all(strays.map((stray) => endIdentity(stray, Math.min(graceMs, strayGraceMs))));
  return ran || strays.length > 0;
}

/** Command and arguments that run a file of the sandbox with this Node. @param file without what its name ends with */
export function nodeScript(file: string): { command: string; args: string[] } {
  const withTypes = SOURCE === ".ts" ? ["--require", require.resolve("tsx/cjs")] : [];
  return { command: process.execPath, args: [...withTypes, `${file}${SOURCE}`] };
}

/** The text of all source files in a folder, for `fingerprintOf`. */
export function sourcesOf(folder: string): string {
  const files = readdirSync(folder).filter((name) => name.endsWith(SOURCE));
  return files
    .sort()
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
}

export function tailOfLog(places: Places, name: string, lines = 12): string {
  const file = logFile(places, name);
  return existsSync(file) ? lastLines(readFileSync(file, "utf8"), lines) : "(no log)";
}

function launch(places: Places, spec: ServiceSpec): number {
  const output = openSync(logFile(places, spec.name), "w", 0o600);
  const child = spawn(spec.command, spec.args, {
    cwd: "/",
    env: { ...process.env, ...spec.env, [markVariable]: mark(places, spec.name) },
    stdio: ["ignore", output, output],
    detached: true,
  });
  closeSync(output);
  // The error event says no more than the missing pid does, but unheard it would end this process.
  child.once("error", () => undefined);
  if (child.pid === undefined)
    throw new SandboxError(`cannot run ${spec.command} (${spec.name}): is it installed?`);
  child.unref();
  return child.pid;
}

async function untilReady(places: Places, spec: ServiceSpec): Promise<void> {
  const limit = spec.readyTimeoutMs ?? 20_000;
  const deadline = Date.now() + limit;
  while (!(await spec.isReady())) {
    const log = () => `its last log lines (${logFile(places, spec.name)}):\n${tailOfLog(places, spec.name)}`;
    if (!readLiveProcess(pidFile(places, spec.name)))
      throw new SandboxError(`${spec.name} ended at once; ${log()}`);
    if (Date.now() > deadline)
      throw new SandboxError(`${spec.name} is not ready after ${limit / 1000} s; ${log()}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** With the processes they started: those of containers do not carry the mark. */
function processesMarked(value: string): ProcessIdentity[] {
  const parents = new Map(processIds().map((pid) => [pid, parentOf(pid)]));
  const marked = new Set(processIds().filter((pid) => hasMark(pid, (entry) => entry === value)));
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (marked.has(pid) || isBelow(parents.get(pid)));
  return [...parents.keys()]
    .filter(isBelow)
    .map(identify)
    .filter((identity) => identity !== undefined);
}

/** A sandbox inside a container has the same folders, but other mounts: its processes are not this one's. */
function hasMark(pid: number, matches: (value: string) => boolean): boolean {
  const entry = environmentOf(pid).find((one) => one.startsWith(`${markVariable}=`));
  return (
    entry !== undefined && matches(entry.slice(markVariable.length + 1)) && mountsOf(pid) === mountsOf("self")
  );
}

/** Whether a process belongs to a service of this sandbox. */
export function isOwnProcess(places: Places, pid: number): boolean {
  return hasMark(pid, (value) => value.startsWith(`${places.run}:`));
}

const processIds = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
}

function mountsOf(pid: number | "self"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    // Ended meanwhile, or another user's: not ours.
    return [];
  }
}

function fingerprintOf(spec: ServiceSpec): string {
  const parts = [spec.command, ...spec.args, ...(spec.fingerprintOf ?? [])];
  return createHash("sha256").update(parts.join("\0")).digest("hex");
}
