import { RegistryError } from "./errors";
import { type Descriptor, readIndexEntries } from "./manifest";
import type { Answer } from "./session";

/** A page of tags. @throws RegistryError for anything else. */
export function readTags({ body, url, status }: Answer): string[] {
  try {
    const { tags } = JSON.parse(body.toString("utf8")) as { tags?: unknown };
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
    const problem = `expected an index of referrers: ${(error as Error).message}`;
    throw new RegistryError({ method: "GET", url, status, problem });
  }
}
