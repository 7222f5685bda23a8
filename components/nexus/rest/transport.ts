/**
 * Calls to Nexus's REST API, tried again while Nexus is away. Connections are kept open; credentials travel in a header
 * only and show in no message.
 */
import { HttpError, type HttpFacts } from "../../http/http-error";
import { judgeStatus, retryPolicies } from "../../http/retry-policy";
import { type Attempt, retrying } from "../../http/retrying";
import { type Exchanged, exchange, type Silence } from "./exchange";
import { isFrozen, nexusMessages, statusHint } from "./messages";
import type { NexusServer } from "./nexus-server";
import { shownAddress, withoutSecrets } from "./secrets";

export interface NexusAnswer {
  readonly status: number;
  /** Parsed JSON, the text where it isn't JSON, undefined where empty. */
  readonly body: unknown;
  /** As Nexus names itself: `Nexus/3.71.0-06 (OSS)`. */
  readonly server?: string | undefined;
  /** What was asked, for messages: `GET http://127.0.0.1:8081/service/rest/v1/tasks`. */
  readonly asked?: string;
}

/**
 * An answer that was not expected, or none. The status is that of Nexus's own answer; undefined where it gave none: silence, or
 * until the patience was over it was busy, read-only, or out of reach of a proxy in front of it.
 */
export class NexusFailure extends HttpError {
  override name = "NexusFailure";
}

export interface CallOptions {
  /** Milliseconds to keep trying while Nexus does not take calls: a restart takes it about a minute. @default 120000 */
  readonly patience?: number;
  /** Milliseconds of one try, for what takes Nexus longer than the usual. @default 60000 */
  readonly longestTry?: number;
  /** Content type of a text body. */
  readonly textType?: string;
  /** A POST that does no harm twice, as it only reads or sets what is to be: it may be sent again after a lost answer. */
  readonly repeatable?: boolean;
}

