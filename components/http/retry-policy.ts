/** When a failed request is sent again, and how long that goes on. */
export interface RetryPolicy {
  /** In all. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; doubled each time, and spread, so that not all come back at the same moment. */
  readonly firstPause: number;
  readonly longestPause: number;
  /** Milliseconds from the first attempt: no other one begins later. */
  readonly patience: number;
  /** Milliseconds. A server that asks for a longer pause (`Retry-After`) gets an error instead of a silent wait. */
  readonly longestAsked: number;
  /** Behind these statuses a request has not been dealt with. */
  readonly turnedAway: (status: number) => boolean;
  /** Behind these it may have been dealt with, and is sent again only where twice does no harm. */
  readonly unclear: (status: number, method: string) => boolean;
}

const oneOf =
  (...statuses: number[]) =>
  (status: number) =>
    statuses.includes(status);

const isRead = (method: string) => method === "GET" || method === "HEAD";

/** Every client's. What a server's own words say is added where those are read. */
export const retryPolicies = {
  /**
   * All that is sent to a registry can be sent twice: content and manifests are named by their digests. After 500 to a write,
   * more often than not, its disk is full.
   */
  registry: {
    attempts: 5,
    firstPause: 250,
    longestPause: Number.POSITIVE_INFINITY,
    patience: Number.POSITIVE_INFINITY,
    longestAsked: 60_000,
    turnedAway: oneOf(408, 429),
    unclear: (status, method) => oneOf(502, 503, 504)(status) || (status === 500 && isRead(method)),
  },
  /** A restart takes Nexus about a minute. */
  nexus: {
    attempts: Number.POSITIVE_INFINITY,
    firstPause: 250,
    longestPause: 4000,
    patience: 120_000,
    longestAsked: Number.POSITIVE_INFINITY,
    turnedAway: oneOf(429, 503),
    unclear: oneOf(502, 504),
  },
  /** GitLab may have made what it was asked to make before one of its parts failed. */
  gitlab: {
    attempts: 5,
    firstPause: 500,
    longestPause: Number.POSITIVE_INFINITY,
    patience: 60_000,
    longestAsked: Number.POSITIVE_INFINITY,
    turnedAway: oneOf(429),
    unclear: (status) => status >= 500,
  },
} satisfies Readonly<Record<string, RetryPolicy>>;

/** Whether another attempt may be answered otherwise after such a status, and whether this one may have been carried out. */
export function judgeStatus(
  { turnedAway, unclear }: RetryPolicy,
  status: number,
  method: string,
): { temporary: boolean; maybeDone: boolean } {
  const maybeDone = unclear(status, method);
  return { temporary: maybeDone || turnedAway(status), maybeDone };
}
