import * as pulumi from "@pulumi/pulumi";
import type { AppSettings } from "./settings";

/**
 * The pinned apps of which the stack holds a built image from before they were pinned, as its last outputs say.
 * Nothing is asked where no app is pinned.
 */
export async function appsBuiltBefore(apps: readonly AppSettings[]): Promise<string[]> {
  if (!apps.some((app) => app.release && app.build)) return [];
  const self = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const { value } = await new pulumi.StackReference("before", { name: self }).getOutputDetails("apps");
  const before = (value ?? {}) as Record<string, { builtImage?: string }>;
  return Object.keys(before).filter((name) => before[name]?.builtImage);
}
