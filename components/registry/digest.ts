import { createHash, type Hash } from "node:crypto";

// The two algorithms registered by the OCI image specification, with the length of their hexadecimal form.
const LENGTHS: Record<string, number> = { sha256: 64, sha512: 128 };

/** Is this "sha256:…" or "sha512:…" of the right length, in lower case? */
export function isDigest(text: string): boolean {
  const colon = text.indexOf(":");
  const length = Object.hasOwn(LENGTHS, text.slice(0, Math.max(colon, 0)))
    ? LENGTHS[text.slice(0, colon)]
    : undefined;
  return (
    length !== undefined && text.length === colon + 1 + length && /^[0-9a-f]+$/.test(text.slice(colon + 1))
  );
}

/** The digest of some bytes, by the algorithm of `like` (another digest) or SHA-256. */
export function digestOf(bytes: Buffer, like = "sha256:"): string {
  return finishDigest(hasherFor(like).update(bytes), like);
}

export function hasherFor(digest: string): Hash {
  return createHash(algorithm(digest));
}

export function finishDigest(hash: Hash, like: string): string {
  return `${algorithm(like)}:${hash.digest("hex")}`;
}

function algorithm(digest: string): string {
  return digest.slice(0, digest.indexOf(":"));
}
