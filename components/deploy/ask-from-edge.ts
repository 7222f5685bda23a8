import type Docker from "dockerode";
import { execIn } from "../docker/docker-host";
import { atMost } from "../values/at-most";

/** A container on the network of an edge proxy, which asks it: an app's own image may have nothing to ask with. */
export interface Asked {
  readonly edge: Docker.Container;
  /** Its name on that network. */
  readonly container: string;
  readonly port: number;
}

export interface Question {
  readonly path: string;
  /** As people name the app: it may refuse other names, and plain http. */
  readonly host: string;
  readonly scheme: "http" | "https";
}

export interface Answer {
  /** Absent: it gave none. */
  readonly status?: number;
  /** The status and how the body begins; why it gave no answer. */
  readonly said: string;
}

/** How much of a body is shown. */
const SHOWN = 300;
/** Seconds beside the limit of a question, for Docker to start it. */
const START_SECONDS = 10;

/** Why the port takes no connection; undefined where it does. */
export async function portProblem(asked: Asked, seconds: number): Promise<string | undefined> {
  const { exitCode, output } = await ask(asked, "", seconds);
  return exitCode === 0 ? undefined : reasonOf(exitCode, output, seconds);
}

/** What it answers to GET, without following a redirect. */
export async function httpAnswer(asked: Asked, question: Question, seconds: number): Promise<Answer> {
  const { exitCode, output } = await ask(asked, requestOf(question), seconds);
  const [, status, reason = ""] = /^HTTP\/1\.[01] (\d{3}) ?([^\r\n]*)/m.exec(output) ?? [];
  if (status === undefined) return { said: reasonOf(exitCode, output, seconds) };
  const body = bodyOf(output).slice(0, SHOWN).trim();
  return { status: Number(status), said: [status, body || reason].join(" ").trim() };
}

function requestOf({ path, host, scheme }: Question): string {
  const head = [`Host: ${host}`, `X-Forwarded-Host: ${host}`, `X-Forwarded-Proto: ${scheme}`];
  return [
    `GET ${path} HTTP/1.1`,
    ...head,
    "User-Agent: berth",
    "Accept: */*",
    "Connection: close",
    "",
    "",
  ].join("\r\n");
}

function bodyOf(answer: string): string {
  const [head = "", ...rest] = answer.slice(answer.search(/^HTTP\//m)).split("\r\n\r\n");
  const body = rest.join("\r\n\r\n");
  return /^transfer-encoding:.*chunked/im.test(head) ? dechunked(Buffer.from(body)) : body;
}

/** Each chunk comes behind its length, a hexadecimal number on a line (RFC 9112, 7.1). */
function dechunked(body: Buffer): string {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const from = body.indexOf("\r\n", at) + 2;
    const length = Number.parseInt(body.toString("latin1", at, from), 16);
    if (from < 2 || !(length > 0)) return Buffer.concat(chunks).toString();
    chunks.push(body.subarray(from, from + length));
    at = from + length + 2;
  }
}

/**
 * The images of Caddy and nginx have bash (Debian) or nc (Alpine). Either keeps its side open until an answer is there, as some
 * servers answer nobody who has closed his; nc of busybox then has to be told that there is no more, as it goes on for as long as
 * its input does. dd hands on at once what it reads, so that the answer of a server which keeps the connection open is there when the
 * time is over. Without a question all of it ends with the connection.
 */
const SCRIPT = `
if command -v bash >/dev/null; then
  exec timeout "$LIMIT" bash -c '{ exec 3<>"/dev/tcp/$TO/$PORT"; } || exit 7
    [ -n "$REQUEST" ] || exit 0
    printf %s "$REQUEST" >&3; dd bs=4000 count=8 2>/dev/null <&3'
fi
command -v nc >/dev/null || { echo "its image has neither bash nor nc to ask with"; exit 8; }
[ -n "$REQUEST" ] || exec timeout "$LIMIT" nc -v -z "$TO" "$PORT"
folder=$(mktemp -d); mkfifo "$folder/in"; : >"$folder/out"
( exec 3>"$folder/in"; printf %s "$REQUEST" >&3; left=$((LIMIT * 5))
  wait_a_bit() { sleep 0.2 || sleep 1; }
  while [ ! -s "$folder/out" ] && [ $left -gt 0 ]; do wait_a_bit; left=$((left - 1)); done; wait_a_bit ) >/dev/null 2>&1 &
timeout "$LIMIT" nc -v "$TO" "$PORT" <"$folder/in" >"$folder/out"
kill $! 2>/dev/null; head -c 4000 "$folder/out"; rm -r "$folder"`;

async function ask({ edge, container, port }: Asked, request: string, seconds: number) {
  const env = [`TO=${container}`, `PORT=${port}`, `REQUEST=${request}`, `LIMIT=${seconds}`];
  const asking = execIn(edge, ["sh", "-c", SCRIPT], env).catch((error: Error) => ({
    exitCode: 1,
    output: `the edge proxy could not ask: ${error.message}`,
  }));
  return atMost(asking, (seconds + START_SECONDS) * 1000, { exitCode: TIMED_OUT, output: "" });
}

/** Of timeout(1): coreutils' own, and that of a process which busybox ended by SIGTERM. */
const TIMED_OUT = 124;
const ENDED = 143;

function reasonOf(exitCode: number, output: string, seconds: number): string {
  if (exitCode === TIMED_OUT || exitCode === ENDED) return `no answer in ${seconds} s`;
  const known = /connection refused|timed out|no route to host|(network|host) is unreachable|reset by peer/i;
  const [reason] = known.exec(output) ?? [];
  if (reason !== undefined) return reason.toLowerCase();
  if (/name or service not known|name resolution|bad address/i.test(output)) return "it isn't on the network";
  const last = output.trim().split("\n").at(-1);
  return !last || /^terminated$|\bopen$/i.test(last) ? "no answer" : last;
}
