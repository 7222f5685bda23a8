import { type IncomingMessage, request as open, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { CoreClient } from "../core-client";
import { endToEnd, SANDBOX_HEADER } from "../http-tools";

/** Hands a request to the real Nexus and its answer back, streaming both, changing neither. */
export async function passThrough(
  core: CoreClient,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const headers = endToEnd(incoming.headers);
  if (incoming.headers["transfer-encoding"]) headers["transfer-encoding"] = "chunked";
  const asked = open({
    host: "127.0.0.1",
    port: core.port,
    agent: core.agent,
    method: incoming.method,
    path: incoming.url,
    headers,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asked.on("response", resolve);
    asked.on("error", reject);
  });
  answered.catch(() => undefined);
  outgoing.on("close", () => outgoing.writableFinished || asked.destroy());
  pipeline(incoming, asked).catch((error: Error) => asked.destroy(error));
  let answer: IncomingMessage;
  try {
    answer = await answered;
  } catch (error) {
    const message = `The Nexus core behind the connector did not answer: ${(error as Error).message}`;
    outgoing.writeHead(503, { "content-type": "text/plain", ...SANDBOX_HEADER }).end(message);
    return;
  }
  outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.headers));
  await pipeline(answer, outgoing);
}
