import { setTimeout as sleep } from "node:timers/promises";
import { parseRetryAfter } from "../../components/registry/retry-after";
import { Secrets } from "../../components/registry/secrets";
import { tlsFailure } from "../../components/tls-trust";
import { GitlabError, nextStep, wordsOf } from "./gitlab-error";

export interface GitlabClientArgs {
  /** `https://gitlab.example.com/api/v4`. */
  readonly api: string;
  readonly token: string;
  /** Where the token came from, for errors. */
  readonly tokenName: string;
  /** Milliseconds that a request may wait for GitLab to be ready again, in all. @default 60000 */
  readonly patience?: number;
  /** Milliseconds before the second attempt; doubled each time. @default 500 */
  readonly retryDelay?: number;
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

interface Wish {
  readonly method: Method;
  /** Below the API's address. */
  readonly path: string;
  readonly body?: object | undefined;
  /** `write the note`: for errors. */
  readonly attempt: string;
  /** Who may do it, for errors. @default Reporter */
  readonly role?: string;
}

export interface Answered<T> {
  readonly value: T;
  /** Number of the next page of a list. */
  readonly nextPage: number | undefined;
}

/** An answer takes GitLab so long at most. */
const ANSWER_MS = 30_000;
const ATTEMPTS = 5;
/** Characters of a refusal's text that are repeated. */
const WORDS = 300;

/**
 * GitLab's API, version 4. What is only read, or changed to the same once more, is tried again after a 429, a 5xx and a
 * broken connection; a creation only after a 429, as GitLab may have made it before the answer was lost.
 */
export class GitlabClient {
  private readonly secrets = new Secrets();

  constructor(private readonly args: GitlabClientArgs) {
    this.secrets.keepSent(args.token);
  }

  /** @throws GitlabError */
  async ask<T>(wish: Wish): Promise<Answered<T>> {
    const { patience = 60_000, retryDelay = 500 } = this.args;
    const end = Date.now() + patience;
    for (let attempt = 1; ; attempt++) {
      const answer = await this.send(wish);
      const next = answer instanceof Response ? await this.read<T>(answer, wish) : answer;
      if (!(next instanceof GitlabError)) return next;
      const asked =
        answer instanceof Response
          ? parseRetryAfter(answer.headers.get("retry-after") ?? undefined)
          : undefined;
      const wait = asked ?? retryDelay * 2 ** (attempt - 1);
      const again = next.status === 429 || (next.uncertain && wish.method !== "POST");
      if (!again || attempt === ATTEMPTS || Date.now() + wait > end) throw next;
      await sleep(wait);
    }
  }

  private async send({ method, path, body, attempt }: Wish): Promise<Response | GitlabError> {
    try {
      return await fetch(`${this.args.api}${path}`, {
        method,
        headers: { "PRIVATE-TOKEN": this.args.token, ...(body && { "Content-Type": "application/json" }) },
        ...(body && { body: JSON.stringify(body) }),
        // fetch would take the token along to wherever it is sent.
        redirect: "manual",
        signal: AbortSignal.timeout(ANSWER_MS),
      });
    } catch (error) {
      return this.failure(attempt, `no answer (${reasonOf(error as Error)})`, undefined);
    }
  }

  private async read<T>(answer: Response, wish: Wish): Promise<Answered<T> | GitlabError> {
    const { status } = answer;
    const { attempt } = wish;
    try {
      const text = await answer.text();
      if (!answer.ok) return this.refusal(wish, status, text);
      const next = Number(answer.headers.get("x-next-page"));
      return {
        value: (text === "" ? undefined : JSON.parse(text)) as T,
        nextPage: next > 0 ? next : undefined,
      };
    } catch (error) {
      // A proxy's page of HTML, or an answer that broke off.
      const what = error instanceof SyntaxError ? "an answer that isn't JSON" : reasonOf(error as Error);
      return this.failure(
        attempt,
        `${status} with ${what}`,
        error instanceof SyntaxError ? status : undefined,
      );
    }
  }

  private refusal({ attempt, role }: Wish, status: number, body: string): GitlabError {
    const { tokenName } = this.args;
    const clean = this.secrets.scrub(body);
    const words = wordsOf(clean).slice(0, WORDS);
    const said = words.startsWith(String(status)) ? words : `${status} ${words}`.trim();
    const step = nextStep({ status, body: clean, tokenName, role });
    return this.failure(attempt, [said, step].filter(Boolean).join(". "), status);
  }

  private failure(attempt: string, what: string, status: number | undefined): GitlabError {
    return new GitlabError(this.secrets.scrub(`Could not ${attempt} (${this.args.api}): ${what}`), status);
  }
}

/** fetch says only that it failed; why is below. */
function reasonOf(error: Error): string {
  if (error.name === "TimeoutError") return `nothing within ${ANSWER_MS / 1000} seconds`;
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  const tls = cause && tlsFailure(cause);
  return tls ? `${tls.reason}; ${tls.cure}` : (cause?.code ?? cause?.message ?? error.message);
}
