import { createHash } from "node:crypto";

/** Digest of a whole buffer, as registries write it. */
export const sha256 = (body: Buffer): string => `sha256:${createHash("sha256").update(body).digest("hex")}`;
