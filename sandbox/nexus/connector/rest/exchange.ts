import type { IncomingMessage, ServerResponse } from "node:http";
import type { CoreAnswer, CoreClient } from "../core-client";
import { endToEnd, sendAnswer } from "../http-tools";
import type { ConnectorRecord } from "../record";

/** One REST request that the connector handles itself, with its body already read. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** "/service/rest/v1/security/roles" */
  path: string;
  /** "?userId=x", or empty */
  query: string;
  body: Buffer;
}

/** Asks the real Nexus as the caller would: same credentials and headers, another path or body where given. */
export function askAs(
  core: CoreClient,
  exchange: Exchange,
  change: { method?: string; path?: string; query?: string; body?: Buffer | string } = {},
): Promise<CoreAnswer> {
  const body = change.body ?? exchange.body;
  return core.ask({
    method: change.method ?? exchange.request.method ?? "GET",
    path: `${change.path ?? exchange.path}${change.query ?? exchange.query}`,
    // Nothing compressed, nothing conditional: the answer is read and rewritten here.
    headers: endToEnd(exchange.request.headers, "content-length", "accept-encoding", "if-none-match"),
    ...(body.length > 0 ? { body } : {}),
  });
}

/** Sends the real answer with its JSON rewritten; anything that isn't JSON goes through as it is. */
export function sendRewritten(
  response: ServerResponse,
  answer: CoreAnswer,
  rewrite: (value: unknown) => unknown,
): void {
  const type = String(answer.headers["content-type"] ?? "");
  const plain = !type.includes("json") || answer.body.length === 0;
  const value = plain ? undefined : rewrite(JSON.parse(answer.body.toString("utf8")));
  sendAnswer(response, answer, plain ? answer.body : Buffer.from(JSON.stringify(value, null, 2)));
}

/** Whether a name is one of the docker repositories. */
export const isDockerIn = (record: ConnectorRecord) => (name: string) =>
  record.repository(name) !== undefined;
