import { setTimeout as sleep } from "node:timers/promises";

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/api/v4/`. */
  readonly path: string;
  readonly body?: object;
  /** What it is for, as a sentence's end: `create the variable K of team/blog`. */
  readonly attempt: string;
}

/** GitLab's refusal. */
export class RestError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
    this.name = "RestError";
  }
}

export const isGone = (error: unknown) => error instanceof RestError && error.status === 404;

/** How often a request is sent that GitLab's rate limit turns away, and the longest wait between two. */
const ATTEMPTS = 6;
const LONGEST_WAIT_S = 60;

/** GitLab's REST API as the plugin uses it: a token as a bearer, and patience where GitLab asks for it (429). */
export class Rest {
  constructor(
    private readonly baseUrl: string,
    private readonly token: string,
  ) {}

  /** The answer's JSON. @throws RestError with GitLab's words, and never with what was sent */
  async ask<T>({ method, path, body, attempt }: Call): Promise<T> {
    for (let tried = 1; ; tried++) {
      const answer = await this.send(method, path, body, attempt);
      if (answer.status === 429 && tried < ATTEMPTS) {
        await answer.body?.cancel();
        await sleep(1000 * Math.min(LONGEST_WAIT_S, Number(answer.headers.get("retry-after")) || 2 ** tried));
        continue;
      }
      const text = await answer.text();
      if (answer.ok) return (text === "" ? undefined : JSON.parse(text)) as T;
      throw new RestError(
        `Could not ${attempt} (${method} ${this.baseUrl}): ${answer.status} ${wordsOf(text)}`,
        answer.status,
      );
    }
  }

  private async send(
    method: string,
    path: string,
    body: object | undefined,
    attempt: string,
  ): Promise<Response> {
    try {
      return await fetch(`${this.baseUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.token}`,
          ...(body && { "content-type": "application/json" }),
        },
        ...(body && { body: JSON.stringify(body) }),
        redirect: "manual", // the token would go along
      });
    } catch (error) {
      const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
      throw new Error(
        `Could not ${attempt}: GitLab doesn't answer at ${this.baseUrl} (${cause?.code ?? (error as Error).message})`,
      );
    }
  }
}

/** `{value: [is invalid]}` and the like, out of GitLab's JSON. */
function wordsOf(text: string): string {
  try {
    const { message, error, error_description } = JSON.parse(text) as Record<string, unknown>;
    const said = [message, error, error_description].filter((part) => part !== undefined);
    return said.map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join(": ");
  } catch {
    return text.replace(/\s+/g, " ").slice(0, 200);
  }
}
