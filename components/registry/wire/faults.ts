import type { RegistryFault } from "./errors";

const LONGEST_CODE = 100;
const LONGEST_MESSAGE = 500;
const LONGEST_TEXT = 300;
const DEEPEST_DETAIL = 10;

/**
 * What a registry or token server says of a refusal: `{"errors": [{"code", "message", "detail"}]}`, or else the
 * beginning of its text, since a proxy's page says more than nothing.
 * @param scrub takes out secrets: before texts are cut, and after JSON has hidden nothing any more.
 */
export function parseFaults(text: string, scrub: (text: string) => string): RegistryFault[] {
  const errors = listOf(text);
  if (errors !== undefined)
    return errors.map(({ code = "", message = "", detail }) => ({
      code: scrub(String(code)).slice(0, LONGEST_CODE),
      message: scrub(String(message)).slice(0, LONGEST_MESSAGE),
      ...(detail !== undefined && { detail: scrubbed(detail, scrub) }),
    }));
  const plain = scrub(text)
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, LONGEST_TEXT);
  return plain === "" ? [] : [{ code: "", message: plain }];
}

function listOf(text: string): Partial<RegistryFault>[] | undefined {
  try {
    const { errors }: { errors?: unknown } = JSON.parse(text);
    return Array.isArray(errors) && errors.every((one) => typeof one === "object" && one !== null)
      ? errors
      : undefined;
  } catch {
    // No JSON: taken for text.
    return undefined;
  }
}

/** Every text of a JSON value without secrets; what is nested deeper than any sense is left out. */
function scrubbed(value: unknown, scrub: (text: string) => string, depth = 0): unknown {
  if (typeof value === "string") return scrub(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEEPEST_DETAIL) return null;
  const inner = (one: unknown) => scrubbed(one, scrub, depth + 1);
  if (Array.isArray(value)) return value.map(inner);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [scrub(key), inner(one)]));
}
