import type { Call } from "./call";
import { NexusFailure } from "./transport";

/** The UI's API is not there, or not this part of it: other versions do it by REST, or not at all. */
export class UiApiMissing extends Error {
  override readonly name = "UiApiMissing";
}

interface UiAnswer {
  readonly type?: string;
  readonly message?: string;
  readonly result?: {
    readonly success?: boolean;
    readonly message?: string;
    /** By field. */
    readonly errors?: { readonly [field: string]: string };
    readonly data?: unknown;
  };
}

/**
 * Calls what Nexus's own UI calls (Ext.Direct, `POST /service/extdirect`), for what the REST API of a version lacks. Shapes
 * measured on 3.71: always 200, with `{type: "rpc", result: {success, data, message?, errors?}}` or
 * `{type: "exception", message}`.
 * @param repeatable whether carrying it out twice does no harm, so that it may be sent again where the answer got lost
 * @returns `result.data`
 * @throws UiApiMissing where there is no such call; Error with Nexus's own message where it refuses
 */
export async function uiCall(
  call: Call,
  action: string,
  method: string,
  data: readonly unknown[] | null,
  { repeatable }: { readonly repeatable: boolean },
): Promise<unknown> {
  const attempt = `${action}.${method} of Nexus's UI API (/service/extdirect)`;
  const body = { action, method, data, type: "rpc", tid: 1 };
  const answer = await send(call, body, repeatable);
  const { type, message, result } = (answer ?? {}) as UiAnswer;
  if (!answer || /No (action|method) registered/.test(message ?? "")) {
    throw new UiApiMissing(`This Nexus has no ${attempt}.`);
  }
  if (type === "rpc" && result?.success) return result.data;
  const fields = Object.entries(result?.errors ?? {}).map(([field, text]) => `${field}: ${text}`);
  const said = [result?.message ?? message, ...fields].filter(Boolean).join("; ");
  throw new Error(`${attempt} failed: ${said || "it gave no reason"}`);
}

/** Undefined where there is no such API: what 3.71 answers to a POST that it doesn't know is 405 with a page. */
async function send(call: Call, body: object, repeatable: boolean): Promise<unknown> {
  try {
    const options = { below: "/service/extdirect", repeatable };
    const answer = await call("POST", "", [200, 404, 405], body, options);
    return answer.status === 200 ? answer.body : undefined;
  } catch (error) {
    if (error instanceof NexusFailure && (error.status === 404 || error.status === 405)) return undefined;
    throw error;
  }
}
