import { isNoSuchFile, plannedFile, RELEASE_FILE } from "../../components/gitops/release-file";
import { fileLabel } from "../../components/gitops/target-file";
import type { Settings } from "../../components/settings/settings";
import type { StackState } from "../engine/stack-state";
import { finding } from "./finding";

type Resources = Pick<StackState, "resources">;
type Wanted = { readonly apps: readonly Pick<Settings["apps"][number], "name" | "was" | "gitops">[] };

/** Milliseconds: a refresh looks at the file itself once more. */
const GLANCE_MS = 2_000;

/** A file that can't be looked at now. */
export interface HiddenFile {
  readonly urn: string;
  readonly why: string;
}

/** Files that the state knows and the settings don't, a sentence each: nothing in them is taken back. */
export function leftFiles(state: Resources, { apps }: Wanted): string[] {
  const wanted = new Set(
    apps.flatMap(({ name, was, gitops }) =>
      gitops.flatMap((target) => [name, was].map((app) => `${app} ${fileLabel(target)}`)),
    ),
  );
  return filesIn(state)
    .filter(({ file }) => !wanted.has(`${file.app} ${fileLabel(file)}`))
    .map(
      ({ file }) =>
        `${file.app} is no longer written to ${fileLabel(file)}: what stands there stays, and the cluster runs it on. ` +
        "Take it out of the file yourself",
    );
}

/**
 * Files of the stack that a refresh can't look at, so that it goes on without them: there is no token for them, GitLab gives
 * no answer, the branch is gone, or somebody has made something of them that can't be read. What stands in a merge request isn't looked at by a refresh anyway.
 */
export async function hiddenFiles(state: Resources): Promise<HiddenFile[]> {
  const looks = filesIn(state)
    .filter(({ file }) => !file.mergeRequest)
    .map(async ({ urn, file }) => {
      const release = { tag: file.tag, image: undefined };
      const look = await finding(file, (there) => there.plan(release).catch(goneIsSeen), GLANCE_MS);
      return "found" in look ? [] : [{ urn, why: Object.values(look).join() }];
    });
  return (await Promise.all(looks)).flat();
}

/** A refresh finds by itself that a file is gone. */
function goneIsSeen(error: unknown): void {
  if (!isNoSuchFile(error)) throw error;
}

function filesIn({ resources }: Resources) {
  return resources.flatMap(({ urn, type, inputs, delete: isReplaced }) => {
    const file = type === RELEASE_FILE && !isReplaced ? plannedFile(inputs) : undefined;
    return file ? [{ urn, file }] : [];
  });
}
