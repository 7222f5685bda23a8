import { nextLink } from "../http/next-link";
import type { Answer, Call } from "./call";
import { LARGEST_MANIFEST } from "./manifest";
import type { Session } from "./session";
import { RegistryError } from "./wire/errors";

/** No list that is any use to somebody is longer; a registry may make up pages for ever. */
const MOST_PAGES = 1000;

/**
 * The pages of a list, following `Link: <…>; rel="next"` (RFC 8288), relative or absolute, at this registry only.
 * @param call of the first page; a status of `expect` other than 200 ends the list with that answer.
 * @param what the list is of, for messages: "tags".
 */
export async function* readPages(
  session: Session,
  call: Omit<Call, "limit">,
  what: string,
): AsyncGenerator<Answer> {
  const seen = new Set<string>();
  for (let url: URL | undefined = call.url; url !== undefined; ) {
    seen.add(url.href);
    const answer: Answer = await session.request({ ...call, url, limit: LARGEST_MANIFEST });
    yield answer;
    const link = answer.status === 200 ? nextLink(answer.headers["link"], answer.url) : undefined;
    url = link && asReached(link, call.url);
    if (url === undefined) return;
    const refuse = (problem: string) => new RegistryError({ method: call.method, url: url ?? "", problem });
    // Registries that ignore paging name the same page for ever.
    if (seen.has(url.href) || url.origin !== call.url.origin)
      throw refuse(`the next page of ${what} is one already read, or elsewhere`);
    if (seen.size >= MOST_PAGES) throw refuse(`more than ${MOST_PAGES} pages of ${what}`);
  }
}

/** Behind a proxy that ends TLS a registry may name itself by plain http: its page is where it was reached. */
function asReached(link: URL, { protocol, hostname, origin }: URL): URL {
  const isItself = link.hostname === hostname && link.protocol !== protocol;
  return isItself ? new URL(link.pathname + link.search, origin) : link;
}
