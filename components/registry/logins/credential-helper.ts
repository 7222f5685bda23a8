import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Account } from "./account";

/** A helper program of Docker's that could not be asked, or failed. The message holds nothing of its data. */
export class CredentialHelperError extends Error {
  override name = "CredentialHelperError";
}

export interface CredentialHelperArgs {
  /** "pass" for the program docker-credential-pass. */
  name: string;
  /** What the login was stored under: a registry host, for Docker Hub "https://index.docker.io/v1/". */
  server: string;
  /** The file that names the helper, for messages. */
  configFile: string;
  /** Its PATH is where the program is looked for. */
  env: NodeJS.ProcessEnv;
  /** Milliseconds; a helper may wait for somebody to unlock a keyring. @default 30000 */
  timeLimit?: number | undefined;
  signal?: AbortSignal | undefined;
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

const TIME_LIMIT = 30_000;
/** Milliseconds after its end: a keyring's daemon that it started may hold its pipes open. */
const LAST_WORDS = 500;
/** Characters; a login is never that long, and a helper gone wild is not kept in memory. */
const OUTPUT_LIMIT = 1024 * 1024;

/**
 * Asks a credential helper for the login of a registry, by the protocol of docker-credential-helpers: the argument
 * `get`, the server on standard input, `{"Username", "Secret"}` on standard output.
 * @returns undefined where the helper has none.
 * @throws CredentialHelperError; `signal`'s reason where that was aborted
 */
export async function askCredentialHelper(args: CredentialHelperArgs): Promise<Account | undefined> {
  const { name, server, configFile } = args;
  const fail = (why: string, cause?: unknown) =>
    new CredentialHelperError(
      `Docker's credential helper docker-credential-${name}, named in ${configFile}, was asked for the login of ${server}: ${why}`,
      { cause },
    );
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(name))
    throw fail("expected a name of letters, digits and hyphens, not a path");
  const { code, stdout, stderr } = await run(args, fail);
  if (code === 0) return readLogin(stdout, fail);
  if (/credentials not found/i.test(stdout)) return undefined;
  throw fail(`it failed (exit code ${code ?? "none, it was killed"})${firstWords(stdout, stderr)}`);
}

type Fail = (why: string, cause?: unknown) => CredentialHelperError;

function run(
  { name, server, env, signal, timeLimit = TIME_LIMIT }: CredentialHelperArgs,
  fail: Fail,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const child = spawn(`docker-credential-${name}`, ["get"], { env, stdio: "pipe", windowsHide: true });
    const give = (settle: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      release(child);
      settle();
    };
    const stop = () => give(() => reject(signal?.reason));
    const timer = setTimeout(() => {
      const limit = `it did not answer in ${timeLimit / 1000} s and was ended; does it wait for a password or a keyring?`;
      give(() => reject(fail(limit)));
    }, timeLimit);
    signal?.addEventListener("abort", stop);
    const output = collect(child, () => give(() => reject(fail("it wrote more than 1 MiB"))));
    child.once("error", (error) => give(() => reject(fail(startProblem(error, name), error))));
    const ended = (code: number | null) => give(() => resolve({ code, ...output }));
    child.once("close", ended);
    child.once("exit", (code) => setTimeout(ended, LAST_WORDS, code).unref());
    // A helper that ends without reading is told apart by what it wrote.
    child.stdin.on("error", () => undefined);
    child.stdin.end(server);
  });
}

/** What it writes, as it comes. */
function collect(child: ChildProcessWithoutNullStreams, onTooMuch: () => void) {
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      output[stream] += text;
      if (output[stream].length > OUTPUT_LIMIT) onTooMuch();
    });
  return output;
}

/** Lets go of a helper, running or not: what it has started may hold its pipes open for ever. */
function release(child: ChildProcess): void {
  if (child.exitCode === null) child.kill("SIGKILL");
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy();
  child.unref();
}

function startProblem(error: NodeJS.ErrnoException, name: string): string {
  if (error.code !== "ENOENT") return `it can't be started (${error.code ?? error.message})`;
  return `there is no such program on the PATH. Install docker-credential-${name}, take it out of that file, or set DOCKER_CONFIG to another folder`;
}

function readLogin(stdout: string, fail: Fail): Account | undefined {
  let answer: Record<string, unknown> | null | undefined;
  try {
    answer = JSON.parse(stdout);
  } catch {
    // Said below, without what it wrote: half an answer may hold the secret.
  }
  const { Username: username, Secret: secret } = answer ?? {};
  if (typeof username !== "string" || typeof secret !== "string")
    throw fail('expected JSON with "Username" and "Secret", got something else');
  if (username === "" && secret === "") return undefined;
  return username === "<token>" ? { identityToken: secret } : { username, password: secret };
}

/** A helper says what is wrong on standard output; never repeated where it could be a login. */
function firstWords(...outputs: string[]): string {
  const line = outputs
    .filter((text) => !/["']?secret["']?\s*[:=]|^\s*\{/i.test(text))
    .flatMap((text) => text.split("\n"))
    .map((text) => text.replace(/\p{Cc}+/gu, " ").trim())
    .find((text) => text !== "");
  return line === undefined ? "" : `: ${line.slice(0, 200)}`;
}
