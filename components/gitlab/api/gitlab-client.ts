import { askHttp, type HttpAnswer } from "../../http/ask-http";
import type { HttpFacts } from "../../http/http-error";
import { nextLink } from "../../http/next-link";
import { NoAnswer } from "../../http/no-answer";
import { ProxyFailure } from "../../http/proxy-failure";
import { parseRetryAfter } from "../../http/retry-after";
import { judgeStatus, retryPolicies } from "../../http/retry-policy";
import { retrying } from "../../http/retrying";
import { Secrets } from "../../http/secrets";
import { tlsFailure } from "../../http/tls-trust";
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
  /** Path of a list's next page. */
  readonly next: string | undefined;
}

/** Milliseconds: an answer takes GitLab so long at most. */
const ANSWER_MS = 30_000;
/** Characters of a refusal's text that are repeated. */
const WORDS = 300;
/** No list that is any use to somebody is longer; a server may make up pages for ever. */
const MOST_PAGES = 1000;

/** GitLab's API, version 4. */
export class GitlabClient {
  private readonly secrets = new Secrets();

  constructor(private readonly args: GitlabClientArgs) {
    this.secrets.keepSent(args.token);
  }

  /** @throws GitlabError */
  ask<T>(wish: Wish): Promise<Answered<T>> {
    const { gitlab } = retryPolicies;
    const { patience = gitlab.patience, retryDelay: firstPause = gitlab.firstPause } = this.args;
    // GitLab may have made something before the answer was lost.
    const repeatable = wish.method !== "POST";
    return retrying({ ...gitlab, patience, firstPause }, () => this.once<T>(wish), { repeatable });
  }

  /**
   * The pages of a list, one after the other, as the `Link` header names them; without one, by number (`x-next-page`).
   * @throws GitlabError
   */
  async *pages<T>(wish: Omit<Wish, "method" | "body">): AsyncGenerator<T[], void> {
    const seen = new Set<string>();
    for (let path: string | undefined = wish.path; path !== undefined; ) {
      seen.add(path);
      const page: Answered<T[]> = await this.ask<T[]>({ ...wish, method: "GET", path });
      yield page.value;
      path = page.next;
      if (path !== undefined && (seen.has(path) || seen.size >= MOST_PAGES))
        throw this.failure({ ...wish, method: "GET", path }, "its pages don't end");
    }
  }

  private async once<T>(wish: Wish): Promise<Answered<T>> {
    const { method, path, body } = wish;
    const url = new URL(`${this.args.api}${path}`);
    const headers = {
      "private-token": this.args.token,
      ...(body !== undefined && { "content-type": "application/json" }),
    };
    const text = body && JSON.stringify(body);
    const ask = { method, url, headers, body: text, timeLimit: ANSWER_MS };
    const answer = await askHttp(ask).catch((error: Error) => {
      throw this.silence(wish, error);
    });
    if (answer.status < 200 || answer.status > 299) throw this.refusal(wish, answer);
    return { value: this.parsed<T>(wish, answer), next: nextPath(path, url, answer) };
  }

  private parsed<T>(wish: Wish, { status, text }: HttpAnswer): T {
    try {
      return (text === "" ? undefined : JSON.parse(text)) as T;
    } catch {
      // A proxy's page of HTML.
      throw this.failure(wish, `${status} with an answer that isn't JSON`, { status });
    }
  }

  private silence(wish: Wish, error: Error): GitlabError {
    if (error instanceof ProxyFailure) {
      const { message, nextStep: hint, temporary } = error;
      return this.failure(wish, `${message}. ${hint}`, { hint, temporary });
    }
    if (!(error instanceof NoAnswer)) return this.failure(wish, error.message);
    const { code, cause, message, taken: maybeDone } = error;
    const tls = tlsFailure(cause);
    if (tls) return this.failure(wish, `no answer (${tls.reason}; ${tls.cure})`, { hint: tls.cure });
    const temporary = !code.startsWith("HPE_");
    return this.failure(wish, code ? `no answer (${code})` : message, { temporary, maybeDone });
  }

  private refusal(wish: Wish, { status, headers, text }: HttpAnswer): GitlabError {
    const { tokenName } = this.args;
    const clean = this.secrets.scrub(text);
    const words = wordsOf(clean).slice(0, WORDS);
    const said = words.startsWith(String(status)) ? words : `${status} ${words}`.trim();
    const hint = nextStep({ status, body: clean, tokenName, role: wish.role });
    return this.failure(wish, [said, hint].filter(Boolean).join(". "), {
      status,
      said: words,
      hint,
      ...judgeStatus(retryPolicies.gitlab, status, wish.method),
      retryAfter: parseRetryAfter(headers["retry-after"]),
    });
  }

  private failure(
    { method, path, attempt }: Wish,
    what: string,
    facts: Partial<HttpFacts> = {},
  ): GitlabError {
    const { api } = this.args;
    const message = this.secrets.scrub(`Could not ${attempt} (${api}): ${what}`);
    return new GitlabError(message, { ...facts, method, url: `${api}${path}` });
  }
}

/**
 * Of the link only the query counts: GitLab names itself by the address in its own settings, and the token goes to the one that
 * was given alone.
 */
function nextPath(path: string, url: URL, { headers }: HttpAnswer): string | undefined {
  const query = nextLink(headers["link"], url)?.search;
  const [place = "", asked = ""] = path.split("?");
  if (query !== undefined) return `${place}${query}`;
  const page = Number(headers["x-next-page"]);
  if (!(page > 0)) return undefined;
  const numbered = new URLSearchParams(asked);
  numbered.set("page", String(page));
  return `${place}?${numbered}`;
}
