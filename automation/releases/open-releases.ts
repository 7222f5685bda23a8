import type { KeptRelease } from "../../components/release/kept-tags";
import { engineFailure } from "../engine/engine-error";
import type { StackState } from "../engine/stack-state";
import { type PastUpdate, readHistory } from "../stack/history";
import { type Deployment, deploymentsOf } from "./deployments";

export interface Releases {
  /** Newest first. */
  readonly history: readonly PastUpdate[];
  /** An app's deployments, newest first; at the end those that only the state knows of. */
  deployments(app: string): Deployment[];
  /** Digest of a release, where history or state know it. */
  digest(app: string, tag: string): string | undefined;
}

/** What the stack's history and state know of its releases. */
export async function openReleases(name: string, state: StackState): Promise<Releases> {
  const history = await readHistory(name).catch(engineFailure);
  const kept = keptDigests(state);
  const deployments = (app: string) => {
    const told = deploymentsOf(history, app, kept(app));
    const unheard = Object.entries(kept(app)).filter(([tag]) => !told.some((one) => one.tag === tag));
    const byHand = unheard.map(([tag, digest]) => ({ app, tag, digest, result: "succeeded" as const }));
    return [...told, ...byHand];
  };
  const digest = (app: string, tag: string) =>
    kept(app)[tag] ?? deployments(app).find((one) => one.tag === tag && one.digest)?.digest;
  return { history, deployments, digest };
}

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
