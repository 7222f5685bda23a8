import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { GitlabClient } from "../../components/gitlab/api/gitlab-client";
import { GitlabError } from "../../components/gitlab/api/gitlab-error";
import { isJsonObject } from "../../components/values/json-object";
import { statOf } from "../../components/values/running-process";

/**
 * What a run says of itself beside its lock, as a tag of the stack: which process it is, so exactly that nobody takes
 * another one for it, and which GitLab job. The lock itself has a host name and a process number only, and both can be
 * those of another container.
 */
export interface RunNote {
  readonly host: string;
  /** Of the engine. */
  readonly pid: number;
  /** When that process started: clock ticks since the boot (proc(5), stat, field 22). */
  readonly start: string;
  /** Of the kernel's boot, and of the pid namespace. */
  readonly boot: string;
  readonly namespace: string;
  /** When the note was written, ISO 8601: after its lock was taken. */
  readonly since: string;
  /** Address of the GitLab job in GitLab's API. */
  readonly job?: string;
}

export const RUN_TAG = "berth:run";

/** The note of a process of this machine, undefined where the system doesn't tell so much (it is no Linux). */
export function runNote(pid: number, env: NodeJS.ProcessEnv = process.env): RunNote | undefined {
  const place = placeOf(pid);
  if (place === undefined) return undefined;
  const { CI_API_V4_URL: api, CI_PROJECT_ID: project, CI_JOB_ID: id } = env;
  const job = api && project && id ? { job: `${api}/projects/${project}/jobs/${id}` } : {};
  return { host: hostname(), pid, ...place, since: new Date().toISOString(), ...job };
}

/** A tag's text as a note; undefined where it is none. */
export function readNote(text: string | undefined): RunNote | undefined {
  try {
    const note: unknown = JSON.parse(text ?? "null");
    return isNote(note) ? note : undefined;
  } catch {
    return undefined;
  }
}

function isNote(note: unknown): note is RunNote {
  if (!isJsonObject(note) || typeof note["pid"] !== "number") return false;
  return ["host", "start", "boot", "namespace", "since"].every((key) => typeof note[key] === "string");
}

/** Whether the process that wrote the note is known to be gone: `alive`, `gone`, or `unknown` from here. */
export function stateOfProcess({ pid, start, boot, namespace }: RunNote): "alive" | "gone" | "unknown" {
  const here = placeOf(process.pid);
  // From another container, or after a boot of what may be another machine, nothing can be known.
  if (here?.boot !== boot || here.namespace !== namespace) return "unknown";
  const stat = statOf(pid);
  return stat === undefined || stat.start !== start || stat.isZombie ? "gone" : "alive";
}

/** Whether the number of the process that wrote the note is another one's by now. A process that nobody reaps keeps its number. */
export function isNumberReused({ pid, start }: RunNote): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.start !== start;
}

/** GitLab's words for a job that has ended. */
const ENDED = ["success", "failed", "canceled", "skipped"];

/**
 * Whether GitLab says that the job which wrote the note has ended; false where it can't be asked.
 * @param apis addresses of our own GitLab's API: whoever can write the state can write a note, and the token is for no other
 */
export async function jobHasEnded({ job }: RunNote, apis: readonly string[]): Promise<boolean> {
  const tokenName = "BERTH_GITLAB_TOKEN";
  const token = process.env[tokenName]?.trim();
  const api = apis.find((one) => job?.startsWith(`${one}/projects/`));
  if (!token || !job || api === undefined) return false;
  const client = new GitlabClient({ api, token, tokenName, patience: 0 });
  try {
    const wish = {
      method: "GET",
      path: job.slice(api.length),
      attempt: "ask whether the job has ended",
    } as const;
    const { value } = await client.ask<{ readonly status?: string }>(wish);
    return ENDED.includes(value.status ?? "");
  } catch (error) {
    if (error instanceof GitlabError) return false; // then nobody knows, and the lock stays
    throw error;
  }
}

/** Such as `4026531836-`; empty where the system doesn't tell. */
export function pidNamespace(): string {
  const id = /\d+/.exec(placeOf(process.pid)?.namespace ?? "")?.[0];
  return id === undefined ? "" : `${id}-`;
}

function placeOf(pid: number): { start: string; boot: string; namespace: string } | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const namespace = readlinkSync(`/proc/${pid}/ns/pid`);
    const start = statOf(pid)?.start;
    return start === undefined ? undefined : { start, boot, namespace };
  } catch {
    return undefined;
  }
}
