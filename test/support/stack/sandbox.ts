import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { withSandbox } from "../../../sandbox/env";
import { feed } from "../feed";

export const root = join(__dirname, "..", "..", "..");
/** The project's copy that the demo works on. */
export const copy = join(root, ".berth", "demo");

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What keeps the sandbox from running on this machine; undefined where nothing does. */
export function whyNoSandbox(): string | undefined {
  if (process.platform !== "linux") return `the sandbox needs Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0)
    return "the sandbox needs root, to start Docker and to make a network namespace";
  if (!existsSync("/sys/fs/cgroup")) return "Docker needs cgroups, and there are none";
  return undefined;
}

/** Runs a command of the project to its end. */
export function run(command: string[], env: NodeJS.ProcessEnv = process.env, cwd = root): Promise<Ran> {
  const { child, ended } = start(command, env, cwd);
  feed(child);
  return ended;
}

/** Starts a command in a process group of its own, so that a test can kill it with everything it started. */
export function start(command: string[], env: NodeJS.ProcessEnv = process.env, cwd = root) {
  const [program, ...args] = command;
  const child = spawn(program!, args, { cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    text.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    text.stderr += chunk;
  });
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...text }));
  });
  return { child, ended, said: () => text.stdout + text.stderr };
}

/** Kills a started command and every process below it, also those in groups of their own: a host that loses power. */
export function killTree(child: ChildProcess): void {
  for (const pid of [child.pid!, ...descendants(child.pid!)]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it has ended meanwhile
    }
  }
}

function descendants(pid: number): number[] {
  const listed = execFileSync("ps", ["-e", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const pairs = listed.map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    pairs.flatMap(([child, its]) => (its === parent ? [child!, ...below(child!)] : []));
  return below(pid);
}

export const demo = (...args: string[]) =>
  run([process.execPath, "--require", "tsx/cjs", "sandbox/demo.ts", ...args]);

/** The environment that `eval "$(npx berth sandbox env)"` gives a shell. */
export function sandboxEnv(): NodeJS.ProcessEnv {
  const printed = execFileSync(process.execPath, [join(root, "sandbox", "main.cjs"), "env", "--json"], {
    encoding: "utf8",
  });
  return withSandbox(process.env, JSON.parse(printed));
}

/** The `berth` command of the demo's copy. */
export function berth(args: string[], over: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return run(berthCommand(args), { ...sandboxEnv(), ...over }, copy);
}

export function berthCommand(args: string[]): string[] {
  return [process.execPath, join(copy, "automation", "berth.cjs"), ...args];
}

/** Changes a file of the demo's copy and commits it, as a developer would. */
export function commit(file: string, edit: (text: string) => string, message: string): void {
  const path = join(copy, file);
  writeFileSync(path, edit(readFileSync(path, "utf8")));
  git("add", "--all");
  git("commit", "--quiet", "--message", message);
}

export function git(...args: string[]): string {
  const who = ["-c", "user.name=test", "-c", "user.email=test@berth.invalid"];
  return execFileSync("git", ["-C", copy, ...who, ...args], { encoding: "utf8" }).trim();
}

export interface Health {
  readonly version: string;
  readonly database: string;
}

/** What the blog of dev says of itself. */
export async function health(): Promise<Health> {
  const answer = await fetch("http://127.0.0.1:8080/healthz", { signal: AbortSignal.timeout(10_000) });
  return (await answer.json()) as Health;
}

/** The same of production's, over https, with nobody trusted but the authority that its outputs name. */
export async function prodHealth(): Promise<Health> {
  const { apps, serverCas } = JSON.parse((await berth(["outputs", "prod", "--json"])).stdout);
  const url = `${apps.blog.url}/healthz`;
  const asked = https.get(url, { ca: serverCas.main, agent: false, signal: AbortSignal.timeout(10_000) });
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return (await json(answer)) as Health;
}

/** Writes a post in the blog as a browser would: the form's token, its cookie, then the post. */
export async function writePost(title: string): Promise<void> {
  const form = "http://127.0.0.1:8080/posts/new/";
  const page = await fetch(form, { signal: AbortSignal.timeout(10_000) });
  const cookies = page.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
  const token = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(await page.text())?.[1] ?? "";
  const body = new URLSearchParams({ csrfmiddlewaretoken: token, title, body: "Written by a test." });
  const headers = { cookie: cookies.join("; ") };
  const signal = AbortSignal.timeout(10_000);
  const answer = await fetch(form, { method: "POST", headers, body, redirect: "manual", signal });
  if (answer.status !== 302) throw new Error(`posting answered ${answer.status}: ${await answer.text()}`);
}

/** What `docker ps -a` and the like list, on this machine's Docker or the server's. */
export function docker(args: string[], host?: string): string[] {
  const { stdout, status, stderr } = spawnSync("docker", [...(host ? ["-H", host] : []), ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`docker ${args.join(" ")}: ${stderr}`);
  return stdout.split("\n").filter((line) => line !== "");
}

export const SERVER = "unix:///run/berth/server.sock";
