/**
 * One HTTP call to Nexus's REST API, tried again where Nexus was away for a moment. Node's fetch keeps connections open
 * and reuses them; credentials travel in a header only.
 */

/** Where a Nexus answers and who is asking. The password is a secret. */
export interface NexusServer {
  /** Base address without a trailing slash: `http://127.0.0.1:8081`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

export interface NexusAnswer {
  readonly status: number;
  /** Parsed JSON, the text where it isn't JSON, undefined where empty. */
  readonly body: unknown;
  /** As Nexus names itself: `Nexus/3.71.0-06 (OSS)`. */
  readonly server?: string | undefined;
}

/** An answer that was not expected, or none. */
export class NexusFailure extends Error {
  override readonly name = "NexusFailure";

  constructor(
    message: string,
    /** HTTP status; undefined where there was no answer. */
    readonly status: number | undefined,
    /** The call may have been carried out all the same: a POST whose answer got lost. */
    readonly maybeDone: boolean,
  ) {
    super(message);
  }
}

export interface CallOptions {
  /** Milliseconds to keep trying while Nexus does not take calls: a restart takes it about a minute. */
  readonly patience?: number;
  /** Content type of a text body. */
  readonly textType?: string;
}

const PATIENCE_MS = 120_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4000;
const CALL_TIMEOUT_MS = 60_000;
/** A silent minute looks like a hang: after this long the first wait is told, once per server. */
const SAY_AFTER_MS = 5000;

const told = new Set<string>();

/** What one try came to. `taken` false: Nexus turned it away, so that even a POST may be sent again. */
type Outcome = { answer: NexusAnswer } | { reason: string; taken: boolean };

/**
 * Calls Nexus and returns its answer if the status is one of `expected`.
 * No answer, 429, 502 and 503 are tried again; a POST only where it can't have been carried out.
 * @param path below the base address, `/service/rest/v1/…`
 * @param body an object is sent as JSON, a string as text/plain
 * @throws NexusFailure that names method, path, status and Nexus's own message
 */
export async function callNexus(
  server: NexusServer,
  method: string,
  path: string,
  expected: readonly number[],
  body?: unknown,
  options: CallOptions = {},
): Promise<NexusAnswer> {
  const started = Date.now();
  const { patience = PATIENCE_MS } = options;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const outcome = await callOnce(server, method, path, body, options);
    if ("answer" in outcome && expected.includes(outcome.answer.status)) return outcome.answer;
    const again = mayTryAgain(method, outcome);
    const waited = Date.now() - started;
    if (!again || waited + pause > patience) throw failureOf(server, method, path, outcome, waited);
    if (waited > SAY_AFTER_MS) sayOnce(server, outcome, patience);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function mayTryAgain(method: string, outcome: Outcome): boolean {
  if (!("answer" in outcome)) return method !== "POST" || !outcome.taken;
  // Behind a 502 the call may have arrived; with 429 and 503 it was turned away.
  const transient = method === "POST" ? [429, 503] : [429, 502, 503, 504];
  return transient.includes(outcome.answer.status);
}

async function callOnce(
  server: NexusServer,
  method: string,
  path: string,
  body: unknown,
  { textType = "text/plain" }: CallOptions,
): Promise<Outcome> {
  const text = typeof body === "string";
  const headers: Record<string, string> = { accept: "application/json, text/plain;q=0.5" };
  if (server.username) {
    headers["authorization"] =
      `Basic ${Buffer.from(`${server.username}:${server.password}`).toString("base64")}`;
  }
  if (body !== undefined) headers["content-type"] = text ? textType : "application/json";
  try {
    const response = await fetch(server.url + path, {
      method,
      headers,
      body: body === undefined ? null : text ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      redirect: "error",
    });
    const said = parseBody(await response.text(), response.headers.get("content-type") ?? "");
    return {
      answer: { status: response.status, body: said, server: response.headers.get("server") ?? undefined },
    };
  } catch (error) {
    const { code, message } = ((error as Error).cause ?? error) as { code?: string; message?: string };
    return {
      reason: code ?? message ?? String(error),
      taken: code !== "ECONNREFUSED" && code !== "ENOTFOUND",
    };
  }
}

/** @throws where an answer that says it is JSON breaks off in the middle */
function parseBody(text: string, type: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    if (/^[[{]/.test(text) && type.includes("json")) throw new Error("the answer broke off in the middle");
    return text; // E4 and E5 are plain text
  }
}

/** The messages in one of the six shapes of error bodies that Nexus sends (shared/nexus-rest.md). */
export function nexusMessages(body: unknown): string {
  const entries = Array.isArray(body) ? body : body && typeof body === "object" ? [body] : [];
  const messages = entries.map((entry) => {
    const { id, message } = entry as { id?: string; message?: string };
    const field = id && id !== "*" ? `${id.replace(/^PARAMETER /, "")}: ` : "";
    return field + String(message ?? JSON.stringify(entry)).replace(/^"(.*)"$/s, "$1");
  });
  if (messages.length > 0) return [...new Set(messages)].join("; ");
  if (typeof body !== "string") return "";
  const validation = /^ValidationErrorXO\{id='\*', message='"?(.*?)"?'\}$/s.exec(body.trim());
  return (validation?.[1] ?? body.trim()).slice(0, 500);
}

function failureOf(
  server: NexusServer,
  method: string,
  path: string,
  outcome: Outcome,
  waited: number,
): NexusFailure {
  const call = `${method} ${server.url}${path}`;
  const tried = waited > 2 * FIRST_PAUSE_MS ? ` after ${Math.round(waited / 1000)} s of trying` : "";
  if (!("answer" in outcome)) {
    const message = `${call}: ${outcome.reason}${tried}. Is Nexus running and reachable from here?`;
    return new NexusFailure(message, undefined, outcome.taken);
  }
  const { status, body } = outcome.answer;
  const said = nexusMessages(body);
  const message = `${call}: Nexus answered ${status}${said ? ` (${said})` : ""}${tried}${statusHint(status, server.username)}`;
  return new NexusFailure(message, status, status === 502 || status === 504);
}

function statusHint(status: number, username: string): string {
  if (status === 401)
    return `. The password of "${username}" is not the one in the state: was it changed by hand?`;
  if (status === 403) return `. "${username}" is not allowed to do this`;
  if (status === 429)
    return ". Nexus, or a proxy in front of it, limits requests; run again in a few minutes";
  if (status === 503) return ". Nexus is read-only or still starting";
  return "";
}

function sayOnce(server: NexusServer, outcome: Outcome, patience: number): void {
  if (told.has(server.url)) return;
  told.add(server.url);
  const why =
    "answer" in outcome ? `answers ${outcome.answer.status}` : `does not answer (${outcome.reason})`;
  console.error(`Nexus at ${server.url} ${why}; trying for up to ${Math.round(patience / 1000)} s.`);
}
