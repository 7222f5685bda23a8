import { isJsonObject, type JsonObject } from "../../values/json-object";
import type { NexusAnswer } from "./transport";

export type Fields = JsonObject;

/** What is looked at, and what was asked for it where that is known. */
type Answered = Pick<NexusAnswer, "body" | "asked">;

/** The object that an answer holds. @throws Error where it holds something else */
export function objectIn(answer: Answered): Fields {
  if (isJsonObject(answer.body)) return answer.body;
  throw unexpected(answer, "an object");
}

/** The list of objects that an answer holds. @throws Error where it holds something else */
export function listIn(answer: Answered): Fields[] {
  if (Array.isArray(answer.body) && answer.body.every(isJsonObject)) return answer.body;
  throw unexpected(answer, "a list of objects");
}

/** The texts of a list; what else is in it is left out. */
export function textsIn(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];
}

/** A page of Nexus's lists; on the last one there is no token. */
export interface Page {
  readonly items: readonly Fields[];
  readonly continuationToken: string | undefined;
}

export function pageIn(answer: Answered): Page {
  const { items, continuationToken: token } = objectIn(answer);
  const { asked = "" } = answer;
  return {
    items: listIn({ body: items, asked }),
    continuationToken: typeof token === "string" ? token : undefined,
  };
}

function unexpected({ body, asked }: Answered, wanted: string): Error {
  const got = Array.isArray(body) ? "a list" : body === null ? "null" : typeof body;
  return new Error(
    `${asked || "Nexus"}: the answer holds ${got} where ${wanted} was expected. Is it Nexus's own, and not that of a proxy in ` +
      "front of it? Else this version of Nexus answers in a way that Berth doesn't know: report it with the version.",
  );
}
