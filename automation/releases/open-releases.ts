import { type KeptRelease, REMEMBERED } from "../../components/release/kept-tags";
import { engineFailure } from "../engine/engine-error";
import type { StackState } from "../engine/stack-state";
import { messageText, type PastUpdate, readHistory, readMessage } from "../stack/history";
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
  const kept = keptDigests(state);
  const history = withAwaited(await readHistory(name).catch(engineFailure), kept);
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

type Kept = (app: string) => Readonly<Record<string, string>>;

/**
 * The history with the names of releases that its updates could not know before: that of somebody else's image is made of its digest,
 * which a new stack's first update looks up itself. It is the oldest of that tag that the state remembers, of its present life.
 * @param history newest first
 */
export function withAwaited(history: readonly PastUpdate[], kept: Kept): PastUpdate[] {
  const end = history.findIndex(({ kind, result }) => kind === "destroy" && result === "succeeded");
  const [life, before] = end === -1 ? [history, []] : [history.slice(0, end), history.slice(end)];
  const isNamed = new Set<string>();
  const name = (update: PastUpdate): PastUpdate => {
    const message = update.kind === "update" ? readMessage(update.message) : undefined;
    if (!message?.awaited || update.result !== "succeeded") return update;
    const apps = { ...message.apps };
    for (const app of message.awaited) {
      const all = Object.keys(kept(app));
      const oldest = all.findLast((tag) => tag.startsWith(`${apps[app]}-`));
      if (oldest === undefined || all.length >= REMEMBERED || isNamed.has(String([app, oldest]))) continue;
      isNamed.add(String([app, oldest]));
      apps[app] = oldest;
    }
    return { ...update, message: messageText({ ...message, apps }) };
  };
  return [...[...life].reverse().map(name).reverse(), ...before];
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
