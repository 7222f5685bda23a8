/**
 * One HTTP call to Nexus's REST API. No classes, no module state: dynamic providers are serialised, and only
 * plain functions and objects survive that (shared/field-notes.md, section 1).
 */

/** Where a Nexus answers and who is asking. The password is a secret: it travels in a header only. */
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
}

/** Thrown (as an Error with these fields) for an answer that was not expected. */
export interface NexusFailure extends Error {
  readonly status: number;
}

/** Attempts for a call that Nexus did not take: it restarts, or a proxy in front says 502/503/429. */
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 500;
const CALL_TIMEOUT_MS = 60_000;

/**
 * Calls Nexus and returns its answer if the status is one of `expected`.
 * A refused connection, 429, 502 and 503 are tried again; a POST only where it can't have arrived.
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
): Promise<NexusAnswer> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await callOnce(server, method, path, body);
    const last = attempt === ATTEMPTS;
    if ("answer" in outcome) {
      if (expected.includes(outcome.answer.status)) return outcome.answer;
      // Behind a 502 the call may have arrived; with 429 and 503 it was turned away.
      const again = method === "POST" ? [429, 503] : [429, 502, 503];
      if (last || !again.includes(outcome.answer.status)) {
        throw nexusFailure(server, method, path, outcome.answer);
      }
    } else if (last || (method === "POST" && outcome.arrived)) {
      throw new Error(
        `${method} ${server.url}${path}: ${outcome.reason}. Is Nexus running and reachable from here?`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
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
  if (messages.length > 0) return messages.join("; ");
  return typeof body === "string" ? body.trim().slice(0, 500) : "";
}

type Outcome = { answer: NexusAnswer } | { reason: string; arrived: boolean };

async function callOnce(server: NexusServer, method: string, path: string, body: unknown): Promise<Outcome> {
  const text = typeof body === "string";
  const headers: Record<string, string> = { accept: "application/json, text/plain;q=0.5" };
  if (server.username) {
    headers["authorization"] =
      `Basic ${Buffer.from(`${server.username}:${server.password}`).toString("base64")}`;
  }
  if (body !== undefined) headers["content-type"] = text ? "text/plain" : "application/json";
  try {
    const response = await fetch(server.url + path, {
      method,
      headers,
      body: body === undefined ? undefined : text ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      redirect: "error",
    });
    return { answer: { status: response.status, body: parseBody(await response.text()) } };
  } catch (error) {
    const { code, message } = ((error as Error).cause ?? error) as { code?: string; message?: string };
    return {
      reason: code ?? message ?? String(error),
      arrived: code !== "ECONNREFUSED" && code !== "ENOTFOUND",
    };
  }
}

function parseBody(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text; // E4 and E5 are plain text
  }
}

function nexusFailure(server: NexusServer, method: string, path: string, answer: NexusAnswer): Error {
  const hint = statusHint(answer.status, server.username);
  const said = nexusMessages(answer.body);
  const message = `${method} ${server.url}${path}: Nexus answered ${answer.status}${said ? ` (${said})` : ""}${hint}`;
  return Object.assign(new Error(message), { name: "NexusFailure", status: answer.status });
}

function statusHint(status: number, username: string): string {
  if (status === 401)
    return `. The password of "${username}" is not the one in the state: was it changed by hand?`;
  if (status === 403) return `. "${username}" is not allowed to do this`;
  if (status === 503) return ". Nexus is read-only or still starting";
  return "";
}
