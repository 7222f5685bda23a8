import { engineFailure } from "../engine-error";
import { type PastUpdate, readHistory } from "../history";
import type { StackState } from "../stack-state";
import { type Deployment, deploymentsOf } from "./deployments";
import { keptDigests } from "./kept-digests";

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
