import type { Credentials } from "./account";
import { RegistryClient } from "./client";
import { RegistryError } from "./errors";
import { formatReference, InvalidReference, parseReference } from "./reference";

export interface ResolveOptions {
  /** Speak plain http. Loopback hosts always do. @default false */
  insecure?: boolean | undefined;
  /** Speak https to a loopback host, too. @default false */
  secure?: boolean | undefined;
  /** PEM of an authority to trust besides the public ones. */
  ca?: string | undefined;
  signal?: AbortSignal | undefined;
}

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
