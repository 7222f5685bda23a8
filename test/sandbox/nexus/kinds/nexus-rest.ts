export type Json = { readonly [field: string]: unknown };

/** Nexus as its own REST API tells it: what the program under test is judged by. */
export class NexusRest {
  constructor(
    /** Base address without a trailing slash. */
    readonly url: string,
    public password: string,
    private readonly username = "admin",
  ) {}

  /** @param path below the base address */
  async ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const text = typeof body === "string";
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${this.username}:${this.password}`).toString("base64")}`,
        "content-type": text ? "text/plain" : "application/json",
      },
      body: body === undefined ? null : text ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    // Addresses in answers name the port, which is another one in every run.
    const said = (await answer.text()).replaceAll(this.url, "{nexus}");
    return { status: answer.status, body: parsed(said) };
  }

  /** An object, or undefined where there is none. */
  async get(path: string): Promise<unknown> {
    const { status, body } = await this.ask("GET", path);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** A change by hand, behind the program's back. */
  async change(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<unknown> {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 300) {
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  }

  /** Changes some fields of an object whose PUT takes all of them. */
  async edit(path: string, patch: Json): Promise<void> {
    await this.change("PUT", path, overlaid(await this.get(path), patch));
  }

  /** The UI's own API; gives the `data` of its result. */
  async direct(action: string, method: string, ...data: unknown[]): Promise<unknown> {
    const call = { action, method, data: data.length > 0 ? data : null, type: "rpc", tid: 1 };
    const { result, message } = (await this.change("POST", "/service/extdirect", call)) as {
      result?: { success: boolean; data: unknown };
      message?: string;
    };
    if (!result?.success) throw new Error(`${action}.${method}: ${message ?? JSON.stringify(result)}`);
    return result.data;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Objects merged, everything else replaced; what is undefined in the patch goes. */
export function overlaid(value: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(value) ? { ...value } : {};
  for (const [key, part] of Object.entries(patch)) merged[key] = overlaid(merged[key], part);
  return merged;
}

/** Whether everything in `part` is so in `whole`; lists count as a whole. Gives the path of the first difference. */
export function difference(whole: unknown, part: unknown, path = ""): string | undefined {
  if (isObject(part)) {
    for (const [key, value] of Object.entries(part)) {
      const found = difference(isObject(whole) ? whole[key] : undefined, value, `${path}.${key}`);
      if (found) return found;
    }
    return undefined;
  }
  const [have, want] = [JSON.stringify(whole ?? null), JSON.stringify(part ?? null)];
  return have === want ? undefined : `${path.slice(1)} is ${have}, not ${want}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
