/** Parts of a link's parameters (RFC 8288, section 3): a name, and a value with quotes or without. */
const PARAMETER = /^\s*;\s*([\w!#$&+.^`|~*-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/;

/**
 * Where a `Link` header says that the next page is (RFC 8288): the first link whose relations have `next` among them, relative
 * links taken from the address of this page. Undefined where it names none.
 */
export function nextLink(header: string | readonly string[] | undefined, page: URL): URL | undefined {
  let rest = [header ?? []].flat().join(",");
  for (;;) {
    const found = /^[\s,;]*<([^>]*)>/.exec(rest);
    if (found === null) return undefined;
    rest = rest.slice(found[0].length);
    let isNext = false;
    let hasRelation = false;
    for (let part = PARAMETER.exec(rest); part !== null; part = PARAMETER.exec(rest)) {
      rest = rest.slice(part[0].length);
      const [, name = "", quoted, plain = ""] = part;
      // Only the first one counts (3.3).
      if (name.toLowerCase() !== "rel" || hasRelation) continue;
      hasRelation = true;
      const relations = (quoted?.replace(/\\(.)/g, "$1") ?? plain).toLowerCase().split(/\s+/);
      isNext = relations.includes("next");
    }
    const [, target = ""] = found;
    if (isNext) return URL.canParse(target, page.href) ? new URL(target, page) : undefined;
  }
}
