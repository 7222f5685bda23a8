import { type Credential, tokenRequest } from "./challenge";

/** Time until the remote's headers; a slow blob may stream for as long as it likes after that. */
const HEADERS_TIMEOUT_MS = 20_000;
const MAX_REDIRECTS = 5;
/** Remotes that say no lifetime mean 60 s (Docker's token specification). */
const TOKEN_LIFETIME_S = 60;

/** A client of one remote registry: Basic or Bearer as it asks, redirects without leaking credentials. */
export class RemoteRegistry {
  private readonly tokens = new Map<string, { header: string; until: number }>();

  constructor(
    private readonly base: string,
    private readonly credential: Credential | undefined,
  ) {}

  /** GET or HEAD below the remote's /v2/. Rejects where nothing answered; the caller reads or cancels the body. */
  async ask(method: "GET" | "HEAD", path: string, image: string, accept = "*/*"): Promise<Response> {
    const url = new URL(`v2/${path}`, this.base.endsWith("/") ? this.base : `${this.base}/`);
    const known = this.tokens.get(image);
    const first = await this.send(
      method,
      url,
      accept,
      known && known.until > Date.now() ? known.header : undefined,
    );
    if (first.status !== 401) return first;
    const header = await this.login(first.headers.get("www-authenticate") ?? "", image);
    if (!header) return first;
    await first.body?.cancel();
    return this.send(method, url, accept, header);
  }

  /** The Authorization header that a challenge asks for; undefined where there is nothing to log in with. */
  private async login(challenge: string, image: string): Promise<string | undefined> {
    const asked = tokenRequest(challenge, image, this.credential, new URL(this.base).hostname);
    if (!asked || asked.kind === "basic") return asked?.header;
    const headers: Record<string, string> = asked.header ? { authorization: asked.header } : {};
    const answer = await fetch(asked.url, { headers, signal: AbortSignal.timeout(HEADERS_TIMEOUT_MS) });
    if (!answer.ok) {
      await answer.body?.cancel();
      return undefined;
    }
    const body = (await answer.json()) as { token?: string; access_token?: string; expires_in?: number };
    const token = body.token ?? body.access_token;
    if (!token) return undefined;
    const seconds = Math.max(10, (body.expires_in ?? TOKEN_LIFETIME_S) - 5);
    this.tokens.set(image, { header: `Bearer ${token}`, until: Date.now() + seconds * 1000 });
    return `Bearer ${token}`;
  }

  private async send(method: string, start: URL, accept: string, authorization?: string): Promise<Response> {
    let url = start;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const headers: Record<string, string> = { accept, "accept-encoding": "identity" };
      // Blob stores of other hosts must never see the registry's credentials.
      if (authorization && url.origin === start.origin) headers.authorization = authorization;
      const answer = await withTimeout((signal) =>
        fetch(url, { method, headers, redirect: "manual", signal }),
      );
      const location = answer.headers.get("location");
      if (![301, 302, 303, 307, 308].includes(answer.status) || !location) return answer;
      await answer.body?.cancel();
      url = new URL(location, url);
    }
    throw new Error(`${method} ${start.origin}${start.pathname}: more than ${MAX_REDIRECTS} redirects`);
  }
}

/** Ends the wait for headers, not the stream that follows. */
async function withTimeout(run: (signal: AbortSignal) => Promise<Response>): Promise<Response> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error("no answer in 20 s")), HEADERS_TIMEOUT_MS);
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
