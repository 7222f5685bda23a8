import type { KeptRelease } from "../../components/release/kept-tags";
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
 * which a new stack's first update looks up itself. It is the one of the state that no update has named.
 * @param history newest first
 */
export function withAwaited(history: readonly PastUpdate[], kept: Kept): PastUpdate[] {
  const messages = history.map(({ message }) => readMessage(message));
  const named = new Set(messages.flatMap((one) => Object.entries(one?.apps ?? {}).map(String)));
  const isFound = new Set<string>();
  return history.map((update, at) => {
    const message = messages[at];
    if (!message?.awaited || update.kind !== "update" || update.result !== "succeeded") return update;
    const apps = { ...message.apps };
    for (const app of message.awaited.filter((one) => !isFound.has(one))) {
      const mine = Object.keys(kept(app)).filter(
        (tag) => tag.startsWith(`${apps[app]}-`) && !named.has(String([app, tag])),
      );
      if (mine.length !== 1) continue;
      isFound.add(app);
      apps[app] = mine[0]!;
    }
    return { ...update, message: messageText({ ...message, apps }) };
  });
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
