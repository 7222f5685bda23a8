import { setTimeout as sleep } from "node:timers/promises";
import { HttpError } from "./http-error";
import type { RetryPolicy } from "./retry-policy";

/** An attempt, seen from within. */
export interface Attempt {
  /** 1 for the first one. */
  readonly number: number;
  /** Date.now() at the beginning of the first one. */
  readonly began: number;
}

export interface RetryOptions {
  /** Carrying it out twice does no harm. */
  readonly repeatable: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes attempts until one succeeds, or fails with what the policy doesn't try again.
 * @throws what the last attempt threw; the signal's reason where that is aborted
 */
export async function retrying<T>(
  policy: RetryPolicy,
  attempt: (attempt: Attempt) => Promise<T>,
  { repeatable, signal }: RetryOptions,
): Promise<T> {
  const began = Date.now();
  for (let number = 1; ; number++) {
    try {
      return await attempt({ number, began });
    } catch (error) {
      if (!isTemporary(error, policy) || number >= policy.attempts) throw error;
      if (error.maybeDone && !repeatable) throw error;
      const wait = pauseAfter(error, number, policy);
      const limit = Math.min(policy.patience, error.patience ?? Number.POSITIVE_INFINITY);
      if (Date.now() - began + wait > limit) throw error;
      await waited(wait, signal);
    }
  }
}

/** Whether it is worth another attempt, after a wait that isn't too long. */
export function isTemporary(error: unknown, { longestAsked }: RetryPolicy): error is HttpError {
  return error instanceof HttpError && error.temporary && (error.retryAfter ?? 0) <= longestAsked;
}

/** For who makes attempts otherwise: waits as `retrying` does after attempt number `number` has failed. */
export function pause(
  error: HttpError,
  number: number,
  policy: RetryPolicy,
  signal?: AbortSignal | undefined,
): Promise<void> {
  return waited(pauseAfter(error, number, policy), signal);
}

/** Milliseconds: longer each time, and no less than the server asked for. */
function pauseAfter({ retryAfter = 0 }: HttpError, number: number, policy: RetryPolicy): number {
  const doubled = Math.min(policy.firstPause * 2 ** (number - 1), policy.longestPause);
  return Math.max(retryAfter, doubled * (0.75 + Math.random() / 2));
}

async function waited(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal && { signal });
  } catch (stopped) {
    throw signal?.aborted ? signal.reason : stopped;
  }
}
