import { messageOf } from "../values/error-facts";
import type { Answer } from "./call";
import { type Descriptor, readIndexEntries } from "./manifest";
import { RegistryError } from "./wire/errors";

/** A page of tags. @throws RegistryError for anything else. */
export function readTags({ body, url, status }: Answer): string[] {
  try {
    const { tags }: { tags?: unknown } = JSON.parse(body.toString("utf8"));
    if (tags === null || tags === undefined) return [];
    if (Array.isArray(tags) && tags.every((tag) => typeof tag === "string")) return tags;
  } catch {
    // Reported below, with what is not a list.
  }
  throw new RegistryError({
    method: "GET",
    url,
    status,
    problem: 'expected JSON {"tags": […]}, got something else',
  });
}

/** A page of referrers. @throws RegistryError for anything else. */
export function readReferrers({ body, url, status }: Answer): Descriptor[] {
  try {
    return readIndexEntries(body);
  } catch (error) {
    const problem = `expected an index of referrers: ${messageOf(error)}`;
    throw new RegistryError({ method: "GET", url, status, problem });
  }
}
