import { HttpError } from "../../http/http-error";

/** GitLab's refusal, or its silence. */
export class GitlabError extends HttpError {
  override name = "GitlabError";
}

export interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly tokenName: string;
  /** The role that it takes. @default Reporter */
  readonly role?: string | undefined;
}

/** What to do about it. */
export function nextStep({ status, body, tokenName, role = "Reporter" }: Refusal): string {
  if (status === 401) {
    if (/expired/i.test(body)) return `The token in ${tokenName} is expired: make a new one`;
    if (/revoked/i.test(body)) return `The token in ${tokenName} was revoked: make a new one`;
    return `GitLab doesn't know the token in ${tokenName}, or it may not be used for this (a job's own can't write notes)`;
  }
  if (status === 403) {
    return /insufficient_scope/.test(body)
      ? `The token in ${tokenName} needs the scope api`
      : `The token in ${tokenName} needs the role ${role} or higher in the project`;
  }
  if (status === 404) {
    return `It isn't there, or the token in ${tokenName} is for another project: GitLab hides what a token may not see`;
  }
  if (status === 429) return "GitLab's rate limit was still reached after waiting; try again later";
  if (status >= 300 && status < 400)
    return "A redirect isn't followed, as the token would go along: CI_API_V4_URL has to be GitLab's own address";
  return status >= 500 ? "GitLab has trouble; try again later" : "";
}

/** GitLab's own words out of an error body: `message` or `error` and `error_description`, else the beginning of the text. */
export function wordsOf(body: string): string {
  try {
    const { message, error, error_description }: Record<string, unknown> = JSON.parse(body);
    const said = [message, error, error_description].filter((part) => part !== undefined);
    return said.map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join(": ");
  } catch {
    return body
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim();
  }
}
