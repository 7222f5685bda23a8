import { parseReference } from "../registry/reference";
import type { GitopsTarget } from "../settings/gitops/gitops-settings";
import type { YamlWish } from "./edit-yaml";

/** What a file is to say of a release. */
export interface WrittenRelease {
  /** repository@digest in Nexus. */
  readonly image: string;
  readonly tag: string;
}

/** What the file shows in a preview where the image is yet to be built. */
const YET_TO_BE_BUILT = "(known once it is built)";

/** Which value stands where. @param image undefined: not known yet */
export function releaseValues(
  { values, document }: Pick<GitopsTarget, "values" | "document">,
  { tag, image }: { readonly tag: string; readonly image: string | undefined },
): YamlWish {
  const [repository, digest] = image === undefined ? [YET_TO_BE_BUILT, YET_TO_BE_BUILT] : partsOf(image);
  const all = { image: image ?? YET_TO_BE_BUILT, repository, tag, digest };
  const keys = ["image", "repository", "tag", "digest"] as const;
  return {
    document,
    values: keys.flatMap((key) => (values[key] ?? []).map((path) => ({ path, value: all[key] }))),
  };
}

function partsOf(image: string): [repository: string, digest: string] {
  const { registry, repository, digest = "" } = parseReference(image);
  return [`${registry}/${repository}`, digest];
}
