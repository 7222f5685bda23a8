import { ApiFailure } from "./failure";

export interface RateLimitSettings {
  readonly requests: number;
  readonly seconds: number;
}

/** GitLab's limit of authenticated API requests: so many in each window, by token. */
export class RateLimit {
  private readonly windows = new Map<string, { start: number; count: number }>();

  constructor(private readonly settings: RateLimitSettings) {}

  /**
   * Counts a request.
   * @returns headers that say how many are left
   * @throws ApiFailure 429 with Retry-After and GitLab's plain text
   */
  count(token: string, now = Date.now()): Record<string, string> {
    const { requests, seconds } = this.settings;
    const length = seconds * 1000;
    const known = this.windows.get(token);
    const window = known && now - known.start < length ? known : { start: now, count: 0 };
    window.count++;
    this.windows.set(token, window);
    const left = Math.max(1, Math.ceil((window.start + length - now) / 1000));
    const headers = {
      "RateLimit-Limit": String(requests),
      "RateLimit-Name": "throttle_authenticated_api",
      "RateLimit-Observed": String(window.count),
      "RateLimit-Remaining": String(Math.max(0, requests - window.count)),
      "RateLimit-Reset": String(Math.ceil((window.start + length) / 1000)),
    };
    if (window.count <= requests) return headers;
    throw new ApiFailure(429, "Retry later\n", { ...headers, "Retry-After": String(left) });
  }
}
