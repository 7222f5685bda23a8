/** What a request below /v2/ is about (distribution specification, "Endpoints"). */
export type Route =
  | { kind: "base" }
  | { kind: "token" }
  | { kind: "catalog" }
  | { kind: "tags"; image: string }
  | { kind: "manifest"; image: string; reference: string }
  | { kind: "blob"; image: string; digest: string }
  | { kind: "upload"; image: string; session: string }
  | { kind: "unknown" };

const DIGEST = /^sha256:[0-9a-f]{64}$|^sha512:[0-9a-f]{128}$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const IMAGE = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

export const isDigest = (reference: string): boolean => DIGEST.test(reference);

/** Reads a path such as /v2/team/blog/manifests/1.0; anything malformed is "unknown". */
export function parseRoute(pathname: string): Route {
  if (pathname === "/v2" || pathname === "/v2/") return { kind: "base" };
  if (pathname === "/v2/token") return { kind: "token" };
  if (pathname === "/v2/_catalog") return { kind: "catalog" };
  const found = /^\/v2\/(.+?)\/(tags\/list|manifests\/[^/]+|blobs\/uploads\/?[^/]*|blobs\/[^/]+)$/.exec(
    pathname,
  );
  if (!found || !IMAGE.test(found[1]!)) return { kind: "unknown" };
  return operation(found[1]!, found[2]!);
}

function operation(image: string, rest: string): Route {
  if (rest === "tags/list") return { kind: "tags", image };
  if (rest === "blobs/uploads" || rest.startsWith("blobs/uploads/"))
    return { kind: "upload", image, session: rest.slice("blobs/uploads/".length) };
  const value = decode(rest.slice(rest.indexOf("/") + 1));
  if (rest.startsWith("blobs/"))
    return isDigest(value) ? { kind: "blob", image, digest: value } : { kind: "unknown" };
  return isDigest(value) || TAG.test(value)
    ? { kind: "manifest", image, reference: value }
    : { kind: "unknown" };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
