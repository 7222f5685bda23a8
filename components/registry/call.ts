import type { Scope } from "./auth";
import type { Credentials } from "./logins/account";
import type { AnswerBody } from "./wire/answer-body";
import type { Content, Reply } from "./wire/connection";

export interface SessionOptions {
  /** As in references: "gitlab.example.com:5050". */
  registry: string;
  /** Accounts by registry host and path; only this registry's own is used. Anonymous without one. */
  credentials?: Credentials | undefined;
  /** Whose account is used where they differ by repository. */
  repository?: string | undefined;
  /** Speak plain http. Loopback hosts always do. @default false */
  insecure?: boolean | undefined;
  /** Speak https to a loopback host, too. @default false */
  secure?: boolean | undefined;
  signal?: AbortSignal | undefined;
  /** Attempts after the first one, for temporary failures. @default 4 */
  retries?: number | undefined;
  /** Milliseconds before the second attempt; doubled each time. @default 250 */
  retryDelay?: number | undefined;
  /** Milliseconds without a byte before a connection counts as broken. @default 180000 */
  idleLimit?: number | undefined;
  /** PEM of authorities that are trusted besides those that Node trusts anyway. */
  ca?: string | undefined;
}

export interface Call {
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  url: URL;
  repository: string;
  scopes: Scope[];
  headers?: Record<string, string>;
  /** A streamed body can't be sent again: such a call is not retried here, its caller does that. */
  body?: Content;
  /** Statuses that are an answer; any other is thrown as RegistryError. */
  expect: number[];
  /** Bytes that the answer may have. @default 1 MiB */
  limit?: number;
}

export interface Answer {
  status: number;
  headers: Reply["headers"];
  /** Where the answer came from, after redirects. */
  url: URL;
  body: Buffer;
}

export type StreamAnswer = Omit<Answer, "body"> & { stream: AnswerBody };
