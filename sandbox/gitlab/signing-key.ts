import { createHash, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { checkCommand } from "../lib/run-command";

export interface SigningKey {
  keyFile: string;
  certificateFile: string;
}

const validDays = "3650";

export const signingKeyOf = (dir: string): SigningKey => ({
  keyFile: join(dir, "registry-auth.key"),
  certificateFile: join(dir, "registry-auth.crt"),
});

/** The pair by which GitLab signs registry tokens and the registry checks them; made once, by openssl. */
export async function ensureSigningKey(dir: string): Promise<SigningKey> {
  const pair = signingKeyOf(dir);
  if (existsSync(pair.keyFile) && existsSync(pair.certificateFile) && belongTogether(pair)) return pair;
  const making = { keyFile: `${pair.keyFile}.new`, certificateFile: `${pair.certificateFile}.new` };
  await checkCommand("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", validDays],
    ...["-subj", "/CN=gitlab-issuer", "-keyout", making.keyFile, "-out", making.certificateFile],
  ]);
  renameSync(making.keyFile, pair.keyFile);
  renameSync(making.certificateFile, pair.certificateFile);
  return pair;
}

/**
 * The id by which distribution 2.x finds the key in its rootcertbundle, as libtrust makes it: the first 30 bytes
 * of the SHA-256 of the DER public key, in base32, in groups of four.
 */
export function libtrustKeyId(key: KeyObject): string {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  const der = publicKey.export({ type: "spki", format: "der" });
  const text = base32(createHash("sha256").update(der).digest().subarray(0, 30));
  return (text.match(/.{4}/g) ?? []).join(":");
}

/** RFC 4648, for lengths that need no padding (multiples of five bytes). */
function base32(bytes: Buffer): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((five) => alphabet[Number.parseInt(five, 2)]).join("");
}

/** A kill between the two renames leaves a key with another one's certificate. */
function belongTogether(pair: SigningKey): boolean {
  const certificate = new X509Certificate(readFileSync(pair.certificateFile));
  const key = createPublicKey(readFileSync(pair.keyFile, "utf8"));
  return certificate.publicKey.equals(key);
}
