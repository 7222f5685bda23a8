import { isJsonObject, objectOf } from "../../values/json-object";
import type { Exchanged } from "./exchange";
import { shownAddress } from "./secrets";

const LONGEST = 500;
const VALIDATION_ENTRY = /ValidationErrorXO\{id='(.*?)', message='(.*?)'\}/gs;

/**
 * What Nexus said, of any of the shapes of its error bodies (measured on 3.71): a list of field errors
 * (`[{id, message}]`), one object, 3.96's `{"status-code", "status-message"}`, `ValidationErrorXO{…}` or a line of
 * plain text. Empty where it said nothing.
 */
export function nexusMessages(body: unknown): string {
  if (typeof body === "string") return textMessage(body.trim()).slice(0, LONGEST);
  const entries = Array.isArray(body) ? body : isJsonObject(body) ? [body] : [];
  return [...new Set(entries.map(entryMessage))].join("; ").slice(0, LONGEST);
}

function entryMessage(entry: unknown): string {
  const fields = objectOf(entry);
  const message = fields["message"] ?? fields["status-message"];
  if (message === undefined) return JSON.stringify(entry);
  return fieldMessage(fields["id"], unquoted(String(message)));
}

function textMessage(text: string): string {
  const entries = [...text.matchAll(VALIDATION_ENTRY)];
  if (entries.length > 0)
    return entries.map(([, id, message = ""]) => fieldMessage(id, unquoted(message))).join("; ");
  if (!/^<(!doctype|html)/i.test(text)) return text.replace(/\r?\n\s*at .*$/s, ""); // a stack trace helps nobody here
  const title = /<title>(.*?)<\/title>/is.exec(text)?.[1]?.trim();
  return `a web page${title ? `, "${title}"` : ""}`;
}

function fieldMessage(id: unknown, message: string): string {
  const field = typeof id === "string" && id !== "*" ? id.replace(/^PARAMETER /, "") : "";
  return field ? `${field}: ${message}` : message;
}

/** A message may be a JSON text of its own, quotes and all. */
function unquoted(message: string): string {
  if (!/^".*"$/s.test(message)) return message;
  try {
    return String(JSON.parse(message));
  } catch {
    return message.slice(1, -1); // quotes around a text that isn't escaped
  }
}

/** Whether it is read-only, for a backup as a rule; a POST of a repository then gets 400 instead of 503. */
export function isFrozen({ status, body }: Pick<Exchanged, "status" | "body">): boolean {
  const said = nexusMessages(body);
  return (
    (status === 503 && /read-only mode/.test(said)) || (status === 400 && /application is frozen/.test(said))
  );
}

/** What the status means and what to do about it; empty where Nexus's own words suffice. */
export function statusHint(answer: Exchanged, username: string): string {
  const { status, body, location, server, page } = answer;
  const who = username ? `"${username}"` : "A caller without a login";
  if (isFrozen(answer))
    return ". Nexus is read-only: is a backup running? Run again after it, or release Nexus in its settings";
  if (/SSRF protection settings/.test(nexusMessages(body)))
    return ". Where Nexus is, that host has a private address: to allow it, put it on the list berth:nexus.privateHosts";
  if (status < 300 && page) return ". That is not Nexus: does a login page stand in front of it?";
  if (status < 400 && location)
    return `. It points to ${shownAddress(location)}: is the address of Nexus right?`;
  if (status === 401 && username)
    return `. The password of ${who} is not the one in the state: was it changed by hand? Set berth:nexus.adminPassword (--secret) to what it is now, and run up`;
  if (status === 401 || status === 403) return `. ${who} is not allowed to do this`;
  if (status === 404 && body === undefined)
    return `. Either this Nexus${server ? ` (${server})` : ""} has no such call, or ${username || "the caller"} may not see it`;
  if (status === 405) return `. This Nexus${server ? ` (${server})` : ""} does not offer this call`;
  if (status === 429)
    return ". Nexus, or a proxy in front of it, limits requests; run again in a few minutes";
  if (status === 502 || status === 504) return ". A proxy in front of Nexus could not reach it";
  if (status === 503)
    return ". Nexus is still starting, or a proxy in front of it has nothing to pass the call to";
  return "";
}
