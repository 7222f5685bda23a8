export interface HttpFacts {
  readonly method: string;
  /** For people: nothing in it may be secret. */
  readonly url: string;
  /** Of the server's own answer; undefined where it gave none. */
  readonly status?: number | undefined;
  /** The server's own words, secrets taken out. */
  readonly said?: string | undefined;
  /** What the reader can do next, as a sentence. */
  readonly hint?: string | undefined;
  /** Another attempt may be answered otherwise: an overloaded or restarting server, a dropped connection. @default false */
  readonly temporary?: boolean | undefined;
  /** The request may have been carried out all the same: it went out, and its answer got lost. @default false */
  readonly maybeDone?: boolean | undefined;
  /** Milliseconds that the server asked to wait. */
  readonly retryAfter?: number | undefined;
  /** Milliseconds from the first attempt after which it counts as lasting. @default what the policy has */
  readonly patience?: number | undefined;
  readonly cause?: unknown;
}

/**
 * A request that was refused, or had no answer: what every client here fails with, each in a class of its own that makes the
 * message. It says method, address, what came back and the next step, and holds no secret.
 */
export class HttpError extends Error {
  override name = "HttpError";
  readonly method: string;
  readonly url: string;
  readonly status: number | undefined;
  readonly said: string | undefined;
  readonly hint: string | undefined;
  readonly temporary: boolean;
  readonly maybeDone: boolean;
  readonly retryAfter: number | undefined;
  readonly patience: number | undefined;

  constructor(message: string, facts: HttpFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.method = facts.method;
    this.url = facts.url;
    this.status = facts.status;
    this.said = facts.said;
    this.hint = facts.hint;
    this.temporary = facts.temporary ?? false;
    this.maybeDone = facts.maybeDone ?? false;
    this.retryAfter = facts.retryAfter;
    this.patience = facts.patience;
  }
}
