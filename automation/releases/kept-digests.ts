import type { KeptRelease } from "../../components/kept-tags";
import { engineJson } from "../engine-json";
import { engineFailure } from "../open-stack";

interface State {
  readonly deployment: {
    readonly resources?: readonly {
      readonly type: string;
      readonly outputs?: { readonly app?: string; readonly releases?: readonly KeptRelease[] };
    }[];
  } | null;
}

const KEPT_TAGS = "pulumi-nodejs:dynamic/registry:KeptTags";

/** Digest by tag of every release of an app that the stack's state remembers, the newest first. */
export async function keptDigests(stack: string): Promise<(app: string) => Record<string, string>> {
  const { deployment } = await engineJson<State>(stack, ["stack", "export"]).catch(engineFailure);
  const kept = (deployment?.resources ?? []).filter(({ type }) => type === KEPT_TAGS);
  return (app) => {
    const releases = kept.find(({ outputs }) => outputs?.app === app)?.outputs?.releases ?? [];
    return Object.fromEntries(releases.map(({ tag, digest }) => [tag, digest]));
  };
}
