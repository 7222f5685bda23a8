import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

const fresh = (name: string) => `${name}-${randomBytes(8).toString("hex")}`;

/** Every secret of the test: none may be readable in what the engine prints or writes. */
export const passwords = {
  admin: fresh("admin"),
  rotated: fresh("rotated"),
  upstream: fresh("upstream"),
  nextUpstream: fresh("next-upstream"),
  user: fresh("user"),
  nextUser: fresh("next-user"),
  outbound: fresh("outbound"),
  signingKey: fresh("signing-key"),
  nextSigningKey: fresh("next-signing-key"),
  passphrase: fresh("passphrase"),
};

/** The same arguments with the secrets in them marked, as a program has them from its settings. */
export function asSecrets<T>(value: T): T {
  if (Object.values<unknown>(passwords).includes(value)) return pulumi.secret(value) as T;
  if (Array.isArray(value)) return value.map(asSecrets) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, asSecrets(part)])) as T;
}
