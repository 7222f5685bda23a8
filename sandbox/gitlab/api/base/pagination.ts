import { badParameter } from "./failure";

export interface Page<T> {
  readonly items: T[];
  readonly headers: Record<string, string>;
}

/** As GitLab: beyond that a page is cut without a word. */
const LARGEST = 100;
const DEFAULT_SIZE = 20;

/**
 * One page of a list with GitLab's headers for offset-based pagination.
 * @param address of the request, for the Link header
 */
export function paginate<T>(all: readonly T[], address: URL): Page<T> {
  const page = number(address, "page", 1);
  const size = Math.min(number(address, "per_page", DEFAULT_SIZE), LARGEST);
  const pages = Math.max(1, Math.ceil(all.length / size));
  const next = page < pages ? page + 1 : undefined;
  const previous = page > 1 ? page - 1 : undefined;
  const links = { prev: previous, next, first: 1, last: pages };
  return {
    items: all.slice((page - 1) * size, page * size),
    headers: {
      "X-Page": String(page),
      "X-Per-Page": String(size),
      "X-Next-Page": String(next ?? ""),
      "X-Prev-Page": String(previous ?? ""),
      "X-Total": String(all.length),
      "X-Total-Pages": String(pages),
      Link: Object.entries(links)
        .flatMap(([relation, to]) =>
          to === undefined ? [] : `<${withPage(address, to, size)}>; rel="${relation}"`,
        )
        .join(", "),
    },
  };
}

function number(address: URL, name: string, otherwise: number): number {
  const given = address.searchParams.get(name);
  if (given === null) return otherwise;
  if (!/^\d+$/.test(given)) throw badParameter(`${name} is invalid`);
  if (Number(given) < 1) throw badParameter(`${name} does not have a valid value`);
  return Number(given);
}

function withPage(address: URL, page: number, size: number): string {
  const copy = new URL(address);
  copy.searchParams.set("page", String(page));
  copy.searchParams.set("per_page", String(size));
  return copy.href;
}
