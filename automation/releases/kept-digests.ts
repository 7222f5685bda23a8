import type { KeptRelease } from "../../components/kept-tags";
import type { StackState } from "../stack-state";

const KEPT_TAGS = "pulumi-nodejs:dynamic/registry:KeptTags";

/** Digest by tag of every release of an app that the stack's state remembers, the newest first. */
export function keptDigests({ resources }: Pick<StackState, "resources">) {
  const kept = resources.filter(({ type }) => type === KEPT_TAGS);
  return (app: string): Record<string, string> => {
    const outputs = kept.find((resource) => resource.outputs?.["app"] === app)?.outputs;
    const releases = (outputs?.["releases"] ?? []) as readonly KeptRelease[];
    return Object.fromEntries(releases.map(({ tag, digest }) => [tag, digest]));
  };
}
