import type { SessionOptions } from "./call";
import { RegistryClient } from "./client";
import type { Credentials } from "./logins/account";
import { formatReference, InvalidReference, parseReference } from "./reference";
import { RegistryError } from "./wire/errors";

export type ResolveOptions = Pick<SessionOptions, "insecure" | "secure" | "ca" | "signal">;

/**
 * The digest that a reference's tag points to now; a digest in it is looked up and given back.
 * @throws InvalidReference without tag and digest; RegistryError where there is no such image.
 */
export async function resolveDigest(
  text: string,
  credentials: Credentials = {},
  options: ResolveOptions = {},
): Promise<string> {
  const reference = parseReference(text);
  const { registry, repository, tag, digest } = reference;
  const wanted = digest ?? tag;
  if (wanted === undefined)
    throw new InvalidReference(
      `image reference "${formatReference(reference)}": expected a tag or a digest to look up`,
    );
  const client = new RegistryClient({ registry, repository, credentials, access: "pull", ...options });
  try {
    const head = await client.headManifest(repository, wanted);
    if (head !== undefined) return head.digest;
    throw new RegistryError({
      method: "HEAD",
      url: client.manifestUrl(repository, wanted),
      status: 404,
      problem: `there is no image ${formatReference(reference)}`,
      hint: "Check its repository and tag, and that the account may read it",
    });
  } finally {
    client.close();
  }
}
