import type { Release } from "../../components/settings/settings";
import { plainOutputs } from "../engine/outputs";
import type { OpenStack } from "../stack/open-stack";

/** What the program gives out, as far as releases go. The password is never to be printed. */
export interface StackOutputs {
  readonly dockerHosted?: string;
  readonly nexusUrl?: string;
  /** PEM of the authority of its certificate, where that isn't a public one. */
  readonly nexusCa?: string;
  readonly accounts?: { readonly puller: { readonly username: string; readonly password: string } };
  readonly apps?: { readonly [app: string]: { readonly release: Release } };
}

export function stackOutputs({ name }: OpenStack): Promise<StackOutputs> {
  return plainOutputs<StackOutputs>(name);
}

/** How the stack's docker repositories are spoken to. */
export function accessOf({ nexusUrl, nexusCa }: StackOutputs) {
  return { tls: nexusUrl?.startsWith("https:") ?? false, ...(nexusCa !== undefined && { ca: nexusCa }) };
}