interface Call {
  readonly server: NexusServer;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

type Outcome = Exchanged | Silence;

const policy = retryPolicies.nexus;
/** One try: deleting a large repository, or a first call after a start, takes Nexus many seconds. */
const LONGEST_TRY_MS = 60_000;
/** The least for one try, whatever the patience: a busy machine answers late without being away. */
const SHORTEST_TRY_MS = 5000;
/** A Nexus on its way down answers 500 without a word for some seconds, and a race inside of it is over as soon. */
const STUMBLE_PATIENCE_MS = 10_000;
/** A silent minute looks like a hang: after this long the first wait is told, once per server. */
const SAY_AFTER_MS = 5000;

const told = new Set<string>();

/**
 * Calls Nexus and returns its answer if the status is one of `expected`.
 * No answer, 429, 502, 503, 504, a Nexus that stumbled and one that is read-only are tried again, as late as
 * `Retry-After` asks; a POST only where it can't have been carried out.
 * @param path below the base address, `/service/rest/v1/…`
 * @param body an object is sent as JSON, a string as text/plain
 * @throws NexusFailure that names method, address, status and Nexus's own message
 */
export async function callNexus(
  server: NexusServer,
  method: string,
  path: string,
  expected: readonly number[],
  body?: unknown,
  options: CallOptions = {},
): Promise<NexusAnswer> {
  const { patience = policy.patience } = options;
  const call: Call = { server, method, path, body };
  const progress: Progress = {};
  const say = () => sayOnce(server, progress.last, patience);
  const telling = patience > SAY_AFTER_MS ? setTimeout(say, SAY_AFTER_MS) : undefined;
  try {
    return await untilAnswered(call, expected, { ...options, patience }, progress);
  } finally {
    clearTimeout(telling);
  }
}

interface Progress {
  last?: Outcome;
  /** Nexus has said 503 to an attempt: one that stops says so of what it has carried out, too (measured on 3.71). */
  wasBusy?: boolean;
}

function untilAnswered(
  call: Call,
  expected: readonly number[],
  { patience, longestTry, textType, repeatable }: CallOptions & { readonly patience: number },
  progress: Progress,
): Promise<NexusAnswer> {
  const { server, method, path, body } = call;
  const timeout = longestTry ?? Math.min(LONGEST_TRY_MS, Math.max(SHORTEST_TRY_MS, patience));
  const once = async (attempt: Attempt) => {
    const outcome = await exchange(server, method, path, body, timeout, textType);
    progress.last = outcome;
    progress.wasBusy ||= isAnswer(outcome) && outcome.status === 503 && isNexus(outcome);
    if (!isAnswer(outcome)) throw silenceOf(call, outcome, attempt);
    if (!expected.includes(outcome.status) || !isNexus(outcome))
      throw failureOf(call, outcome, { ...attempt, wasBusy: progress.wasBusy });
    const asked = `${method} ${shownAddress(server.url)}${path}`;
    return { status: outcome.status, body: outcome.body, server: outcome.server, asked };
  };
  return retrying({ ...policy, patience }, once, { repeatable: repeatable || method !== "POST" });
}

const isAnswer = (outcome: Outcome): outcome is Exchanged => "status" in outcome;

/**
 * Whether the answer is Nexus's own. A proxy that has lost its Nexus answers a page, or `404 page not found` in plain
 * text; taken for Nexus's word, an object would be gone.
 */
function isNexus({ status, body, server, page }: Exchanged): boolean {
  return !page && !(status === 404 && typeof body === "string" && !server?.startsWith("Nexus/"));
}

/** Whether Nexus has not dealt with the call: it is busy, read-only, or a proxy in front of it could not reach it. */
function isAway(answer: Exchanged): boolean {
  if (answer.status === 404) return !isNexus(answer);
  return judgeStatus(policy, answer.status, "GET").temporary || isFrozen(answer);
}

const isWordless = ({ status, body }: Exchanged) => status === 500 && nexusMessages(body) === "";

/**
 * Whether Nexus failed by itself, and not for what it was asked. The list of blob stores has answered 500 once, just after one
 * was made (3.71). Deleting a routing rule looks through all repositories, and runs into a NullPointerException at one that
 * is being deleted just then (RoutingRuleCache of 3.71). A call with a body may have brought such an exception about by what
 * it says.
 */
const isStumble = (method: string, answer: Exchanged) =>
  isWordless(answer) ||
  (answer.status === 500 &&
    (method === "GET" ||
      (method === "DELETE" && nexusMessages(answer.body).includes("NullPointerException"))));

/** What Nexus says of an object that it has. "Duplicate key": one that is in its database alone. */
export const saysTaken = ({ status, said = "" }: Pick<HttpFacts, "status" | "said">) =>
  status === 400 && /already exists|duplicate key/i.test(said);

/** After no answer, or half of one. */
function silenceOf({ server, method, path }: Call, silence: Silence, attempt: Attempt): NexusFailure {
  const { reason, taken: maybeDone, hopeless } = silence;
  const url = `${shownAddress(server.url)}${path}`;
  const hint = "Is Nexus running and reachable from here?";
  const message = `${method} ${url}: ${reason}${triedFor(attempt)}. ${hint}`;
  return new NexusFailure(message, { method, url, hint, maybeDone, temporary: !hopeless });
}

function failureOf(
  { server, method, path, body }: Call,
  answer: Exchanged,
  attempt: Attempt & Pick<Progress, "wasBusy">,
): NexusFailure {
  const { status } = answer;
  const url = `${shownAddress(server.url)}${path}`;
  const said = withoutSecrets(nexusMessages(answer.body), server, path, body);
  const who = isNexus(answer) ? "Nexus" : "something other than Nexus";
  const hint = statusHint(answer, server.username);
  const stumbled = isStumble(method, answer);
  const facts: HttpFacts = {
    method,
    url,
    said,
    hint: hint.replace(/^\. /, ""),
    status: isAway(answer) || isWordless(answer) ? undefined : status,
    temporary: isAway(answer) || stumbled,
    maybeDone:
      judgeStatus(policy, status, method).maybeDone ||
      isWordless(answer) ||
      (attempt.wasBusy && saysTaken({ status, said })),
    retryAfter: answer.retryAfter,
    ...(stumbled && { patience: STUMBLE_PATIENCE_MS }),
  };
  const answered = `${who} answered ${status}${said ? ` (${said})` : ""}`;
  return new NexusFailure(`${method} ${url}: ${answered}${triedFor(attempt)}${hint}`, facts);
}

/** Empty for one attempt, and for so few that nobody has waited. */
function triedFor({ number, began }: Attempt): string {
  const waited = Date.now() - began;
  return number > 1 && waited > 2 * policy.firstPause ? ` after ${Math.ceil(waited / 1000)} s of trying` : "";
}

function sayOnce(server: NexusServer, outcome: Outcome | undefined, patience: number): void {
  if (told.has(server.url)) return;
  told.add(server.url);
  const why =
    outcome === undefined
      ? "has not answered yet"
      : isAnswer(outcome)
        ? `answers ${outcome.status}`
        : `does not answer: ${outcome.reason}`;
  console.error(
    `Nexus at ${shownAddress(server.url)} ${why}; trying for up to ${Math.round(patience / 1000)} s.`,
  );
}
